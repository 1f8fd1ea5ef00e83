"""moto as an independent IAM and STS on loopback, filled with what the tests need, with signatures checked.

    moto_server.py --record FILE

Prints one line of JSON when it is ready, {"url", "account", "region", "access_key_id", "secret_access_key", "roles",
"users", "owner"}: the key pair is that of the gateway's own IAM user, which may assume the roles and nothing else; "owner" is
another, of somebody who may do everything, so that a test can arrange what it needs. Every request
after that is checked for its signature and its permission, and recorded in FILE (see recording.py) with "status" and
"error_code". It ends when standard input closes, so a test that dies leaves no process.

What moto enforces, measured: an unknown key is 403 InvalidClientTokenId, a wrong signature 403 SignatureDoesNotMatch,
an action that the role's policies do not allow 403 AccessDenied; for AssumeRole the caller's policies, the role's trust
policy and an ExternalId that differs from it. What it does not: an ExternalId that is missing, the age of x-amz-date,
the expiry of a session, session policies, session tags, SourceIdentity, sts:TagSession, boundaries, and other
conditions; so a test looks at those in FILE. Ids of users and groups lack AWS's prefixes (AIDA, AGPA).
"""

import argparse
import io
import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

import boto3
from botocore.awsrequest import AWSRequest
from moto import settings
from moto.core.responses import ActionResult
from moto.iam.access_control import IAMRequest
from moto.iam.responses import IamResponse
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from recording import Recording

REGION = "us-east-1"
EXTERNAL_ID = "gateway-external-id"
READING = ["iam:Get*", "iam:List*", "iam:Generate*", "iam:Simulate*"]


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: list[str], resource: Any = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def trust(principal: str, condition: dict[str, Any] | None = None) -> str:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
    }
    statement["Principal"] = {"AWS": principal}
    return policy(statement | ({"Condition": condition} if condition else {}))


# The body of the request that this thread is answering.
received_body: ContextVar[bytes] = ContextVar("received_body")


def check_signatures_over_what_was_sent() -> None:
    """Has moto check a form's signature over the bytes that were sent, as AWS does.

    By itself it takes its own encoding of the fields, where a space is `+`: a client that sends `%20`, as the AWS SDK
    for Rust does, would be refused.
    """
    as_moto_does = IAMRequest._create_aws_request

    def over_what_was_sent(request: IAMRequest) -> AWSRequest:
        rebuilt = as_moto_does(request)
        rebuilt.data = received_body.get()
        return rebuilt

    IAMRequest._create_aws_request = over_what_was_sent


def answer_service_specific_credentials() -> None:
    """Has moto list the service-specific credentials of a user, an operation that it does not know: there are none."""

    def list_service_specific_credentials(_response: IamResponse) -> ActionResult:
        return ActionResult({"ServiceSpecificCredentials": [], "IsTruncated": False})

    IamResponse.list_service_specific_credentials = list_service_specific_credentials


class Recorder:
    """Writes down each request and how it was answered, then lets the answer go."""

    def __init__(self, app: Callable[..., Iterable[bytes]], recording: Recording) -> None:
        self.app = app
        self.recording = recording

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        received_body.set(body)
        authorization = environ.get("HTTP_AUTHORIZATION", "")
        record = self.recording.received(body, authorization, environ.get("HTTP_X_AMZ_SECURITY_TOKEN", ""))
        started: list[Any] = []
        answer = b"".join(self.app(environ, lambda *arguments: started.append(arguments)))
        # moto wraps the errors of its own checks once more than AWS does, so that AWS's SDK for Rust finds no code.
        answer = re.sub(rb"</?Errors>", b"", answer)
        error = re.search(rb"<Code>([^<]+)</Code>", answer)
        self.recording.write(
            record | {"status": int(started[0][0].split()[0]), "error_code": error and error[1].decode()}
        )
        status, headers, *rest = started[0]
        headers = [header for header in headers if header[0].lower() != "content-length"]
        start_response(status, [*headers, ("Content-Length", str(len(answer)))], *rest)
        return [answer]


def fill(url: str) -> dict[str, Any]:
    """Creates the account's users, groups, roles and policies, and says what a test must know of them."""
    session = boto3.Session("bootstrap", "bootstrap", region_name=REGION)
    iam = session.client("iam", endpoint_url=url)
    account = session.client("sts", endpoint_url=url).get_caller_identity()["Account"]

    gateway = iam.create_user(UserName="iam-mcp-gateway")["User"]["Arn"]
    key = iam.create_access_key(UserName="iam-mcp-gateway")["AccessKey"]
    roles = {}
    for name, condition, statement in [
        ("mcp-admin", None, allow(["*"])),
        ("mcp-reader", None, allow(READING)),
        ("mcp-external", {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}, allow(READING)),
    ]:
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(gateway, condition))
        iam.put_role_policy(RoleName=name, PolicyName=f"{name}-access", PolicyDocument=policy(statement))
        roles[name] = role["Role"]["Arn"]
    iam.put_user_policy(
        UserName="iam-mcp-gateway",
        PolicyName="assume-mapped-roles",
        PolicyDocument=policy(
            allow(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"], list(roles.values()))
        ),
    )
    # Somebody else's role: the gateway may not assume it, whatever a mapping says.
    stranger = iam.create_role(
        RoleName="not-trusting", AssumeRolePolicyDocument=trust(f"arn:aws:iam::{account}:user/x")
    )
    roles["not-trusting"] = stranger["Role"]["Arn"]
    users = fill_people(iam)
    iam.create_user(UserName="owner")
    iam.put_user_policy(UserName="owner", PolicyName="everything", PolicyDocument=policy(allow(["*"])))
    owner = iam.create_access_key(UserName="owner")["AccessKey"]
    return {
        "account": account,
        "region": REGION,
        "access_key_id": key["AccessKeyId"],
        "secret_access_key": key["SecretAccessKey"],
        "owner": {"access_key_id": owner["AccessKeyId"], "secret_access_key": owner["SecretAccessKey"]},
        "external_id": EXTERNAL_ID,
        "roles": roles,
        "users": {"iam-mcp-gateway": gateway, **users},
    }


def fill_people(iam: Any) -> dict[str, str]:
    """Users to look at: with and without paths, groups, keys, inline and attached policies."""
    buckets = iam.create_policy(
        PolicyName="read-buckets", Path="/team/", PolicyDocument=policy(allow(["s3:ListBucket"]))
    )["Policy"]["Arn"]
    iam.create_policy_version(
        PolicyArn=buckets, PolicyDocument=policy(allow(["s3:ListBucket", "s3:GetObject"])), SetAsDefault=True
    )
    everything = iam.create_policy(PolicyName="everything", PolicyDocument=policy(allow(["*"])))["Policy"]["Arn"]
    for group, attached in [("developers", buckets), ("administrators", everything)]:
        iam.create_group(GroupName=group, Path="/teams/")
        iam.attach_group_policy(GroupName=group, PolicyArn=attached)

    users = {}
    for name, path, groups, keys in [
        ("alice", "/engineering/", ["developers", "administrators"], 1),
        ("bob", "/engineering/", ["developers"], 2),
        ("carol", "/", [], 0),
        ("deployer", "/ci/", [], 1),
    ]:
        tags = [{"Key": "team", "Value": path.strip("/") or "none"}]
        users[name] = iam.create_user(UserName=name, Path=path, Tags=tags)["User"]["Arn"]
        for group in groups:
            iam.add_user_to_group(UserName=name, GroupName=group)
        created = [iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"] for _ in range(keys)]
        if len(created) > 1:
            iam.update_access_key(UserName=name, AccessKeyId=created[0], Status="Inactive")
    iam.attach_user_policy(UserName="carol", PolicyArn=buckets)
    iam.put_user_policy(
        UserName="deployer", PolicyName="deploy", PolicyDocument=policy(allow(["iam:PassRole", "ecs:UpdateService"]))
    )
    return users


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", required=True, metavar="FILE", help="where every request is written down")
    options = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)

    check_signatures_over_what_was_sent()
    answer_service_specific_credentials()
    settings.INITIAL_NO_AUTH_ACTION_COUNT = float("inf")
    moto = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, moto, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    filled = fill(url)
    # From here on moto checks every request, and only what the test sends is recorded.
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    server.app = Recorder(moto, Recording(options.record))
    print(json.dumps({"url": url, **filled}), flush=True)
    sys.stdin.buffer.read()
    server.shutdown()


if __name__ == "__main__":
    main()

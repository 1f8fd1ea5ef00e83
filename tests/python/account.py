"""What is in an IAM account, and arranging it, with boto3 at a stand-in for AWS.

    account.py

Standard input has one command a line, and each is answered by one line:

    {"do": "call", "operation": "create_user", "parameters": {...}}   what boto3 answers; {"error": CODE} of a refusal
    {"do": "state", "path": "/x/"}             what is in the account, see `state`

and, in each, "url" and the key pair "access_key_id", "secret_access_key" and "session_token", if it has one, to sign with;
or, in place of all of these, "profile", the name of a profile of the AWS configuration that this program's environment names.
"""

import json
import sys
from typing import Any

import boto3
from botocore.exceptions import ClientError

REGION = "us-east-1"


def client(command: dict[str, Any]) -> Any:
    """boto3's client of IAM, for a stand-in."""
    if "profile" in command:
        return boto3.Session(profile_name=command["profile"]).client("iam")
    return boto3.client(
        "iam",
        region_name=REGION,
        endpoint_url=command["url"],
        aws_access_key_id=command["access_key_id"],
        aws_secret_access_key=command["secret_access_key"],
        aws_session_token=command.get("session_token"),
    )


def pages(iam: Any, operation: str, member: str, **parameters: Any) -> list[Any]:
    return iam.get_paginator(operation).paginate(**parameters).build_full_result()[member]


def named(documents: list[dict[str, Any]]) -> dict[str, Any]:
    return {document["PolicyName"]: document["PolicyDocument"] for document in documents}


def holdings(entity: dict[str, Any], inline: str) -> dict[str, Any]:
    """What every kind of entity has: where it is, its policies, its boundary and its tags."""
    return {
        "path": entity["Path"],
        "inline": named(entity.get(inline, [])),
        "attached": sorted(policy["PolicyArn"] for policy in entity.get("AttachedManagedPolicies", [])),
        "boundary": entity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "tags": {tag["Key"]: tag["Value"] for tag in entity.get("Tags", [])},
    }


def access_keys(iam: Any, user: str) -> list[str]:
    """The states of a user's keys: their ids differ between two accounts that are alike."""
    return sorted(key["Status"] for key in pages(iam, "list_access_keys", "AccessKeyMetadata", UserName=user))


def described(iam: Any, role: str) -> dict[str, Any]:
    """What only GetRole tells."""
    found = iam.get_role(RoleName=role)["Role"]
    return {"description": found.get("Description"), "max_session_duration": found.get("MaxSessionDuration")}


def state(iam: Any, path: str) -> dict[str, Any]:
    """The account without ids and dates: two are alike whose states are equal. Keys of users and descriptions of roles
    are told where their path begins with `path`, since each costs a request."""
    pager = iam.get_paginator("get_account_authorization_details")
    found = pager.paginate(Filter=["User", "Role", "Group", "LocalManagedPolicy"]).build_full_result()
    users = {
        user["UserName"]: holdings(user, "UserPolicyList") | {"groups": sorted(user.get("GroupList", []))}
        for user in found["UserDetailList"]
    }
    groups = {group["GroupName"]: holdings(group, "GroupPolicyList") for group in found["GroupDetailList"]}
    roles = {
        role["RoleName"]: holdings(role, "RolePolicyList") | {"trust": role["AssumeRolePolicyDocument"]}
        for role in found["RoleDetailList"]
    }
    for name, user in users.items():
        if user["path"].startswith(path):
            user["keys"] = access_keys(iam, name)
    for name, role in roles.items():
        if role["path"].startswith(path):
            role.update(described(iam, name))
    policies = {
        policy["Arn"]: {version["VersionId"]: version["Document"] for version in policy["PolicyVersionList"]}
        for policy in found["Policies"]
    }
    return {"users": users, "groups": groups, "roles": roles, "policies": policies}


def call(command: dict[str, Any]) -> Any:
    try:
        return getattr(client(command), command["operation"])(**command["parameters"])
    except ClientError as error:
        return {"error": error.response["Error"]["Code"]}


def obey(command: dict[str, Any]) -> Any:
    match command["do"]:
        case "call":
            return call(command)
        case "state":
            return state(client(command), command["path"])
    raise SystemExit(f"no such command: {command['do']}")


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(obey(json.loads(line)), default=str), flush=True)

"""moto as a KMS on loopback with keys that sign, with signatures and permissions checked.

    moto_kms.py --record FILE

Prints one line of JSON when it is ready, {"url", "access_key_id", "secret_access_key", "stranger": {the same two},
"keys", "public_keys", "alias"}: the first key pair is that of a user who may sign with the keys and read their public
halves, and nothing else; the stranger may do neither. "keys" are ARNs by name: "signing" and "other" on P-256,
"secp256k1", "rsa", and "encrypting", an RSA key that does not sign; "public_keys" is what `aws kms get-public-key --query
PublicKey --output text` prints for each; "alias" means "signing".

Then it reads a line of JSON at a time and answers {"done": true}: {"disable": ARN}, {"enable": ARN}, {"alias": ARN}
makes the alias mean that key, {"answer": {...}} lays these members over the answers to Sign from then on. FILE has a line
for each call, {"action", "parameters", "region", "access_key_id", "status"}. It ends when standard input closes.

How moto 5.2 signs is as AWS does it: ECDSA_SHA_256 over the message, whose MessageType RAW means that KMS hashes it, the
signature in DER. What is mended here, by AWS's API reference of Sign and GetPublicKey:
- a key that is disabled signs for moto; for AWS it is DisabledException;
- a key of another usage, or an algorithm that the key has not, is ValidationException for moto, for AWS
  InvalidKeyUsageException;
- GetPublicKey answers the bare id as KeyId and no KeySpec; AWS answers the key's ARN, and the spec under either name;
- a refusal by moto's own checks is XML with status 403; KMS's protocol is JSON with status 400, and the code ends in
  Exception.
"""

import argparse
import base64
import io
import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

import boto3
from moto import settings
from moto.core.exceptions import JsonRESTError
from moto.kms.models import KmsBackend
from moto.kms.responses import KmsResponse
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

# Not the region whose STS is asked.
REGION = "eu-central-1"
SCOPE = re.compile(r"Credential=(?P<key>[^/,]+)/\d{8}/(?P<region>[^/,]+)/")
SPECS = {
    "signing": ("ECC_NIST_P256", "SIGN_VERIFY"),
    "other": ("ECC_NIST_P256", "SIGN_VERIFY"),
    "secp256k1": ("ECC_SECG_P256K1", "SIGN_VERIFY"),
    "rsa": ("RSA_2048", "SIGN_VERIFY"),
    "encrypting": ("RSA_2048", "ENCRYPT_DECRYPT"),
}


def mend() -> None:
    """Has moto answer as AWS does where it does not."""
    sign, get_public_key = KmsBackend.sign, KmsResponse.get_public_key

    def sign_as_aws(backend: KmsBackend, key_id: str, message: bytes, signing_algorithm: str) -> tuple[str, bytes, str]:
        key = backend.describe_key(key_id)
        if not key.enabled:
            raise JsonRESTError("DisabledException", f"{key.arn} is disabled.")
        if key.key_usage != "SIGN_VERIFY" or signing_algorithm not in key.signing_algorithms:
            raise JsonRESTError("InvalidKeyUsageException", f"{key.arn} cannot sign with {signing_algorithm}.")
        return sign(backend, key_id, message, signing_algorithm)

    def get_public_key_as_aws(response: KmsResponse) -> str:
        answer = json.loads(get_public_key(response))
        arn = response.kms_backend.describe_key(answer["KeyId"]).arn
        return json.dumps(answer | {"KeyId": arn, "KeySpec": answer["CustomerMasterKeySpec"]})

    KmsBackend.sign, KmsResponse.get_public_key = sign_as_aws, get_public_key_as_aws


class Door:
    """Writes down each call, gives refusals KMS's form, and changes answers as told."""

    def __init__(self, app: Callable[..., Iterable[bytes]], record: str) -> None:
        self.app = app
        self.file = open(record, "a", encoding="utf-8")
        self.lock = threading.Lock()
        self.over: dict[str, Any] = {}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        action = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        started: list[Any] = []
        answer = b"".join(self.app(environ, lambda *arguments: started.append(arguments)))
        status, headers, *_ = started[0]
        code = re.search(rb"<Code>([^<]+)</Code>", answer)
        message = re.search(rb"<Message>([^<]+)</Message>", answer)
        if code and message:
            name = code[1].decode().removesuffix("Exception") + "Exception"
            status = "400 BAD REQUEST"
            answer = json.dumps({"__type": name, "message": message[1].decode()}).encode()
            headers = [("Content-Type", "application/x-amz-json-1.1")]
        elif action == "Sign" and status.startswith("200"):
            answer = json.dumps(json.loads(answer) | self.over).encode()
        scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        record = {
            "action": action,
            "parameters": json.loads(body or b"{}"),
            "region": scope and scope["region"],
            "access_key_id": scope and scope["key"],
            "status": int(status.split()[0]),
        }
        # Before the reply leaves, so that whoever has the reply finds the line.
        with self.lock:
            self.file.write(json.dumps(record) + "\n")
            self.file.flush()
        headers = [header for header in headers if header[0].lower() != "content-length"]
        start_response(status, [*headers, ("Content-Length", str(len(answer)))])
        return [answer]


def user(iam: Any, name: str, *actions: str) -> dict[str, str]:
    """A key pair of a new user who may do this."""
    iam.create_user(UserName=name)
    if actions:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName="keys", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}


def fill(url: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Creates keys and users; what a test must know of them, and the key pair of whoever changes them."""
    session = boto3.Session("bootstrap", "bootstrap", region_name=REGION)
    kms, iam = session.client("kms", endpoint_url=url), session.client("iam", endpoint_url=url)
    keys, public_keys = {}, {}
    for name, (spec, usage) in SPECS.items():
        keys[name] = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["Arn"]
        public = kms.get_public_key(KeyId=keys[name])["PublicKey"]
        public_keys[name] = base64.b64encode(public).decode()
    kms.create_alias(AliasName="alias/audit-digests", TargetKeyId=keys["signing"])
    facts = {
        "url": url,
        **user(iam, "gateway", "kms:Sign", "kms:GetPublicKey"),
        "stranger": user(iam, "stranger"),
        "keys": keys,
        "public_keys": public_keys,
        "alias": keys["signing"].rpartition(":")[0] + ":alias/audit-digests",
    }
    return facts, user(iam, "administrator", "kms:*")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", required=True, metavar="FILE", help="where every call is written down")
    options = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    mend()
    settings.INITIAL_NO_AUTH_ACTION_COUNT = float("inf")
    moto = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, moto, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    facts, administrator = fill(url)
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    door = server.app = Door(moto, options.record)
    session = boto3.Session(*administrator.values(), region_name=REGION)
    kms = session.client("kms", endpoint_url=url)
    print(json.dumps(facts), flush=True)
    for line in sys.stdin:
        match json.loads(line):
            case {"disable": key}:
                # moto takes the bare id here alone.
                kms.disable_key(KeyId=key.rpartition("/")[2])
            case {"enable": key}:
                kms.enable_key(KeyId=key.rpartition("/")[2])
            case {"alias": key}:
                kms.update_alias(AliasName="alias/audit-digests", TargetKeyId=key)
            case {"answer": over}:
                door.over = over
            case other:
                raise ValueError(f"not understood: {other}")
        print(json.dumps({"done": True}), flush=True)
    server.shutdown()


if __name__ == "__main__":
    main()

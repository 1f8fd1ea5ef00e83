"""moto as an S3 on loopback with two buckets for audit records, with signatures and permissions checked.

    audit_bucket.py

The buckets are "records" and "locked-records"; the second has Object Lock switched on. Prints one line of JSON when it is
ready, {"url", "region", "access_key_id", "secret_access_key"}: the key pair is that of a user who may do what the gateway's
documentation asks for, with s3:DeleteObject under the heartbeats alone, and nothing else. Every request after
that is checked. Standard input has one command a line, and each is answered by one line:

    {"fetch": BUCKET, "into": FOLDER}   writes every object, as it is stored, to a file of FOLDER that is named by its place
                                        in the list; answers {"objects": [{"key", "content_type", "content_encoding",
                                        "lock_mode", "retain_until"}]}

    {"age": BUCKET, "seconds": N}       makes every object older, as if the bucket's clock had gone on; answers {"aged": COUNT}

    {"fill": BUCKET, "keys": [KEY]}     stores empty objects with these keys; answers {"filled": COUNT}

It ends when standard input closes. What moto does not enforce, measured: the header x-amz-expected-bucket-owner.
"""

import datetime
import json
import logging
import pathlib
import sys
import threading
from typing import Any

import boto3
from botocore.config import Config
from moto import settings
from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import make_server

# Not the region that is asked first.
REGION = "eu-central-1"
PLAIN, LOCKED = "records", "locked-records"


def client(session: boto3.Session, url: str) -> Any:
    return session.client("s3", endpoint_url=url, config=Config(s3={"addressing_style": "path"}))


def user(session: boto3.Session, url: str, name: str, actions: list[str], *, beats: bool = False) -> dict[str, str]:
    """A user who may do this with the two buckets, and remove heartbeats where it beats; its key pair."""
    iam = session.client("iam", endpoint_url=url)
    iam.create_user(UserName=name)
    resources = [f"arn:aws:s3:::{bucket}{objects}" for bucket in (PLAIN, LOCKED) for objects in ("", "/*")]
    statements = [{"Effect": "Allow", "Action": actions, "Resource": resources}]
    if beats:
        heartbeats = f"arn:aws:s3:::{PLAIN}/*/replicas/*"
        statements.append({"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": heartbeats})
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_user_policy(UserName=name, PolicyName="records", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}


def fetch(s3: Any, bucket: str, folder: pathlib.Path) -> list[dict[str, Any]]:
    """Every object of a bucket: its bytes into the folder, what is known of it as the answer."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [listed["Key"] for page in pages for listed in page.get("Contents", [])]
    objects = []
    for number, key in enumerate(keys):
        stored = s3.get_object(Bucket=bucket, Key=key)
        (folder / str(number)).write_bytes(stored["Body"].read())
        found = {
            "key": key,
            "content_type": stored["ContentType"],
            "content_encoding": stored.get("ContentEncoding"),
        }
        if bucket == LOCKED:
            # As GetObjectRetention has it, which moto cannot answer when it checks permissions.
            found["lock_mode"] = stored["ObjectLockMode"]
            found["retain_until"] = stored["ObjectLockRetainUntilDate"].strftime("%Y-%m-%dT%H:%M:%SZ")
        objects.append(found)
    return objects


def age(bucket: str, seconds: int) -> int:
    """Makes every object of a bucket older."""
    stored = list(s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[bucket].keys.values())
    for key in stored:
        key.last_modified -= datetime.timedelta(seconds=seconds)
    return len(stored)


def fill(bucket: str, keys: list[str]) -> int:
    """Stores empty objects, without the requests that a client would need for it."""
    for key in keys:
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].put_object(bucket, key, b"")
    return len(keys)


def answer(reader: Any, command: dict[str, Any]) -> dict[str, Any]:
    """Carries out a command of standard input."""
    if "age" in command:
        return {"aged": age(command["age"], command["seconds"])}
    if "fill" in command:
        return {"filled": fill(command["fill"], command["keys"])}
    return {"objects": fetch(reader, command["fetch"], pathlib.Path(command["into"]))}


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    settings.INITIAL_NO_AUTH_ACTION_COUNT = float("inf")
    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    bootstrap = boto3.Session("bootstrap", "bootstrap", region_name=REGION)
    s3 = client(bootstrap, url)
    for bucket in (PLAIN, LOCKED):
        s3.create_bucket(
            Bucket=bucket,
            CreateBucketConfiguration={"LocationConstraint": REGION},
            ObjectLockEnabledForBucket=bucket == LOCKED,
        )
    needed = ["s3:PutObject", "s3:PutObjectRetention", "s3:ListBucket", "s3:GetObject"]
    gateway = user(bootstrap, url, "iam-mcp-gateway", needed, beats=True)
    auditor = user(bootstrap, url, "auditor", ["s3:ListBucket", "s3:GetObject", "s3:GetObjectRetention"])
    # From here on moto checks every request.
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    print(json.dumps({"url": url, "region": REGION, **gateway}), flush=True)
    session = boto3.Session(auditor["access_key_id"], auditor["secret_access_key"], region_name=REGION)
    reader = client(session, url)
    for line in sys.stdin:
        print(json.dumps(answer(reader, json.loads(line))), flush=True)
    server.shutdown()


if __name__ == "__main__":
    main()

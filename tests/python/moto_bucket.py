"""moto as an S3 on loopback with a bucket of CloudTrail's log files, with signatures and permissions checked.

    moto_bucket.py --bucket NAME --folder FOLDER

Every file of FOLDER becomes an object, its key the path below it. Prints one line of JSON when it is ready, {"url",
"access_key_id", "secret_access_key"}: the key pair is that of a user who may list the bucket and read its objects, and
nothing else. Every request after that is checked. It ends when standard input closes.
"""

import argparse
import json
import logging
import pathlib
import sys
import threading

import boto3
from botocore.config import Config
from moto import settings
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

# Not the region that is asked first.
REGION = "eu-central-1"


def fill(url: str, bucket: str, folder: pathlib.Path) -> dict[str, str]:
    """Creates the bucket, its objects and a user who may read them."""
    session = boto3.Session("bootstrap", "bootstrap", region_name=REGION)
    s3 = session.client("s3", endpoint_url=url, config=Config(s3={"addressing_style": "path"}))
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            s3.put_object(Bucket=bucket, Key=path.relative_to(folder).as_posix(), Body=path.read_bytes())
    iam = session.client("iam", endpoint_url=url)
    iam.create_user(UserName="auditor")
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    statement = {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": resources}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="auditor", PolicyName="read-the-trail", PolicyDocument=document)
    key = iam.create_access_key(UserName="auditor")["AccessKey"]
    return {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bucket", required=True, metavar="NAME")
    parser.add_argument("--folder", required=True, metavar="FOLDER", type=pathlib.Path)
    options = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    settings.INITIAL_NO_AUTH_ACTION_COUNT = float("inf")
    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    filled = fill(url, options.bucket, options.folder)
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    print(json.dumps({"url": url, **filled}), flush=True)
    sys.stdin.buffer.read()
    server.shutdown()


if __name__ == "__main__":
    main()

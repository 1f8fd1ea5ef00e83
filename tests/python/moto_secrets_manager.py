"""moto as a Secrets Manager on loopback that stores and gives secrets, or refuses to, as it is told.

    moto_secrets_manager.py --record FILE

Prints {"url": URL} as one line of JSON when it is ready. Then it reads a line of JSON at a time and answers with one:
{"refuse": [ACTION, CODE, STATUS]} has every call of this action answered with this error from then on, and {"refuse": null}
none; {"done": true} is the answer. {"store": [NAME, TEXT]} makes a secret and is answered with {"arn": ARN}.
{"secrets": true} is answered with {"secrets": {NAME: the secret's text}}.

FILE has a line for each call, {"action", "parameters", "region", "service", "access_key_id", "session_token", "status"},
where the secret's text stands among the parameters, and whether a session's token came along.

Whoever calls may do everything here: the credentials are those of another stand-in for AWS, which moto does not know.
"""

import argparse
import io
import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

REGION = "eu-central-1"
SCOPE = re.compile(r"Credential=(?P<key>[^/,]+)/\d{8}/(?P<region>[^/,]+)/(?P<service>[^/,]+)/")


class Door:
    """Writes down each call, and refuses as it is told."""

    def __init__(self, app: Callable[..., Iterable[bytes]], record: str) -> None:
        self.app = app
        self.file = open(record, "a", encoding="utf-8")
        self.lock = threading.Lock()
        self.refusal: tuple[str, str, int] | None = None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        action = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        if self.refusal and action == self.refusal[0]:
            _, code, status = self.refusal
            # AWS's words may repeat what it was sent.
            text = {"__type": code, "message": f"refused: {body.decode()}"}
            answer, started = json.dumps(text).encode(), [(f"{status} Refused", [])]
        else:
            started = []
            answer = b"".join(self.app(environ, lambda *arguments: started.append(arguments)))
        status_line, headers, *_ = started[0]
        scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        record = {
            "action": action,
            "parameters": json.loads(body or b"{}"),
            "region": scope and scope["region"],
            "service": scope and scope["service"],
            "access_key_id": scope and scope["key"],
            "session_token": bool(environ.get("HTTP_X_AMZ_SECURITY_TOKEN")),
            "status": int(status_line.split()[0]),
        }
        # Before the reply leaves, so that whoever has the reply finds the line.
        with self.lock:
            self.file.write(json.dumps(record) + "\n")
            self.file.flush()
        headers = [header for header in headers if header[0].lower() not in ("content-length", "content-type")]
        lengths = [("Content-Type", "application/x-amz-json-1.1"), ("Content-Length", str(len(answer)))]
        start_response(status_line, [*headers, *lengths])
        return [answer]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", required=True, metavar="FILE", help="where every call is written down")
    options = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    door = Door(DomainDispatcherApplication(create_backend_app), options.record)
    server = make_server("127.0.0.1", 0, door, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    client = boto3.Session("reading", "reading", region_name=REGION).client("secretsmanager", endpoint_url=url)
    print(json.dumps({"url": url}), flush=True)
    for line in sys.stdin:
        match json.loads(line):
            case {"refuse": [str(action), str(code), int(status)]}:
                door.refusal = (action, code, status)
                answer: dict[str, Any] = {"done": True}
            case {"refuse": None}:
                door.refusal = None
                answer = {"done": True}
            case {"store": [str(name), str(text)]}:
                answer = {"arn": client.create_secret(Name=name, SecretString=text)["ARN"]}
            case {"secrets": True}:
                names = [secret["Name"] for secret in client.list_secrets()["SecretList"]]
                texts = {name: client.get_secret_value(SecretId=name)["SecretString"] for name in names}
                answer = {"secrets": texts}
            case other:
                raise ValueError(f"not understood: {other}")
        print(json.dumps(answer), flush=True)
    server.shutdown()


if __name__ == "__main__":
    main()

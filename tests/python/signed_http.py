"""Sends raw HTTP requests, signed by botocore and then tampered with as asked, and prints the replies.

Standard input has one request a line, as JSON; each reply is printed as one line of JSON. The key pair is read from
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. A request:

    {"url": "http://127.0.0.1:8080/mcp", "method": "POST", "headers": [["content-type", "application/json"]],
     "body": "{}", "service": "iam-mcp", "region": "us-east-1", ...}

Ways to tamper, all optional:

    "skew_seconds": -900          signed as if it were fifteen minutes ago
    "unsigned": ["content-type"]  sent, but not signed
    "omitted": ["x-amz-date"]     signed, but not sent
    "doubled": ["x-amz-date"]     sent twice
    "added": [["x-amz-x", "1"]]   sent as well, after signing
    "sent_body": "..."            sent in place of the body that was signed
    "sent_target": "/mcp?x=1"     sent in place of the path and query that were signed
    "sign": false                 not signed at all
    "times": 3                    the very same signed request again, each on a connection of its own

A reply: {"status": 401, "headers": [["content-type", "..."]], "body": "...", "json": the body as JSON, or null}; where
there was none, {"error": {"type": ..., "message": ...}}.
"""

import http.client
import json
import sys
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from signing import Headers, SignerAt, credentials_from_environment, sign

# Bounds each wait on the socket, so that a server that never answers fails its test and does not hang it.
SOCKET_SECONDS = 30


def without(headers: Headers, names: list[str]) -> Headers:
    left_out = {name.lower() for name in names}
    return [header for header in headers if header[0].lower() not in left_out]


def only(headers: Headers, names: list[str]) -> Headers:
    kept = {name.lower() for name in names}
    return [header for header in headers if header[0].lower() in kept]


def prepared(request: dict[str, Any]) -> tuple[str, str, Headers, bytes]:
    """The request's method, target, headers and body as they go on the wire."""
    url = urlsplit(request["url"])
    method = request.get("method", "POST")
    body = request.get("body", "").encode()
    headers = [(name, value) for name, value in request.get("headers", [])]
    headers += [("host", url.netloc), ("content-length", str(len(body)))]
    if request.get("sign", True):
        signer = SignerAt(
            credentials_from_environment(),
            request.get("service", "iam-mcp"),
            request.get("region", "us-east-1"),
            timedelta(seconds=request.get("skew_seconds", 0)),
        )
        headers = sign(signer, method, request["url"], headers, body, request.get("unsigned", ()))
    headers = without(headers, request.get("omitted", []))
    headers += only(headers, request.get("doubled", []))
    headers += [(name, value) for name, value in request.get("added", [])]
    if "sent_body" in request:
        body = request["sent_body"].encode()
        headers = [*without(headers, ["content-length"]), ("content-length", str(len(body)))]
    target = request.get("sent_target", url.path + (f"?{url.query}" if url.query else ""))
    return method, target, headers, body


def as_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def exchange(netloc: str, method: str, target: str, headers: Headers, body: bytes) -> dict[str, Any]:
    connection = http.client.HTTPConnection(netloc, timeout=SOCKET_SECONDS)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders(body)
        reply = connection.getresponse()
        received = reply.read()
    except (OSError, http.client.HTTPException) as error:
        return {"error": {"type": type(error).__name__, "message": str(error)}}
    finally:
        connection.close()
    return {
        "status": reply.status,
        "headers": [[name.lower(), value] for name, value in reply.getheaders()],
        "body": received.decode("utf-8", "replace"),
        "json": as_json(received),
    }


if __name__ == "__main__":
    for line in sys.stdin:
        request = json.loads(line)
        wire = prepared(request)
        for _ in range(request.get("times", 1)):
            print(json.dumps(exchange(urlsplit(request["url"]).netloc, *wire)), flush=True)

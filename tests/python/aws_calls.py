"""Runs tables of AWS calls with boto3's client against a server, and says where it answers otherwise.

Reads one JSON object a line, {"table": FILE, "url": ..., "access_key_id": ..., "secret_access_key": ...}, and prints one
for each, {"table", "cases", "differences": {case: what differs}}. Without "url" the server is a moto of its own, emptied
before each table, that checks neither signatures nor permissions. tests/aws_calls/README.md tells how a table is written.
"""

import base64
import hmac
import json
import logging
import re
import struct
import sys
import threading
import time
from datetime import datetime
from typing import Any
from urllib.request import Request, urlopen

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

# What a constraint forbids must reach the server, and each call is sent once.
CONFIG = Config(parameter_validation=False, retries={"total_max_attempts": 1}, read_timeout=30)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KINDS = {
    "string": lambda value: isinstance(value, str) and value != "",
    "bytes": lambda value: isinstance(value, bytes) and value != b"",
    "number": lambda value: isinstance(value, int),
    "uuid": lambda value: isinstance(value, str) and UUID.fullmatch(value) is not None,
}


class Difference(Exception):
    """What was answered is not what is expected."""


class Run:
    """One table on one server: what was remembered, and whose ids are looked at."""

    def __init__(self, server: dict[str, Any]) -> None:
        self.url = server["url"]
        self.keys = {"AccessKeyId": server["access_key_id"], "SecretAccessKey": server["secret_access_key"]}
        self.aws_ids = server.get("aws_ids", True)
        self.saved: dict[str, Any] = {}

    def case(self, case: dict[str, Any]) -> None:
        service, operation = case["call"].split(":")
        client = self.client(service, self.filled(case.get("as", self.keys)))
        answers: list[dict[str, Any]] = []
        client.meta.events.register("before-parse", lambda response_dict, **_: answers.append(response_dict))
        expected = case["expect"]
        try:
            result = client._make_api_call(operation, self.filled(case.get("input", {})))
        except ClientError as error:
            told = error.response["Error"]
            got = {"error": told["Code"], "status": answers[-1]["status_code"], "message": told["Message"]}
            # Where AWS's wording is not known, any will do.
            self.compare({"message": got["message"], **expected}, got, "")
        except Difference:
            raise
        except Exception as error:
            # botocore's parsers raise whatever comes up on what they do not expect.
            raise Difference(f"no answer of AWS's form: {error!r}") from error
        else:
            result.pop("ResponseMetadata")
            self.compare(expected, {"result": result}, "")
        self.http(case.get("http", {}), answers[-1])

    def http(self, expected: dict[str, Any], answer: dict[str, Any]) -> None:
        self.compare(expected.get("status", answer["status_code"]), answer["status_code"], "HTTP status")
        for name, value in expected.get("headers", {}).items():
            self.compare(value, answer["headers"].get(name), name)
        body = answer["body"].decode()
        for part in expected.get("body", []):
            self.compare(part if isinstance(part, dict) else {"$has": part}, body, "body")

    def client(self, service: str, keys: dict[str, str]) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"),
            config=CONFIG,
        )

    def filled(self, value: Any) -> Any:
        """An input with its placeholders replaced."""
        match value:
            case {"$use": name}:
                if name not in self.saved:
                    raise Difference(f"an earlier case remembered no {name}")
                return self.saved[name]
            case {"$document": document}:
                return json.dumps(self.filled(document))
            case {"$times": count, "of": text}:
                return text * count
            case {"$each": count, "of": pattern}:
                return [json.loads(json.dumps(pattern).replace("#", str(number + 1))) for number in range(count)]
            case {"$totp": seed, "step": step}:
                return totp(self.filled(seed), step)
            case dict():
                return {name: self.filled(item) for name, item in value.items()}
            case list():
                return [self.filled(item) for item in value]
        return value

    def compare(self, expected: Any, got: Any, place: str) -> None:
        """Raises where `got` is not as `expected`, and remembers what is to be remembered."""

        def holds(condition: bool) -> None:
            if not condition:
                raise Difference(f"{place or 'the answer'}: expected {json.dumps(expected)}, got {shown(got)}")

        match expected:
            case {"$id": prefix}:
                holds(isinstance(got, str))
                holds(not self.aws_ids or re.fullmatch(prefix + "[A-Z0-9]{16,17}", got) is not None)
            case {"$time": True}:
                holds(isinstance(got, datetime))
            case {"$secret": length}:
                holds(isinstance(got, str) and len(got) == length)
            case {"$any": kind}:
                holds(KINDS[kind](got))
            case {"$has": part}:
                holds(isinstance(got, str) and part in got)
            case {"$like": pattern}:
                holds(isinstance(got, str) and re.search(pattern, got) is not None)
            case {"$document": document}:
                holds(got == document)
            case {"$use": _}:
                holds(got == self.filled(expected))
            case {"$save": name}:
                self.compare(expected.get("as", {"$any": "string"}), got, place)
                self.saved[name] = got
            case {"$includes": part}:
                holds(isinstance(got, dict) and part.keys() <= got.keys())
                for name, item in part.items():
                    self.compare(item, got[name], f"{place}.{name}")
            case dict():
                holds(isinstance(got, dict))
                for name in expected.keys() & got.keys():
                    self.compare(expected[name], got[name], f"{place}.{name}".lstrip("."))
                missing, more = expected.keys() - got.keys(), got.keys() - expected.keys()
                if missing or more:
                    told = [f"without {', '.join(sorted(missing))}"] * bool(missing)
                    told += [f"with {', '.join(sorted(more))}"] * bool(more)
                    raise Difference(f"{place or 'the answer'}: {' and '.join(told)}: {shown(got)}")
            case list():
                holds(isinstance(got, list) and len(got) == len(expected))
                for index, item in enumerate(expected):
                    self.compare(item, got[index], f"{place}[{index}]")
            case _:
                holds(got == expected and isinstance(got, bool) == isinstance(expected, bool))


def totp(seed: bytes, step: int) -> str:
    """The six digits that a device with this seed shows `step` steps of 30 seconds from now, after RFC 6238."""
    counter = struct.pack(">Q", int(time.time()) // 30 + step)
    digest = hmac.digest(base64.b32decode(seed + b"=" * (-len(seed) % 8)), counter, "sha1")
    number = struct.unpack_from(">I", digest, digest[-1] & 15)[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def shown(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) < 800 else text[:800] + "..."


def run(server: dict[str, Any], cases: list[dict[str, Any]]) -> dict[str, str]:
    table, differences = Run(server), {}
    for case in cases:
        try:
            table.case(case)
        except Difference as difference:
            differences[case["name"]] = str(difference)
    return differences


def start_moto() -> dict[str, Any]:
    # Requests that it fails on are differences, and told as such.
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = make_server(
        "127.0.0.1",
        0,
        DomainDispatcherApplication(create_backend_app),
        threaded=True,
        request_handler=MotoRequestHandler,
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # moto's ids are as long as AWS's and lack the prefixes of users, groups and others.
    url = f"http://127.0.0.1:{server.server_port}"
    return {"url": url, "access_key_id": "moto", "secret_access_key": "moto", "aws_ids": False}


def main() -> None:
    moto: dict[str, Any] | None = None
    for line in sys.stdin:
        asked = json.loads(line)
        server = asked
        if "url" not in asked:
            server = moto = moto or start_moto()
            urlopen(Request(f"{moto['url']}/moto-api/reset", method="POST")).close()
        with open(asked["table"], encoding="utf-8") as file:
            cases = json.load(file)
        differences = run(server, cases)
        print(json.dumps({"table": asked["table"], "cases": len(cases), "differences": differences}), flush=True)


if __name__ == "__main__":
    main()

"""A stand-in for STS, IAM and CloudTrail on loopback that misbehaves as told. It checks no signatures; moto_server.py does.

    faulty_aws.py --record FILE

Prints {"url": ...} when it listens, ends when standard input closes, and records every request in FILE (recording.py)
with "behaviour", what it did about it. Standard input has one command a line, and each is acknowledged by one line:

    {"queue": {"AssumeRole": [BEHAVIOUR, ...], "CreateUser": [...]}}   what the next requests of an action get, in order
    {"clear": "AssumeRole"}                                            forgets what was queued for an action
    {"release": true}                                                  lets every held request go on

A behaviour says what is answered:

    {"result": "<User>...</User>"}               a good answer of the action, with this inside its result element
    {"xml": "<CreateUserResponse>..."}           this very body, status 200
    {"json": {"Events": []}}                     the same of a service that speaks JSON
    {"status": 403, "code": "AccessDenied", "message": "..."}    an error in AWS's form; the message may be left out
    {"throttle": true}                           status 400, code Throttling
    {"body": "<html>", "content_type": "text/html", "status": 502}   anything at all
    {"close": "unanswered"}                      the connection closes after the request was read
    {"close": "mid-body", ...}                   the connection closes after half of the answer's body

and, besides: "delay": seconds to wait first, "hold": true to wait for a release, "times": n for n requests in a row.
When an action's queue is empty, or only says to wait, AssumeRole and GetCallerIdentity are answered well, other actions with InvalidAction.
"""

import argparse
import json
import socket
import sys
import threading
from collections import defaultdict, deque
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from recording import Recording

# A held request goes on after this even if nobody releases it, so that no test can hang here.
HOLD_SECONDS = 60
ACCOUNT = "123456789012"
NAMESPACES = {"sts": "https://sts.amazonaws.com/doc/2011-06-15/", "iam": "https://iam.amazonaws.com/doc/2010-05-08/"}
SPEAK_JSON = ["cloudtrail"]
JSON = "application/x-amz-json-1.1"
REQUEST_ID = "00000000-0000-4000-8000-{:012d}"

Behaviour = dict[str, Any]


class Script:
    """What the next requests of each action get, and the gate that held requests wait at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[str, deque[Behaviour]] = defaultdict(deque)
        self.gate = threading.Event()

    def queue(self, behaviours: dict[str, list[Behaviour]]) -> None:
        with self._lock:
            for action, listed in behaviours.items():
                for behaviour in listed:
                    self._queues[action].extend([behaviour] * behaviour.get("times", 1))

    def clear(self, action: str) -> None:
        with self._lock:
            self._queues[action].clear()

    def take(self, action: str) -> Behaviour | None:
        with self._lock:
            waiting = self._queues[action]
            return waiting.popleft() if waiting else None

    def release(self) -> None:
        """Lets go those that wait now; later ones wait for the next release."""
        with self._lock:
            self.gate.set()
            self.gate = threading.Event()


def well_behaved(action: str, parameters: dict[str, str]) -> Behaviour:
    """What an action gets that was not told otherwise."""
    role = parameters.get("RoleArn", "").rpartition("/")[2]
    session = parameters.get("RoleSessionName", "")
    assumed = f"<Arn>{escape(f'arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}')}</Arn>"
    if action == "AssumeRole":
        lasts = timedelta(seconds=int(parameters.get("DurationSeconds", "3600")))
        expiration = (datetime.now(timezone.utc) + lasts).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "result": "<Credentials><AccessKeyId>ASIAFAULTYAWSEXAMPLE</AccessKeyId>"
            "<SecretAccessKey>not-a-real-secret</SecretAccessKey>"
            f"<SessionToken>token-of-{quote(session)}</SessionToken><Expiration>{expiration}</Expiration></Credentials>"
            f"<AssumedRoleUser><AssumedRoleId>AROAFAULTYAWSEXAMPLE:{escape(session)}</AssumedRoleId>{assumed}"
            "</AssumedRoleUser><PackedPolicySize>6</PackedPolicySize>"
        }
    if action == "GetCallerIdentity":
        user = f"<Arn>arn:aws:iam::{ACCOUNT}:user/iam-mcp-gateway</Arn>"
        return {"result": f"{user}<UserId>AIDAFAULTYAWSEXAMPLE</UserId><Account>{ACCOUNT}</Account>"}
    return {"status": 400, "code": "InvalidAction", "message": f"{action} was not expected here"}


def answer(behaviour: Behaviour, action: str, service: str, request_id: str) -> tuple[int, str, str]:
    """The status, content type and body that the behaviour stands for."""
    namespace = NAMESPACES.get(service, NAMESPACES["iam"])
    if behaviour.get("throttle"):
        behaviour = {"status": 400, "code": "Throttling", "message": "Rate exceeded"} | behaviour
    status = behaviour.get("status", 200)
    if "code" in behaviour and service in SPEAK_JSON:
        told = {"__type": behaviour["code"], "message": behaviour.get("message", "")}
        return status, JSON, json.dumps(told)
    if "json" in behaviour:
        return status, JSON, json.dumps(behaviour["json"])
    if "code" in behaviour:
        fault = "Sender" if status < 500 else "Receiver"
        message = escape(behaviour.get("message", ""))
        error = f"<Type>{fault}</Type><Code>{behaviour['code']}</Code><Message>{message}</Message>"
        body = (
            f'<ErrorResponse xmlns="{namespace}"><Error>{error}</Error>'
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    elif "result" in behaviour:
        body = (
            f'<{action}Response xmlns="{namespace}"><{action}Result>{behaviour["result"]}</{action}Result>'
            f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{action}Response>"
        )
    else:
        body = behaviour.get("xml", behaviour.get("body", ""))
    return status, behaviour.get("content_type", "text/xml"), body


class Handler(BaseHTTPRequestHandler):
    """One connection; the script and the recording are the server's."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "FaultyAws"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        authorization = self.headers.get("authorization", "")
        record = self.server.recording.received(body, authorization, self.headers.get("x-amz-security-token", ""))
        if target := self.headers.get("x-amz-target"):
            record |= {"action": target.rpartition(".")[2], "parameters": json.loads(body)}
        action = record["action"] or ""
        behaviour = self.server.script.take(action) or {}
        if not behaviour.keys() - {"delay", "hold", "times"}:
            behaviour = well_behaved(action, record["parameters"]) | behaviour
        gate = self.server.script.gate
        # Recorded before anything is done about it: some of these requests never see an answer.
        self.server.recording.write(record | {"behaviour": behaviour})
        if "delay" in behaviour:
            self.server.stopping.wait(behaviour["delay"])
        if behaviour.get("hold"):
            gate.wait(HOLD_SECONDS)
        self.reply(behaviour, action, record)

    def reply(self, behaviour: Behaviour, action: str, record: dict[str, Any]) -> None:
        request_id = REQUEST_ID.format(record["order"])
        close = behaviour.get("close")
        if close == "unanswered":
            return self.hang_up()
        status, content_type, text = answer(behaviour, action, record["service"] or "", request_id)
        body = text.encode()
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.send_header("x-amzn-requestid", request_id)
        self.end_headers()
        if close == "mid-body":
            self.wfile.write(body[: len(body) // 2])
            return self.hang_up()
        self.wfile.write(body)

    def hang_up(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_arguments: Any) -> None:
        """Nothing: the recording tells more."""


class FaultyAws(ThreadingHTTPServer):
    """The listener on loopback, with a thread for each connection."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, recording: Recording) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.recording = recording
        self.script = Script()
        self.stopping = threading.Event()

    def handle_error(self, *_arguments: Any) -> None:
        """A client that hung up is part of the tests; anything else would be a fault here and is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(*_arguments)


def obey(command: dict[str, Any], script: Script) -> None:
    if "queue" in command:
        script.queue(command["queue"])
    elif "clear" in command:
        script.clear(command["clear"])
    elif "release" in command:
        script.release()
    else:
        raise SystemExit(f"no such command: {command}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", required=True, metavar="FILE", help="where every request is written down")
    options = parser.parse_args()
    server = FaultyAws(Recording(options.record))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}), flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        obey(command, server.script)
        print(json.dumps({"done": next(iter(command))}), flush=True)
    server.stopping.set()
    server.script.release()
    server.shutdown()


if __name__ == "__main__":
    main()

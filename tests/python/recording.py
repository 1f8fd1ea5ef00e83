"""Writes down every request that a stand-in for AWS received, one JSON object a line, so that a test can look at it.

A line has: "order" (from 0, by arrival), "action", "parameters" (the form, as sent), "access_key_id", "region" and
"service" of the credential scope, "session_token" (whether one came along), and what the stand-in adds.
"""

import itertools
import json
import re
import threading
from typing import Any
from urllib.parse import parse_qsl

_SCOPE = re.compile(r"Credential=(?P<key>[^/,]+)/\d{8}/(?P<region>[^/,]+)/(?P<service>[^/,]+)/aws4_request")


class Recording:
    """A file of requests, in the order in which they were finished; "order" tells how they arrived."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "a", encoding="utf-8")
        self._lock = threading.Lock()
        self._orders = itertools.count()

    def received(self, body: bytes, authorization: str, session_token: str) -> dict[str, Any]:
        """The request's record so far; its place in the order is taken now."""
        parameters = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        scope = _SCOPE.search(authorization)
        with self._lock:
            order = next(self._orders)
        return {
            "order": order,
            "action": parameters.pop("Action", None),
            "parameters": parameters,
            "access_key_id": scope and scope["key"],
            "region": scope and scope["region"],
            "service": scope and scope["service"],
            "session_token": bool(session_token),
        }

    def write(self, record: dict[str, Any]) -> None:
        """Written before the reply leaves, so whoever has the reply finds the line."""
        line = json.dumps(record) + "\n"
        with self._lock:
            self._file.write(line)
            self._file.flush()

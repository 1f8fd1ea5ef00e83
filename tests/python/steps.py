"""Runs a list of steps on an MCP client and prints what came of each, one JSON object a line.

Steps are a JSON array on standard input (or the last argument), each an array of a name and its arguments:

    ["list_tools"]                          ["list_resources"]
    ["call_tool", "get_user", {"name": 1}]  ["list_resource_templates"]
    ["list_prompts"]                        ["read_resource", "iam://..."]
    ["get_prompt", "name", {"k": "v"}]      ["complete_prompt", "name", "argument", "prefix"]
    ["complete_resource", "iam://users/{name}", "name", "prefix"]
    ["discover"]                            ["ping"]  (protocols before 2026-07-28 only)
    ["call_tool_telling_progress", "delete_user", {...}]  (asks to be told of progress; see "progress" below)
    ["pause", 5.5]  (prints nothing; connections that are idle for five seconds are closed)
    ["answer_elicitations_with", "accept", {"confirm": true}]  (prints nothing; without it, the answer is "decline")

The first line is the connection's: {"step": ["connect"], "ok": true, "result": {"protocolVersion": ..., "serverInfo":
..., "capabilities": ..., "instructions": ...}}. Each line after it has "ok", then "result" as it was on the wire, or
"error" {"type", "message", and "code" and "data" of a JSON-RPC error}; "elicitations" lists what the server asked
meanwhile, "progress" what it told of the call, as [progress, total, message]. A refusal is a result of the run and not
a failure of this program: it exits 0.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import mcp_types as types
from mcp import Client, MCPError
from mcp_types.version import LATEST_MODERN_VERSION

# Bounds one request and its reply, so that a server that never answers fails its test and does not hang it.
REPLY_SECONDS = 30

ERAS = {"legacy": "legacy", "modern": LATEST_MODERN_VERSION, "auto": "auto"}


class Elicitations:
    """Answers the server's questions as the steps said, and keeps them to be reported."""

    def __init__(self) -> None:
        self.answer = types.ElicitResult(action="decline")
        self.asked: list[dict[str, Any]] = []

    async def __call__(self, _context: Any, params: types.ElicitRequestParams) -> types.ElicitResult:
        self.asked.append(plain(params))
        return self.answer

    def take(self) -> list[dict[str, Any]]:
        asked, self.asked = self.asked, []
        return asked


def plain(value: Any) -> Any:
    """The value as JSON, with the names it has on the wire."""
    return value.model_dump(by_alias=True, mode="json", exclude_unset=True) if hasattr(value, "model_dump") else value


def described(error: BaseException) -> dict[str, Any]:
    """The error's type and message; of a group, those of its first leaf, which is what went wrong."""
    while isinstance(getattr(error, "exceptions", None), tuple):
        error = error.exceptions[0]
    if isinstance(error, MCPError):
        return {"type": "MCPError", "code": error.code, "message": error.message, "data": error.data}
    return {"type": type(error).__name__, "message": str(error)}


async def complete_prompt(client: Client, prompt: str, argument: str, prefix: str) -> types.CompleteResult:
    reference = types.PromptReference(type="ref/prompt", name=prompt)
    return await client.complete(reference, {"name": argument, "value": prefix})


async def complete_resource(client: Client, template: str, argument: str, prefix: str) -> types.CompleteResult:
    reference = types.ResourceTemplateReference(type="ref/resource", uri=template)
    return await client.complete(reference, {"name": argument, "value": prefix})


TOLD: list[tuple[float, float | None, str | None]] = []


async def call_tool_telling_progress(client: Client, name: str, arguments: dict[str, Any]) -> types.CallToolResult:
    async def hear(progress: float, total: float | None, message: str | None) -> None:
        TOLD.append((progress, total, message))

    return await client.call_tool(name, arguments, progress_callback=hear)


def take_progress() -> list[tuple[float, float | None, str | None]]:
    told = list(TOLD)
    TOLD.clear()
    return told


async def discover(client: Client) -> dict[str, Any]:
    """Sent whatever the connection already knows: the test wants the server's own answer."""
    return await client.session.send_discover(LATEST_MODERN_VERSION)


async def ping(client: Client) -> types.EmptyResult:
    return await client.session.send_ping()


ACTIONS: dict[str, Callable[..., Awaitable[Any]]] = {
    "list_tools": Client.list_tools,
    "call_tool": Client.call_tool,
    "call_tool_telling_progress": call_tool_telling_progress,
    "list_prompts": Client.list_prompts,
    "get_prompt": Client.get_prompt,
    "list_resources": Client.list_resources,
    "list_resource_templates": Client.list_resource_templates,
    "read_resource": Client.read_resource,
    "complete_prompt": complete_prompt,
    "complete_resource": complete_resource,
    "discover": discover,
    "ping": ping,
}
ANSWER_ELICITATIONS = "answer_elicitations_with"
PAUSE = "pause"


def connected(client: Client) -> dict[str, Any]:
    return {
        "protocolVersion": client.protocol_version,
        "serverInfo": plain(client.server_info),
        "capabilities": plain(client.server_capabilities),
        "instructions": client.instructions,
    }


def report(step: list[Any], **outcome: Any) -> None:
    print(json.dumps({"step": step, **outcome}), flush=True)


async def run(server: Any, era: str, elicit: bool, steps: list[list[Any]]) -> None:
    """Connects to the server (a transport), then runs the steps in order; a step that fails does not stop the next."""
    elicitations = Elicitations()
    client = Client(
        server,
        mode=ERAS[era],
        cache=None,  # every step is to reach the server
        read_timeout_seconds=REPLY_SECONDS,
        elicitation_callback=elicitations if elicit else None,
    )
    is_connected = False
    try:
        async with client:
            is_connected = True
            report(["connect"], ok=True, result=connected(client))
            for step in steps:
                name, *given = step
                try:
                    if name == ANSWER_ELICITATIONS:
                        elicitations.answer = types.ElicitResult(action=given[0], content=(given[1:] or [None])[0])
                        continue
                    if name == PAUSE:
                        await asyncio.sleep(given[0])
                        continue
                    result = plain(await ACTIONS[name](client, *given))
                    report(step, ok=True, result=result, elicitations=elicitations.take(), progress=take_progress())
                except Exception as error:
                    report(step, ok=False, error=described(error), elicitations=elicitations.take())
    except Exception as error:
        report(["disconnect" if is_connected else "connect"], ok=False, error=described(error))


def arguments(description: str) -> argparse.ArgumentParser:
    """The options that every client driver has."""
    parser = argparse.ArgumentParser(description=description, epilog="Steps: see steps.py.")
    parser.add_argument("--url", required=True, help="the endpoint, such as http://127.0.0.1:8080/mcp")
    parser.add_argument("--service", default="iam-mcp", help="the service name to sign for (default: %(default)s)")
    parser.add_argument("--region", default="us-east-1", help="the region to sign for (default: %(default)s)")
    parser.add_argument("--elicitation", action="store_true", help="declare that the client can be asked")
    parser.add_argument("steps", nargs="?", help="the steps as JSON; read from standard input when left out")
    return parser


def main(server: Any, options: argparse.Namespace) -> None:
    steps = json.loads(options.steps if options.steps is not None else sys.stdin.read())
    unknown = {step[0] for step in steps} - {*ACTIONS, ANSWER_ELICITATIONS, PAUSE}
    if unknown:
        raise SystemExit(f"no such step: {', '.join(sorted(unknown))}")
    asyncio.run(run(server, options.era, options.elicitation, steps))

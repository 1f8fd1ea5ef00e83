"""A small MCP server of the Python SDK on loopback, to prove the client drivers before they are used on the gateway.

Prints {"url": ...} when it listens, and ends when standard input closes. It does not check signatures; its tool
`signed_headers` tells which headers the caller signed.
"""

import asyncio
import json
import re
import socket
import sys

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ElicitRequest, ElicitRequestFormParams, InputRequiredResult

server = MCPServer("echo", instructions="Says what it was told.")


@server.tool()
def echo(text: str) -> str:
    """Answers with the text."""
    return text


@server.tool()
def fail(text: str) -> str:
    """Fails with the text."""
    raise ValueError(text)


@server.tool()
def signed_headers(ctx: Context) -> list[str]:
    """The names in SignedHeaders of this very request."""
    found = re.search(r"SignedHeaders=([^,]+)", (ctx.headers or {}).get("authorization", ""))
    return found[1].split(";") if found else []


@server.tool()
def ask(ctx: Context) -> str | InputRequiredResult:
    """Asks the client whether it is sure (2026-07-28), and tells what it answered."""
    if ctx.input_responses:
        return json.dumps(ctx.input_responses["sure"].model_dump(exclude_unset=True))
    schema = {"type": "object", "properties": {"confirm": {"type": "boolean"}}}
    question = ElicitRequest(params=ElicitRequestFormParams(message="Are you sure?", requested_schema=schema))
    return InputRequiredResult(input_requests={"sure": question}, request_state="asked")


@server.prompt()
def greeting(name: str) -> str:
    """Greets somebody."""
    return f"Greet {name}."


async def until_stdin_closes(http: uvicorn.Server) -> None:
    await asyncio.to_thread(sys.stdin.buffer.read)
    http.should_exit = True


async def main() -> None:
    app = server.streamable_http_app(stateless_http=True, json_response=True)
    http = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"}), flush=True)
        await asyncio.gather(http.serve(sockets=[listener]), until_stdin_closes(http))


if __name__ == "__main__":
    asyncio.run(main())

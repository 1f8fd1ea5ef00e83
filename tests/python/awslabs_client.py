"""The Python MCP SDK's client on awslabs.iam-mcp-server, a stdio server that calls IAM itself. Steps and output: steps.py.

The server is the one in the neighbouring virtual environment `awslabs`, started with `--allow-write`; what it calls is the
IAM at `--url`, with the key pair in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. One step more:

    ["account", "/path/"]     what is in that account now, as account.py tells it

    awslabs_client.py --url http://127.0.0.1:5000 '[["list_tools"]]'
"""

import os
import sys
from pathlib import Path
from typing import Any

from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

import account
import steps

SERVER = Path(sys.prefix).parent / "awslabs" / "bin" / "awslabs.iam-mcp-server"

if __name__ == "__main__":
    options = steps.arguments(__doc__.splitlines()[0]).parse_args()
    options.era = "auto"
    given = {
        "url": options.url,
        "access_key_id": os.environ["AWS_ACCESS_KEY_ID"],
        "secret_access_key": os.environ["AWS_SECRET_ACCESS_KEY"],
        "session_token": os.environ.get("AWS_SESSION_TOKEN"),
    }

    async def told(_client: Client, path: str) -> dict[str, Any]:
        return account.state(account.client(given), path)

    steps.ACTIONS["account"] = told
    environment = {"AWS_DEFAULT_REGION": options.region, "AWS_ENDPOINT_URL_IAM": options.url, **os.environ}
    server = StdioServerParameters(command=str(SERVER), args=["--allow-write"], env=environment)
    # It tells of every call, and of every refusal with pages of its own source.
    with open(os.devnull, "w") as unheard:
        steps.main(stdio_client(server, errlog=unheard), options)

"""The Python MCP SDK's client on `iam-mcp-gateway connect`, a stdio server that signs and forwards. Steps and output: steps.py.

`connect` signs with what it finds in this program's environment; --connect-option passes more to it, a word at a time.

    connect_client.py --binary target/debug/iam-mcp-gateway --url http://127.0.0.1:8080/mcp --era modern '[["list_tools"]]'
"""

import os

from mcp.client.stdio import StdioServerParameters, stdio_client

import steps

if __name__ == "__main__":
    parser = steps.arguments(__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, help="the iam-mcp-gateway to run")
    parser.add_argument("--era", choices=steps.ERAS, default="auto", help="how to negotiate (default: %(default)s)")
    parser.add_argument("--connect-option", action="append", default=[], help="one more word for connect")
    options = parser.parse_args()
    command = ["connect", "--url", options.url, "--service", options.service, "--region", options.region]
    command += options.connect_option
    server = StdioServerParameters(command=options.binary, args=command, env=dict(os.environ))
    steps.main(stdio_client(server), options)

"""The Python MCP SDK's client on mcp-proxy-for-aws, a stdio server that signs and forwards. Steps and output: steps.py.

The proxy is the one in the neighbouring virtual environment `proxy`. It signs with the key pair in AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or with what `--profile` of the AWS configuration says.

    proxy_client.py --url http://127.0.0.1:8080/mcp --proxy-option=--read-only '[["list_tools"]]'
"""

import os
import sys
from pathlib import Path

from mcp.client.stdio import StdioServerParameters, stdio_client

import steps

PROXY = Path(sys.prefix).parent / "proxy" / "bin" / "mcp-proxy-for-aws"

if __name__ == "__main__":
    parser = steps.arguments(__doc__.splitlines()[0])
    parser.add_argument("--proxy-option", action="append", default=[], metavar="OPTION", help="passed on to the proxy")
    options = parser.parse_args()
    options.era = "legacy"  # all that the proxy speaks
    environment = dict(os.environ)
    if "AWS_PROFILE" not in environment:
        # Besides the region to sign for, the proxy wants one to operate in: a profile's own, or this.
        environment.setdefault("AWS_REGION", options.region)
    command = [options.url, "--service", options.service, "--region", options.region, *options.proxy_option]
    steps.main(stdio_client(StdioServerParameters(command=str(PROXY), args=command, env=environment)), options)

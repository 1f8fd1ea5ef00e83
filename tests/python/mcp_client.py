"""The Python MCP SDK's client over Streamable HTTP, each request signed by botocore. Steps and output: steps.py.

The key pair is read from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. `--era legacy` opens with
`initialize` (2025-11-25), `modern` pins 2026-07-28 and sends no handshake, `auto` asks `server/discover` first.

    mcp_client.py --url http://127.0.0.1:8080/mcp --era modern '[["list_tools"]]'
"""

from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager

import httpx2
from mcp.client._transport import TransportStreams
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

import steps
from signing import SignerAt, credentials_from_environment, sign


class SigV4(httpx2.Auth):
    """Signs every header of the request but those that botocore leaves out, as mcp-proxy-for-aws does."""

    requires_request_body = True

    def __init__(self, signer: SignerAt) -> None:
        self.signer = signer

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        signed = sign(self.signer, request.method, str(request.url), request.headers.items(), request.content)
        for name, value in signed:
            request.headers[name] = value
        yield request


@asynccontextmanager
async def signed_transport(url: str, signer: SignerAt) -> AsyncIterator[TransportStreams]:
    timeout = httpx2.Timeout(steps.REPLY_SECONDS)
    async with create_mcp_http_client(auth=SigV4(signer), timeout=timeout) as http:
        async with streamable_http_client(url, http_client=http) as streams:
            yield streams


if __name__ == "__main__":
    parser = steps.arguments(__doc__.splitlines()[0])
    parser.add_argument("--era", choices=steps.ERAS, default="auto", help="how to negotiate (default: %(default)s)")
    options = parser.parse_args()
    signer = SignerAt(credentials_from_environment(), options.service, options.region)
    steps.main(signed_transport(options.url, signer), options)

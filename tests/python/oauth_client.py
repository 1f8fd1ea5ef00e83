"""The Python MCP SDK's client over Streamable HTTP with its OAuth: it is given the endpoint's URL and nothing else, finds the
issuer, registers, is authorized (by following the issuer's redirects, as a person's browser would), and sends access
tokens. Steps and output: steps.py.

    oauth_client.py --url http://127.0.0.1:8080/mcp --era modern '[["list_tools"]]'
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp.client._transport import TransportStreams
from mcp.client.auth import OAuthClientProvider, TokenStorage
from mcp.client.auth.oauth2 import AuthorizationCodeResult
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

import steps

# Nobody listens there: what the browser would be sent to is read off the redirect itself.
REDIRECT = "http://127.0.0.1:9/callback"


class InMemory(TokenStorage):
    """Keeps what it is given for as long as the program runs."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Browser:
    """Follows the redirects to the callback, and no further."""

    def __init__(self) -> None:
        self.location = ""

    async def open(self, url: str) -> None:
        async with httpx2.AsyncClient(follow_redirects=False) as http:
            answer = await http.get(url)
        self.location = answer.headers.get("location", "")
        if not self.location.startswith(REDIRECT):
            raise SystemExit(f"the issuer answered {answer.status_code} {answer.text}")

    async def callback(self) -> AuthorizationCodeResult:
        query = parse_qs(urlsplit(self.location).query)
        first = {name: values[0] for name, values in query.items()}
        return AuthorizationCodeResult(code=first["code"], state=first.get("state"), iss=first.get("iss"))


@asynccontextmanager
async def authorized_transport(url: str) -> AsyncIterator[TransportStreams]:
    browser = Browser()
    provider = OAuthClientProvider(
        server_url=url,
        client_metadata=OAuthClientMetadata(redirect_uris=[REDIRECT], client_name="tests"),
        storage=InMemory(),
        redirect_handler=browser.open,
        callback_handler=browser.callback,
    )
    timeout = httpx2.Timeout(steps.REPLY_SECONDS)
    async with create_mcp_http_client(auth=provider, timeout=timeout) as http:
        async with streamable_http_client(url, http_client=http) as streams:
            yield streams


if __name__ == "__main__":
    parser = steps.arguments(__doc__.splitlines()[0])
    parser.add_argument("--era", choices=steps.ERAS, default="auto", help="default: %(default)s")
    options = parser.parse_args()
    steps.main(authorized_transport(options.url), options)

//! Whether others find that the gateway speaks MCP: the official conformance suite, the Inspector and the TypeScript
//! SDK's client. They need the Node parts that `./tests/run` installs.

mod inspector;
mod over_stdio;
mod suite;
mod typescript;

use crate::support::gateway::TestGateway;
use crate::support::signing_proxy::SigningProxy;

/// A gateway whose requests a proxy signs as alice, since the client cannot.
struct Proxied {
    gateway: TestGateway,
    proxy: SigningProxy,
}

impl Proxied {
    fn start() -> Self {
        let mut proxy = SigningProxy::start();
        // To the client the proxy is the server, and a page of the server's own origin may call it.
        let gateway = TestGateway::with_sandbox().set("listen.origins", &format!("[\"{}\"]", proxy.origin())).start();
        proxy.sign(&gateway.url(), gateway.keys("alice"));
        Self { gateway, proxy }
    }

    /// The MCP endpoint, as the client sees it.
    fn url(&self) -> String {
        format!("{}/mcp", self.proxy.origin())
    }
}

//! Every tool of awslabs.iam-mcp-server 1.1.2, and every name of Ship CLI's tools on access keys, is taken here with the same
//! meaning. How ours differ all the same is told in `docs/parity.md`.

mod aliases;
mod arranged;
mod parameters;
mod reads;
mod writes;

use serde_json::Value;

use crate::support::gateway::TestGateway;
use crate::support::mcp::Called;
use crate::support::prepared::Prepared;

/// The IAM that both servers are tried at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Iam {
    Sandbox,
    Moto,
}

impl Iam {
    fn gateway(self) -> Prepared {
        let prepared = match self {
            Self::Sandbox => TestGateway::with_sandbox(),
            Self::Moto => TestGateway::with_moto(),
        };
        // awslabs makes the key in any case, and keeps its secret to itself.
        prepared.set("tools.new_secrets", "\"reveal\"")
    }
}

/// Calls one of our tools, and passes the token back where it asks for a confirmation.
fn ours(gateway: &TestGateway, tool: &str, arguments: &Value) -> Called {
    let first = gateway.write("alice", tool, arguments.clone());
    let Some(token) = first.content.get("confirmation_token") else { return first };
    let mut confirmed = arguments.clone();
    confirmed["confirmation_token"] = token.clone();
    gateway.write("alice", tool, confirmed)
}

//! `connect`

use std::sync::Arc;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::to::To;
use super::{Failure, Outcome, out};
use crate::clock::SystemClock;
use crate::connect::gateway::Gateway;
use crate::connect::serve;
use crate::tools::text;

/// Be a stdio MCP server that signs each message and forwards it to a running gateway.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    AWS_PROFILE=iam-mcp iam-mcp-gateway connect --url https://iam-mcp.example.internal/mcp\n  \
    claude mcp add iam --env AWS_PROFILE=iam-mcp -- iam-mcp-gateway connect --url https://iam-mcp.example.internal/mcp\n\n\
    In claude_desktop_config.json, and likewise elsewhere (docs/connect.md has more clients):\n  \
    {\"mcpServers\": {\"iam\": {\n    \
      \"command\": \"iam-mcp-gateway\",\n    \
      \"args\": [\"connect\", \"--url\", \"https://iam-mcp.example.internal/mcp\"],\n    \
      \"env\": {\"AWS_PROFILE\": \"iam-mcp\"}}}}\n\n\
    The credentials are a gateway key, found where AWS's own tools look: environment variables, the profile of\n\
    AWS_PROFILE, credential_process. They are asked for again for each message.\n\
    Standard output has protocol messages only; what else is to be said goes to standard error.\n\
    Exit codes: 0 the client has ended the session, 1 it cannot run, 2 the arguments or the URL are wrong.")]
pub struct Connect {
    #[command(flatten)]
    to: To,
    /// Show and call only tools that read. A convenience of this client: what the caller may do, the gateway decides.
    #[arg(long)]
    read_only: bool,
}

/// Runs the command.
///
/// # Errors
/// When it cannot run.
pub fn run(command: &Connect) -> Result<Outcome, Failure> {
    command.to.block_on(async {
        let to = &command.to;
        let clock = Arc::new(SystemClock);
        let gateway =
            Gateway::new(&to.url, to.keys().await, to.scope(), clock, to.timeout()).map_err(Failure::usage)?;
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let serving = serve(Arc::new(gateway), command.read_only, std::io::stdin(), std::io::stdout(), say);
        tokio::select! {
            ended = serving => ended?,
            _told = terminate.recv() => {}
            _told = interrupt.recv() => {}
        }
        Ok(Outcome::Done)
    })?
}

/// Says something beside the protocol, in one line whatever it quotes.
fn say(said: &str) {
    out::note(&format!("iam-mcp-gateway connect: {}", text::visible(said)));
}

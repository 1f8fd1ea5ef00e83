//! `connect`

use std::sync::Arc;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::to::To;
use super::{Failure, Outcome, out};
use crate::client::url;
use crate::clock::SystemClock;
use crate::connect::gateway::Gateway;
use crate::connect::serve;
use crate::http::Service;
use crate::tools::text;

/// Be a stdio MCP server that signs each message and forwards it to a running gateway.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    AWS_PROFILE=iam-mcp iam-mcp-gateway connect --url https://iam-mcp.example.internal/mcp\n  \
    claude mcp add --env AWS_PROFILE=iam-mcp --transport stdio iam -- \\\n    \
    iam-mcp-gateway connect --url https://iam-mcp.example.internal/mcp\n\n\
    In claude_desktop_config.json, and likewise elsewhere (docs/connect.md has more clients):\n  \
    {\"mcpServers\": {\"iam\": {\n    \
      \"command\": \"iam-mcp-gateway\",\n    \
      \"args\": [\"connect\", \"--url\", \"https://iam-mcp.example.internal/mcp\"],\n    \
      \"env\": {\"AWS_PROFILE\": \"iam-mcp\"}}}}\n\n\
    The credentials are found where AWS's own tools look: environment variables, the profile of AWS_PROFILE,\n\
    credential_process. A gateway key signs as it is; AWS's own credentials are exchanged for a short-lived one first,\n\
    as `iam-mcp-gateway credentials` does it. They are renewed before they end.\n\
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
    let to = command.to.endpoint();
    // A URL that is no endpoint's is told now, and not at the first message.
    url::beside(&to.url, Service::Exchange).map_err(Failure::usage)?;
    to.block_on(async {
        let clock = Arc::new(SystemClock);
        let gateway =
            Gateway::new(&to.url, command.to.keys().await, to.scope(), clock, to.timeout()).map_err(Failure::usage)?;
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

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::Value;

    use super::super::Command;

    #[derive(Debug, Parser)]
    struct CommandLine {
        #[command(subcommand)]
        command: Command,
    }

    /// The entries of the blocks of JSON in docs/connect.md that configure servers, with the heading they stand under.
    fn documented() -> Vec<(&'static str, Value)> {
        let page = include_str!("../../docs/connect.md");
        let mut entries = Vec::new();
        let sections = page.split("\n### ").map(|section| (section.lines().next().unwrap_or_default(), section));
        for (heading, section) in sections {
            for block in section.split("```json\n").skip(1) {
                let (block, _) = block.split_once("```").expect("a block ends");
                let block: Value =
                    serde_json::from_str(block).unwrap_or_else(|error| panic!("{heading}: {error}: {block}"));
                let servers = block.get("mcpServers").or_else(|| block.get("servers")).and_then(Value::as_object);
                entries.extend(servers.into_iter().flatten().map(|(_, entry)| (heading, entry.clone())));
            }
        }
        entries
    }

    fn arguments(entry: &Value) -> Vec<&str> {
        entry["args"].as_array().into_iter().flatten().map(|argument| argument.as_str().expect("a text")).collect()
    }

    #[test]
    fn what_the_page_configures_is_what_this_version_takes() {
        const URL: &str = "https://iam-mcp.example.internal/mcp";
        for (heading, entry) in documented() {
            match entry["command"].as_str() {
                Some("iam-mcp-gateway") => {
                    let line = [vec!["iam-mcp-gateway"], arguments(&entry)].concat();
                    let parsed = CommandLine::try_parse_from(line);
                    let parsed = parsed.unwrap_or_else(|error| panic!("{heading}: {error}"));
                    let Command::Connect(command) = parsed.command else { panic!("{heading}: {entry}") };
                    assert_eq!(command.to.endpoint().url, URL, "{heading}");
                }
                Some("uvx") => {
                    let expected = ["mcp-proxy-for-aws==1.7.0", URL, "--service", "iam-mcp", "--region", "us-east-1"];
                    assert_eq!(arguments(&entry), expected, "{heading}");
                }
                Some(other) => panic!("{heading}: {other} is no command that this page is about"),
                None => assert_eq!(entry["url"], URL, "{heading}"),
            }
            let has_command = entry.get("command").is_some();
            assert_eq!(entry["env"]["AWS_PROFILE"].is_string(), has_command, "{heading}: {entry}");
        }
    }

    #[test]
    fn every_client_has_its_configurations() {
        let entries = documented();
        let of = |client: &str, way: fn(&Value) -> bool| {
            entries.iter().filter(|(heading, entry)| *heading == client && way(entry)).count()
        };
        for client in ["Claude Code", "Claude Desktop", "Cursor", "VS Code", "Kiro", "Amazon Q CLI", "Cline"] {
            let oauth = of(client, |entry| entry.get("url").is_some());
            let ways = (
                of(client, |entry| entry["command"] == "uvx"),
                of(client, |entry| entry["command"] == "iam-mcp-gateway"),
                oauth,
            );
            // Claude Desktop takes no remote servers in its file.
            assert_eq!(ways, (1, 1, usize::from(client != "Claude Desktop")), "{client}");
        }
    }
}

//! `tools`

use std::collections::BTreeSet;

use clap::Args;
use serde_json::{Value, json};

use super::{Failure, Outcome, out};
use crate::config::Toolset;
use crate::iam::Action;
use crate::iam::detail::LOOK_UP_ACTIONS;
use crate::mcp::listing::Listing;
use crate::tools::catalogue::CATALOGUE;
use crate::tools::{Effect, Tool, document};

/// List the tools, or the IAM policy that a mapped role needs for them.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  iam-mcp-gateway tools\n  iam-mcp-gateway tools --policy > mapped-role-policy.json\n  \
                        iam-mcp-gateway tools --policy --toolsets users,groups --read-only"
)]
pub struct Tools {
    /// Answer in JSON: what tools/list tells of each, and its toolset, effect, aliases and IAM actions.
    #[arg(long, conflicts_with_all = ["policy", "markdown"])]
    json: bool,
    /// Print the identity policy for a role that a mapping names: every action that the tools can need.
    #[arg(long, conflicts_with = "markdown")]
    policy: bool,
    /// With --policy: only the actions that read.
    #[arg(long, requires = "policy")]
    read_only: bool,
    /// With --policy: only what the tools of these toolsets need, as a mapping's toolsets has them.
    #[arg(long, requires = "policy", value_delimiter = ',', value_parser = toolset)]
    toolsets: Option<Vec<Toolset>>,
    /// Print the page of documentation, docs/tools.md.
    #[arg(long)]
    markdown: bool,
}

fn toolset(text: &str) -> Result<Toolset, String> {
    Toolset::ALL.into_iter().find(|toolset| toolset.as_str() == text).ok_or_else(|| {
        let all = Toolset::ALL.map(Toolset::as_str).join(", ");
        format!("there is no toolset {text}; there are {all}")
    })
}

/// Runs the command.
///
/// # Errors
/// None.
pub fn run(command: &Tools) -> Result<Outcome, Failure> {
    if command.policy {
        let toolsets = command.toolsets.clone().unwrap_or_else(|| Toolset::ALL.into());
        out::json(&policy(&toolsets.into_iter().collect(), command.read_only));
    } else if command.markdown {
        out::line(document::markdown(CATALOGUE).trim_end());
    } else if command.json {
        out::json(&json!({"tools": tools()}));
    } else {
        let width = CATALOGUE.iter().map(|tool| tool.spec.name.len()).max().unwrap_or_default();
        for tool in CATALOGUE.iter() {
            let spec = tool.spec;
            let effect = match spec.effect {
                Effect::Read => out::styled(out::FAINT, "read       "),
                Effect::Write => out::styled(out::CAUTION, "write      "),
                Effect::Grant => out::styled(out::CAUTION, "grant      "),
                Effect::Destructive => out::styled(out::BAD, "destructive"),
            };
            let name = out::styled(out::STRONG, &format!("{:<width$}", spec.name));
            out::line(&format!("{name} {effect}  {:<11} {}", spec.toolset.as_str(), spec.title));
        }
    }
    Ok(Outcome::Done)
}

/// Every tool as tools/list tells of it, and what the documentation says beside.
fn tools() -> Vec<Value> {
    let listing = Listing::of(CATALOGUE);
    let told = |tool: &Tool| {
        let spec = tool.spec;
        let mut told = serde_json::to_value(listing.get(spec.name)).expect("a tool is plain data");
        told["toolset"] = json!(spec.toolset);
        told["effect"] = json!(spec.effect);
        told["aliases"] = json!(spec.aliases);
        told["iamActions"] = json!({"reads": spec.reads, "writes": spec.writes});
        told
    };
    CATALOGUE.iter().map(told).collect()
}

/// The policy that lets a mapped role do what the tools of these toolsets do, and what is looked up for the endpoint
/// policies; nothing else.
fn policy(toolsets: &BTreeSet<Toolset>, read_only: bool) -> Value {
    let mut statements = Vec::new();
    let mut allow = |sid: &str, actions: BTreeSet<Action>| {
        if !actions.is_empty() {
            statements.push(json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*"}));
        }
    };
    let (mut reads, writes) = (CATALOGUE.read_actions(toolsets), CATALOGUE.write_actions(toolsets));
    if !reads.is_empty() {
        reads.extend(LOOK_UP_ACTIONS);
    }
    allow("GatewayReads", reads);
    if !read_only {
        allow("GatewayWrites", writes);
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

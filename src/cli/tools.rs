//! `tools`

use clap::Args;
use serde_json::{Value, json};

use super::{Failure, Outcome, out};
use crate::config::Toolset;
use crate::iam::Action;
use crate::iam::detail::LOOK_UP_ACTIONS;
use crate::mcp::listing::Listing;
use crate::tools::Effect;
use crate::tools::catalogue::CATALOGUE;

/// List the tools, or the IAM policy that a mapped role needs for them.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  iam-mcp-gateway tools\n  iam-mcp-gateway tools --policy > mapped-role-policy.json"
)]
pub struct Tools {
    /// Answer in JSON, as tools/list does.
    #[arg(long, conflicts_with = "policy")]
    json: bool,
    /// Print the identity policy for a role that a mapping names: every action that the tools can need.
    #[arg(long)]
    policy: bool,
    /// With --policy: only the actions that read.
    #[arg(long, requires = "policy")]
    read_only: bool,
}

/// Runs the command.
///
/// # Errors
/// None.
pub fn run(command: &Tools) -> Result<Outcome, Failure> {
    if command.policy {
        out::json(&policy(command.read_only));
    } else if command.json {
        let listing = Listing::of(CATALOGUE);
        out::json(&json!({"tools": listing.all().collect::<Vec<_>>()}));
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

/// The policy that lets a mapped role do what the tools do, and what is looked up for the endpoint policies; nothing else.
fn policy(read_only: bool) -> Value {
    let all = Toolset::ALL.into_iter().collect();
    let statement = |sid: &str, actions: std::collections::BTreeSet<Action>| json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*"});
    let mut reads = CATALOGUE.read_actions(&all);
    reads.extend(LOOK_UP_ACTIONS);
    let mut statements = vec![statement("GatewayReads", reads)];
    if !read_only {
        statements.push(statement("GatewayWrites", CATALOGUE.write_actions(&all)));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

//! `tools`

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::{Failure, Outcome, out};
use crate::arn::Partition;
use crate::config::{Config, NewSecrets, ProcessEnvironment, SecretsStore, Toolset};
use crate::iam::Action;
use crate::iam::change::actions::{CREATE_ACCESS_KEY, CREATE_SECRET, DECRYPT, GENERATE_DATA_KEY};
use crate::iam::detail::LOOK_UP_ACTIONS;
use crate::mcp::listing::Listing;
use crate::tools::catalogue::CATALOGUE;
use crate::tools::{Effect, Tool, document};

/// List the tools, or the IAM policy that a mapped role needs for them.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  iam-mcp-gateway tools\n  iam-mcp-gateway tools --policy > mapped-role-policy.json\n  \
                        iam-mcp-gateway tools --policy --toolsets users,groups --read-only\n  \
                        iam-mcp-gateway tools --policy --config gateway.toml"
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
    /// With --policy: also what storing the secrets of new access keys takes, as this configuration's [tools] has it.
    #[arg(long, requires = "policy", value_name = "FILE")]
    config: Option<PathBuf>,
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
/// A bad configuration.
pub fn run(command: &Tools) -> Result<Outcome, Failure> {
    if command.policy {
        let toolsets = command.toolsets.clone().unwrap_or_else(|| Toolset::ALL.into());
        let new_secrets = match &command.config {
            Some(path) => {
                let loaded = Config::load(path, &ProcessEnvironment).map_err(Failure::configuration)?;
                loaded.config.tools.new_secrets
            }
            None => NewSecrets::Refuse,
        };
        let policy = policy(&toolsets.into_iter().collect(), command.read_only, &new_secrets);
        // IAM takes no policy without statements.
        if policy["Statement"].as_array().is_some_and(Vec::is_empty) {
            return Err(Failure::usage(
                "the tools of these toolsets call no AWS operation, so there is no policy to print",
            ));
        }
        out::json(&policy);
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
fn policy(toolsets: &BTreeSet<Toolset>, read_only: bool, new_secrets: &NewSecrets) -> Value {
    let mut statements = Vec::new();
    let mut allow = |sid: &str, actions: &BTreeSet<Action>| {
        if !actions.is_empty() {
            statements.push(json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*"}));
        }
    };
    let (mut reads, writes) = (CATALOGUE.read_actions(toolsets), CATALOGUE.write_actions(toolsets));
    if !reads.is_empty() {
        reads.extend(LOOK_UP_ACTIONS);
    }
    allow("GatewayReads", &reads);
    if !read_only {
        allow("GatewayWrites", &writes);
        if let NewSecrets::SecretsManager(store) = new_secrets
            && writes.contains(&CREATE_ACCESS_KEY)
        {
            statements.extend(storing(store));
        }
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// What storing a secret takes in the role's own account, beside `iam:DeleteAccessKey`, which tools of the same toolset need.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html#security-encryption-authz>
fn storing(store: &SecretsStore) -> Vec<Value> {
    let SecretsStore { region, name_prefix, kms_key } = store;
    let partition = Partition::of(region);
    let secret = format!("arn:{partition}:secretsmanager:{region}:*:secret:{name_prefix}*");
    let mut statements = vec![json!({
        "Sid": "GatewayStoresSecrets", "Effect": "Allow", "Action": CREATE_SECRET, "Resource": secret,
    })];
    if let Some(key) = kms_key.as_ref().map(ToString::to_string) {
        // The rest of the host differs between partitions.
        let mut condition = json!({"StringLike": {"kms:ViaService": format!("secretsmanager.{region}.*")}});
        // No policy allows a key by the ARN of its alias.
        // <https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html>
        let resource = match key.split_once(":alias/") {
            Some((account, alias)) => {
                condition["ForAnyValue:StringEquals"] = json!({"kms:ResourceAliases": format!("alias/{alias}")});
                format!("{account}:key/*")
            }
            None => key,
        };
        statements.push(json!({
            "Sid": "GatewayEncryptsSecrets", "Effect": "Allow", "Action": [GENERATE_DATA_KEY, DECRYPT],
            "Resource": resource, "Condition": condition,
        }));
    }
    statements
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const KEY: &str = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555";
    const ALIAS: &str = "arn:aws:kms:eu-central-1:123456789012:alias/agents";

    fn with_store(toolset: Toolset, read_only: bool, kms_key: Option<&str>) -> Value {
        let new_secrets = NewSecrets::SecretsManager(Arc::new(SecretsStore {
            region: "eu-central-1".parse().unwrap(),
            name_prefix: "iam-mcp/".to_owned(),
            kms_key: kms_key.map(|key| key.parse().unwrap()),
        }));
        policy(&BTreeSet::from([toolset]), read_only, &new_secrets)
    }

    fn sids(policy: &Value) -> Vec<&str> {
        policy["Statement"].as_array().unwrap().iter().map(|statement| statement["Sid"].as_str().unwrap()).collect()
    }

    #[test]
    fn a_role_that_stores_new_secrets_may_do_so_below_the_prefix_and_nothing_more() {
        let plain = with_store(Toolset::AccessKeys, false, None);
        assert_eq!(sids(&plain), ["GatewayReads", "GatewayWrites", "GatewayStoresSecrets"]);
        assert_eq!(plain["Statement"][2]["Resource"], "arn:aws:secretsmanager:eu-central-1:*:secret:iam-mcp/*");
        assert!(plain["Statement"][1]["Action"].to_string().contains("iam:DeleteAccessKey"));
        for (toolset, read_only) in [(Toolset::AccessKeys, true), (Toolset::Users, false)] {
            assert!(!with_store(toolset, read_only, Some(KEY)).to_string().contains("secretsmanager"));
        }
    }

    #[test]
    fn a_key_of_ones_own_is_used_through_secrets_manager_alone() {
        let with_key = with_store(Toolset::AccessKeys, false, Some(KEY));
        let encrypting = &with_key["Statement"][3];
        assert_eq!(
            (encrypting["Sid"].as_str(), encrypting["Resource"].as_str()),
            (Some("GatewayEncryptsSecrets"), Some(KEY))
        );
        assert_eq!(encrypting["Condition"], json!({"StringLike": {"kms:ViaService": "secretsmanager.eu-central-1.*"}}));
        let with_alias = with_store(Toolset::AccessKeys, false, Some(ALIAS));
        let encrypting = &with_alias["Statement"][3];
        assert_eq!(encrypting["Resource"], "arn:aws:kms:eu-central-1:123456789012:key/*");
        assert_eq!(encrypting["Condition"]["ForAnyValue:StringEquals"], json!({"kms:ResourceAliases": "alias/agents"}));
    }
}

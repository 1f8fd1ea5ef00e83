//! Session policies: they narrow what the mapped role may do to what the gateway's tools need.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::session::Purpose;
use crate::config::{NewSecrets, SecretsStore, Toolset};
use crate::iam::Action;
use crate::iam::change::actions::{CREATE_ACCESS_KEY, CREATE_SECRET, DECRYPT, GENERATE_DATA_KEY};
use crate::iam::detail::LOOK_UP_ACTIONS;
use crate::tools::catalogue::CATALOGUE;

/// STS's limit on an inline session policy, in characters.
/// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>.
pub const LIMIT: usize = 2048;

/// The session policy for this purpose: exactly the actions of the tools of these toolsets, made from the catalogue; and
/// where the secrets of new access keys are stored, what that takes.
///
/// A session policy only ever narrows, so `Resource: *` gives nothing that the role does not have.
#[must_use]
pub fn of(purpose: Purpose, toolsets: &BTreeSet<Toolset>, new_secrets: &NewSecrets) -> String {
    let actions = match purpose {
        Purpose::Read => reading(toolsets),
        Purpose::Write => CATALOGUE.write_actions(toolsets),
    };
    if actions.is_empty() {
        // Without a policy the session would have all of the role's permissions; an empty Action list is no policy.
        return json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
            .to_string();
    }
    let mut statements = vec![json!({"Effect": "Allow", "Action": actions, "Resource": "*"})];
    if let NewSecrets::SecretsManager(store) = new_secrets
        && purpose == Purpose::Write
        && actions.contains(&CREATE_ACCESS_KEY)
    {
        statements.extend(storing(store));
    }
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

/// Storing a secret below the prefix, and its encryption, which Secrets Manager has done for the session.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html#security-encryption-authz>
fn storing(store: &SecretsStore) -> [Value; 2] {
    let SecretsStore { region, name_prefix, .. } = store;
    // The rest of the host differs between partitions.
    let via = format!("secretsmanager.{region}.*");
    [
        json!({
            "Effect": "Allow", "Action": CREATE_SECRET,
            "Resource": format!("arn:*:secretsmanager:{region}:*:secret:{name_prefix}*"),
        }),
        json!({
            "Effect": "Allow", "Action": [GENERATE_DATA_KEY, DECRYPT], "Resource": "*",
            "Condition": {"StringLike": {"kms:ViaService": via}},
        }),
    ]
}

/// What the tools read with, and what the gateway looks up for itself to judge their calls by.
fn reading(toolsets: &BTreeSet<Toolset>) -> BTreeSet<Action> {
    let mut actions = CATALOGUE.read_actions(toolsets);
    if !actions.is_empty() {
        actions.extend(LOOK_UP_ACTIONS);
    }
    actions
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_read_session_cannot_write_and_policies_fit() {
        let all: BTreeSet<Toolset> = Toolset::ALL.into_iter().collect();
        let reading = of(Purpose::Read, &all, &NewSecrets::Reveal);
        assert!(reading.contains("iam:GetUser"));
        for verb in ["Create", "Delete", "Put", "Attach", "Detach", "Update", "Add", "Remove", "Tag", "Untag", "Set"] {
            assert!(!reading.contains(&format!("iam:{verb}")), "{verb}");
        }
        let writing = of(Purpose::Write, &all, &NewSecrets::Reveal);
        assert!(writing.contains("iam:DeleteUser"));
        assert!(!writing.contains("iam:Get"));
        assert!(writing.contains("iam:TagUser"), "create_user gives tags");
        assert!(reading.len() <= LIMIT && writing.len() <= LIMIT);
    }

    #[test]
    fn toolsets_without_writes_deny_everything() {
        let writing = of(Purpose::Write, &BTreeSet::from([Toolset::Governance]), &NewSecrets::Reveal);
        assert!(writing.contains("Deny") && !writing.contains("Allow"));
    }

    #[test]
    fn a_session_stores_secrets_only_where_new_ones_are_stored_and_keys_are_made() {
        let store =
            SecretsStore { region: "eu-central-1".parse().unwrap(), name_prefix: "p".repeat(200), kms_key: None };
        let storing = NewSecrets::SecretsManager(Arc::new(store));
        let all: BTreeSet<Toolset> = Toolset::ALL.into_iter().collect();
        let stores = |policy: &str| policy.contains("secretsmanager:CreateSecret") || policy.contains("kms:");
        let writing = of(Purpose::Write, &all, &storing);
        assert!(writing.contains(r#""Resource":"arn:*:secretsmanager:eu-central-1:*:secret:ppp"#), "{writing}");
        assert!(writing.contains(r#"{"kms:ViaService":"secretsmanager.eu-central-1.*"}"#), "{writing}");
        // What a key that could not be stored is taken back with.
        assert!(writing.contains("iam:DeleteAccessKey"));
        assert!(writing.len() <= LIMIT, "{}", writing.len());
        for other in [
            of(Purpose::Read, &all, &storing),
            of(Purpose::Write, &BTreeSet::from([Toolset::Users]), &storing),
            of(Purpose::Write, &all, &NewSecrets::Reveal),
            of(Purpose::Write, &all, &NewSecrets::Refuse),
        ] {
            assert!(!stores(&other), "{other}");
        }
    }
}

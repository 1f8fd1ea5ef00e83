//! Principals in trust policies.

use serde_json::Value;

use super::{Fault, Object, texts};
use crate::arn::{AccountId, Arn};
use crate::sandbox::account::Account;

const COGNITO: &str = "cognito-identity.amazonaws.com";

/// The identity providers that need no registration in an account.
const WELL_KNOWN_PROVIDERS: [&str; 4] = [COGNITO, "www.amazon.com", "graph.facebook.com", "accounts.google.com"];

/// Judges the principals of a statement.
pub(super) fn judge(account: &Account, statement: &Object) -> Result<(), Fault> {
    let Some(principal) = statement.get("Principal") else {
        return Err("Missing required field Principal".into());
    };
    let principal = match principal {
        Value::Object(principal) => principal,
        Value::String(_) => return Err("Principal must be a JSON object.".into()),
        _ => return Err(super::trust::SYNTAX.into()),
    };
    if principal.is_empty() {
        return Err("Missing required field Principal cannot be empty!".into());
    }
    for (kind, values) in principal {
        let is_valid: &dyn Fn(&str) -> bool = match kind.as_str() {
            "AWS" => &|value| is_aws_principal(account, value),
            "Service" => &is_service,
            "Federated" => &is_provider,
            _ => return Err(format!("Invalid principal in policy: \"{kind}\"").into()),
        };
        let values = texts(values).ok_or(super::trust::SYNTAX)?;
        if let Some(value) = values.iter().find(|value| !is_valid(value)) {
            let kind = kind.to_ascii_uppercase();
            return Err(format!("Invalid principal in policy: \"{kind}\":\"{value}\"").into());
        }
        if values.contains(&COGNITO) && !statement.contains_key("Condition") {
            return Err("A condition block must be present for the Cognito provider".into());
        }
    }
    Ok(())
}

/// Accounts, users, roles and sessions. Those of the account itself must exist; of other accounts nothing is known.
fn is_aws_principal(account: &Account, value: &str) -> bool {
    if value == "*" || value.parse::<AccountId>().is_ok() {
        return true;
    }
    let Ok(arn) = value.parse::<Arn>() else { return is_id(account, value) };
    if arn.partition() != account.partition || !arn.region().is_empty() || arn.account().parse::<AccountId>().is_err() {
        return false;
    }
    let own = arn.account() == account.id.as_str();
    let (kind, rest) = arn.resource().split_once('/').unwrap_or((arn.resource(), ""));
    let name = rest.rsplit('/').next().unwrap_or_default();
    let is_plain = !rest.is_empty() && !rest.contains(['*', '?']);
    match (arn.service(), kind) {
        ("iam", "root") => rest.is_empty(),
        ("iam", "user") if own => account.users.get(name).is_some_and(|user| user.resource() == arn.resource()),
        ("iam", "role") if own => account.roles.get(name).is_some_and(|role| role.resource() == arn.resource()),
        ("iam", "user" | "role") => is_plain,
        ("sts", "assumed-role") => {
            let role = rest.split('/').next().unwrap_or_default();
            is_plain && rest.split('/').count() == 2 && (!own || account.roles.contains(role))
        }
        ("sts", "federated-user") => is_plain,
        _ => false,
    }
}

/// An id of a user or role, which is how AWS itself keeps principals.
fn is_id(account: &Account, value: &str) -> bool {
    account.users.iter().any(|user| user.id == value) || account.roles.iter().any(|role| role.id == value)
}

fn is_service(value: &str) -> bool {
    [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".aws.internal"].iter().any(|domain| {
        value.strip_suffix(domain).is_some_and(|name| {
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
        })
    })
}

fn is_provider(value: &str) -> bool {
    WELL_KNOWN_PROVIDERS.contains(&value)
        || value.parse::<Arn>().is_ok_and(|arn| {
            arn.service() == "iam"
                && ["saml-provider/", "oidc-provider/"].iter().any(|kind| arn.resource().starts_with(kind))
        })
}

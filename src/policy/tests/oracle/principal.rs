//! Whom a statement is about.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use serde_json::Value;

use super::{Seen, Who, WhoKind, listed};

/// How a statement covers who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By the account, which then has to allow by an identity policy.
    Account,
    Everyone,
    /// A session by its role.
    Role,
    Itself,
}

/// `None` if it does not cover `who`; `Some(None)` if it has no Principal.
pub(super) fn covers(
    statement: &Value,
    who: &Who,
    denies: bool,
    has_boundary: bool,
    seen: &mut Seen,
) -> Option<Option<Way>> {
    if let Some(named) = statement.get("NotPrincipal") {
        // "will always deny any IAM principal that has a permissions boundary policy attached, regardless of the values"
        let is_spared = !has_boundary && (named == "*" || is_named_in_full(named, who));
        seen.count("NotPrincipal", !is_spared);
        return (!is_spared).then_some(Some(Way::Everyone));
    }
    let Some(named) = statement.get("Principal") else { return Some(None) };
    let ways = if named == "*" { vec![Way::Everyone] } else { ways(named, who, denies) };
    seen.count("Principal", !ways.is_empty());
    let closest = [Way::Itself, Way::Role, Way::Everyone, Way::Account].into_iter().find(|way| ways.contains(way));
    closest.map(Some)
}

/// AWS denies whoever is not named with all that stands behind: a user with its account, a session with its role and the
/// account. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
fn is_named_in_full(named: &Value, who: &Who) -> bool {
    let ways = ways(named, who, false);
    let has = |way| ways.contains(&way);
    has(Way::Everyone)
        || match who.kind {
            WhoKind::Session => has(Way::Itself) && has(Way::Role) && has(Way::Account),
            WhoKind::User | WhoKind::Role | WhoKind::FederatedUser => has(Way::Itself) && has(Way::Account),
            WhoKind::Root | WhoKind::Service | WhoKind::Federated | WhoKind::Anonymous => has(Way::Itself),
        }
}

/// All the ways in which an object of types and principals covers `who`.
fn ways(named: &Value, who: &Who, denies: bool) -> Vec<Way> {
    let mut ways = Vec::new();
    for (of_type, names) in named.as_object().expect("types of principals") {
        for name in listed(names) {
            let name = name.as_str().expect("a principal is text");
            ways.extend(match of_type.as_str() {
                "AWS" => aws(name, who, denies),
                "Service" => (who.kind == WhoKind::Service && who.name == name).then_some(Way::Itself),
                "Federated" => (who.kind == WhoKind::Federated && who.name == name).then_some(Way::Itself),
                _ => None,
            });
        }
    }
    ways
}

fn aws(name: &str, who: &Who, denies: bool) -> Option<Way> {
    if name == "*" {
        return (who.kind != WhoKind::Service && who.kind != WhoKind::Federated).then_some(Way::Everyone);
    }
    let account = who.account()?;
    let by_account = if who.kind == WhoKind::Root { Way::Itself } else { Way::Account };
    if name == account {
        return Some(by_account);
    }
    let partition = who.name.split(':').nth(1)?;
    if name == format!("arn:{partition}:iam::{account}:root") {
        return Some(by_account);
    }
    let by_role = if who.kind == WhoKind::Session { Way::Role } else { Way::Itself };
    if who.unique_id.as_deref() == Some(name) {
        return Some(by_role);
    }
    if name == who.name {
        return Some(Way::Itself);
    }
    if who.kind != WhoKind::Session {
        return None;
    }
    let is_its_role = match &who.role {
        Some(role) => role == name,
        // The ARN of a session does not tell the path of its role: a deny takes any, an allow only the shortest.
        None => {
            let role = who.name.split('/').nth(1)?;
            let begins = format!("arn:{partition}:iam::{account}:role/");
            let path_and_name = name.strip_prefix(&begins)?;
            if denies { path_and_name.rsplit('/').next() == Some(role) } else { path_and_name == role }
        }
    };
    is_its_role.then_some(Way::Role)
}

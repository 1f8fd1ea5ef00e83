//! Resources that stand for all others: one for each pattern that could matter.
//!
//! Whether an action is allowed on anything at all cannot be asked of the evaluation, which decides on one request. But the
//! policies themselves say which resources differ: what is allowed or spared by a pattern fits that pattern, and everything
//! else is alike.

use std::collections::BTreeSet;

use crate::actions;
use crate::iam::Account;
use crate::policy::{Context, Effect, Layers, Statement};

/// The most patterns that are looked at: a policy has a few hundred at most.
const MOST: usize = 256;

/// A name that nobody would give.
const NOBODYS: &str = "zz-q7-nobody-q7-zz";

/// A region that IAM's own names do not depend on.
const SOME_REGION: &str = "us-east-1";

/// Resources of this action (in any letter case).
pub(super) fn resources(layers: &Layers, account: &Account, context: &Context, action: &str) -> Vec<String> {
    let action = action.to_ascii_lowercase();
    if actions::find(&action).is_some_and(|known| !known.takes_resources) {
        return vec!["*".to_owned()];
    }
    let service = action.split_once(':').map_or(&*action, |(service, _)| service);
    let mut found: Vec<String> = of_services(service, account);
    let policies = layers.identity.policies().iter().chain(layers.boundary.iter().flat_map(|set| set.policies()));
    let mut seen = BTreeSet::new();
    for statement in policies.flat_map(|policy| policy.document().statements()) {
        for pattern in telling(statement) {
            if seen.len() < MOST && seen.insert(pattern.to_owned()) {
                let filled = filled(pattern, account, service, context);
                found.extend(filled.filter(|arn| is_acted_on(service, arn)));
            }
        }
    }
    found.push("*".to_owned());
    found
}

/// Whether an action of `service` acts on what has this ARN, as far as the service in it tells: everything on a bucket's objects is
/// nothing of IAM's.
fn is_acted_on(service: &str, arn: &str) -> bool {
    let own = arn.split(':').nth(2).unwrap_or_default();
    match actions::service(service).map(actions::Service::arns) {
        Some(arns) if !arns.is_empty() => arns.contains(&own),
        _ => own == service,
    }
}

/// The patterns of a statement beyond which there is less allowed than within: what it allows, or what its denial spares.
fn telling(statement: &Statement) -> impl Iterator<Item = &str> {
    let (negated, patterns) = statement.resource_patterns();
    let tells = (statement.effect() == Effect::Allow) != negated;
    patterns.filter(move |pattern| tells && *pattern != "*")
}

/// Resources without a particular name, of the services that an action of `service` acts on.
fn of_services(service: &str, account: &Account) -> Vec<String> {
    let (partition, id) = (account.partition.as_str(), account.id.as_str());
    let own = [service];
    let services = actions::service(service).map_or(&own[..], |known| known.arns());
    let services = if services.is_empty() { &own[..] } else { services };
    services
        .iter()
        .flat_map(|service| match *service {
            "iam" => ["user", "role", "group", "policy", "instance-profile"]
                .map(|kind| format!("arn:{partition}:iam::{id}:{kind}/{NOBODYS}"))
                .to_vec(),
            "s3" => {
                vec![format!("arn:{partition}:s3:::{NOBODYS}"), format!("arn:{partition}:s3:::{NOBODYS}/{NOBODYS}")]
            }
            service => vec![format!("arn:{partition}:{service}:{SOME_REGION}:{id}:{NOBODYS}/{NOBODYS}")],
        })
        .collect()
}

/// A resource that fits a pattern: where it is wild before the name, this account's; else any characters.
fn filled(pattern: &str, account: &Account, service: &str, context: &Context) -> Option<String> {
    let pattern = without_variables(pattern, context)?;
    let mut components: Vec<&str> = pattern.splitn(6, ':').collect();
    let usual = ["arn", account.partition.as_str(), service, SOME_REGION, account.id.as_str()];
    let is_short = components.len() < 6;
    for (component, usual) in components.iter_mut().zip(usual) {
        if component.contains('*') {
            *component = usual;
        }
    }
    if is_short {
        components.extend(usual.iter().skip(components.len()));
        components.push(NOBODYS);
    }
    Some(components.join(":").replace('*', NOBODYS).replace('?', "z"))
}

/// With the values of its policy variables; `None` where one has no single value that is known.
fn without_variables(pattern: &str, context: &Context) -> Option<String> {
    let mut rest = pattern;
    let mut text = String::with_capacity(pattern.len());
    while let Some((before, behind)) = rest.split_once("${") {
        let (variable, after) = behind.split_once('}')?;
        text.push_str(before);
        match variable {
            "*" | "?" | "$" => text.push_str(variable),
            key => match context.get(key.split(',').next().unwrap_or(key).trim()) {
                [value] => text.push_str(value),
                _ => return None,
            },
        }
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arn::Partition;

    fn account() -> Account {
        Account { id: "123456789012".parse().unwrap(), partition: Partition::Aws }
    }

    #[test]
    fn a_pattern_is_filled_so_that_it_fits() {
        let context: Context = [("aws:username", "bob")].into_iter().collect();
        for (pattern, expected) in [
            ("arn:aws:s3:::logs/*", Some("arn:aws:s3:::logs/zz-q7-nobody-q7-zz")),
            ("arn:*:iam::*:user/a?c", Some("arn:aws:iam::123456789012:user/azc")),
            (
                "arn:aws:lambda:*:*:function:x-*",
                Some("arn:aws:lambda:us-east-1:123456789012:function:x-zz-q7-nobody-q7-zz"),
            ),
            ("arn:aws:iam::123456789012:user/${aws:username}", Some("arn:aws:iam::123456789012:user/bob")),
            ("arn:aws:iam::123456789012:user/${aws:userid}", None),
            ("arn:aws:s3*", Some("arn:aws:s3:us-east-1:123456789012:zz-q7-nobody-q7-zz")),
        ] {
            assert_eq!(filled(pattern, &account(), "s3", &context).as_deref(), expected, "{pattern}");
        }
    }

    #[test]
    fn what_acts_on_nothing_in_particular_is_asked_so() {
        let layers = Layers::default();
        assert_eq!(resources(&layers, &account(), &Context::new(), "iam:ListUsers"), ["*"]);
        assert!(resources(&layers, &account(), &Context::new(), "iam:GetUser").len() > 4);
    }
}

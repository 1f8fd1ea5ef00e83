//! Who asks, and whom policies name.

use serde_json::{Value, json};

use crate::policy::tests::dice::Dice;
use crate::policy::tests::oracle::{Who, WhoKind};

pub(super) const HOME: &str = "123456789012";
pub(super) const OTHER: &str = "999999999999";

const USER_ID: &str = "AIDAEXAMPLEEXAMPLE123";
const ROLE_ID: &str = "AROAEXAMPLEEXAMPLE123";
const LINKED: &str = "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";

const NAMED: [&str; 22] = [
    "*",
    "123456789012",
    "999999999999",
    "arn:aws:iam::123456789012:root",
    "arn:aws-cn:iam::123456789012:root",
    "arn:aws:iam::999999999999:root",
    "arn:aws:iam::123456789012:user/alice",
    "arn:aws:iam::123456789012:user/ops/bob",
    "arn:aws-cn:iam::123456789012:user/alice",
    "arn:aws:iam::999999999999:user/alice",
    "arn:aws:iam::123456789012:role/dev",
    "arn:aws:iam::123456789012:role/ops/dev",
    "arn:aws:iam::123456789012:role/dev/ops",
    "arn:aws:iam::999999999999:role/dev",
    "arn:aws:sts::123456789012:assumed-role/dev/s1",
    "arn:aws:sts::123456789012:assumed-role/dev/s2",
    "arn:aws:sts::999999999999:assumed-role/dev/s1",
    "arn:aws:sts::123456789012:federated-user/carol",
    USER_ID,
    ROLE_ID,
    "AROAEXAMPLEEXAMPLE999",
    LINKED,
];
const SERVICES: [&str; 3] = ["ec2.amazonaws.com", "ecs.amazonaws.com", "lambda.amazonaws.com"];
const PROVIDERS: [&str; 3] = ["accounts.google.com", "www.amazon.com", "arn:aws:iam::123456789012:saml-provider/corp"];
const CANONICAL: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";

/// Everybody who may ask.
pub(super) fn whos() -> Vec<Who> {
    let who = |kind, name: &str| Who { kind, name: name.to_owned(), role: None, unique_id: None };
    let of_role = |kind, name: &str, role: &str| Who { role: Some(role.to_owned()), ..who(kind, name) };
    let with_id = |who, id: &str| Who { unique_id: Some(id.to_owned()), ..who };
    vec![
        with_id(who(WhoKind::User, "arn:aws:iam::123456789012:user/alice"), USER_ID),
        who(WhoKind::User, "arn:aws:iam::123456789012:user/alice"),
        who(WhoKind::User, "arn:aws:iam::123456789012:user/ops/bob"),
        who(WhoKind::User, "arn:aws-cn:iam::123456789012:user/alice"),
        who(WhoKind::User, "arn:aws:iam::999999999999:user/alice"),
        who(WhoKind::Root, "arn:aws:iam::123456789012:root"),
        who(WhoKind::Root, "arn:aws:iam::999999999999:root"),
        with_id(who(WhoKind::Role, "arn:aws:iam::123456789012:role/ops/dev"), ROLE_ID),
        who(WhoKind::Role, "arn:aws:iam::123456789012:role/dev"),
        with_id(who(WhoKind::Session, "arn:aws:sts::123456789012:assumed-role/dev/s1"), ROLE_ID),
        who(WhoKind::Session, "arn:aws:sts::123456789012:assumed-role/dev/s1"),
        who(WhoKind::Session, "arn:aws:sts::999999999999:assumed-role/dev/s1"),
        of_role(
            WhoKind::Session,
            "arn:aws:sts::123456789012:assumed-role/dev/s1",
            "arn:aws:iam::123456789012:role/ops/dev",
        ),
        of_role(
            WhoKind::Session,
            "arn:aws:sts::123456789012:assumed-role/dev/s2",
            "arn:aws:iam::123456789012:role/dev",
        ),
        of_role(WhoKind::Session, "arn:aws:sts::123456789012:assumed-role/AWSServiceRoleForECS/s1", LINKED),
        who(WhoKind::FederatedUser, "arn:aws:sts::123456789012:federated-user/carol"),
        who(WhoKind::Service, "ec2.amazonaws.com"),
        who(WhoKind::Federated, "accounts.google.com"),
        who(WhoKind::Federated, "arn:aws:iam::123456789012:saml-provider/corp"),
        who(WhoKind::Anonymous, "anonymous"),
    ]
}

/// What covers `who`, closely or loosely; a NotPrincipal of all of them spares it.
fn covering(who: &Who) -> Vec<Value> {
    let by_type = |name: &str| json!({ name: who.name });
    match who.kind {
        WhoKind::Service => return vec![by_type("Service")],
        WhoKind::Federated => return vec![by_type("Federated")],
        WhoKind::Anonymous => return vec![json!({"AWS": "*"})],
        _ => {}
    }
    let account = who.account().expect("the others are of one");
    let partition = who.name.split(':').nth(1).expect("an ARN has one");
    let mut names = vec![who.name.clone(), account.to_owned(), format!("arn:{partition}:iam::{account}:root")];
    names.extend(who.unique_id.clone());
    names.extend(who.role.clone());
    if who.kind == WhoKind::Session && who.role.is_none() {
        names.push(format!("arn:{partition}:iam::{account}:role/dev"));
    }
    let own = (who.name.clone(), names.iter().skip(1).cloned().collect::<Vec<_>>());
    let mut all = vec![json!({ "AWS": names }), json!({ "AWS": [own.0, own.1.last()] })];
    all.extend(names.iter().map(|name| json!({ "AWS": name })));
    all
}

/// A Principal or NotPrincipal, often about `who`.
pub(super) fn element(dice: &mut Dice, who: &Who, in_trust_policy: bool) -> Value {
    if dice.percent(55) {
        return dice.pick(&covering(who)).clone();
    }
    match dice.below(6) {
        0 => json!("*"),
        1 => json!({ "Service": dice.some(&SERVICES, 2), "AWS": dice.pick(&NAMED) }),
        2 => json!({ "Federated": dice.pick(&PROVIDERS) }),
        3 if !in_trust_policy => json!({ "CanonicalUser": CANONICAL, "Federated": dice.some(&PROVIDERS, 2) }),
        4 => json!({ "AWS": dice.pick(&NAMED) }),
        _ => json!({ "AWS": dice.some(&NAMED, 4) }),
    }
}

//! Statements.

use serde_json::{Map, Value, json};

use super::{condition, principal};
use crate::policy::tests::dice::Dice;
use crate::policy::tests::oracle::Who;

/// What a document is for; what bounds allows broadly, so that not all is bounded away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy::tests) enum Kind {
    Identity,
    Bounding,
    Resource,
    Trust,
    Endpoint,
}

/// What is asked about.
pub(super) const RESOURCES: [&str; 9] = [
    "arn:aws:iam::123456789012:user/alice",
    "arn:aws:iam::123456789012:user/alice",
    "arn:aws:iam::123456789012:user/ops/bob",
    "arn:aws:iam::123456789012:user/*",
    "arn:aws:iam::999999999999:role/dev",
    "arn:aws:s3:::reports/may",
    "arn:aws:s3:::home/*/x",
    "arn:aws:s3:::${aws:username}",
    "*",
];
const ACTIONS: [&str; 14] = [
    "*",
    "*:*",
    "iam:*",
    "iam:Get*",
    "IAM:getuser",
    "iam:?etUser",
    "iam:GetUser?",
    "iam:*User*",
    "iam:List?sers",
    "iam:Get",
    "s3:*",
    "s3:Get*Object",
    "sts:AssumeRole",
    "sts:*",
];
const TRUST_ACTIONS: [&str; 6] = ["sts:AssumeRole", "sts:*", "*", "STS:assume*", "sts:TagSession", "sts:AssumeRole?"];
const PATTERNS: [&str; 22] = [
    "*",
    "arn:*",
    "arn:aws*",
    "arn:aws:iam::*",
    "arn:aws:iam::123456789012:user/*",
    "arn:aws:iam::123456789012:user/alice",
    "arn:aws:iam::123456789012:user/Alice",
    "arn:aws:iam::123456789012:user/al?ce",
    "arn:aws:iam::123456789012:user/alice?",
    "arn:aws:iam::123456789012:user/*/bob",
    "arn:aws:iam::*:user/*o*",
    "arn:aws*:iam::??????789012:user/*",
    "arn:aws:iam::999999999999:role/dev",
    "arn:aws:s3:::*",
    "arn:aws:s3:::reports/*",
    "arn:aws:iam::123456789012:user/${aws:username}",
    "arn:aws:iam::123456789012:user/${aws:username, 'alice'}",
    "arn:aws:iam::123456789012:user/${aws:TagKeys}",
    "arn:aws:s3:::home/${AWS:principaltag/Team}/*",
    "arn:aws:s3:::home/${*}/${aws:PrincipalTag/team,'x'}",
    "arn:aws:s3:::${$}{aws:username}",
    "arn:aws:iam::123456789012:user/${*}",
];

/// A statement; `index` is its place, for Sids that do not stand twice.
pub(super) fn statement(dice: &mut Dice, kind: Kind, who: &Who, version: Option<&str>, index: usize) -> Value {
    let denies = dice.percent(if kind == Kind::Bounding { 12 } else { 22 });
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    if dice.percent(20) {
        put("Sid", json!(format!("S{index}")));
    }
    put("Effect", json!(if denies { "Deny" } else { "Allow" }));
    let has_principal = match kind {
        Kind::Identity | Kind::Bounding => false,
        Kind::Resource | Kind::Trust => true,
        Kind::Endpoint => dice.percent(50),
    };
    if has_principal {
        let negated = denies && dice.percent(40);
        let name = if negated { "NotPrincipal" } else { "Principal" };
        put(name, principal::element(dice, who, kind == Kind::Trust));
    }
    let broad = dice.percent(if kind == Kind::Bounding { 75 } else { 45 });
    let negated = dice.percent(20);
    let actions: &[&str] = if kind == Kind::Trust && !negated { &TRUST_ACTIONS } else { &ACTIONS };
    let value = if broad && !negated { json!("*") } else { values(dice, actions, 3) };
    put(if negated { "NotAction" } else { "Action" }, value);
    if kind != Kind::Trust {
        let broad = dice.percent(if kind == Kind::Bounding { 75 } else { 40 });
        let negated = dice.percent(25);
        let value = if broad && !negated { json!("*") } else { values(dice, &PATTERNS, 3) };
        put(if negated { "NotResource" } else { "Resource" }, value);
    }
    let often = if kind == Kind::Bounding { 40 } else { 60 };
    if dice.percent(often) {
        put("Condition", condition::block(dice, version == Some("2012-10-17")));
    }
    Value::Object(members)
}

/// One value alone or several in a list.
fn values(dice: &mut Dice, list: &[&str], most: usize) -> Value {
    let some = dice.some(list, most);
    match some.as_slice() {
        [single] if dice.percent(50) => json!(single),
        _ => json!(some),
    }
}

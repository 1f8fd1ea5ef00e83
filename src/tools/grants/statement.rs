//! Statements of policies, taken apart so that they can be compared.

use std::borrow::Cow;
use std::sync::LazyLock;

use serde_json::Value;

use super::conditions::Conditions;
use super::part::{Part, Pattern};
use super::principal::Principal;
use crate::policy::{Budget, Document, Version};

/// What a statement is about: each of its actions on each of its targets, where its conditions hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Statement {
    pub(super) actions: Vec<Part>,
    /// Resources; in a trust policy, principals.
    pub(super) targets: Vec<Part>,
    pub(super) conditions: Conditions,
}

/// One action on one target of a statement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Term<'a> {
    pub(super) action: &'a Part,
    pub(super) target: &'a Part,
    pub(super) conditions: &'a Conditions,
}

/// Everything on everything.
pub(super) static EVERYTHING: LazyLock<Statement> = LazyLock::new(|| {
    let all = || vec![Part::Fits(Pattern::everything())];
    Statement { actions: all(), targets: all(), conditions: Conditions::default() }
});

impl Statement {
    /// Its actions, targets and conditions.
    pub(super) fn lists(&self) -> (Vec<&Part>, Vec<&Part>, &Conditions) {
        (self.actions.iter().collect(), self.targets.iter().collect(), &self.conditions)
    }

    /// Whether it is about all that `term` is about.
    pub(super) fn covers(&self, term: Term<'_>, budget: &Budget) -> bool {
        self.conditions.are_as_wide_as(term.conditions, budget)
            && self.actions.iter().any(|own| own.includes(term.action, budget))
            && self.targets.iter().any(|own| own.includes(term.target, budget))
    }

    /// What of the action and the target of `term` it is about, whatever its conditions are: no less than that, and no
    /// more than one of the two names.
    pub(super) fn shared<'a>(&'a self, term: Term<'a>, budget: &Budget) -> (Vec<&'a Part>, Vec<&'a Part>) {
        (narrower(&self.actions, term.action, budget), narrower(&self.targets, term.target, budget))
    }
}

fn narrower<'a>(own: &'a [Part], part: &'a Part, budget: &Budget) -> Vec<&'a Part> {
    let met: Vec<&Part> = own.iter().filter(|own| own.meets(part, budget)).collect();
    let is_narrower = |own: &&Part| part.includes(own, budget) && !own.depends_on_effect();
    if met.iter().all(is_narrower) { met } else { vec![part] }
}

/// The statements of one effect and the other.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) allows: Vec<Statement>,
    pub(super) denies: Vec<Statement>,
}

/// Takes a document apart. `None` where that is not possible: then it counts as one that cannot be read.
pub(super) fn take_apart(document: &Document) -> Option<Taken> {
    let json: Value = serde_json::from_str(&document.to_json()).ok()?;
    let is_old = document.version() == Version::V2008;
    let mut taken = Taken::default();
    for members in json["Statement"].as_array()? {
        let statement = statement(members, is_old)?;
        let of_effect = if members["Effect"] == "Allow" { &mut taken.allows } else { &mut taken.denies };
        of_effect.push(statement);
    }
    Some(taken)
}

fn statement(members: &Value, is_old: bool) -> Option<Statement> {
    let text = |text: &str| in_new_language(text, is_old).into_owned();
    let mut actions = parts(members, ["Action", "NotAction"], Pattern::of_actions)?;
    let mut targets = match members.get("Principal").or(members.get("NotPrincipal")) {
        Some(named) => principals(named, members.get("NotPrincipal").is_some()),
        None => parts(members, ["Resource", "NotResource"], |resource| Pattern::of_resources(&text(resource)))?,
    };
    for list in [&mut actions, &mut targets] {
        list.sort();
        list.dedup();
    }
    Some(Statement { actions, targets, conditions: Conditions::of(members.get("Condition"), text) })
}

/// A text of a document of 2008-10-17 as one of 2012-10-17, in which `${` begins a variable.
fn in_new_language(text: &str, is_old: bool) -> Cow<'_, str> {
    if is_old && text.contains("${") { text.replace("${", "${$}{").into() } else { text.into() }
}

fn parts(members: &Value, [name, not_name]: [&str; 2], read: impl Fn(&str) -> Option<Pattern>) -> Option<Vec<Part>> {
    let patterns = |list: &Value| -> Option<Vec<Pattern>> {
        list.as_array()?.iter().map(|text| text.as_str().and_then(&read)).collect()
    };
    if let Some(list) = members.get(name) {
        return Some(patterns(list)?.into_iter().map(Part::Fits).collect());
    }
    let mut but = patterns(members.get(not_name)?)?;
    but.sort();
    but.dedup();
    Some(vec![Part::FitsNone(but)])
}

fn principals(named: &Value, negated: bool) -> Vec<Part> {
    let mut all: Vec<Principal> = match named.as_object() {
        None => vec![Principal::everybody()],
        Some(types) => types
            .iter()
            .flat_map(|(kind, names)| names.as_array().into_iter().flatten().map(move |name| (kind, name)))
            .filter_map(|(kind, name)| Some(Principal { kind: kind.clone(), name: name.as_str()?.to_owned() }))
            .collect(),
    };
    all.sort();
    all.dedup();
    if negated { vec![Part::IsNone(all)] } else { all.into_iter().map(Part::Is).collect() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::policy::PolicyKind;

    fn taken(kind: PolicyKind, version: &str, statement: &Value) -> Statement {
        let json = json!({"Version": version, "Statement": statement}).to_string();
        let mut taken = take_apart(&Document::parse(kind, &json).unwrap()).unwrap();
        taken.allows.pop().or(taken.denies.pop()).unwrap()
    }

    fn first(statement: &Statement) -> Term<'_> {
        Term { action: &statement.actions[0], target: &statement.targets[0], conditions: &statement.conditions }
    }

    #[test]
    fn the_order_of_entries_and_entries_that_stand_twice_make_no_other_statement() {
        let of = |actions: Value| {
            let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
            taken(PolicyKind::Identity, "2012-10-17", &statement)
        };
        assert_eq!(of(json!(["iam:GetUser", "s3:*", "s3:*"])), of(json!(["s3:*", "iam:GetUser"])));
    }

    #[test]
    fn variables_are_text_in_the_old_version() {
        let of = |version: &str, resource: &str| {
            let statement = json!({"Effect": "Allow", "Action": "s3:*", "Resource": resource});
            taken(PolicyKind::Identity, version, &statement)
        };
        let (old, new) = ("arn:aws:s3:::${aws:username}", "arn:aws:s3:::${$}{aws:username}");
        assert_eq!(of("2008-10-17", old), of("2012-10-17", new));
        assert_ne!(of("2008-10-17", old), of("2012-10-17", old));
    }

    #[test]
    fn what_two_statements_share_is_the_narrower_of_their_entries() {
        let of = |action: Value, resource: Value| {
            let statement = json!({"Effect": "Deny", "Action": action, "Resource": resource});
            taken(PolicyKind::Identity, "2012-10-17", &statement)
        };
        let budget = Budget::new(10_000);
        let wide = of(json!("iam:*"), json!("*"));
        let narrow = of(json!(["iam:Get*", "iam:*User", "s3:*"]), json!("arn:aws:iam::123456789012:user/a"));
        let term = first(&wide);
        let (actions, targets) = narrow.shared(term, &budget);
        assert_eq!((actions, targets), (narrow.actions[..2].iter().collect(), vec![&narrow.targets[0]]));
        let term = first(&narrow);
        assert_eq!(wide.shared(term, &budget), (vec![&narrow.actions[0]], vec![&narrow.targets[0]]));
    }
}

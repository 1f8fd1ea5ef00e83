//! A policy document without what was never used: pure, and never wider than what it was made from.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::policy::{Document, PolicyKind};
use crate::tools::documents;

/// What AWS tells of services within its tracking period, by their namespaces, in small letters.
#[derive(Debug, Clone, Default)]
pub(super) struct Uses {
    /// Called at least once.
    pub(super) used: BTreeSet<String>,
    /// Never called.
    pub(super) unused: BTreeSet<String>,
}

/// What becomes of a document.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Narrowed {
    /// What is left; `None` where nothing is.
    pub(super) document: Option<Value>,
    /// The action patterns that go, as they were written.
    pub(super) removed: Vec<String>,
    /// The statements that could not be narrowed, by their places from 0, and why.
    pub(super) kept: Vec<(usize, String)>,
}

/// The document of identity `says`, whose Allow statements lose the actions of services that were never used. Whatever
/// denies, and whom and under which conditions something allows, stays as it is. `None` where nobody can read it.
pub(super) fn narrow(says: &Value, uses: &Uses) -> Option<Narrowed> {
    Document::parse(PolicyKind::Identity, &documents::text(says)).ok()?;
    let mut document = match says {
        Value::String(text) => serde_json::from_str(text).ok()?,
        other => other.clone(),
    };
    let statements = match document["Statement"].take() {
        Value::Array(statements) => statements,
        one => vec![one],
    };
    let (mut left, mut removed, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    for (place, mut statement) in statements.into_iter().enumerate() {
        let Some(members) = statement.as_object_mut().filter(|members| members["Effect"] == "Allow") else {
            left.push(statement);
            continue;
        };
        let stays = match members.get("Action") {
            Some(actions) => {
                let sorted = Sorted::of(actions, uses);
                kept.extend(sorted.untold().map(|why| (place, why)));
                let stays = !sorted.stay.is_empty();
                sorted.put_into(members, &mut removed);
                stays
            }
            None => {
                kept.push((place, "NotAction allows whatever it does not name".to_owned()));
                true
            }
        };
        if stays {
            left.push(statement);
        }
    }
    document["Statement"] = left.into();
    let document = document["Statement"].as_array().is_some_and(|left| !left.is_empty()).then_some(document);
    Some(Narrowed { document, removed, kept })
}

/// The action patterns of one statement.
#[derive(Debug, Default)]
struct Sorted {
    /// What is left of them.
    stay: Vec<String>,
    /// Those that go.
    go: Vec<String>,
    /// Those left in of whose services AWS tells nothing, or that name services by a wildcard.
    unknown: Vec<String>,
}

impl Sorted {
    fn of(actions: &Value, uses: &Uses) -> Self {
        let mut sorted = Self::default();
        let actions = actions.as_array().map_or(std::slice::from_ref(actions), Vec::as_slice);
        for action in actions.iter().filter_map(Value::as_str) {
            sorted.add(action, uses);
        }
        let mut seen = BTreeSet::new();
        sorted.stay.retain(|action| seen.insert(action.clone()));
        sorted
    }

    fn add(&mut self, action: &str, uses: &Uses) {
        let (service, name) = action.split_once(':').unwrap_or((action, "*"));
        let namespace = service.to_ascii_lowercase();
        if service.bytes().all(|byte| byte == b'*') {
            self.stay.extend(uses.used.iter().map(|used| format!("{used}:{name}")));
            self.go.push(action.to_owned());
        } else if uses.unused.contains(&namespace) {
            self.go.push(action.to_owned());
        } else {
            self.stay.push(action.to_owned());
            if !uses.used.contains(&namespace) {
                self.unknown.push(action.to_owned());
            }
        }
    }

    /// Why not all of it was narrowed.
    fn untold(&self) -> Option<String> {
        let why = || format!("AWS tells nothing of the use of {}", self.unknown.join(", "));
        (!self.unknown.is_empty()).then(why)
    }

    fn put_into(self, members: &mut Map<String, Value>, removed: &mut Vec<String>) {
        if !self.go.is_empty() {
            members.insert("Action".to_owned(), self.stay.into());
            removed.extend(self.go);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::tools::grants::{Permissions, compare};

    fn uses() -> Uses {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Uses { used: set(&["s3", "sqs"]), unused: set(&["ec2", "iam", "sns"]) }
    }

    fn document(statements: &Value) -> Value {
        json!({"Version": "2012-10-17", "Statement": statements})
    }

    fn allow(actions: &Value) -> Value {
        json!({"Sid": "A", "Effect": "Allow", "Action": actions, "Resource": "*"})
    }

    /// What is left of the actions of one statement; and what goes.
    fn left(actions: &Value) -> (Value, Vec<String>) {
        let narrowed = narrow(&document(&json!([allow(actions)])), &uses()).unwrap();
        let left = narrowed.document.map_or(Value::Null, |document| document["Statement"][0]["Action"].clone());
        (left, narrowed.removed)
    }

    #[test]
    fn actions_of_services_that_were_never_used_go() {
        for (actions, expected, removed) in [
            (json!(["s3:Get*", "ec2:*", "SNS:Publish"]), json!(["s3:Get*"]), vec!["ec2:*", "SNS:Publish"]),
            (json!("s3:GetObject"), json!("s3:GetObject"), vec![]),
            (json!("iam:*"), Value::Null, vec!["iam:*"]),
            (json!("*"), json!(["s3:*", "sqs:*"]), vec!["*"]),
            (json!(["*:*"]), json!(["s3:*", "sqs:*"]), vec!["*:*"]),
            (json!(["*", "s3:*", "iam:GetUser"]), json!(["s3:*", "sqs:*"]), vec!["*", "iam:GetUser"]),
        ] {
            let removed = removed.into_iter().map(ToOwned::to_owned).collect();
            assert_eq!(left(&actions), (expected, removed), "{actions}");
        }
    }

    #[test]
    fn what_aws_tells_nothing_of_stays_and_is_named() {
        let statement = allow(&json!(["ec2:*", "newservice:Do", "s3:*"]));
        let narrowed = narrow(&document(&statement), &uses()).unwrap();
        assert_eq!(narrowed.document.unwrap()["Statement"][0]["Action"], json!(["newservice:Do", "s3:*"]));
        assert_eq!(narrowed.kept, [(0, "AWS tells nothing of the use of newservice:Do".to_owned())]);
    }

    #[test]
    fn denials_conditions_and_what_not_action_allows_stay_as_they_are() {
        let deny = json!({"Effect": "Deny", "Action": ["ec2:*", "*"], "Resource": "*"});
        let not = json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"});
        let mut conditional = allow(&json!(["s3:*", "ec2:*"]));
        conditional["Condition"] = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
        let narrowed = narrow(&document(&json!([deny, not, conditional])), &uses()).unwrap();
        let mut expected = conditional.clone();
        expected["Action"] = json!(["s3:*"]);
        assert_eq!(narrowed.document, Some(document(&json!([deny, not, expected]))));
        assert_eq!(narrowed.kept, [(1, "NotAction allows whatever it does not name".to_owned())]);
    }

    #[test]
    fn a_document_of_which_nothing_is_left_is_none() {
        let statements = json!([allow(&json!("ec2:*")), {"Effect": "Allow", "Action": "sns:*", "Resource": "*"}]);
        let narrowed = narrow(&document(&statements), &uses()).unwrap();
        assert_eq!((narrowed.document, narrowed.removed), (None, vec!["ec2:*".to_owned(), "sns:*".to_owned()]));
    }

    #[test]
    fn a_document_that_nobody_can_read_is_not_touched() {
        for says in [json!("no JSON"), json!({"Statement": [{"Efect": "Allow", "Action": "*", "Resource": "*"}]})] {
            assert_eq!(narrow(&says, &uses()), None);
        }
    }

    proptest! {
        #[test]
        fn it_never_allows_more_than_before(
            statements in prop::collection::vec(
                (any::<bool>(), any::<bool>(), prop::collection::vec(prop::sample::select(vec![
                    "*", "*:*", "*:Get*", "s3:*", "S3:GetObject", "sqs:Send*", "ec2:*", "iam:PassRole", "other:Do",
                ]), 1..4)),
                1..4,
            )
        ) {
            let statements: Vec<Value> = statements.into_iter().map(|(allows, names, actions)| json!({
                "Effect": if allows { "Allow" } else { "Deny" },
                if names { "Action" } else { "NotAction" }: actions,
                "Resource": "*",
            })).collect();
            let before = document(&statements.into());
            let Some(narrowed) = narrow(&before, &uses()) else { return Ok(()) };
            let held = |document: Option<Value>| Permissions { policies: document.into_iter().collect(), boundary: None };
            let after = held(narrowed.document.clone());
            let granted = compare(&held(Some(before.clone())), &after, "123456789012");
            prop_assert_eq!(granted.allowed, Vec::<Value>::new(), "{} -> {:?}", before, narrowed.document);
            if let Some(document) = &narrowed.document {
                prop_assert!(Document::parse(PolicyKind::Identity, &document.to_string()).is_ok(), "{}", document);
            }
        }
    }
}

//! What a change of policies lets a principal do that it could not do before.
//!
//! Patterns are compared, not requests, so that the answer holds for all of them. It is never less than what is new: what
//! inclusion cannot tell is shown, and so is everything beyond a bounded number of steps. A statement that allows is known
//! if one before named all of its actions and targets under conditions that are no narrower; what several statements only
//! together allowed is shown again.

mod conditions;
mod held;
mod news;
mod part;
mod principal;
mod reach;
mod shown;
mod statement;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use self::held::Held;
use self::news::News;
use self::part::Part;
use self::reach::Opened;
use self::shown::Items;
use crate::policy::{Budget, PolicyKind};
use crate::posture::findings::{self, Severity};
use crate::tools::documents;

/// The steps of one comparison: about as many characters of patterns are compared. Policies as large as IAM stores them
/// take less; made to be dear, they take so many and are shown whole.
const STEPS: usize = 1 << 25;

/// The identity-based policies of a principal and its boundary.
#[derive(Debug, Clone, Default)]
pub struct Permissions {
    /// Its own and its groups', inline and attached: documents as JSON objects, or as text.
    pub policies: Vec<Value>,
    /// Its permissions boundary.
    pub boundary: Option<Value>,
}

/// What a principal could do after a change and cannot do before it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Granted {
    /// Each with its actions, resources and conditions, as policies write them; `{"Unreadable": true}` for a document that
    /// nobody can read.
    pub allowed: Vec<Value>,
    /// How many more there are than `allowed` lists.
    pub more: usize,
    /// Of all of them, where `allowed` does not list all: two grants that are shown alike are alike.
    pub digest: Option<String>,
    /// The ways to get more than was given that are open now and were not: `{"code", "explanation"}` each.
    pub escalations: Vec<Value>,
    /// Whether the principal could do, or get itself, everything, and something of that is new.
    ///
    /// Where it cannot be told, it is taken for true: so a document that cannot be read counts as everything, and of
    /// conditions only those count that bound what is given.
    pub administrator: bool,
}

impl Granted {
    /// As plans show it: actions, resources, principals and conditions, and nothing that somebody could write to a reader.
    #[must_use]
    pub fn shown(&self) -> Value {
        let mut shown = json!({"allowed": self.allowed, "administrator": self.administrator});
        if self.more > 0 {
            shown["more"] = self.more.into();
        }
        if let Some(digest) = &self.digest {
            shown["digest"] = digest.as_str().into();
        }
        if !self.escalations.is_empty() {
            shown["escalations"] = self.escalations.clone().into();
        }
        shown
    }

    /// Whether the principal could do, or get itself, everything.
    #[must_use]
    pub fn reaches_administrator(&self) -> bool {
        self.administrator
    }
}

/// What `after` allows and `before` does not. `account` is the principal's, 12 digits.
#[must_use]
pub fn compare(before: &Permissions, after: &Permissions, account: &str) -> Granted {
    let after = Held::of(after);
    let before = Held::of(before).or_nothing(&after);
    let budget = Budget::new(STEPS);
    let news = News::of(&before, &after, &budget);
    let opened = Opened::of(&before, &after, &news, account, &Budget::new(STEPS));
    let dangerous: Vec<Part> = opened.dangerous_actions();
    let order = Budget::new(STEPS);
    let items = Items::of(&news, |action| dangerous.iter().any(|dangerous| action.includes(dangerous, &order)));
    let granted = Granted {
        allowed: items.shown,
        more: items.more,
        digest: items.digest,
        escalations: shown::escalations(&opened.ways),
        administrator: opened.administrator,
    };
    granted.with_unreadable(after.is_unreadable_anew(&before) || news.is_unbound && !after.unreadable.is_empty())
}

/// Who may assume a role after a change of its trust policy and could not before; `before` is `None` for a role that is
/// new. `account` is the role's. `escalations` are the findings on the trust policy of which there were none before.
#[must_use]
pub fn compare_trust(before: Option<&Value>, after: &Value, account: &str) -> Granted {
    let held = Held::of_trust(Some(after));
    let known = Held::of_trust(before).or_nothing(&held);
    let news = News::of(&known, &held, &Budget::new(STEPS));
    let items = Items::of(&news, |_| false);
    let codes = |held: &Held, document: &Value| {
        // What cannot be read has no findings: neither does it hide those of another.
        let text = if held.unreadable.is_empty() { documents::text(document) } else { String::new() };
        let found = findings::of(PolicyKind::Trust, &text, Some(account)).into_iter();
        found.filter(|one| one.severity <= Severity::High).map(|one| one.code).collect::<BTreeSet<_>>()
    };
    let old = before.map(|document| codes(&Held::of_trust(before), document)).unwrap_or_default();
    let new = codes(&held, after);
    let granted = Granted {
        allowed: items.shown,
        more: items.more,
        digest: items.digest,
        escalations: new.difference(&old).map(|code| json!({"code": code})).collect(),
        administrator: false,
    };
    granted.with_unreadable(held.is_unreadable_anew(&known))
}

/// What a credential or membership hands over that carries everything the policies allow, such as a new access key.
#[must_use]
pub fn all_of(permissions: &Permissions, account: &str) -> Granted {
    compare(&Permissions::default(), permissions, account)
}

/// Whether a statement that denies stands before and not after. What nobody can read may have one.
#[must_use]
pub fn lifts_deny(before: &[Value], after: &[Value]) -> bool {
    let (before, after) = (denying(before), denying(after));
    match (before, after) {
        (Some(before), Some(after)) => !before.is_subset(&after),
        (Some(before), None) => !before.is_empty(),
        (None, _) => true,
    }
}

/// The statements that deny, as JSON; `None` where a document cannot be read.
fn denying(documents: &[Value]) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for document in documents {
        let document = match document {
            Value::String(text) => serde_json::from_str(text).ok()?,
            document => document.clone(),
        };
        let statements = match document.get("Statement")? {
            Value::Array(statements) => statements.clone(),
            statement => vec![statement.clone()],
        };
        found.extend(statements.iter().filter(|statement| statement["Effect"] != "Allow").map(ToString::to_string));
    }
    Some(found)
}

impl Granted {
    /// Both of them: what is in either is in it.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        let both = self.allowed.into_iter().chain(other.allowed);
        let mut items: Vec<(bool, String, Value)> = both.map(|item| (false, item.to_string(), item)).collect();
        items.sort_by(|one, other| one.1.cmp(&other.1));
        items.dedup_by(|one, other| one.1 == other.1);
        let items = Items::within_bounds(items);
        self.allowed = items.shown;
        let digests: Vec<String> = [self.digest, other.digest, items.digest].into_iter().flatten().collect();
        self.digest = match digests.len() {
            0 | 1 => digests.into_iter().next(),
            _ => Some(HEXLOWER.encode(&Sha256::digest(digests.join("\n")))),
        };
        self.more += other.more + items.more;
        let mut escalations: Vec<Value> = self.escalations.into_iter().chain(other.escalations).collect();
        escalations.sort_by_key(ToString::to_string);
        escalations.dedup();
        self.escalations = escalations;
        self.administrator |= other.administrator;
        self
    }

    /// Nothing, where there is nothing in it.
    #[must_use]
    pub fn if_any(self) -> Option<Self> {
        self.is_any().then_some(self)
    }

    /// Whether there is anything in it.
    #[must_use]
    pub fn is_any(&self) -> bool {
        !self.allowed.is_empty() || self.more > 0 || !self.escalations.is_empty() || self.administrator
    }

    fn with_unreadable(mut self, is_unreadable: bool) -> Self {
        if is_unreadable {
            self.allowed.insert(0, json!({"Unreadable": true}));
            self.administrator = true;
        }
        self
    }
}

#[cfg(test)]
mod both {
    use super::*;

    fn statement(effect: &str, action: &str) -> Value {
        json!({"Version": "2012-10-17", "Statement": {"Effect": effect, "Action": action, "Resource": "*"}})
    }

    #[test]
    fn a_deny_that_goes_is_told_and_so_is_what_nobody_can_read() {
        let deny = statement("Deny", "iam:*");
        assert!(lifts_deny(std::slice::from_ref(&deny), &[]));
        assert!(lifts_deny(std::slice::from_ref(&deny), &[statement("Deny", "s3:*")]));
        assert!(lifts_deny(&[json!("unreadable")], &[]));
        assert!(!lifts_deny(&[statement("Allow", "iam:*")], &[]));
        assert!(!lifts_deny(std::slice::from_ref(&deny), &[statement("Allow", "s3:*"), deny.clone()]));
    }

    #[test]
    fn both_have_what_is_in_either_once_and_in_one_order() {
        let permissions = |action: &str| Permissions { policies: vec![statement("Allow", action)], boundary: None };
        let of = |action: &str| all_of(&permissions(action), "123456789012");
        let (one, other) = (of("s3:GetObject"), of("iam:AttachUserPolicy"));
        let both = one.clone().and(other.clone());
        assert_eq!(both, other.clone().and(one.clone()));
        assert_eq!(both.clone().and(one.clone()), both);
        assert_eq!((both.allowed.len(), both.administrator), (2, true));
        assert!(!one.administrator && other.administrator);
        assert_eq!(Granted::default().if_any(), None);
        assert!(one.is_any());
    }
}

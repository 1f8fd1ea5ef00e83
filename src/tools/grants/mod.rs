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

use serde_json::{Value, json};

use self::held::Held;
use self::news::News;
use self::part::Part;
use self::reach::Opened;
use self::shown::Items;
use crate::policy::{Budget, PolicyKind};
use crate::tools::documents;
use crate::tools::simulation::findings::{self, Severity};

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
        let found = findings::of(PolicyKind::Trust, &text, account).into_iter();
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

impl Granted {
    fn with_unreadable(mut self, is_unreadable: bool) -> Self {
        if is_unreadable {
            self.allowed.insert(0, json!({"Unreadable": true}));
            self.administrator = true;
        }
        self
    }
}

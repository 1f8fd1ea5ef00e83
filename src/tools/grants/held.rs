//! What a principal holds: its policies and its boundary, taken apart.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Permissions;
use super::statement::{Statement, Taken, take_apart};
use crate::policy::{Document, PolicyKind};
use crate::tools::documents;

/// Statements without an order, so that none of it shows in what is found.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) allows: BTreeSet<Statement>,
    /// Of policies and boundary: a deny anywhere wins.
    pub(super) denies: BTreeSet<Statement>,
    /// What the boundary allows; `None` without one, where everything is within it.
    pub(super) boundary: Option<BTreeSet<Statement>>,
    /// Policies that cannot be read, as they are written.
    pub(super) unreadable: BTreeSet<String>,
    /// A boundary that cannot be read.
    pub(super) unreadable_boundary: Option<String>,
}

impl Held {
    /// Of the policies of an identity.
    ///
    /// A boundary that cannot be read counts as none here: what it keeps away, if anything, is not known.
    pub(super) fn of(permissions: &Permissions) -> Self {
        let mut held = Self::default();
        held.add_all(PolicyKind::Identity, &permissions.policies);
        match permissions.boundary.as_ref().map(|boundary| read(PolicyKind::Identity, boundary)) {
            None => {}
            Some(Err(text)) => held.unreadable_boundary = Some(text),
            Some(Ok(taken)) => {
                held.boundary = Some(taken.allows.into_iter().collect());
                held.denies.extend(taken.denies);
            }
        }
        held
    }

    /// Of a role's trust policy.
    pub(super) fn of_trust(trust: Option<&Value>) -> Self {
        let mut held = Self::default();
        held.add_all(PolicyKind::Trust, trust);
        held
    }

    fn add_all<'d>(&mut self, kind: PolicyKind, documents: impl IntoIterator<Item = &'d Value>) {
        for document in documents {
            match read(kind, document) {
                Ok(taken) => {
                    self.allows.extend(taken.allows);
                    self.denies.extend(taken.denies);
                }
                Err(text) => {
                    self.unreadable.insert(text);
                }
            }
        }
    }

    /// The same, if what is not readable of it stands in `after` as well; else something that allows nothing, since what
    /// is not readable may deny anything.
    pub(super) fn or_nothing(self, after: &Self) -> Self {
        let is_known = self.unreadable.is_subset(&after.unreadable)
            && (self.unreadable_boundary.is_none() || self.unreadable_boundary == after.unreadable_boundary);
        if is_known { self } else { Self::default() }
    }

    /// Whether a policy or the boundary that cannot be read is not one that `before` had.
    pub(super) fn is_unreadable_anew(&self, before: &Self) -> bool {
        !self.unreadable.is_subset(&before.unreadable)
    }
}

fn read(kind: PolicyKind, document: &Value) -> Result<Taken, String> {
    let text = documents::text(document);
    let taken = Document::parse(kind, &text).ok().and_then(|document| take_apart(&document));
    taken.ok_or(text)
}

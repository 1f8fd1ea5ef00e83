//! Whoever has a say in what a caller may do: its policies, compiled, in their layers.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html>

use super::account::Account;
use super::identity::Identity;
use super::permissions::Permissions;
use crate::arn::AccountId;
use crate::policy::{Context, Document, Layers, Policy, PolicyKind, PolicySet, Principal, Request, Verdict};

/// The policies that a caller is judged by.
///
/// They are read anew for each call, and so are always those in force: with those of the account that comes with the
/// sandbox that takes 0.04 to 0.4 ms without optimization, less than the HTTP around it.
#[derive(Debug)]
pub(super) struct Judges {
    principal: Principal,
    account: AccountId,
    layers: Layers,
}

impl Judges {
    /// Nobody judges, and so nobody allows, a caller whose ARN policies could not name, such as one with an empty segment
    /// in its path; nor one whose policies cannot all be read: what cannot be read could be a deny.
    pub(super) fn of(account: &Account, caller: &Identity) -> Option<Self> {
        let permissions = Permissions::of(account, caller);
        Some(Self {
            principal: principal(caller)?,
            account: account.id,
            layers: Layers {
                identity: compiled(PolicyKind::Identity, &permissions.identity)?,
                boundary: match permissions.boundary {
                    Some(document) => Some(compiled(PolicyKind::Identity, &[document])?),
                    None => None,
                },
                session: match permissions.session {
                    Some(documents) => Some(compiled(PolicyKind::Identity, &documents)?),
                    None => None,
                },
                ..Layers::default()
            },
        })
    }

    /// The same, and the trust policy of a role that is to be assumed; nobody, if that cannot be read.
    pub(super) fn and_trust(mut self, trust_policy: &str) -> Option<Self> {
        self.layers.trust = Some(compiled(PolicyKind::Trust, &[trust_policy])?);
        Some(self)
    }

    /// What they say together of `action` on `resource`.
    pub(super) fn verdict(&self, action: &str, resource: &str, context: &Context) -> Verdict {
        self.layers.decide(&Request::new(action, resource, &self.principal, context), &self.account)
    }
}

fn principal(caller: &Identity) -> Option<Principal> {
    Some(match caller {
        Identity::Root { arn, id } | Identity::User { arn, id, .. } => {
            Principal::from_arn(arn).ok()?.with_unique_id(id)
        }
        Identity::AssumedRole(session) => {
            let role = session.role_arn.parse().ok()?;
            Principal::role_session(&role, &session.session_name).with_unique_id(&session.role_id)
        }
    })
}

/// The documents, if all of them can be read.
fn compiled(kind: PolicyKind, documents: &[&str]) -> Option<PolicySet> {
    let read = documents.iter().map(|json| Document::parse(kind, json).ok());
    read.map(|document| document.map(|document| Policy::new("", document))).collect()
}

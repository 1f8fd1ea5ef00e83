//! Whether the caller may assume the role.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html>

use crate::arn::AccountId;
use crate::policy::{Context, Document, Layers, Policy, PolicyKind, PolicySet, Principal, Request};
use crate::sandbox::account::{Account, Role};
use crate::sandbox::identity::Identity;
use crate::sandbox::permissions::Permissions;

/// What has a say in whether a caller may assume a role.
#[derive(Debug)]
pub(super) struct Judges {
    principal: Principal,
    account: AccountId,
    layers: Layers,
}

impl Judges {
    /// Nobody judges, and so nobody allows, a caller whose ARN policies could not name, such as one with an empty segment
    /// in its path; nor one whose policies, or the role's, cannot all be read: what cannot be read could be a deny.
    pub(super) fn of(account: &Account, role: &Role, caller: &Identity) -> Option<Self> {
        let permissions = Permissions::of(account, caller);
        Some(Self {
            principal: principal(caller)?,
            account: account.id,
            layers: Layers {
                trust: Some(compiled(PolicyKind::Trust, &[&role.trust_policy])?),
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

    /// Whether they allow `action` on the role.
    pub(super) fn allow(&self, action: &str, role_arn: &str, context: &Context) -> bool {
        let request = Request::new(action, role_arn, &self.principal, context);
        self.layers.decide(&request, &self.account).is_allowed()
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

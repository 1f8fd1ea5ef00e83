//! Stage one: whether this caller may do this through the gateway, decided before anything reaches AWS.
//!
//! In order: the role mapping (who is not mapped is refused), its toolsets and access, the protected resources. What
//! passes is an [`Authorized`] value, without which the broker gives no session; it has no other constructor.

pub mod access;
pub mod decision;
pub mod mapping;
pub mod protected;

use crate::iam::DeclaredCall;
use crate::tools::{Effect, Plan, ToolError};

pub use decision::Decision;
pub use mapping::{Mapped, map};
pub use protected::Protected;

/// What the authorizer judges: a tool's effect and the AWS calls that it wants to make.
pub trait Judged {
    /// Who calls, where, with which role.
    fn facts(&self) -> &crate::tools::CallFacts;
    /// The tool's specification.
    fn spec(&self) -> &'static crate::tools::Spec;
    /// The writing AWS calls, as far as they are known.
    fn writes(&self) -> Vec<DeclaredCall>;
}

/// A value that stage one let pass.
#[derive(Debug)]
pub struct Authorized<T> {
    value: T,
    decision: Decision,
}

impl<T> Authorized<T> {
    /// What was judged.
    #[must_use]
    pub fn get(&self) -> &T {
        &self.value
    }

    /// Why it may pass.
    #[must_use]
    pub fn decision(&self) -> &Decision {
        &self.decision
    }

    /// The value; whoever takes it apart has passed stage one.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }
}

/// The judge of stage one.
#[derive(Debug, Clone)]
pub struct Authorizer {
    protected: Protected,
}

impl Authorizer {
    /// A judge that guards these resources.
    #[must_use]
    pub fn new(protected: Protected) -> Self {
        Self { protected }
    }

    /// This judge, who also guards the gateway's own identity.
    #[must_use]
    pub fn with_own_identity(mut self, arn: &str) -> WriteAuthorizer {
        self.protected = self.protected.with_own_identity(arn);
        WriteAuthorizer(self)
    }

    /// Judges a call by what it declares, before any credential exists.
    ///
    /// # Errors
    /// `ToolNotAllowed`, `ReadOnlyGateway`, `ReadOnlyCaller` or `ProtectedResource`.
    pub fn judge<T: Judged>(&self, value: T) -> Result<Authorized<T>, ToolError> {
        access::check(value.spec(), value.facts())?;
        self.protected.check_declared(&value.facts().account, &value.writes())?;
        let decision = Decision::allowed_by_mapping(&value.facts().mapping.id);
        Ok(Authorized { value, decision })
    }
}

/// A judge who also guards the gateway's own identity: without it no plan is judged.
#[derive(Debug, Clone)]
pub struct WriteAuthorizer(Authorizer);

impl WriteAuthorizer {
    /// Judges a plan over the real ARNs that its reads found; `declared` is what was judged before, and a plan may not
    /// go beyond it.
    ///
    /// # Errors
    /// `UndeclaredAwsCall` or `ProtectedResource`.
    pub fn judge_plan<T: Judged>(&self, declared: &Authorized<T>, plan: Plan) -> Result<Authorized<Plan>, ToolError> {
        let account = &declared.value.facts().account;
        let within = declared.value.writes();
        for call in &plan.calls {
            let exact = call.declared();
            if !within.iter().any(|wide| wide.allows(&exact)) {
                tracing::error!(action = exact.action.as_str(), "a plan went beyond what its tool declared");
                return Err(ToolError::gateway(
                    "UndeclaredAwsCall",
                    "the tool planned an AWS call that it had not declared; nothing was done",
                )
                .on(exact.action.as_str(), exact.resource.display(account)));
            }
        }
        let exact: Vec<DeclaredCall> = plan.calls.iter().map(crate::iam::PlannedCall::declared).collect();
        self.0.protected.check_planned(account, &exact)?;
        Ok(Authorized { value: plan, decision: declared.decision.clone() })
    }
}

/// Whether a tool of this effect is shown to, and can be called by, callers with this mapping.
#[must_use]
pub fn may_call(effect: Effect, read_only_gateway: bool, access: crate::config::Access) -> bool {
    !effect.writes() || (!read_only_gateway && access == crate::config::Access::ReadWrite)
}

#[cfg(test)]
mod tests;

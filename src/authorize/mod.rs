//! Stage one: whether this caller may do this through the gateway, decided before anything reaches AWS.
//!
//! In order: the role mapping (who is not mapped is refused), its toolsets and access, the protected resources, the
//! permissions boundary that it requires, the endpoint policies over every AWS call that the tool declared. What no answer from AWS could allow is refused before any
//! credential exists; what passes is an [`Authorized`] value, without which the broker gives no session. What depends on
//! what only AWS can tell is looked up, and then judged for certain: the reads make a [`Settled`], without which a tool gets
//! no reader, the plan an [`Authorized`] plan, without which nothing is written.

pub mod access;
pub mod boundary;
pub mod decision;
pub mod documents;
pub mod endpoint;
pub mod mapping;
pub mod protected;

use std::sync::Arc;

use self::endpoint::{Question, Ruling};
use crate::iam::{DeclaredCall, EntityKey, Known};
use crate::tools::{CallFacts, Effect, Plan, Spec, ToolError};

pub use decision::{Decision, Shadow};
pub use documents::{DocumentFaults, DocumentFiles, Documents};
pub use endpoint::By;
pub use mapping::{Mapped, map};
pub use protected::Protected;

/// What the authorizer judges: a tool's effect and the AWS calls that it wants to make.
pub trait Judged {
    /// Who calls, where, with which role.
    fn facts(&self) -> &CallFacts;
    /// The tool's specification.
    fn spec(&self) -> &'static Spec;
    /// What this call does to the account.
    fn effect(&self) -> Effect;
    /// The reading AWS calls.
    fn reads(&self) -> &[DeclaredCall];
    /// The writing AWS calls, as far as they are known.
    fn writes(&self) -> &[DeclaredCall];
}

/// A value that stage one let pass.
#[derive(Debug)]
pub struct Authorized<T> {
    value: T,
    decision: Decision,
    open: Vec<EntityKey>,
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

    /// The entities that the endpoint policies' answer depends on: to be looked up before more is done.
    #[must_use]
    pub fn open(&self) -> &[EntityKey] {
        &self.open
    }

    /// The value; whoever takes it apart has passed stage one.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }
}

/// That every read of a call is allowed for certain, with what was looked up for it.
#[derive(Debug)]
pub struct Settled {
    known: Known,
    decision: Decision,
    reads: Vec<DeclaredCall>,
}

impl Settled {
    /// What is known of the entities of the call.
    #[must_use]
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// Why they may be made.
    #[must_use]
    pub fn decision(&self) -> &Decision {
        &self.decision
    }

    /// The reads that may be made: all that the tool needs, and those it can do without that are allowed as well.
    #[must_use]
    pub fn reads(&self) -> &[DeclaredCall] {
        &self.reads
    }
}

/// A refusal by stage one: what the caller reads, and what the record says.
#[derive(Debug)]
pub struct Refused {
    /// For the caller.
    pub error: ToolError,
    /// For the record.
    pub decision: Box<Decision>,
}

impl From<ToolError> for Refused {
    fn from(error: ToolError) -> Self {
        Self { decision: Box::new(Decision::denied(&error.code)), error }
    }
}

/// The judge of stage one.
#[derive(Debug, Clone)]
pub struct Authorizer {
    protected: Protected,
    documents: Arc<Documents>,
}

impl Authorizer {
    /// A judge that guards these resources and holds these policies.
    #[must_use]
    pub fn new(protected: Protected, documents: Arc<Documents>) -> Self {
        Self { protected, documents }
    }

    /// The endpoint policies in force.
    #[must_use]
    pub fn documents(&self) -> &Arc<Documents> {
        &self.documents
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
    /// `ToolNotAllowed`, `ReadOnlyGateway`, `InsufficientScope`, `UnsignedWrite`, `ReadOnlyCaller`, `ProtectedResource`,
    /// `PermissionsBoundaryRequired`, `PolicyDenied` or `PolicyNotAllowed`.
    pub fn judge<T: Judged>(&self, value: T) -> Result<Authorized<T>, Refused> {
        access::check(value.spec(), value.facts())?;
        let facts = value.facts();
        self.protected.check_declared(&facts.account, value.writes())?;
        boundary::check(facts.mapping.permissions_boundary.as_ref(), &facts.account, value.writes())?;
        let known = Known::default();
        let question = Question::new(&self.documents, &value, &known);
        let calls = || needed(value.reads()).chain(value.writes());
        let shadow = shadow(&question, calls());
        let (allowed_by, open) = match question.ruling(calls()) {
            Ruling::Allowed(by) => (by, Vec::new()),
            Ruling::Open { entities, .. } => (Vec::new(), entities),
            Ruling::Denied(denial) => return Err(refused(&denial, shadow)),
        };
        let decision = Decision::allowed(&value.facts().mapping.id, allowed_by).with_shadow(shadow);
        Ok(Authorized { value, decision, open })
    }

    /// Judges the reads of a call for certain, with what is now known. What is still open is judged as everything that it
    /// could be.
    ///
    /// # Errors
    /// `PolicyDenied` or `PolicyNotAllowed`.
    pub fn settle<T: Judged>(&self, call: &Authorized<T>, known: Known) -> Result<Settled, Refused> {
        let value = &call.value;
        let question = Question::new(&self.documents, value, &known);
        let shadow = shadow(&question, needed(value.reads()).chain(value.writes()));
        match question.ruling(needed(value.reads())) {
            Ruling::Allowed(allowed_by) => {
                let may_be_made = |call: &&DeclaredCall| {
                    !call.is_optional() || matches!(question.ruling([*call]), Ruling::Allowed(_))
                };
                let reads = value.reads().iter().filter(may_be_made).cloned().collect();
                let decision = Decision::allowed(&value.facts().mapping.id, allowed_by).with_shadow(shadow);
                Ok(Settled { known, decision, reads })
            }
            Ruling::Denied(denial) | Ruling::Open { against: denial, .. } => Err(refused(&denial, shadow)),
        }
    }

    /// Whether a tool could be called by this caller at all; it may be more than the policies let through, never less.
    #[must_use]
    pub fn could_call(&self, spec: &Spec, facts: &CallFacts) -> bool {
        access::check(spec, facts).is_ok()
            && !spec.always.iter().any(|action| endpoint::could_never(&self.documents, facts, spec, action.as_str()))
    }
}

/// A judge who also guards the gateway's own identity: without it no plan is judged.
#[derive(Debug, Clone)]
pub struct WriteAuthorizer(Authorizer);

impl WriteAuthorizer {
    /// The entities that the endpoint policies' answer on this plan depends on and that are not known yet.
    #[must_use]
    pub fn open_in<T: Judged>(&self, declared: &Authorized<T>, plan: &Plan, known: &Known) -> Vec<EntityKey> {
        let value = &declared.value;
        let question = Question::new(&self.0.documents, value, known);
        match question.ruling(&judged(plan)) {
            Ruling::Open { entities, .. } => entities,
            Ruling::Allowed(_) | Ruling::Denied(_) => Vec::new(),
        }
    }

    /// Judges a plan over the real ARNs that its reads found; `declared` is what was judged before, and a plan may not
    /// go beyond it.
    ///
    /// # Errors
    /// `UndeclaredAwsCall`, `ProtectedResource`, `PermissionsBoundaryRequired`, `PolicyDenied` or `PolicyNotAllowed`.
    pub fn judge_plan<T: Judged>(
        &self,
        declared: &Authorized<T>,
        plan: Plan,
        known: &Known,
    ) -> Result<Authorized<Plan>, Refused> {
        let value = &declared.value;
        let account = &value.facts().account;
        let exact = judged(&plan);
        for call in &exact {
            if !value.writes().iter().any(|wide| wide.allows(call)) {
                tracing::error!(action = call.action.as_str(), "a plan went beyond what its tool declared");
                return Err(ToolError::gateway(
                    "UndeclaredAwsCall",
                    "the tool planned an AWS call that it had not declared; nothing was done",
                )
                .on(call.action.as_str(), call.resource.display(account))
                .into());
            }
        }
        self.0.protected.check_planned(account, &exact, plan.reached.as_deref())?;
        boundary::check(value.facts().mapping.permissions_boundary.as_ref(), account, &exact)?;
        let question = Question::new(&self.0.documents, value, known);
        let shadow = shadow(&question, needed(value.reads()).chain(&exact));
        match question.ruling(&exact) {
            Ruling::Allowed(allowed_by) => {
                let decision = Decision::allowed(&value.facts().mapping.id, allowed_by).with_shadow(shadow);
                Ok(Authorized { value: plan, decision, open: Vec::new() })
            }
            Ruling::Denied(denial) | Ruling::Open { against: denial, .. } => Err(refused(&denial, shadow)),
        }
    }
}

/// The calls that a tool cannot do without.
fn needed(calls: &[DeclaredCall]) -> impl Iterator<Item = &DeclaredCall> {
    calls.iter().filter(|call| !call.is_optional())
}

/// Everything that is judged of a plan.
fn judged(plan: &Plan) -> Vec<DeclaredCall> {
    let calls = plan.calls.iter().flat_map(|call| call.judged().collect::<Vec<_>>());
    calls.chain(plan.undo.iter().cloned()).collect()
}

fn refused(denial: &endpoint::Denial, shadow: Option<Shadow>) -> Refused {
    Refused { error: denial.error(), decision: Box::new(Decision::denied_by(denial).with_shadow(shadow)) }
}

fn shadow<'c>(question: &Question<'_>, calls: impl IntoIterator<Item = &'c DeclaredCall>) -> Option<Shadow> {
    Some(match question.shadow(calls)? {
        Ruling::Allowed(_) => Shadow::allowed(),
        Ruling::Open { .. } => Shadow::undecided(),
        Ruling::Denied(denial) => Shadow::denied_by(denial),
    })
}

#[cfg(test)]
mod tests;

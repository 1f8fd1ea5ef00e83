//! The endpoint policies over every AWS call that a tools/call needs.
//!
//! Each pair of action and resource is asked for twice where the answer is not plain: for certain (what is not known counts
//! against the call), and at best. Allowed for certain is allowed; denied at best is denied; between the two it depends on
//! what only AWS can tell, which is then looked up.

use serde::Serialize;

use super::Judged;
use super::documents::Documents;
use crate::config::WithoutDocuments;
use crate::context::{call, target};
use crate::iam::{Account, DeclaredCall, EntityKey, Known, Resource};
use crate::policy::{Context, Deciding, Decision, Doubt, PolicySet, Principal, Request, Target};
use crate::tools::{CallFacts, Spec, ToolError};

/// A statement of an endpoint policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct By {
    /// The policy's file, from the configuration's folder.
    pub policy: String,
    /// The Sid, or the statement's number in the file, from 1.
    pub statement: String,
}

impl By {
    fn of(deciding: &Deciding<'_>) -> Self {
        let statement = deciding.sid.map_or_else(|| (deciding.statement + 1).to_string(), ToOwned::to_owned);
        Self { policy: deciding.policy.to_owned(), statement }
    }
}

/// Why an AWS call is not to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The statement that denies; `None` where none allows.
    pub by: Option<By>,
    /// The action.
    pub action: &'static str,
    /// The resource, as far as it is known.
    pub resource: String,
    /// The resource as the caller named it: a path that only AWS told is not for everybody.
    pub shown: String,
    /// Whether only something that the resource could be is denied, and AWS did not tell which it is.
    pub is_open: bool,
}

/// What the policies say of some AWS calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ruling {
    /// All are allowed, by these statements.
    Allowed(Vec<By>),
    /// It depends on what AWS tells of these entities, or of what nobody can look up.
    Open { entities: Vec<EntityKey>, against: Denial },
    /// One is denied.
    Denied(Denial),
}

/// One tools/call before the policies.
#[derive(Debug)]
pub(super) struct Question<'q> {
    documents: &'q Documents,
    environment: &'q str,
    account: &'q Account,
    principal: Principal,
    context: Context,
    known: &'q Known,
}

impl<'q> Question<'q> {
    pub(super) fn new<T: Judged>(documents: &'q Documents, value: &'q T, known: &'q Known) -> Self {
        let facts = value.facts();
        Self {
            documents,
            environment: &facts.environment,
            account: &facts.account,
            principal: call::principal(facts),
            context: call::of_call(facts, value.spec(), value.effect()),
            known,
        }
    }

    /// What the enforced policies say.
    pub(super) fn ruling<'c>(&self, calls: impl IntoIterator<Item = &'c DeclaredCall>) -> Ruling {
        let sets: Vec<&PolicySet> = self.documents.enforced(self.environment).collect();
        if sets.is_empty() {
            let first = calls.into_iter().next();
            return match (self.documents.without(), first) {
                (WithoutDocuments::Deny, Some(call)) => Ruling::Denied(self.denial(call, None, false)),
                _ => Ruling::Allowed(Vec::new()),
            };
        }
        self.over(&sets, calls)
    }

    /// What the policies that are tried out say; `None` if there are none, or nothing to judge.
    pub(super) fn shadow<'c>(&self, calls: impl IntoIterator<Item = &'c DeclaredCall>) -> Option<Ruling> {
        let mut calls = calls.into_iter().peekable();
        calls.peek()?;
        self.documents.shadow().map(|set| self.over(&[set], calls))
    }

    fn over<'c>(&self, sets: &[&PolicySet], calls: impl IntoIterator<Item = &'c DeclaredCall>) -> Ruling {
        let mut allowed_by: Vec<By> = Vec::new();
        let mut open: Option<(Vec<EntityKey>, Denial)> = None;
        for call in calls {
            match self.one(sets, call) {
                Ruling::Denied(denial) => return Ruling::Denied(denial),
                Ruling::Allowed(by) => by.into_iter().for_each(|by| {
                    if !allowed_by.contains(&by) {
                        allowed_by.push(by);
                    }
                }),
                Ruling::Open { entities, against } => {
                    let (all, _) = open.get_or_insert_with(|| (Vec::new(), against));
                    entities.into_iter().for_each(|entity| {
                        if !all.contains(&entity) {
                            all.push(entity);
                        }
                    });
                }
            }
        }
        match open {
            None => Ruling::Allowed(allowed_by),
            Some((entities, against)) => Ruling::Open { entities, against },
        }
    }

    fn one(&self, sets: &[&PolicySet], call: &DeclaredCall) -> Ruling {
        let detail = self.known.get(&call.resource);
        let context = target::of_declared(&self.context, call, detail);
        let place = Place::of(&call.resource, self.account, detail.map(|detail| detail.arn.as_str()));
        let request = Request::new(call.action.as_str(), place.target(), &self.principal, &context);
        let ask = |doubt| {
            let mut allowed = Vec::with_capacity(sets.len());
            let mut denied: Option<Option<By>> = None;
            for set in sets {
                match set.evaluate_in_doubt(&request, doubt) {
                    Decision::Allow(deciding) => allowed.push(By::of(&deciding)),
                    Decision::ExplicitDeny(deciding) => return Err(Some(By::of(&deciding))),
                    Decision::NoMatch => denied = denied.or(Some(None)),
                }
            }
            denied.map_or(Ok(allowed), Err)
        };
        let against = match ask(Doubt::Denies) {
            Ok(allowed) => return Ruling::Allowed(allowed),
            Err(against) => against,
        };
        match ask(Doubt::Allows) {
            Err(by) => Ruling::Denied(self.denial(call, by, false)),
            Ok(_) => {
                let entity = EntityKey::of(&call.resource).filter(|_| detail.is_none());
                Ruling::Open { entities: entity.into_iter().collect(), against: self.denial(call, against, true) }
            }
        }
    }

    fn denial(&self, call: &DeclaredCall, by: Option<By>, is_open: bool) -> Denial {
        let shown = call.resource.display(self.account);
        let real = self.known.get(&call.resource).map(|detail| detail.arn.clone());
        Denial { by, action: call.action.as_str(), resource: real.unwrap_or_else(|| shown.clone()), shown, is_open }
    }
}

/// Whether no policy in force could ever let this caller do `action`, with whatever arguments, from wherever and whenever.
pub(super) fn could_never(documents: &Documents, facts: &CallFacts, spec: &Spec, action: &str) -> bool {
    let mut sets = documents.enforced(&facts.environment).peekable();
    if sets.peek().is_none() {
        return documents.without() == WithoutDocuments::Deny;
    }
    let (principal, context) = (call::principal(facts), call::of_any_call(facts, spec));
    let request = Request::new(action, Target::Below(""), &principal, &context);
    sets.any(|set| !set.evaluate_in_doubt(&request, Doubt::Allows).is_allow())
}

/// A resource as policies see it.
enum Place<'p> {
    Arn(String),
    Named { prefix: String, name: &'p str },
    Below(String),
}

impl<'p> Place<'p> {
    fn of(resource: &'p Resource, account: &Account, real: Option<&str>) -> Self {
        match (resource, real) {
            (_, Some(real)) => Self::Arn(real.to_owned()),
            (Resource::Entity(entity), None) if entity.path.is_none() => {
                Self::Named { prefix: account.prefix_of(entity.kind), name: &entity.name }
            }
            (Resource::AnyOfAws, None) => Self::Below(account.prefix_of_aws_policies()),
            (Resource::Beginning(prefix), None) => Self::Below(prefix.clone()),
            (Resource::Any(kind), None) => Self::Below(account.prefix_of(*kind)),
            (exact, None) => Self::Arn(exact.display(account)),
        }
    }

    fn target(&self) -> Target<'_> {
        match self {
            Self::Arn(arn) => Target::Arn(arn),
            Self::Named { prefix, name } => Target::Named { prefix, name },
            Self::Below(prefix) => Target::Below(prefix),
        }
    }
}

impl Denial {
    /// The refusal's code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        if self.by.is_some() { "PolicyDenied" } else { "PolicyNotAllowed" }
    }

    /// What the caller reads: which policy and statement, never what stands in it.
    #[must_use]
    pub fn error(&self) -> ToolError {
        let Self { by, action, shown, is_open, .. } = self;
        let resource =
            if *is_open { format!("some of {shown}, and AWS does not tell which it is") } else { shown.clone() };
        let message = match by {
            Some(By { policy, statement }) => {
                format!("the endpoint policy {policy} (statement {statement}) denies {action} on {resource}")
            }
            None => format!("no endpoint policy allows {action} on {resource}"),
        };
        let hint = match by {
            _ if *is_open => {
                "check the name; if it is right, ask the gateway's operators whether this is meant for you"
            }
            Some(_) => "nothing was done; ask the gateway's operators, who know the statement, if you need this",
            None => "nothing was done; ask the gateway's operators for a policy that allows it, if you need this",
        };
        ToolError::gateway(self.code(), message).on(*action, shown.clone()).hint(hint)
    }
}

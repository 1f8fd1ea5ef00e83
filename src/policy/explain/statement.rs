//! One statement: that it applies, with its conditions, or the first reason why it does not.

use serde::Serialize;

use crate::policy::budget::{Budget, Doubt, Scope, Undecided};
use crate::policy::condition::Condition;
use crate::policy::context::Context;
use crate::policy::principals::Principals;
use crate::policy::request::Request;
use crate::policy::statement::{Effect, Statement};
use crate::policy::variable::{Piece, split};

/// A statement, and how it stands to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatementExplanation {
    /// The policy's name.
    pub policy: String,
    /// The statement's place in its document, from 1.
    pub statement: usize,
    /// The statement's Sid.
    pub sid: Option<String>,
    /// `Allow` or `Deny`.
    pub effect: &'static str,
    /// Why it does not apply; `None` where it does.
    pub why_not: Option<NotApplying>,
    /// All of its conditions, where it applies.
    pub conditions: Vec<ConditionExplanation>,
}

/// The first element, in the order action, principal, resource, conditions, that keeps a statement from applying.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "element")]
pub enum NotApplying {
    /// It is about other actions.
    Action,
    /// It is about other principals.
    Principal,
    /// It is about other resources.
    Resource,
    /// A condition of it does not hold.
    Condition(ConditionExplanation),
    /// Comparing it would cost more than an evaluation may; a statement that denies applies then, one that allows not.
    TooDear,
}

impl NotApplying {
    /// How far the statement is from applying.
    pub(super) fn distance(&self) -> u8 {
        match self {
            Self::Condition(_) | Self::TooDear => 1,
            Self::Resource => 2,
            Self::Principal => 3,
            Self::Action => 4,
        }
    }
}

/// A condition with what it compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConditionExplanation {
    /// The operator as it stands in the policy.
    pub operator: String,
    /// The key as it stands in the policy.
    pub key: String,
    /// The policy's values, variables as they are written.
    pub policy_values: Vec<String>,
    /// The request's values; empty where the request does not have the key.
    pub request_values: Vec<String>,
}

impl StatementExplanation {
    pub(super) fn new(
        policy: &str,
        number: usize,
        statement: &Statement,
        request: &Request<'_>,
        budget: &Budget,
    ) -> Self {
        let why_not = match statement.applies(request, budget, Doubt::Denies) {
            Some(_) => None,
            None => Some(why_not(statement, request, budget)),
        };
        let conditions = match &why_not {
            None => statement.conditions.iter().map(|condition| compared(condition, request.context)).collect(),
            Some(_) => Vec::new(),
        };
        Self {
            policy: policy.to_owned(),
            statement: number + 1,
            sid: statement.sid().map(ToOwned::to_owned),
            effect: match statement.effect() {
                Effect::Allow => "Allow",
                Effect::Deny => "Deny",
            },
            why_not,
            conditions,
        }
    }
}

impl Statement {
    /// The keys that its conditions and variables ask for and the request does not have.
    pub(super) fn missing_keys(&self, request: &Request<'_>) -> Vec<String> {
        let values = self.conditions.iter().flat_map(|condition| condition.values.iter());
        let resources = self.resources.iter().flat_map(|resources| resources.items());
        let unset = values
            .filter(|value| value.is_unset(request.context))
            .map(|value| value.text())
            .chain(resources.filter(|resource| resource.is_unset(request.context)).map(|resource| resource.text()));
        // What is read again here was read before, as variables, when the document was compiled.
        let variables = unset.flat_map(|text| split(text).unwrap_or_default()).filter_map(|piece| match piece {
            Piece::Variable(variable) => Some(variable.key().to_string()),
            Piece::Text(_) | Piece::Literal(_) => None,
        });
        let keys = self.conditions.iter().map(|condition| condition.key.to_string());
        keys.chain(variables).filter(|key| request.context.get(key).is_empty()).collect()
    }
}

fn why_not(statement: &Statement, request: &Request<'_>, budget: &Budget) -> NotApplying {
    let scope = Scope { context: request.context, budget };
    let fails = |answer: Result<bool, Undecided>| answer == Ok(false);
    if fails(statement.names_action(&request.action, budget)) {
        return NotApplying::Action;
    }
    let covered = |principals: &Principals| principals.covers(request, statement.effect == Effect::Deny).is_some();
    if !statement.principals.as_ref().is_none_or(covered) {
        return NotApplying::Principal;
    }
    if fails(statement.names_resource(request, scope)) {
        return NotApplying::Resource;
    }
    match statement.conditions.iter().find(|condition| fails(condition.holds(scope, statement.effect))) {
        Some(condition) => NotApplying::Condition(compared(condition, request.context)),
        // Nothing fails for certain, and yet it does not apply: something of it could not be decided.
        None => NotApplying::TooDear,
    }
}

fn compared(condition: &Condition, context: &Context) -> ConditionExplanation {
    ConditionExplanation {
        operator: condition.operator.to_string(),
        key: condition.key.to_string(),
        policy_values: condition.values.iter().map(|value| value.text().to_owned()).collect(),
        request_values: context.values(&condition.key).to_vec(),
    }
}

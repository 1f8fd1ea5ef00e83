//! One condition: an operator, a key and the values to compare with.

use super::budget::{Scope, Undecided, all, any, comparable};
use super::context::{Context, Key};
use super::operator::{Operator, Relation, SetOperator};
use super::statement::Effect;
use super::value::{Actual, Value};

/// One key under one operator. All conditions of a statement have to hold.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    pub(super) operator: Operator,
    pub(super) key: Key,
    /// Any one of them has to match; for a negated operator, none may. Never empty.
    pub(super) values: Box<[Value]>,
}

impl Condition {
    /// Whether the condition holds for a request, in a statement of this effect.
    ///
    /// What a missing key means is the operator's matter, in this order: `Null` asks for just that; `...IfExists` holds;
    /// `ForAllValues:` holds and `ForAnyValue:` does not; a negated operator holds, any other does not.
    ///
    /// A policy variable without a value (not set, or set to several) makes a value that nothing equals; the other values
    /// of the list count as ever. So a negated operator holds, as AWS has it, where it denies. Where it allows, it does
    /// not: that is narrower than AWS, on purpose, since "everything but mine" is not meant to become "everything".
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value>
    pub(super) fn holds(&self, scope: Scope<'_>, effect: Effect) -> Result<bool, Undecided> {
        if scope.context.is_open(&self.key) {
            return Err(Undecided);
        }
        let actual = scope.context.values(&self.key);
        if self.operator.relation == Relation::Null {
            return Ok(self.null_holds(actual, effect));
        }
        if self.operator.if_exists && actual.is_empty() {
            return Ok(true);
        }
        let negated = self.operator.negated;
        let may_be_void = negated && effect == Effect::Allow;
        if may_be_void && self.values.iter().any(|value| value.is_unset(scope.context)) {
            return Ok(false);
        }
        let holds = self.compare(actual, negated, scope)?;
        if holds && may_be_void && self.values.iter().any(|value| value.is_open(scope.context)) {
            return Err(Undecided);
        }
        Ok(holds)
    }

    /// Whether a policy variable stands in its values.
    pub(super) fn has_variables(&self) -> bool {
        let mut unknown = Context::new();
        unknown.leave_all_open();
        self.values.iter().any(|value| value.is_open(&unknown))
    }

    /// Whether the values of the request stand to those of the policy as the operator says.
    fn compare(&self, actual: &[String], negated: bool, scope: Scope<'_>) -> Result<bool, Undecided> {
        let matches = |value: &String| self.matches(value, scope);
        let passes = |value: &String| matches(value).map(|matches| matches != negated);
        match self.operator.set {
            Some(SetOperator::ForAllValues) if is_empty_set(actual) => Ok(true),
            Some(SetOperator::ForAllValues) => all(actual.iter().map(passes)),
            Some(SetOperator::ForAnyValue) if is_empty_set(actual) => Ok(false),
            Some(SetOperator::ForAnyValue) => any(actual.iter().map(passes)),
            None => any(actual.iter().map(matches)).map(|any| any != negated),
        }
    }

    /// `Null` for a key that has these values. Whether an empty text is a null value AWS leaves open: it says of `false`
    /// that "the key exists and its value is not null", and calls an empty text null where it speaks of set operators. A
    /// statement that allows has to hold by both readings, one that denies by either.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Null>
    fn null_holds(&self, actual: &[String], effect: Effect) -> bool {
        let asks_for = |null| self.values.iter().any(|value| value.is_true() == null);
        match (is_empty_set(actual), effect) {
            (false, _) => asks_for(false),
            (true, _) if actual.is_empty() => asks_for(true),
            (true, Effect::Allow) => asks_for(true) && asks_for(false),
            (true, Effect::Deny) => asks_for(true) || asks_for(false),
        }
    }

    /// Whether any of the policy's values matches one of the request's.
    fn matches(&self, actual: &str, scope: Scope<'_>) -> Result<bool, Undecided> {
        let actual = Actual::new(self.operator.relation, comparable(actual)?);
        any(self.values.iter().map(|value| value.holds(self.operator.relation, &actual, scope)))
    }
}

/// To set operators, a key that holds nothing but an empty text is as empty as a missing one: "if the context key value
/// resolves to a null dataset, such as an empty string"
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>).
fn is_empty_set(values: &[String]) -> bool {
    values.iter().all(String::is_empty)
}

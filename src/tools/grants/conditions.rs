//! The conditions of a statement, in one spelling.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::policy::Budget;

/// One key under one operator.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Condition {
    /// With its set and `IfExists`: `ForAnyValue:StringLike`.
    operator: String,
    /// In lower case, as it is compared.
    folded: String,
    /// As it is written.
    key: String,
    values: BTreeSet<String>,
}

impl Condition {
    /// Whether it holds wherever `other` holds, which is certain only where both ask the same of the same key.
    ///
    /// More values are wider, save where none of them may match. Where a missing variable of a negated condition keeps an
    /// Allow from applying, fewer values are wider as well.
    fn is_as_wide_as(&self, other: &Self) -> bool {
        let same = self.operator == other.operator && self.folded == other.folded;
        same && if self.operator.contains("Not") {
            self.values.is_subset(&other.values)
        } else {
            self.values.is_superset(&other.values)
        }
    }

    /// The operator without its set: `StringLike`.
    fn base(&self) -> &str {
        self.operator.split_once(':').map_or(self.operator.as_str(), |(_, base)| base)
    }
}

/// All conditions of a statement, which have to hold at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Conditions {
    all: BTreeSet<Condition>,
    /// How many values there are in all, which is what comparing costs.
    values: usize,
}

impl Conditions {
    /// Of the Condition of a document that has no faults; `text` puts a value into the language of 2012-10-17.
    pub(super) fn of(conditions: Option<&Value>, text: impl Fn(&str) -> String) -> Self {
        let mut all = BTreeSet::new();
        for (operator, keys) in conditions.and_then(Value::as_object).into_iter().flatten() {
            for (key, values) in keys.as_object().into_iter().flatten() {
                let values = values.as_array().into_iter().flatten().filter_map(Value::as_str).map(&text).collect();
                let folded = key.to_ascii_lowercase();
                all.insert(Condition { operator: operator.clone(), folded, key: key.clone(), values });
            }
        }
        all.into_iter().collect()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How many values there are.
    pub(super) fn values(&self) -> usize {
        self.values
    }

    /// Whether these hold wherever all of `others` hold. `true` is certain.
    pub(super) fn are_as_wide_as(&self, others: &Self, budget: &Budget) -> bool {
        let steps = self.all.len() * others.all.len() + self.values + others.values;
        let are_wide = || self.all.iter().all(|own| others.all.iter().any(|other| own.is_as_wide_as(other)));
        self.is_empty() || budget.spend(steps).is_ok() && are_wide()
    }

    /// These and others at once.
    pub(super) fn and(&self, others: &Self) -> Self {
        self.all.union(&others.all).cloned().collect()
    }

    /// Whether one of them demands certain values of `key` (in lower case), each of which passes `fits`.
    pub(super) fn demand(&self, key: &str, fits: impl Fn(&str) -> bool) -> bool {
        let demands = |condition: &Condition| {
            condition.folded == key
                && matches!(condition.base(), "StringEquals" | "StringLike" | "ArnEquals" | "ArnLike")
                && !condition.operator.starts_with("ForAllValues")
                && condition.values.iter().all(|value| fits(value))
        };
        self.all.iter().any(demands)
    }

    /// As policies write them.
    pub(super) fn shown(&self) -> Value {
        let mut operators: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        for condition in &self.all {
            let values = condition.values.iter().cloned().collect();
            operators.entry(&condition.operator).or_default().insert(condition.key.clone(), values);
        }
        operators.into_iter().map(|(operator, keys)| (operator.to_owned(), Value::Object(keys))).collect()
    }
}

impl FromIterator<Condition> for Conditions {
    fn from_iter<I: IntoIterator<Item = Condition>>(conditions: I) -> Self {
        let all: BTreeSet<Condition> = conditions.into_iter().collect();
        Self { values: all.iter().map(|condition| condition.values.len()).sum(), all }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn conditions(value: &Value) -> Conditions {
        Conditions::of(Some(value), ToOwned::to_owned)
    }

    #[test]
    fn fewer_conditions_and_more_values_are_wider_and_of_negated_ones_fewer() {
        let like = |values: &Value| conditions(&json!({"StringLike": {"aws:userid": values}}));
        let unlike = |values: &Value| conditions(&json!({"StringNotLike": {"AWS:userid": values}}));
        for (one, other, expected) in [
            (Conditions::default(), like(&json!(["a"])), true),
            (like(&json!(["a"])), Conditions::default(), false),
            (like(&json!(["b", "a"])), like(&json!(["a", "b"])), true),
            (like(&json!(["a", "b"])), like(&json!(["a"])), true),
            (like(&json!(["a"])), like(&json!(["a", "b"])), false),
            (unlike(&json!(["a"])), unlike(&json!(["a", "b"])), true),
            (unlike(&json!(["a", "b"])), unlike(&json!(["a"])), false),
            (like(&json!(["a"])), unlike(&json!(["a"])), false),
            (conditions(&json!({"StringLike": {"AWS:USERID": ["a"]}})), like(&json!(["a"])), true),
            (like(&json!(["a"])), like(&json!(["a"])).and(&unlike(&json!(["b"]))), true),
        ] {
            assert_eq!(one.are_as_wide_as(&other, &Budget::new(100)), expected, "{one:?} {other:?}");
        }
    }

    #[test]
    fn what_may_be_missing_is_not_demanded() {
        let demands = |operator: &str| {
            let of = conditions(&json!({operator: {"iam:PermissionsBoundary": ["x"]}}));
            of.demand("iam:permissionsboundary", |value| value == "x")
        };
        for operator in ["StringEquals", "ArnLike", "ForAnyValue:StringLike"] {
            assert!(demands(operator), "{operator}");
        }
        for operator in ["StringEqualsIfExists", "ForAllValues:StringLike", "StringNotEquals", "Null"] {
            assert!(!demands(operator), "{operator}");
        }
    }
}

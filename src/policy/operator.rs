//! The condition operators.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::cmp::Ordering;
use std::fmt;

/// What an operator compares, and when it holds. Every operator is one of these or the negation of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    EqualIgnoringCase,
    Like,
    Number(Order),
    Date(Order),
    Bool,
    Binary,
    Address,
    Arn,
    /// Whether the key is missing.
    Null,
}

/// How the request's value stands to the policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Order {
    pub(super) fn admits(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::AtLeast => ordering.is_ge(),
        }
    }
}

/// How the values of a key with several are taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SetOperator {
    /// Each of the request's values has to pass; so no value at all passes.
    ForAllValues,
    /// One of the request's values has to pass; so no value at all does not.
    ForAnyValue,
}

/// An operator as it stands in a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) set: Option<SetOperator>,
    pub(super) relation: Relation,
    pub(super) negated: bool,
    pub(super) if_exists: bool,
    base: &'static str,
}

/// Every name, without set operator and `IfExists`.
pub(super) const NAMES: [(&str, Relation, bool); 27] = [
    ("StringEquals", Relation::Equal, false),
    ("StringNotEquals", Relation::Equal, true),
    ("StringEqualsIgnoreCase", Relation::EqualIgnoringCase, false),
    ("StringNotEqualsIgnoreCase", Relation::EqualIgnoringCase, true),
    ("StringLike", Relation::Like, false),
    ("StringNotLike", Relation::Like, true),
    ("NumericEquals", Relation::Number(Order::Equal), false),
    ("NumericNotEquals", Relation::Number(Order::Equal), true),
    ("NumericLessThan", Relation::Number(Order::Less), false),
    ("NumericLessThanEquals", Relation::Number(Order::AtMost), false),
    ("NumericGreaterThan", Relation::Number(Order::Greater), false),
    ("NumericGreaterThanEquals", Relation::Number(Order::AtLeast), false),
    ("DateEquals", Relation::Date(Order::Equal), false),
    ("DateNotEquals", Relation::Date(Order::Equal), true),
    ("DateLessThan", Relation::Date(Order::Less), false),
    ("DateLessThanEquals", Relation::Date(Order::AtMost), false),
    ("DateGreaterThan", Relation::Date(Order::Greater), false),
    ("DateGreaterThanEquals", Relation::Date(Order::AtLeast), false),
    ("Bool", Relation::Bool, false),
    ("BinaryEquals", Relation::Binary, false),
    ("IpAddress", Relation::Address, false),
    ("NotIpAddress", Relation::Address, true),
    ("ArnEquals", Relation::Arn, false),
    ("ArnLike", Relation::Arn, false),
    ("ArnNotEquals", Relation::Arn, true),
    ("ArnNotLike", Relation::Arn, true),
    ("Null", Relation::Null, false),
];

impl Operator {
    pub(super) fn read(text: &str) -> Option<Self> {
        let (set, rest) = match text.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(SetOperator::ForAllValues), rest),
            Some(("ForAnyValue", rest)) => (Some(SetOperator::ForAnyValue), rest),
            Some(_) => return None,
            None => (None, text),
        };
        let (name, if_exists) = match rest.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (rest, false),
        };
        let (base, relation, negated) = NAMES.into_iter().find(|(base, ..)| *base == name)?;
        // Null asks whether the key is there: neither of the two would say anything more.
        if relation == Relation::Null && (set.is_some() || if_exists) {
            return None;
        }
        Some(Self { set, relation, negated, if_exists, base })
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.set {
            Some(SetOperator::ForAllValues) => "ForAllValues:",
            Some(SetOperator::ForAnyValue) => "ForAnyValue:",
            None => "",
        })?;
        f.write_str(self.base)?;
        f.write_str(if self.if_exists { "IfExists" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_reads_back_as_it_is_written() {
        for (name, relation, negated) in NAMES {
            assert_eq!(negated, name.contains("Not"), "{name}");
            for set in ["", "ForAllValues:", "ForAnyValue:"] {
                for suffix in ["", "IfExists"] {
                    let text = format!("{set}{name}{suffix}");
                    let plain = set.is_empty() && suffix.is_empty();
                    match Operator::read(&text) {
                        Some(operator) => assert_eq!(operator.to_string(), text),
                        None => assert!(relation == Relation::Null && !plain, "{text}"),
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_no_operator_is_none() {
        for text in [
            "",
            "StringEqual",
            "stringEquals",
            "IfExists",
            "StringEqualsIfExistsIfExists",
            "ForAllValues",
            "ForAllValues:",
            "ForSomeValues:StringEquals",
            "forAllValues:StringEquals",
            "ForAllValues:ForAnyValue:StringEquals",
            "NullIfExists",
            "BoolNotEquals",
        ] {
            assert_eq!(Operator::read(text), None, "{text}");
        }
    }

    #[test]
    fn an_order_admits_what_its_name_says() {
        use Ordering::{Equal, Greater, Less};
        for (order, admitted) in [
            (Order::Equal, [false, true, false]),
            (Order::Less, [true, false, false]),
            (Order::AtMost, [true, true, false]),
            (Order::Greater, [false, false, true]),
            (Order::AtLeast, [false, true, true]),
        ] {
            assert_eq!([Less, Equal, Greater].map(|ordering| order.admits(ordering)), admitted, "{order:?}");
        }
    }
}

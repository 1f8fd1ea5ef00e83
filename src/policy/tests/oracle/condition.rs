//! Condition blocks.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>

use std::cmp::Ordering;

use serde_json::Value;

use super::text::{matches, matches_arn, spelled, tokens};
use super::{Asked, Seen, address, base64, date, decimal, listed};

/// Whether every key under every operator holds.
pub(super) fn all_hold(block: &Value, has_variables: bool, denies: bool, asked: &Asked, seen: &mut Seen) -> bool {
    let mut all = true;
    for (operator, keys) in block.as_object().into_iter().flatten() {
        for (key, values) in keys.as_object().expect("keys stand under an operator") {
            let held = holds(operator, key, &texts(values), has_variables, denies, asked);
            seen.count(operator, held);
            all &= held;
        }
    }
    all
}

/// The values as text: a number and a Boolean of JSON are what they are written as.
fn texts(values: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    listed(values).into_iter().map(text).collect()
}

fn holds(operator: &str, key: &str, values: &[String], has_variables: bool, denies: bool, asked: &Asked) -> bool {
    let actual = asked.values(key);
    if operator == "Null" {
        let asks_for = |null: &str| values.iter().any(|value| value == null);
        return match actual {
            [] => asks_for("true"),
            // Nobody knows whether these are null.
            _ if actual.iter().all(String::is_empty) => denies || asks_for("true") && asks_for("false"),
            _ => asks_for("false"),
        };
    }
    let (set, single) = match operator.split_once(':') {
        Some((set, single)) => (Some(set), single),
        None => (None, operator),
    };
    let (single, if_exists) = match single.strip_suffix("IfExists") {
        Some(single) => (single, true),
        None => (single, false),
    };
    if if_exists && actual.is_empty() {
        return true;
    }
    let (positive, negated) = match single.split_once("Not") {
        Some((before, behind)) => (format!("{before}{behind}"), true),
        None => (single.to_owned(), false),
    };
    let takes_variables = ["String", "Arn"].iter().any(|begin| positive.starts_with(begin));
    let is_unset = |value: &String| takes_variables && tokens(value, has_variables, true, asked).is_none();
    if negated && !denies && values.iter().any(is_unset) {
        return false;
    }
    let equals = |actual: &String| values.iter().any(|value| compare(&positive, value, actual, has_variables, asked));
    let passes = |actual: &String| equals(actual) != negated;
    let is_null_set = actual.iter().all(String::is_empty);
    match set {
        Some("ForAllValues") => is_null_set || actual.iter().all(passes),
        Some(_) => !is_null_set && actual.iter().any(passes),
        None => actual.iter().any(equals) != negated,
    }
}

/// Whether a value of the request stands to one of the policy as the operator, without its `Not`, says.
fn compare(operator: &str, value: &str, actual: &str, has_variables: bool, asked: &Asked) -> bool {
    let spelled = || tokens(value, has_variables, false, asked).map(|tokens| spelled(&tokens));
    match operator {
        "StringEquals" => spelled().is_some_and(|value| value == actual),
        "StringEqualsIgnoreCase" => spelled().is_some_and(|value| lower(&value) == lower(actual)),
        "StringLike" => tokens(value, has_variables, true, asked).is_some_and(|tokens| matches(&tokens, actual)),
        "ArnEquals" | "ArnLike" => {
            // A single variable stands for a whole ARN.
            let is_variable = has_variables && value.starts_with("${") && value.find('}') == Some(value.len() - 1);
            match tokens(value, has_variables, true, asked) {
                Some(tokens) if is_variable => {
                    let value = self::spelled(&tokens);
                    value == actual && actual.starts_with("arn:") && actual.matches(':').count() >= 5
                }
                Some(tokens) => matches_arn(&tokens, actual),
                None => false,
            }
        }
        "Bool" => actual.to_ascii_lowercase() == value,
        // A binary value in a context is base64 as well, or the bytes themselves.
        "BinaryEquals" => actual == value || base64::bytes(value) == actual.as_bytes(),
        "IpAddress" => address::is_within(actual, value),
        _ => match operator.strip_prefix("Numeric") {
            Some(relation) => ordered(relation, decimal::compare(actual, value)),
            None => {
                let relation = operator.strip_prefix("Date").expect("the last family");
                let (actual, value) = (date::read(actual), date::read(value));
                ordered(relation, actual.zip(value).map(|(actual, value)| actual.cmp(&value)))
            }
        },
    }
}

/// Each character for itself: a word's last sigma is a sigma.
fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Whether the order of the request's value to the policy's is the one asked for; `None` is that of what cannot be read.
fn ordered(relation: &str, order: Option<Ordering>) -> bool {
    let Some(order) = order else { return false };
    match relation {
        "Equals" => order == Ordering::Equal,
        "LessThan" => order == Ordering::Less,
        "LessThanEquals" => order != Ordering::Greater,
        "GreaterThan" => order == Ordering::Greater,
        "GreaterThanEquals" => order != Ordering::Less,
        other => panic!("{other} is no relation"),
    }
}

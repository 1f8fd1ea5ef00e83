//! The values of conditions: read when the policy is, compared when a request comes.

mod address;
mod date;
mod number;

use std::net::IpAddr;

use data_encoding::BASE64;
use ipnet::IpNet;
use thiserror::Error;

use self::date::Moment;
use self::number::Number;
use super::arn::ArnPattern;
use super::budget::{Scope, Undecided};
use super::context::Context;
use super::operator::Relation;
use super::template::{Literal, Pattern, Reading, parts};
use super::variable::Malformed;
use crate::hidden::has_hidden;

/// A value that a policy compares with.
#[derive(Debug, Clone)]
pub(super) struct Value {
    text: Box<str>,
    expected: Expected,
}

#[derive(Debug, Clone)]
enum Expected {
    Literal(Literal),
    Pattern(Pattern),
    Number(Number),
    Date(Moment),
    Bool(bool),
    Binary(Box<[u8]>),
    Network(IpNet),
    Arn(ArnPattern),
}

/// Why an operator cannot compare with a value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum NoValue {
    #[error("not a number: digits, with a point and a minus where needed, at most 18 on either side of the point")]
    Number,
    #[error(
        "not a date: write 2026-11-20T14:00:00Z or 2026-11-20, or epoch seconds of at least nine digits (20261120 and a \
         bare year are neither)"
    )]
    Date,
    #[error("neither true nor false")]
    Bool,
    #[error("not base64 with its padding")]
    Binary,
    #[error("neither an address nor a network such as 203.0.113.0/24 or 2001:db8::/32")]
    Network,
    #[error("an ARN has no blanks at its ends and no characters that nobody sees")]
    Hidden,
    #[error("not an ARN of six parts, arn:partition:service:region:account:resource, so no ARN would match it")]
    Arn,
    #[error(transparent)]
    Variable(#[from] Malformed),
}

impl Value {
    pub(super) fn new(relation: Relation, text: &str, variables: bool) -> Result<Self, NoValue> {
        let parts = |wildcards| parts(text, Reading { variables, wildcards });
        let expected = match relation {
            Relation::Equal | Relation::EqualIgnoringCase => Expected::Literal(Literal::new(parts(false)?)),
            Relation::Like => Expected::Pattern(Pattern::new(parts(true)?)),
            Relation::Number(_) => Expected::Number(Number::read(text).ok_or(NoValue::Number)?),
            Relation::Date(_) if is_short_epoch(text) => return Err(NoValue::Date),
            Relation::Date(_) => Expected::Date(date::read(text).ok_or(NoValue::Date)?),
            Relation::Bool | Relation::Null => Expected::Bool(match text {
                "true" => true,
                "false" => false,
                _ => return Err(NoValue::Bool),
            }),
            Relation::Binary => Expected::Binary(BASE64.decode(text.as_bytes()).map_err(|_| NoValue::Binary)?.into()),
            Relation::Address => Expected::Network(address::network(text).ok_or(NoValue::Network)?),
            Relation::Arn if has_hidden(text) => return Err(NoValue::Hidden),
            Relation::Arn => Expected::Arn(ArnPattern::new(parts(true)?).ok_or(NoValue::Arn)?),
        };
        Ok(Self { text: text.into(), expected })
    }

    /// As it is written; a number or Boolean as the text it stands for.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether a variable of it has no value in this request.
    pub(super) fn is_unset(&self, context: &Context) -> bool {
        match &self.expected {
            Expected::Literal(literal) => literal.is_unset(context),
            Expected::Pattern(pattern) => pattern.is_unset(context),
            Expected::Arn(pattern) => pattern.is_unset(context),
            _ => false,
        }
    }

    /// Whether a variable of it is left open by this request: it may turn out to have no value.
    pub(super) fn is_open(&self, context: &Context) -> bool {
        match &self.expected {
            Expected::Literal(literal) => literal.is_open(context),
            Expected::Pattern(pattern) => pattern.is_open(context),
            Expected::Arn(pattern) => pattern.is_open(context),
            _ => false,
        }
    }

    /// Whether this is the value `true` of a Boolean operator.
    pub(super) fn is_true(&self) -> bool {
        matches!(self.expected, Expected::Bool(true))
    }

    /// Whether `actual`, a value of the request, stands to this one as `relation` says. With a variable that has no value,
    /// none does.
    pub(super) fn holds(&self, relation: Relation, actual: &Actual<'_>, scope: Scope<'_>) -> Result<bool, Undecided> {
        let text = actual.text;
        scope.budget.spend(1 + text.len())?;
        Ok(match (&self.expected, &actual.read) {
            (Expected::Literal(literal), _) if relation == Relation::EqualIgnoringCase => {
                literal.is(|expected| equal_ignoring_case(expected, text), scope)?
            }
            (Expected::Literal(literal), _) => literal.is(|expected| expected == text, scope)?,
            (Expected::Pattern(pattern), _) => pattern.matches(text, scope)?,
            (Expected::Arn(pattern), _) => pattern.matches(text, scope)?,
            (Expected::Number(expected), Read::Number(actual)) => match relation {
                Relation::Number(order) => order.admits(actual.cmp(expected)),
                _ => false,
            },
            (Expected::Date(expected), Read::Date(actual)) => match relation {
                Relation::Date(order) => order.admits(actual.cmp(expected)),
                _ => false,
            },
            (Expected::Bool(expected), Read::Bool(actual)) => actual == expected,
            // A binary value in a context is its base64, as IAM's simulator takes it (of which there is only one: the
            // decoder takes no other), or the bytes themselves where they are text.
            (Expected::Binary(expected), _) => text == &*self.text || text.as_bytes() == &**expected,
            (Expected::Network(network), Read::Address(actual)) => address::contains(network, *actual),
            _ => false,
        })
    }
}

/// A value of the request, read once for all values that it is compared with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Actual<'a> {
    text: &'a str,
    read: Read,
}

#[derive(Debug, Clone, Copy)]
enum Read {
    Number(Number),
    Date(Moment),
    Bool(bool),
    Address(IpAddr),
    /// Text that needs no reading, or that is not what the operator compares: then nothing matches.
    Text,
}

impl<'a> Actual<'a> {
    pub(super) fn new(relation: Relation, text: &'a str) -> Self {
        let read = match relation {
            Relation::Number(_) => Number::read(text).map(Read::Number),
            Relation::Date(_) => date::read(text).map(Read::Date),
            Relation::Bool if text.eq_ignore_ascii_case("true") => Some(Read::Bool(true)),
            Relation::Bool if text.eq_ignore_ascii_case("false") => Some(Read::Bool(false)),
            Relation::Address => text.parse().ok().map(Read::Address),
            _ => None,
        };
        Self { text, read: read.unwrap_or(Read::Text) }
    }
}

/// Seconds since 1970 that somebody else would read as a day or a year.
fn is_short_epoch(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && (text.len() < 9 || text.starts_with('0'))
}

fn equal_ignoring_case(left: &str, right: &str) -> bool {
    left.chars().flat_map(char::to_lowercase).eq(right.chars().flat_map(char::to_lowercase))
}

//! What is written to the journal.

use serde::Serialize;
use serde_json::{Map, Value};

/// The field that the journal itself adds to each record.
pub(super) const INTEGRITY: &str = "integrity";

/// The deepest nesting of a record. JSON readers stop at 128 levels (`serde_json` does), and what is written must be
/// readable by [`super::verify()`].
const DEEPEST: usize = 100;

/// The largest content of a record, in bytes before escaping. Escaping makes a byte at most six, which keeps each line
/// below [`super::scan::LONGEST_LINE`].
const LARGEST: usize = 1024 * 1024;

/// The largest integer that every JSON reader keeps exactly (RFC 8785 appendix D): 2^53 - 1.
pub(super) const LARGEST_EXACT: u64 = (1 << 53) - 1;

/// A record: a JSON object without `integrity`, which the journal adds.
///
/// Whatever is a `Record` can be written and read back unchanged: it has no number that canonical JSON would round, it
/// is not nested deeper than readers go, and its size is bounded.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record(Map<String, Value>);

/// Why something cannot be a record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Only an object has fields.
    #[error("a record must be a JSON object")]
    NotAnObject,
    /// The journal alone links records.
    #[error("a record must not carry `integrity`: the journal adds it")]
    HasIntegrity,
    /// Canonical JSON knows only double-precision numbers; write a string instead.
    #[error("the integer {0} would be rounded; write it as a string")]
    NumberNotExact(String),
    /// Nested deeper than JSON readers go.
    #[error("a record must not be nested deeper than {DEEPEST} levels")]
    TooDeep,
    /// Larger than a line may be.
    #[error("a record must not hold more than {LARGEST} bytes")]
    TooLarge,
    /// The value does not serialize.
    #[error("the record does not serialize")]
    Serialize(#[source] serde_json::Error),
}

impl Record {
    /// A record with the fields of `fields`.
    ///
    /// # Errors
    /// When `fields` does not serialize to an object that a [`Record`] can be.
    pub fn from_fields(fields: &impl Serialize) -> Result<Self, RecordError> {
        match serde_json::to_value(fields).map_err(RecordError::Serialize)? {
            Value::Object(fields) => Self::try_from(fields),
            _ => Err(RecordError::NotAnObject),
        }
    }

    /// The record's fields.
    #[must_use]
    pub fn fields(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The text of this name; empty where there is none.
    pub(super) fn text(&self, name: &str) -> String {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

impl TryFrom<Map<String, Value>> for Record {
    type Error = RecordError;

    fn try_from(fields: Map<String, Value>) -> Result<Self, RecordError> {
        if fields.contains_key(INTEGRITY) {
            return Err(RecordError::HasIntegrity);
        }
        let mut budget = Budget(LARGEST);
        budget.object(&fields, 1)?;
        Ok(Self(fields))
    }
}

/// What may still be spent on a record's content.
struct Budget(usize);

impl Budget {
    fn spend(&mut self, bytes: usize) -> Result<(), RecordError> {
        self.0 = self.0.checked_sub(bytes).ok_or(RecordError::TooLarge)?;
        Ok(())
    }

    fn object(&mut self, fields: &Map<String, Value>, depth: usize) -> Result<(), RecordError> {
        self.spend(2)?;
        for (name, value) in fields {
            self.spend(name.len() + 4)?;
            self.value(value, depth)?;
        }
        Ok(())
    }

    fn value(&mut self, value: &Value, depth: usize) -> Result<(), RecordError> {
        match value {
            Value::Null | Value::Bool(_) => self.spend(5),
            Value::String(text) => self.spend(text.len() + 2),
            Value::Number(number) => {
                let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
                if magnitude.is_some_and(|magnitude| magnitude > LARGEST_EXACT) {
                    return Err(RecordError::NumberNotExact(number.to_string()));
                }
                // No double is written with more than 25 characters.
                self.spend(25)
            }
            Value::Array(_) | Value::Object(_) if depth >= DEEPEST => Err(RecordError::TooDeep),
            Value::Array(items) => {
                self.spend(2 + items.len())?;
                items.iter().try_for_each(|item| self.value(item, depth + 1))
            }
            Value::Object(fields) => self.object(fields, depth + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_keeps_its_fields() {
        let record = Record::from_fields(&json!({"stage": "read", "largest": 9_007_199_254_740_991_u64})).unwrap();
        assert_eq!(record.fields()["stage"], "read");
    }

    #[test]
    fn only_an_object_is_a_record() {
        assert!(matches!(Record::from_fields(&json!(["a"])), Err(RecordError::NotAnObject)));
    }

    #[test]
    fn a_record_with_integrity_is_refused() {
        assert!(matches!(Record::from_fields(&json!({"integrity": {}})), Err(RecordError::HasIntegrity)));
        assert!(Record::from_fields(&json!({"nested": {"integrity": {}}})).is_ok());
    }

    #[test]
    fn an_integer_that_would_be_rounded_is_refused() {
        for number in [json!(9_007_199_254_740_992_u64), json!(-9_007_199_254_740_992_i64)] {
            let refused = Record::from_fields(&json!({"requestParameters": {"id": [number]}}));
            assert!(matches!(refused, Err(RecordError::NumberNotExact(_))), "{refused:?}");
        }
    }

    #[test]
    fn nesting_that_readers_do_not_follow_is_refused() {
        let nested = |levels| (1..levels).fold(json!({}), |inner, _| json!({"a": inner}));
        assert!(Record::from_fields(&nested(DEEPEST)).is_ok());
        assert!(matches!(Record::from_fields(&nested(DEEPEST + 1)), Err(RecordError::TooDeep)));
    }

    #[test]
    fn a_record_beyond_the_largest_line_is_refused() {
        assert!(Record::from_fields(&json!({"a": "x".repeat(LARGEST - 8)})).is_err());
        assert!(matches!(Record::from_fields(&json!({"a": "x".repeat(LARGEST)})), Err(RecordError::TooLarge)));
        assert!(Record::from_fields(&json!({"a": "x".repeat(LARGEST - 16)})).is_ok());
    }

    #[test]
    fn what_does_not_serialize_is_refused() {
        let no_string_keys = std::collections::BTreeMap::from([(vec![1], 1)]);
        assert!(matches!(Record::from_fields(&no_string_keys), Err(RecordError::Serialize(_))));
    }
}

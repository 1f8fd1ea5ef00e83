//! JSON that can be read in one way only: no object has a member twice, at whatever depth.
//!
//! Readers differ in which of two members they take, so whoever wrote both may be believed differently by each (RFC 8259,
//! section 4; RFC 7515, section 4, and RFC 7519, section 4, let them be refused). Requests and policy documents have readers
//! of their own, which refuse the same: the one builds no tree, the other keeps numbers as they are written.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The deepest nesting that is read; the text's own object or list is level one.
pub(crate) const DEEPEST: usize = 16;

/// A text that is no JSON, has a member twice, or is nested too deeply. Nothing of it is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not JSON, or has a member twice")]
pub(crate) struct NotStrict;

/// Reads `text` to its end.
pub(crate) fn read(text: &[u8]) -> Result<Value, NotStrict> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Strict { level: 1 }.deserialize(&mut deserializer).map_err(|_| NotStrict)?;
    deserializer.end().map_err(|_| NotStrict)?;
    Ok(value)
}

/// A value at this level.
#[derive(Clone, Copy)]
struct Strict {
    level: usize,
}

impl Strict {
    fn inner<E: Error>(self) -> Result<Self, E> {
        if self.level > DEEPEST { Err(E::custom("too deep")) } else { Ok(Self { level: self.level + 1 }) }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.inner::<A::Error>()?;
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if map.insert(name, members.next_value_seed(inner)?).is_some() {
                return Err(A::Error::custom("a member twice"));
            }
        }
        Ok(Value::Object(map))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.inner::<A::Error>()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Number::from_f64(number).map(Value::Number).ok_or_else(|| E::custom("no number"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_can_be_read_in_one_way_is_read() {
        let text = br#" {"a": [1, -2, 1.5, "x\n", null, true], "b": {"a": {}}} "#;
        assert_eq!(read(text), Ok(json!({"a": [1, -2, 1.5, "x\n", null, true], "b": {"a": {}}})));
    }

    #[test]
    fn a_member_that_stands_twice_is_refused_at_every_depth_and_in_every_spelling() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#, r#"{"x":[{"a":{"b":1,"b":2}}]}"#] {
            assert_eq!(read(text.as_bytes()), Err(NotStrict), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_or_nested_too_deeply_is_refused() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read(nested(DEEPEST).as_bytes()).is_ok());
        for text in ["", "{", "{} {}", "{'a':1}", "{\"a\":1e999}", &nested(DEEPEST + 1)] {
            assert_eq!(read(text.as_bytes()), Err(NotStrict), "{text}");
        }
        assert_eq!(read(b"\"\xff\""), Err(NotStrict));
    }
}

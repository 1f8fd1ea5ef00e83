//! The outline of a JSON text: what kind of value its top-level members are. No tree is built, and nothing is allocated
//! for the four members that JSON-RPC has.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// The deepest nesting that is read; the text's own object or array is level one.
pub(crate) const DEEPEST: usize = 64;

/// What kind of value stands somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Bool,
    Integer,
    /// A number with a fraction or exponent, or one that no 64-bit integer holds.
    OtherNumber,
    /// The text `2.0`.
    Version2,
    Text,
    Array,
    Object,
}

/// A whole text, seen from above.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outline {
    Object(Members),
    Array,
    Scalar,
}

/// The members of the top-level object; `None` where there is no such member.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Members {
    pub(crate) jsonrpc: Option<Kind>,
    pub(crate) method: Option<Kind>,
    pub(crate) id: Option<Kind>,
    pub(crate) params: Option<Kind>,
    /// Whether a name stands there twice.
    pub(crate) repeated: bool,
}

/// Why a text has no outline.
#[derive(Debug)]
pub(crate) enum Fault {
    Malformed(serde_json::Error),
    TooDeep,
}

/// Reads `text` to its end.
pub(crate) fn outline(text: &str) -> Result<Outline, Fault> {
    let too_deep = Cell::new(false);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let outline = Top { too_deep: &too_deep }.deserialize(&mut deserializer);
    match outline.and_then(|outline| deserializer.end().map(|()| outline)) {
        Ok(outline) => Ok(outline),
        Err(_) if too_deep.get() => Err(Fault::TooDeep),
        Err(error) => Err(Fault::Malformed(error)),
    }
}

struct Top<'a> {
    too_deep: &'a Cell<bool>,
}

impl Top<'_> {
    fn value(&self) -> Value<'_> {
        Value { level: 2, too_deep: self.too_deep }
    }
}

impl<'de> DeserializeSeed<'de> for Top<'_> {
    type Value = Outline;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Outline, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_> {
    type Value = Outline;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Outline, A::Error> {
        let mut members = Members::default();
        let mut others = HashSet::new();
        while let Some(name) = map.next_key_seed(Name)? {
            let kind = map.next_value_seed(self.value())?;
            let slot = match name.as_ref() {
                "jsonrpc" => &mut members.jsonrpc,
                "method" => &mut members.method,
                "id" => &mut members.id,
                "params" => &mut members.params,
                _ => {
                    members.repeated |= !others.insert(name);
                    continue;
                }
            };
            members.repeated |= slot.replace(kind).is_some();
        }
        Ok(Outline::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Outline, A::Error> {
        while items.next_element_seed(self.value())?.is_some() {}
        Ok(Outline::Array)
    }

    fn visit_unit<E>(self) -> Result<Outline, E> {
        Ok(Outline::Scalar)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Outline, E> {
        Ok(Outline::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Outline, E> {
        Ok(Outline::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Outline, E> {
        Ok(Outline::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Outline, E> {
        Ok(Outline::Scalar)
    }

    fn visit_str<E>(self, _: &str) -> Result<Outline, E> {
        Ok(Outline::Scalar)
    }
}

/// Any value, read completely: strings with their escapes and numbers with their range, as the handler behind will.
#[derive(Clone, Copy)]
struct Value<'a> {
    level: usize,
    too_deep: &'a Cell<bool>,
}

impl Value<'_> {
    fn inner<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.level > DEEPEST {
            self.too_deep.set(true);
            return Err(E::custom("nested too deeply"));
        }
        Ok(Self { level: self.level + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Kind;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = Kind;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind, A::Error> {
        let inner = self.inner::<A::Error>()?;
        while map.next_key_seed(Name)?.is_some() {
            map.next_value_seed(inner)?;
        }
        Ok(Kind::Object)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Kind, A::Error> {
        let inner = self.inner::<A::Error>()?;
        while items.next_element_seed(inner)?.is_some() {}
        Ok(Kind::Array)
    }

    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Kind, E> {
        Ok(Kind::Bool)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Kind, E> {
        Ok(Kind::Integer)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Kind, E> {
        Ok(Kind::Integer)
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Kind, E> {
        if number.is_finite() { Ok(Kind::OtherNumber) } else { Err(E::custom("number out of range")) }
    }

    fn visit_str<E>(self, text: &str) -> Result<Kind, E> {
        Ok(if text == "2.0" { Kind::Version2 } else { Kind::Text })
    }
}

/// A member's name, borrowed from the text unless it holds escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a member's name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(text: &str) -> Members {
        match outline(text) {
            Ok(Outline::Object(members)) => members,
            other => panic!("{text} gave {other:?}"),
        }
    }

    #[test]
    fn the_kinds_of_the_members_are_seen() {
        let found = members(r#"{"jsonrpc":"2.0","id":-1,"method":"m","params":{"a":[1,"x",null,true,1.5]},"x":1}"#);
        let expected = Members {
            jsonrpc: Some(Kind::Version2),
            id: Some(Kind::Integer),
            method: Some(Kind::Text),
            params: Some(Kind::Object),
            repeated: false,
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn an_integer_beyond_64_bits_or_with_a_fraction_is_another_number() {
        for text in [r#"{"id":18446744073709551616}"#, r#"{"id":1.0}"#, r#"{"id":1e3}"#] {
            assert_eq!(members(text).id, Some(Kind::OtherNumber), "{text}");
        }
    }

    #[test]
    fn a_repeated_name_is_seen_however_it_is_spelled() {
        for text in [r#"{"id":1,"id":1}"#, r#"{"id":null,"id":1}"#, r#"{"x":1,"x":2}"#, r#"{"id":1,"\u0069d":2}"#] {
            assert!(members(text).repeated, "{text}");
        }
        assert!(!members(r#"{"id":1,"ID":1,"x":{"id":1}}"#).repeated);
    }

    #[test]
    fn nesting_is_read_to_level_64() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(matches!(outline(&nested(DEEPEST)), Ok(Outline::Array)));
        assert!(matches!(outline(&nested(DEEPEST + 1)), Err(Fault::TooDeep)));
        assert!(matches!(outline(&nested(100_000)), Err(Fault::TooDeep)));
        let object = format!(r#"{{"params":{}}}"#, nested(DEEPEST - 1));
        assert!(matches!(outline(&object), Ok(Outline::Object(_))));
        let object = format!(r#"{{"params":{}}}"#, nested(DEEPEST));
        assert!(matches!(outline(&object), Err(Fault::TooDeep)));
    }

    #[test]
    fn what_the_handler_could_not_read_is_malformed() {
        for text in ["", "{", r#"{"a":1,}"#, "{} {}", r#"{"a":"\ud800"}"#, r#"{"a":1e999}"#, r#"{"a":01}"#, "{'a':1}"] {
            assert!(matches!(outline(text), Err(Fault::Malformed(_))), "{text}");
        }
    }

    #[test]
    fn scalars_are_seen() {
        for text in ["null", "true", "1", "-1", "1.5", "\"x\"", "\"\\n\""] {
            assert_eq!(outline(text).unwrap(), Outline::Scalar, "{text}");
        }
    }
}

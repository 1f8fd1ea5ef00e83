//! The outline of a JSON text: what kind of value its top-level members are, and `params._meta`. No tree is built, and
//! nothing is allocated for the members that JSON-RPC has.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// The deepest nesting that is read; the text's own object or array is level one.
pub(crate) const DEEPEST: usize = 64;

/// The longest text that is a [`Kind::Word`], in characters.
pub(crate) const LONGEST_WORD: usize = 128;

/// What kind of value stands somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Bool,
    /// A number that `i64` holds.
    Integer,
    /// A number with a fraction or exponent, or one that `i64` does not hold.
    OtherNumber,
    /// The text `2.0`.
    Version2,
    /// A text of 1 to 128 characters, none of them a control character: short and plain enough to be written into logs.
    Word,
    /// Any other text.
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
    /// The member `_meta` of `params`.
    pub(crate) meta: Option<Kind>,
    pub(crate) result: Option<Kind>,
    pub(crate) error: Option<Kind>,
    /// Whether a name stands there twice, or `_meta` twice in `params`.
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
        Value { level: 2, too_deep: self.too_deep, meta: None }
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
            let meta = Cell::new(Meta::default());
            let value = if name == "params" { Value { meta: Some(&meta), ..self.value() } } else { self.value() };
            let kind = map.next_value_seed(value)?;
            let Meta { kind: meta, repeated } = meta.get();
            members.repeated |= repeated;
            members.meta = members.meta.or(meta);
            let slot = match name.as_ref() {
                "jsonrpc" => &mut members.jsonrpc,
                "method" => &mut members.method,
                "id" => &mut members.id,
                "params" => &mut members.params,
                "result" => &mut members.result,
                "error" => &mut members.error,
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
    /// Where to leave what is seen of the value's own member `_meta`.
    meta: Option<&'a Cell<Meta>>,
}

/// What is seen of a member `_meta`.
#[derive(Clone, Copy, Default)]
struct Meta {
    kind: Option<Kind>,
    repeated: bool,
}

impl Value<'_> {
    fn inner<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.level > DEEPEST {
            self.too_deep.set(true);
            return Err(E::custom("nested too deeply"));
        }
        Ok(Self { level: self.level + 1, meta: None, ..self })
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
        while let Some(name) = map.next_key_seed(Name)? {
            let kind = map.next_value_seed(inner)?;
            if let Some(meta) = self.meta
                && name == "_meta"
            {
                meta.set(Meta { kind: Some(kind), repeated: meta.get().kind.is_some() });
            }
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

    fn visit_u64<E>(self, number: u64) -> Result<Kind, E> {
        Ok(if i64::try_from(number).is_ok() { Kind::Integer } else { Kind::OtherNumber })
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Kind, E> {
        if number.is_finite() { Ok(Kind::OtherNumber) } else { Err(E::custom("number out of range")) }
    }

    fn visit_str<E>(self, text: &str) -> Result<Kind, E> {
        Ok(match text {
            "2.0" => Kind::Version2,
            text if is_word(text) => Kind::Word,
            _ => Kind::Text,
        })
    }
}

fn is_word(text: &str) -> bool {
    // A character has at most four bytes: a long text is not looked at.
    (1..=4 * LONGEST_WORD).contains(&text.len())
        && text.chars().count() <= LONGEST_WORD
        && !text.contains(char::is_control)
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
            method: Some(Kind::Word),
            params: Some(Kind::Object),
            ..Members::default()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn results_errors_and_the_meta_of_params_are_seen() {
        let found = members(r#"{"result":1,"error":{},"params":{"a":{"_meta":1},"_meta":{"_meta":2}},"_meta":null}"#);
        let seen = (found.result, found.error, found.meta, found.repeated);
        assert_eq!(seen, (Some(Kind::Integer), Some(Kind::Object), Some(Kind::Object), false));
        assert_eq!(members(r#"{"params":{"a":{"_meta":1}},"_meta":{}}"#).meta, None);
        assert_eq!(members(r#"{"params":[{"_meta":1}]}"#).meta, None);
        assert_eq!(members(r#"{"params":{"_meta":null}}"#).meta, Some(Kind::Null));
        assert!(members(r#"{"params":{"_meta":{},"_meta":{}}}"#).repeated);
    }

    #[test]
    fn a_word_has_1_to_128_characters_and_no_control_character() {
        for (text, kind) in [
            (r#""a b""#.to_owned(), Kind::Word),
            (format!("\"{}\"", "\u{10348}".repeat(128)), Kind::Word),
            (format!("\"{}\"", "x".repeat(129)), Kind::Text),
            ("\"\"".to_owned(), Kind::Text),
            (r#""a\nb""#.to_owned(), Kind::Text),
            (r#""a\u001bb""#.to_owned(), Kind::Text),
            ("\"a\u{9b}b\"".to_owned(), Kind::Text),
        ] {
            assert_eq!(members(&format!(r#"{{"id":{text}}}"#)).id, Some(kind), "{text}");
        }
    }

    #[test]
    fn an_integer_beyond_i64_or_with_a_fraction_is_another_number() {
        assert_eq!(members(r#"{"id":9223372036854775807}"#).id, Some(Kind::Integer));
        assert_eq!(members(r#"{"id":-9223372036854775808}"#).id, Some(Kind::Integer));
        for text in
            [r#"{"id":9223372036854775808}"#, r#"{"id":18446744073709551616}"#, r#"{"id":1.0}"#, r#"{"id":1e3}"#]
        {
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

//! A JSON text as a tree that keeps what a map would swallow: names that stand twice.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::number::{Numbers, exact};

/// The deepest nesting that is read; the document's own object is level one. The language itself needs six.
pub(super) const DEEPEST: usize = 16;

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    /// A number, in plain decimal notation.
    Number(String),
    /// A number that cannot be written so without changing it.
    InexactNumber,
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Node {
    /// What the value is, in words.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) | Self::InexactNumber => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// Why a text is not read.
#[derive(Debug)]
pub(super) enum Unreadable {
    Malformed(serde_json::Error),
    TooDeep,
}

/// Reads `text` to its end.
pub(super) fn read(text: &str) -> Result<Node, Unreadable> {
    let too_deep = Cell::new(false);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let numbers = RefCell::new(Numbers::of(text));
    let node = Reader { level: 1, too_deep: &too_deep, numbers: &numbers }.deserialize(&mut deserializer);
    match node.and_then(|node| deserializer.end().map(|()| node)) {
        Ok(node) => Ok(node),
        Err(_) if too_deep.get() => Err(Unreadable::TooDeep),
        Err(error) => Err(Unreadable::Malformed(error)),
    }
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    level: usize,
    too_deep: &'a Cell<bool>,
    /// The numbers that are still to be visited, as they are written.
    numbers: &'a RefCell<Numbers<'a>>,
}

impl Reader<'_> {
    fn inner<E: Error>(self) -> Result<Self, E> {
        if self.level > DEEPEST {
            self.too_deep.set(true);
            return Err(E::custom("nested too deeply"));
        }
        Ok(Self { level: self.level + 1, ..self })
    }

    /// The next number of the text, which is the one that is being visited.
    fn number(self) -> Node {
        let written = self.numbers.borrow_mut().next();
        written.and_then(exact).map_or(Node::InexactNumber, Node::Number)
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let inner = self.inner::<A::Error>()?;
        let mut members = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            members.push((name, map.next_value_seed(inner)?));
        }
        Ok(Node::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let inner = self.inner::<A::Error>()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(self.number())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(self.number())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(self.number())
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Node, E> {
        Ok(Node::Text(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_stand_twice_are_kept_however_they_are_spelled() {
        let Ok(Node::Object(members)) = read(r#"{"a":1,"\u0061":[true,null,"x"]}"#) else { panic!("an object") };
        assert_eq!(members[0], ("a".to_owned(), Node::Number("1".to_owned())));
        let list = vec![Node::Bool(true), Node::Null, Node::Text("x".to_owned())];
        assert_eq!(members[1], ("a".to_owned(), Node::List(list)));
    }

    #[test]
    fn numbers_keep_their_value_or_say_that_they_cannot() {
        for (text, expected) in [
            ("-3", Some("-3")),
            ("9007199254740991", Some("9007199254740991")),
            ("9007199254740993", None),
            ("0.10000000000000000001", None),
            ("18446744073709551615", None),
            ("1.50", Some("1.5")),
            ("1e3", Some("1000")),
            ("1e-7", Some("0.0000001")),
            ("18446744073709551616", None),
            ("1e300", None),
        ] {
            let expected = expected.map_or(Node::InexactNumber, |text| Node::Number(text.to_owned()));
            assert_eq!(read(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn nesting_is_read_to_level_16() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read(&nested(DEEPEST)).is_ok());
        assert!(matches!(read(&nested(DEEPEST + 1)), Err(Unreadable::TooDeep)));
        assert!(matches!(read(&nested(100_000)), Err(Unreadable::TooDeep)));
    }

    #[test]
    fn what_is_not_one_json_value_is_malformed() {
        for text in ["", "{", r#"{"a":1,}"#, "{} {}", r#""\ud800""#, "1e999", "{'a':1}", "\u{feff}{}"] {
            assert!(matches!(read(text), Err(Unreadable::Malformed(_))), "{text}");
        }
    }
}

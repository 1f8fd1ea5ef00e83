//! Objects of a case with their members as they are written: names that stand twice are seen, and values keep their text.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::suggest::suggest;

/// The members of an object.
#[derive(Debug)]
pub(super) struct Members<'t>(Vec<(String, &'t RawValue)>);

impl<'t> Members<'t> {
    /// Reads the object `what`; each member may stand once. The error says what is wrong.
    pub(super) fn read(what: &str, text: &'t str) -> Result<Self, String> {
        if !text.trim_start().starts_with('{') {
            return Err(format!("{what} is an object"));
        }
        let members: Self = serde_json::from_str(text).map_err(|error| format!("{what} is not JSON: {error}"))?;
        let mut names: Vec<&str> = members.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!("{:?} stands more than once in {what}", pair[0])),
            None => Ok(members),
        }
    }

    /// The same, with no other members than the `known` ones.
    pub(super) fn known(what: &str, text: &'t str, known: &[&'static str]) -> Result<Self, String> {
        let members = Self::read(what, text)?;
        if let Some((name, _)) = members.iter().find(|(name, _)| !known.contains(name)) {
            return Err(match suggest(name, known.iter().copied()) {
                Some(meant) => format!("{what} has no member {name:?}; did you mean {meant:?}?"),
                None => format!("{what} has no member {name:?}; it has {}", known.join(", ")),
            });
        }
        Ok(members)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &'t str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.get()))
    }

    pub(super) fn get(&self, name: &str) -> Option<&'t str> {
        self.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    pub(super) fn required(&self, what: &str, name: &str) -> Result<&'t str, String> {
        self.get(name).ok_or_else(|| format!("{what} has no member {name:?}"))
    }

    /// The text of a string.
    pub(super) fn required_text(&self, what: &str, name: &str) -> Result<String, String> {
        text(name, self.required(what, name)?)
    }

    /// The text of a string, where the member is given.
    pub(super) fn optional_text(&self, name: &str) -> Result<Option<String>, String> {
        self.get(name).map(|value| text(name, value)).transpose()
    }
}

fn text(name: &str, value: &str) -> Result<String, String> {
    serde_json::from_str(value).map_err(|_| format!("{name:?} is a string"))
}

impl<'de: 't, 't> Deserialize<'de> for Members<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// The items of a list, or the value itself if it stands alone.
pub(super) fn items(text: &str) -> Result<Vec<&str>, String> {
    if !text.starts_with('[') {
        return Ok(vec![text]);
    }
    let items: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    Ok(items.into_iter().map(RawValue::get).collect())
}

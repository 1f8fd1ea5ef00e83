//! The keyring's JSON before anything is asked of it.
//!
//! Objects are kept as lists of pairs: a field given twice must be a fault, where a map would silently keep the last.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

/// The fields of an object in the order they stand, repeated ones included.
pub(super) struct RawObject(pub(super) Vec<(String, Value)>);

/// The file's top level.
#[derive(Default)]
pub(super) struct RawFile {
    pub(super) versions: Vec<Value>,
    pub(super) keys: Vec<Vec<RawObject>>,
    pub(super) unknown: Vec<String>,
}

impl<'de> Deserialize<'de> for RawObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = RawObject;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawObject, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(RawObject(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

impl<'de> Deserialize<'de> for RawFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Top;
        impl<'de> Visitor<'de> for Top {
            type Value = RawFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawFile, A::Error> {
                let mut file = RawFile::default();
                while let Some(name) = map.next_key::<String>()? {
                    match name.as_str() {
                        "version" => file.versions.push(map.next_value()?),
                        "keys" => file.keys.push(map.next_value()?),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            file.unknown.push(name);
                        }
                    }
                }
                Ok(file)
            }
        }
        deserializer.deserialize_map(Top)
    }
}

//! Reading JSON of which nobody vouches that it has the expected shape: what is of another kind is passed over.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Something that takes from a JSON value what it knows. Of the rest nothing is kept.
pub(in crate::audit) trait Loose<'de>: Default {
    /// The value is a string.
    fn text(&mut self, _text: Cow<'de, str>) {}

    /// The value is a whole number that is not negative.
    fn number(&mut self, _number: u64) {}

    /// A member of an object: its value must be taken.
    fn member<A: MapAccess<'de>>(&mut self, _name: &str, members: &mut A) -> Result<(), A::Error> {
        skip(members)
    }

    /// The next element of a list; whether there was one.
    fn element<A: SeqAccess<'de>>(&mut self, elements: &mut A) -> Result<bool, A::Error> {
        Ok(elements.next_element::<IgnoredAny>()?.is_some())
    }
}

/// The value of a member.
pub(in crate::audit) fn value<'de, T: Loose<'de>, A: MapAccess<'de>>(members: &mut A) -> Result<T, A::Error> {
    members.next_value_seed(Seed(PhantomData))
}

/// Passes over the value of a member.
pub(in crate::audit) fn skip<'de, A: MapAccess<'de>>(members: &mut A) -> Result<(), A::Error> {
    members.next_value::<IgnoredAny>().map(|_| ())
}

/// Reads a whole JSON text.
pub(in crate::audit) fn read<'de, T: Loose<'de>>(json: &'de str) -> Result<T, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let read = Seed(PhantomData).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(read)
}

/// Implements [`Loose`] for an object: which member goes into which field.
macro_rules! object {
    ($type:ident: $($name:literal => $field:ident),+) => {
        impl<'de> $crate::audit::query::loose::Loose<'de> for $type<'de> {
            fn member<A: serde::de::MapAccess<'de>>(&mut self, name: &str, members: &mut A) -> Result<(), A::Error> {
                match name {
                    $($name => self.$field = $crate::audit::query::loose::value(members)?,)+
                    _ => $crate::audit::query::loose::skip(members)?,
                }
                Ok(())
            }
        }
    };
}

pub(in crate::audit) use object;

/// A string, borrowed where JSON has no escape in it; none where something else stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text<'a>(Option<Cow<'a, str>>);

impl Text<'_> {
    /// The string.
    #[must_use]
    pub fn get(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Whether it is this one.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        self.get() == Some(text)
    }
}

impl<'de> Loose<'de> for Text<'de> {
    fn text(&mut self, text: Cow<'de, str>) {
        self.0 = Some(text);
    }
}

impl<'de, T: Loose<'de>> Loose<'de> for Vec<T> {
    fn element<A: SeqAccess<'de>>(&mut self, elements: &mut A) -> Result<bool, A::Error> {
        let Some(element) = elements.next_element_seed(Seed(PhantomData))? else { return Ok(false) };
        self.push(element);
        Ok(true)
    }
}

impl<'de> Loose<'de> for Option<u64> {
    fn number(&mut self, number: u64) {
        *self = Some(number);
    }
}

struct Seed<T>(PhantomData<T>);

impl<'de, T: Loose<'de>> DeserializeSeed<'de> for Seed<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Loose<'de>> Visitor<'de> for Seed<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_bool<E: Error>(self, _value: bool) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_i64<E: Error>(self, _value: i64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_f64<E: Error>(self, _value: f64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<T, E> {
        let mut taken = T::default();
        taken.number(value);
        Ok(taken)
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<T, E> {
        let mut taken = T::default();
        taken.text(Cow::Borrowed(value));
        Ok(taken)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<T, E> {
        let mut taken = T::default();
        taken.text(Cow::Owned(value.to_owned()));
        Ok(taken)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<T, A::Error> {
        let mut taken = T::default();
        while taken.element(&mut elements)? {}
        Ok(taken)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<T, A::Error> {
        let mut taken = T::default();
        while let Some(name) = members.next_key_seed(Seed::<Text<'de>>(PhantomData))? {
            taken.member(name.get().unwrap_or_default(), &mut members)?;
        }
        Ok(taken)
    }
}

//! Entities of one kind, by name.

use std::collections::BTreeMap;

/// Something that IAM finds by its name.
pub(in crate::sandbox) trait Named {
    /// The name as it was given.
    fn name(&self) -> &str;
}

/// Entities of one kind. Names that differ only in case are the same, as IAM has it
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html>: "Names are not distinguished by case").
#[derive(Debug)]
pub(in crate::sandbox) struct Entities<T>(BTreeMap<String, T>);

impl<T> Default for Entities<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Named> Entities<T> {
    /// The entity of this name.
    pub(in crate::sandbox) fn get(&self, name: &str) -> Option<&T> {
        self.0.get(&name.to_ascii_lowercase())
    }

    /// The entity of this name, to be changed; its name must stay.
    pub(in crate::sandbox) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.0.get_mut(&name.to_ascii_lowercase())
    }

    /// Whether the name is taken.
    pub(in crate::sandbox) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(&name.to_ascii_lowercase())
    }

    /// Puts an entity in, in the place of one with the same name.
    pub(in crate::sandbox) fn insert(&mut self, entity: T) {
        self.0.insert(entity.name().to_ascii_lowercase(), entity);
    }

    /// Takes an entity out.
    pub(in crate::sandbox) fn remove(&mut self, name: &str) -> Option<T> {
        self.0.remove(&name.to_ascii_lowercase())
    }

    /// All of them, sorted by name without regard to case, as IAM lists them.
    pub(in crate::sandbox) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.values()
    }

    /// How many.
    pub(in crate::sandbox) fn len(&self) -> usize {
        self.0.len()
    }
}

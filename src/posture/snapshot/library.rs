//! Policy documents, each kept once: thousands of identities hold the same few.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::policy::{Document, PolicyKind};

/// A policy document as it is written, and as it is read.
pub struct Written {
    number: u32,
    text: Box<str>,
    document: Option<Arc<Document>>,
}

impl Written {
    /// One that AWS told nothing of.
    pub(in crate::posture) fn unknown() -> Self {
        Self { number: u32::MAX, text: Box::from(""), document: None }
    }

    /// A policy that allows everything, and that is in no library.
    pub(in crate::posture) fn everything() -> Self {
        let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        let document = Document::parse(PolicyKind::Identity, text).ok().map(Arc::new);
        Self { number: u32::MAX - 1, text: text.into(), document }
    }

    /// Its JSON, as it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Compiled; `None` where it has faults, so that nobody can say what it allows or denies.
    #[must_use]
    pub fn document(&self) -> Option<&Arc<Document>> {
        self.document.as_ref()
    }

    /// Its number in the library: the same for the same text.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// As JSON; what is none as text.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| Value::String(self.text.to_string()))
    }
}

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Written").field(&self.text).finish()
    }
}

/// The documents that were read so far.
#[derive(Debug, Default)]
pub struct Library {
    read: HashMap<(PolicyKind, Box<str>), Arc<Written>>,
}

impl Library {
    /// The document of this JSON, read once however often it stands somewhere.
    pub fn read(&mut self, kind: PolicyKind, text: &str) -> Arc<Written> {
        let key = (kind, Box::from(text));
        if let Some(written) = self.read.get(&key) {
            return Arc::clone(written);
        }
        let number = u32::try_from(self.read.len()).expect("an account has fewer documents than that");
        let document = Document::parse(kind, text).ok().map(Arc::new);
        let written = Arc::new(Written { number, text: text.into(), document });
        self.read.insert(key, Arc::clone(&written));
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

    #[test]
    fn a_text_is_read_once_for_each_kind() {
        let mut library = Library::default();
        let first = library.read(PolicyKind::Identity, TEXT);
        assert!(Arc::ptr_eq(&first, &library.read(PolicyKind::Identity, TEXT)));
        let trust = library.read(PolicyKind::Trust, TEXT);
        assert_ne!(first.number(), trust.number());
        assert!(first.document().is_some() && trust.document().is_none());
    }

    #[test]
    fn what_cannot_be_read_is_kept_as_it_is() {
        let written = Library::default().read(PolicyKind::Identity, "nonsense");
        assert!(written.document().is_none());
        assert_eq!((written.text(), written.json()), ("nonsense", Value::from("nonsense")));
    }
}

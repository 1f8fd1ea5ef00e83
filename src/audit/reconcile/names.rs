//! Texts that come again and again (actions, sessions, resources), each kept once.

use std::collections::HashMap;
use std::sync::Arc;

/// A text that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Name(u32);

/// The texts.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: HashMap<Arc<str>, Name>,
    texts: Vec<Arc<str>>,
}

impl Names {
    /// Keeps a text.
    pub(super) fn keep(&mut self, text: &str) -> Name {
        if let Some(name) = self.numbers.get(text) {
            return *name;
        }
        let name = Name(u32::try_from(self.texts.len()).expect("four thousand million texts do not fit into memory"));
        let text: Arc<str> = text.into();
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, name);
        name
    }

    /// The text.
    pub(super) fn text(&self, name: Name) -> &str {
        usize::try_from(name.0).ok().and_then(|at| self.texts.get(at)).map_or("", |text| text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once() {
        let mut names = Names::default();
        let (first, second) = (names.keep("iam:GetUser"), names.keep("iam:DeleteUser"));
        assert_eq!(names.keep("iam:GetUser"), first);
        assert_ne!(first, second);
        assert_eq!((names.text(first), names.text(second)), ("iam:GetUser", "iam:DeleteUser"));
        assert_eq!(names.texts.len(), 2);
    }
}

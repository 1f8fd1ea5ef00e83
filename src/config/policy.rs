//! `[policy]`: the endpoint policies, in the IAM policy language.

use std::path::{Path, PathBuf};

use super::section::{Item, Section};
use super::sink::Problem;

/// `[policy]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The endpoint policies that hold everywhere.
    pub documents: Vec<DocumentPattern>,
    /// Policies that are tried on live calls: evaluated and recorded, not enforced.
    pub shadow: Vec<DocumentPattern>,
    /// What holds for calls for which there are no documents.
    pub without_documents: WithoutDocuments,
}

/// What holds where no endpoint policy was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutDocuments {
    /// Role mappings and AWS decide alone.
    Allow,
    /// Nothing is done.
    Deny,
}

/// Files with policy documents: a path in whose last parts `*`, `?`, `[...]` and `**` stand for names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentPattern {
    text: String,
    folder: PathBuf,
}

impl DocumentPattern {
    /// The pattern as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The folder that a relative pattern starts from.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The pattern with its folder; in the folder's own name nothing is a wildcard.
    #[must_use]
    pub fn in_full(&self) -> String {
        if Path::new(&self.text).is_absolute() || self.folder.as_os_str().is_empty() {
            return self.text.clone();
        }
        format!("{}/{}", glob::Pattern::escape(&self.folder.to_string_lossy()), self.text)
    }
}

/// `all_have_their_own`: whether every environment names policies of its own.
pub(super) fn read(section: &Section<'_>, folder: &Path, all_have_their_own: bool) -> Option<Policy> {
    let documents = patterns(section, "documents", folder);
    let shadow = patterns(section, "shadow", folder);
    let choices = [("allow", WithoutDocuments::Allow), ("deny", WithoutDocuments::Deny)];
    let without_documents = match section.optional("without_documents") {
        Some(item) => item.choice(&choices),
        // Where there are documents for every call it holds for none, and the narrower answer does no harm.
        None if section.optional("documents").is_some() || all_have_their_own => Some(WithoutDocuments::Deny),
        None => {
            section.missing(
                "without_documents",
                "write documents = [\"policies/*.json\"], or without_documents = \"allow\" if role mappings and AWS shall \
                 decide alone",
            );
            None
        }
    };
    Some(Policy { documents, shadow, without_documents: without_documents? })
}

/// The patterns under `key`; none when it is not there.
pub(super) fn patterns(section: &Section<'_>, key: &str, folder: &Path) -> Vec<DocumentPattern> {
    let Some(item) = section.optional(key) else { return Vec::new() };
    if item.is_empty_list() {
        item.fault(Problem::invalid("is empty").remedy("name files such as \"policies/*.json\", or leave the key out"));
    }
    item.list(|item| pattern(item, folder))
}

fn pattern(item: &Item<'_>, folder: &Path) -> Option<DocumentPattern> {
    item.check(|text| {
        if text.is_empty() || text.contains('\0') {
            return Err(Problem::invalid("is not a path").remedy("write a path such as \"policies/*.json\""));
        }
        if let Err(error) = glob::Pattern::new(text) {
            return Err(Problem::invalid(format!("is not a pattern of file names: {}", error.msg)));
        }
        Ok(DocumentPattern { text: text.to_owned(), folder: folder.to_owned() })
    })
}

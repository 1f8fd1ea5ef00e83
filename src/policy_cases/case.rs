//! One line: its name, its layers, its request, and what is expected.

use super::layers::GivenLayers;
use super::members::Members;
use super::request::GivenRequest;
use crate::suggest::suggest;

/// What a case expects of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// That it may be done.
    Allowed,
    /// That a statement denies it.
    ExplicitDeny,
    /// That no statement allows it.
    ImplicitDeny,
    /// That a document of the case has faults.
    Invalid,
}

impl Expected {
    const ALL: [Self; 4] = [Self::Allowed, Self::ExplicitDeny, Self::ImplicitDeny, Self::Invalid];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ExplicitDeny => "explicitDeny",
            Self::ImplicitDeny => "implicitDeny",
            Self::Invalid => "invalid",
        }
    }

    fn read(word: &str) -> Result<Self, String> {
        if let Some(expected) = Self::ALL.into_iter().find(|expected| expected.as_str() == word) {
            return Ok(expected);
        }
        let words = Self::ALL.map(Self::as_str);
        Err(match suggest(word, words) {
            Some(meant) => format!("\"expect\" is {word:?}; did you mean {meant:?}?"),
            None => format!("\"expect\" is {word:?}; it is one of {}", words.join(", ")),
        })
    }
}

const WHAT: &str = "a case";
const MEMBERS: [&str; 5] = ["name", "source", "layers", "request", "expect"];

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    /// What it is about.
    pub name: String,
    /// Where its result is stated, such as a page of AWS's documentation.
    pub source: Option<String>,
    /// The policies.
    pub layers: GivenLayers,
    /// The request.
    pub request: GivenRequest,
    /// What is expected.
    pub expect: Expected,
}

impl Case {
    /// Reads one case from its JSON.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(text: &str) -> Result<Self, String> {
        let members = Members::known(WHAT, text, &MEMBERS)?;
        Ok(Self {
            name: members.required_text(WHAT, "name")?,
            source: members.optional_text("source")?,
            layers: GivenLayers::read(members.required(WHAT, "layers")?)?,
            request: GivenRequest::read(members.required(WHAT, "request")?)?,
            expect: Expected::read(&members.required_text(WHAT, "expect")?)?,
        })
    }
}

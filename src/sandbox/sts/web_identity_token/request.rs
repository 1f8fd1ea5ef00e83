//! GetWebIdentityToken's parameters.

use crate::sandbox::constraint::{ANYTHING, TAG_KEY, TAG_VALUE};
use crate::sandbox::error::ServiceError;
use crate::sandbox::input::Fields;
use crate::sandbox::jwt::TokenAlgorithm;
use crate::sandbox::sts::constraint::{AUDIENCE, few};

/// Five minutes, if nothing is said; in seconds.
const DEFAULT_DURATION: u32 = 300;

const MOST_AUDIENCES: usize = 10;
const MOST_TAGS: usize = 50;

/// What is asked for. Each parameter by itself is as AWS's reference lets it be.
#[derive(Debug)]
pub(super) struct Request<'a> {
    /// At least one.
    pub(super) audiences: Vec<&'a str>,
    /// In seconds.
    pub(super) duration: u32,
    pub(super) algorithm: TokenAlgorithm,
    pub(super) tags: Vec<(&'a str, &'a str)>,
}

impl<'a> Request<'a> {
    /// Reads the parameters.
    ///
    /// # Errors
    /// What breaks a constraint.
    pub(super) fn read(fields: &'a Fields) -> Result<Self, ServiceError> {
        fields.read(|input| {
            let audiences = few(input, "Audience", input.texts("Audience", &AUDIENCE), MOST_AUDIENCES);
            if fields.get("Audience.member.1").is_none() {
                input.required("Audience", &ANYTHING);
            }
            let algorithm = input.required_choice("SigningAlgorithm", &["RS256", "ES384"]);
            Self {
                audiences,
                duration: input.number("DurationSeconds", 60..=3600).unwrap_or(DEFAULT_DURATION),
                algorithm: if algorithm == "ES384" { TokenAlgorithm::Es384 } else { TokenAlgorithm::Rs256 },
                tags: few(
                    input,
                    "Tags",
                    input.members("Tags", |tag| (tag.required("Key", &TAG_KEY), tag.required("Value", &TAG_VALUE))),
                    MOST_TAGS,
                ),
            }
        })
    }
}

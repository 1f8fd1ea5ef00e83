//! AssumeRole's parameters.

use crate::arn::{Arn, RoleArn};
use crate::sandbox::constraint::{ARN, TAG_KEY, TAG_VALUE};
use crate::sandbox::error::ServiceError;
use crate::sandbox::input::Fields;
use crate::sandbox::sts::constraint::{EXTERNAL_ID, SERIAL_NUMBER, SESSION_NAME, SESSION_POLICY, TOKEN_CODE, few};

/// An hour, if nothing is said; in seconds.
const DEFAULT_DURATION: u32 = 3600;

/// The most tags of a session.
const MOST_TAGS: usize = 50;

/// The most managed policies that narrow a session.
const MOST_POLICY_ARNS: usize = 10;

/// The largest session token, in bytes.
pub(super) const LARGEST_TOKEN: u32 = 4096;

/// What is asked for. Each parameter by itself is as AWS's reference lets it be.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) role_arn: &'a str,
    pub(super) session_name: &'a str,
    pub(super) source_identity: Option<&'a str>,
    pub(super) external_id: Option<&'a str>,
    /// In seconds.
    pub(super) duration: u32,
    pub(super) tags: Vec<(&'a str, &'a str)>,
    pub(super) transitive_tag_keys: Vec<&'a str>,
    pub(super) policy: Option<&'a str>,
    pub(super) policy_arns: Vec<&'a str>,
    /// How long the session token has to be at least.
    pub(super) token_size: u32,
    /// A device's serial number or code.
    pub(super) device: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// Reads the parameters.
    ///
    /// # Errors
    /// What breaks a constraint.
    pub(super) fn read(fields: &'a Fields) -> Result<Self, ServiceError> {
        let request = fields.read(|input| Self {
            role_arn: input.required("RoleArn", &ARN),
            session_name: input.required("RoleSessionName", &SESSION_NAME),
            policy_arns: few(
                input,
                "PolicyArns",
                input.members("PolicyArns", |descriptor| descriptor.required("arn", &ARN)),
                MOST_POLICY_ARNS,
            ),
            policy: input.optional("Policy", &SESSION_POLICY),
            duration: input.number("DurationSeconds", 900..=43_200).unwrap_or(DEFAULT_DURATION),
            tags: few(
                input,
                "Tags",
                input.members("Tags", |tag| (tag.required("Key", &TAG_KEY), tag.required("Value", &TAG_VALUE))),
                MOST_TAGS,
            ),
            transitive_tag_keys: few(input, "TransitiveTagKeys", input.texts("TransitiveTagKeys", &TAG_KEY), MOST_TAGS),
            external_id: input.optional("ExternalId", &EXTERNAL_ID),
            device: input.optional("SerialNumber", &SERIAL_NUMBER).or(input.optional("TokenCode", &TOKEN_CODE)),
            token_size: input.number("MinimumSessionTokenSize", 0..=LARGEST_TOKEN).unwrap_or_default(),
            source_identity: input.optional("SourceIdentity", &SESSION_NAME),
        })?;
        if request.role_arn.parse::<Arn>().is_err() {
            return Err(ServiceError::validation(format!("{} is invalid", request.role_arn)));
        }
        if request.role_arn.parse::<RoleArn>().is_err() {
            return Err(ServiceError::validation("Request ARN is invalid"));
        }
        if fields.iter().any(|(name, _)| name.starts_with("ProvidedContexts.")) {
            return Err(ServiceError::validation("No context provider is known here, so no context can be provided."));
        }
        Ok(request)
    }
}

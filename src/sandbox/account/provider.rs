//! Identity providers that roles may trust.

use jiff::Timestamp;

use super::Tags;

/// An OpenID Connect provider.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct OidcProvider {
    /// Its issuer without `https://`, as IAM tells it and as it stands in the ARN.
    pub(in crate::sandbox) url: String,
    /// In the order in which they were added.
    pub(in crate::sandbox) client_ids: Vec<String>,
    pub(in crate::sandbox) thumbprints: Vec<String>,
    pub(in crate::sandbox) created: Timestamp,
    pub(in crate::sandbox) tags: Tags,
}

/// A SAML provider.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct SamlProvider {
    /// `SAMLSP...`: what IAM calls its UUID.
    pub(in crate::sandbox) id: String,
    pub(in crate::sandbox) metadata: String,
    pub(in crate::sandbox) created: Timestamp,
    pub(in crate::sandbox) valid_until: Timestamp,
    /// Whether it may send (`Allowed`) or must send (`Required`) encrypted assertions.
    pub(in crate::sandbox) assertion_encryption: &'static str,
    pub(in crate::sandbox) tags: Tags,
}

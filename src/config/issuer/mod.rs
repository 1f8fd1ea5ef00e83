//! `[[issuer]]`: whose OIDC tokens are believed, and who their bearers are.

mod claim;
mod condition;
mod read;
mod template;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use claim::{ClaimPath, ClaimPathError};
pub use condition::{Condition, Possible};
pub use template::{Template, TemplateError, Unfit};

pub(super) use read::{keys, read, tags};

use super::issuer_url::IssuerUrl;

/// One `[[issuer]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// What the configuration, mappings and records call it: 1-32 characters of `[a-z0-9-]`.
    pub name: String,
    /// What its tokens call it (`iss`).
    pub url: IssuerUrl,
    /// Where its keys are.
    pub keys: KeySource,
    /// Whether its tokens can be exchanged for gateway credentials.
    pub exchange: bool,
    /// Whether its tokens can be sent with requests.
    pub bearer: bool,
    /// How claims become the caller's name.
    pub caller: Template,
    /// How claims become the person behind it.
    pub person: Option<Template>,
    /// Whether the addresses in its tokens are the bearers' own although nothing in the tokens says so.
    pub email_verified_by_issuer: bool,
    /// What claims must be; all of it.
    pub conditions: Vec<Condition>,
    /// Session tags, and the claims that they are taken from.
    pub tags: BTreeMap<String, ClaimPath>,
}

/// Where an issuer's keys are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KeySource {
    /// Where its discovery document says, `/.well-known/openid-configuration` below its URL.
    Discovery,
    /// At this URL.
    Url(IssuerUrl),
    /// In this file, a JSON Web Key Set: for issuers that cannot be reached.
    File(PathBuf),
}

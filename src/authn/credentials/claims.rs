//! What is sealed into a session token.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::authn::Caller;

/// The claims of gateway credentials. Names are short: they travel with every request.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Claims<'a> {
    #[serde(rename = "k", borrow)]
    pub(super) access_key_id: Cow<'a, str>,
    #[serde(rename = "c")]
    pub(super) caller: Caller,
    /// Those that the credentials are good for.
    #[serde(rename = "e")]
    pub(super) environments: Vec<String>,
    /// What the proof is called that they were given for: revoked with it.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none", borrow)]
    pub(super) proof: Option<Cow<'a, str>>,
    /// Milliseconds since 1970.
    #[serde(rename = "i")]
    pub(super) issued: i64,
    /// Seconds since 1970.
    #[serde(rename = "x")]
    pub(super) expires: i64,
}

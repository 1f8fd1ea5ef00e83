//! One request, authenticated and taken apart: what an operation is given, and what it gives back.

use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

use super::identity::Identity;
use super::input::Fields;
use super::xml::Xml;
use crate::random::Random;

/// What an operation is given besides the account.
pub(super) struct Call<'a> {
    /// The operation, such as `CreateUser`.
    pub(super) action: &'a str,
    /// Its parameters.
    pub(super) fields: &'a Fields,
    /// Who signed.
    pub(super) identity: &'a Identity,
    /// When.
    pub(super) now: Timestamp,
    /// Where new identifiers come from.
    pub(super) random: &'a dyn Random,
    /// The region that the request is signed for.
    pub(super) region: &'a str,
    /// From where: what policies see as `aws:SourceIp`.
    pub(super) source_ip: std::net::IpAddr,
    /// What the client calls itself, for policies and the trail.
    pub(super) user_agent: Option<&'a str>,
}

/// Without what a client is free to put anything into.
impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("action", &self.action)
            .field("fields", &self.fields)
            .field("by", &self.identity.arn())
            .field("now", &self.now)
            .field("region", &self.region)
            .field("source_ip", &self.source_ip)
            .finish_non_exhaustive()
    }
}

/// What an operation answers, in its service's protocol.
#[derive(Debug)]
pub(super) enum Answered {
    /// The inside of its result element.
    Xml(Xml),
    /// The whole of it.
    Json(Value),
}

/// What an operation did.
#[derive(Debug)]
pub(super) struct Performed {
    /// What it answers.
    pub(super) body: Answered,
    /// What the trail tells of the answer, where it tells anything.
    pub(super) response_elements: Option<Value>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::random::SystemRandom;

    #[test]
    fn a_call_is_shown_without_the_values_of_its_parameters() {
        let fields = [("UserName", "bob"), ("Password", "hunter2")].map(|(name, value)| (name.into(), value.into()));
        let call = Call {
            action: "CreateLoginProfile",
            fields: &Fields::new(BTreeMap::from(fields)),
            identity: &Identity::Root { arn: "arn:aws:iam::123456789012:root".into(), id: "123456789012".into() },
            now: Timestamp::UNIX_EPOCH,
            random: &SystemRandom,
            region: "us-east-1",
            source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: Some("password=hunter2"),
        };
        let shown = format!("{call:?} {:#?}", call.fields);
        assert!(shown.contains("CreateLoginProfile") && shown.contains("Password"), "{shown}");
        assert!(!shown.contains("hunter2") && !shown.contains("bob"), "{shown}");
    }
}

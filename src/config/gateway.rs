//! `[gateway]`: what this gateway is called, and its kill switch.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;

use super::section::Section;
use crate::arn::Partition;

/// `[gateway]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// The name that is stamped on every session as `CalledViaAWSMCP` and stands in every record.
    pub name: GatewayName,
    /// The kill switch: no caller can write while it is on.
    pub read_only: bool,
    /// Whether `serve` looks at what it stands on at AWS when it has started, and logs it.
    pub examine_at_start: bool,
}

/// A gateway's name: 2-128 characters of `[A-Za-z0-9.-]`, beginning and ending with a letter or digit.
///
/// It goes out as a session tag's value where AWS's own MCP servers show their service principal, so it never reads as
/// one: policies must be able to tell the gateway from AWS.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GatewayName(String);

impl GatewayName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is no name for a gateway.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GatewayNameError {
    /// Too short or too long.
    #[error("has {0} characters; a gateway's name has 2 to 128")]
    Length(usize),
    /// Characters that a tag value or a host name does not have.
    #[error("may only have letters, digits, dots and hyphens, and a letter or digit at both ends")]
    Characters,
    /// Reads as something AWS runs.
    #[error(
        "reads as an AWS service principal; choose a name under a domain of your own: a gateway never passes for AWS"
    )]
    ServicePrincipal,
}

impl FromStr for GatewayName {
    type Err = GatewayNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let length = text.chars().count();
        if !(2..=128).contains(&length) {
            return Err(GatewayNameError::Length(length));
        }
        let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-';
        let outer = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = text.as_bytes();
        if !bytes.iter().copied().all(inner) || !outer(bytes.first()) || !outer(bytes.last()) || text.contains("..") {
            return Err(GatewayNameError::Characters);
        }
        let lower = text.to_ascii_lowercase();
        let suffixes = Partition::ALL.map(Partition::dns_suffix).into_iter().chain(["amazon.com", "api.aws"]);
        let under =
            |suffix: &str| lower.strip_suffix(suffix).is_some_and(|head| head.is_empty() || head.ends_with('.'));
        // "amazonaws" as any label, or at the end of a longer one: `iam-mcp.amazonaws.example` and `x-amazonaws.com`
        // would be taken for AWS by a reader or by a careless `*amazonaws.com`.
        if lower.contains("amazonaws") || suffixes.into_iter().any(under) {
            return Err(GatewayNameError::ServicePrincipal);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for GatewayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for GatewayName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

pub(super) fn read(section: &Section<'_>) -> Option<Gateway> {
    let remedy = "write name = \"iam-mcp.example.internal\", with a name under a domain of yours";
    let name = section.required("name", remedy).and_then(|item| item.parse());
    let read_only = section.boolean("read_only", false);
    let examine_at_start = section.boolean("examine_at_start", true);
    Some(Gateway { name: name?, read_only, examine_at_start })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_reads_as_aws_is_refused() {
        for name in [
            "iam-mcp.amazonaws.com",
            "iam-mcp.AmazonAWS.com",
            "amazonaws.com",
            "iam-mcp.amazonaws.com.cn",
            "iam-mcp.amazonaws.eu",
            "x-amazonaws.com",
            "iam.amazonaws.example",
            "mcp.aws.amazon.com",
            "iam.us-east-1.api.aws",
            "mcp.c2s.ic.gov",
        ] {
            assert_eq!(name.parse::<GatewayName>(), Err(GatewayNameError::ServicePrincipal), "{name}");
        }
        for name in ["iam-mcp.example.internal", "notamazon.com", "GW", "1.2"] {
            assert_eq!(name.parse::<GatewayName>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn a_name_fits_into_a_tag_and_a_host() {
        let parse = |text: &str| text.parse::<GatewayName>();
        assert_eq!(parse("a"), Err(GatewayNameError::Length(1)));
        assert!(parse(&"a".repeat(128)).is_ok());
        assert_eq!(parse(&"a".repeat(129)), Err(GatewayNameError::Length(129)));
        for name in ["a_b", "a b", "ä.example", ".a", "a.", "-a", "a-", "a..b", "a/b"] {
            assert_eq!(parse(name), Err(GatewayNameError::Characters), "{name}");
        }
    }
}

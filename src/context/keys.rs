//! The condition keys of the gateway, each with the source of its value. docs/policy.md shows the same table.

/// Where the value of a key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// The gateway verified it, measured it or stamps it.
    Gateway,
    /// The gateway's configuration says it.
    Configuration,
    /// The arguments of the call, which decide what AWS is asked to do.
    Arguments,
    /// AWS told it of the resource; looked up where the outcome depends on it.
    Aws,
    /// The client says it of itself, and may say what it likes: good to tell honest clients apart, and for nothing else.
    Client,
}

impl Source {
    /// The word in documentation and warnings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Configuration => "configuration",
            Self::Arguments => "arguments",
            Self::Aws => "AWS",
            Self::Client => "client",
        }
    }
}

/// A key that can be set. A name that ends with a slash is the beginning of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownKey {
    /// The key, or its beginning.
    pub name: &'static str,
    /// Where its value comes from.
    pub source: Source,
    /// Whether it can have several values at once.
    pub several: bool,
}

const fn one(name: &'static str, source: Source) -> KnownKey {
    KnownKey { name, source, several: false }
}

const fn several(name: &'static str, source: Source) -> KnownKey {
    KnownKey { name, source, several: true }
}

/// `true` on every call: an agent speaks through the gateway.
pub const VIA_MCP: &str = "aws:ViaAWSMCPService";
/// The gateway's name.
pub const CALLED_VIA_MCP: &str = "aws:CalledViaAWSMCP";

/// Every key that can be set.
pub const KEYS: &[KnownKey] = &[
    one(VIA_MCP, Source::Gateway),
    one(CALLED_VIA_MCP, Source::Configuration),
    one("aws:PrincipalArn", Source::Configuration),
    one("aws:PrincipalAccount", Source::Configuration),
    one("aws:PrincipalType", Source::Gateway),
    one("aws:PrincipalIsAWSService", Source::Gateway),
    one("aws:PrincipalTag/", Source::Configuration),
    one("aws:SourceIdentity", Source::Gateway),
    one("aws:SourceIp", Source::Gateway),
    one("aws:SecureTransport", Source::Gateway),
    one("aws:CurrentTime", Source::Gateway),
    one("aws:EpochTime", Source::Gateway),
    one("aws:RequestedRegion", Source::Configuration),
    one("aws:ResourceAccount", Source::Configuration),
    one("aws:ViaAWSService", Source::Gateway),
    one("aws:RequestTag/", Source::Arguments),
    several("aws:TagKeys", Source::Arguments),
    one("iam:PolicyARN", Source::Arguments),
    one("iam:PermissionsBoundary", Source::Arguments),
    one("aws:ResourceTag/", Source::Aws),
    one("iam:ResourceTag/", Source::Aws),
    one("mcp:ToolName", Source::Gateway),
    one("mcp:ToolEffect", Source::Gateway),
    one("mcp:Environment", Source::Gateway),
    one("mcp:Authentication", Source::Gateway),
    one("mcp:RoleMapping", Source::Configuration),
    one("mcp:Confirmation", Source::Configuration),
    one("aws:UserAgent", Source::Client),
    one("mcp:ClientName", Source::Client),
];

/// What is known of a key, in any letter case; `None` for one that is never set.
#[must_use]
pub fn known(key: &str) -> Option<&'static KnownKey> {
    KEYS.iter().find(|known| {
        let name = known.name;
        if name.ends_with('/') {
            key.len() > name.len() && key.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
        } else {
            key.eq_ignore_ascii_case(name)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_in_any_case_and_with_any_tag() {
        for (key, source) in [
            ("aws:viaawsmcpservice", Some(Source::Gateway)),
            ("AWS:PrincipalTag/Team", Some(Source::Configuration)),
            ("aws:principaltag/", None),
            ("aws:PrincipalTag", None),
            ("iam:ResourceTag/a/b", Some(Source::Aws)),
            ("mcp:clientname", Some(Source::Client)),
            ("aws:SourceVpce", None),
            ("aws:MultiFactorAuthPresent", None),
            ("s3:prefix", None),
        ] {
            assert_eq!(known(key).map(|known| known.source), source, "{key}");
        }
    }

    #[test]
    fn the_documentation_shows_the_same_table() {
        let documentation = include_str!("../../docs/policy.md");
        let rows: Vec<(&str, &str)> = documentation
            .lines()
            .filter_map(|line| {
                let cells: Vec<&str> = line.split('|').map(str::trim).collect();
                match cells.as_slice() {
                    ["", key, source, _, ""]
                        if key.starts_with("`aws:") || key.starts_with("`iam:") || key.starts_with("`mcp:") =>
                    {
                        Some((key.trim_matches('`').trim_end_matches('*'), *source))
                    }
                    _ => None,
                }
            })
            .collect();
        let known: Vec<(&str, &str)> = KEYS.iter().map(|key| (key.name, key.source.as_str())).collect();
        assert_eq!(rows, known);
    }
}

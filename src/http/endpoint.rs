//! Which service and which environment a path names.

use http::StatusCode;
use http::request::Parts;

use super::gate::Gate;
use super::protected_resource::WELL_KNOWN;
use super::refusal::Refusal;

/// What answers at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// MCP.
    Mcp,
    /// What persons say to the plans of others' agents.
    Approvals,
    /// Gateway credentials for a proof of identity.
    Exchange,
}

impl Service {
    const ALL: [Self; 3] = [Self::Mcp, Self::Approvals, Self::Exchange];

    /// Its path for the default environment.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Mcp => "/mcp",
            Self::Approvals => "/approvals",
            Self::Exchange => "/credentials",
        }
    }

    /// Its path for a named environment, as the router and the log write it.
    pub(crate) fn named_path(self) -> &'static str {
        match self {
            Self::Mcp => "/mcp/{environment}",
            Self::Approvals => "/approvals/{environment}",
            Self::Exchange => "/credentials/{environment}",
        }
    }
}

/// The endpoint a request was sent to; in the extensions of every request to a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// What answers there.
    pub service: Service,
    /// What stands after `/mcp/`: 1 to 32 of `a-z`, `0-9` and `-`. `None` for `/mcp`, the default environment. Whether
    /// there is such an environment is not known here, so that only a verified caller finds out.
    pub environment: Option<String>,
}

impl Endpoint {
    /// The endpoint of a path as it stands in the request line. An escaped letter is another path, as it is to SigV4.
    pub(super) fn of(path: &str) -> Option<Self> {
        let (service, environment) =
            Service::ALL.into_iter().find_map(|service| Some((service, path.strip_prefix(service.path())?)))?;
        if environment.is_empty() {
            return Some(Self { service, environment: None });
        }
        let environment = environment.strip_prefix('/')?;
        let is_name = (1..=32).contains(&environment.len())
            && environment.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        is_name.then(|| Self { service, environment: Some(environment.to_owned()) })
    }

    /// What kind of path it is, for the log: the path itself is whatever a client sends, tokens of other services among it.
    pub(crate) fn kind(path: &str) -> &'static str {
        if path.strip_prefix(WELL_KNOWN).and_then(Self::of).is_some() {
            return WELL_KNOWN;
        }
        match Self::of(path) {
            Some(Self { service, environment: None }) => service.path(),
            Some(Self { service, environment: Some(_) }) => service.named_path(),
            None => "other",
        }
    }
}

/// Lets requests to a possible endpoint pass, and names it.
#[derive(Debug)]
pub(crate) struct NamedEndpoint;

impl<B> Gate<B> for NamedEndpoint {
    fn check(&self, head: &mut Parts, _: &B) -> Result<(), Refusal> {
        let endpoint = Endpoint::of(head.uri.path()).ok_or_else(not_found)?;
        head.extensions.insert(endpoint);
        Ok(())
    }
}

/// The answer to every path that is not served.
pub(crate) fn not_found() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path")
        .with_hint("the MCP endpoint is /mcp or /mcp/{environment}, without a trailing slash")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_names_the_environment() {
        assert_eq!(Endpoint::of("/mcp"), Some(Endpoint { service: Service::Mcp, environment: None }));
        let approvals = Endpoint { service: Service::Approvals, environment: Some("dev".into()) };
        assert_eq!(Endpoint::of("/approvals/dev"), Some(approvals));
        assert_eq!(
            Endpoint::of("/mcp/dev-2"),
            Some(Endpoint { service: Service::Mcp, environment: Some("dev-2".into()) })
        );
    }

    #[test]
    fn other_paths_are_no_endpoint() {
        let long = format!("/mcp/{}", "a".repeat(33));
        for path in [
            "/",
            "/mcp/",
            "/mcpx",
            "/mcp/Dev",
            "/mcp/%64ev",
            "/mcp/dev/",
            "/mcp/dev/x",
            "/MCP",
            "//mcp",
            "/approvals/",
            &long,
        ] {
            assert_eq!(Endpoint::of(path), None, "{path}");
        }
    }
}

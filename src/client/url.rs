//! The URLs of a gateway.

use super::ClientError;
use crate::config::is_loopback;
use crate::http::Service;

/// The URL of an endpoint, if it may be spoken to: `https`, or plain `http` to this machine.
///
/// # Errors
/// [`ClientError::Url`].
pub fn parse(url: &str) -> Result<http::Uri, ClientError> {
    let parsed: http::Uri = url.parse().map_err(|_| {
        ClientError::Url(format!(
            "{url} is not a URL; write https://HOST/mcp, or http://127.0.0.1:PORT/mcp for this machine"
        ))
    })?;
    match parsed.scheme_str() {
        Some("https") => Ok(parsed),
        Some("http") if is_loopback(parsed.host().unwrap_or_default()) => Ok(parsed),
        Some("http") => Err(ClientError::Url(format!("{url}: plain http goes to this machine only; use https"))),
        _ => Err(ClientError::Url(format!("{url} must begin with https://, or http:// for this machine"))),
    }
}

/// Where a service is, beside the MCP endpoint of the same environment: `/credentials` for `/mcp`, `/credentials/prod` for
/// `/mcp/prod`. The service's own URL is taken, too.
///
/// # Errors
/// When this is the URL of neither.
pub fn beside(url: &str, service: Service) -> Result<String, String> {
    let (start, path) =
        url.find("://").and_then(|at| Some(url.split_at(at + 3 + url[at + 3..].find('/')?))).unwrap_or((url, ""));
    let environment = [Service::Mcp, service].into_iter().find_map(|known| path.strip_prefix(known.path()));
    match environment {
        Some(environment) if environment.is_empty() || environment.starts_with('/') => {
            Ok(format!("{start}{}{}", service.path(), environment.trim_end_matches('/')))
        }
        _ => Err(format!("{url} is not the URL of a gateway's MCP endpoint; it ends in /mcp or /mcp/ENVIRONMENT")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_stands_beside_the_mcp_endpoint() {
        for (url, approvals, credentials) in [
            ("https://gateway.example/mcp", "https://gateway.example/approvals", "https://gateway.example/credentials"),
            (
                "http://127.0.0.1:8080/mcp/dev-2",
                "http://127.0.0.1:8080/approvals/dev-2",
                "http://127.0.0.1:8080/credentials/dev-2",
            ),
            ("https://mcp.example/mcp/", "https://mcp.example/approvals", "https://mcp.example/credentials"),
        ] {
            assert_eq!(beside(url, Service::Approvals).as_deref(), Ok(approvals));
            assert_eq!(beside(url, Service::Exchange).as_deref(), Ok(credentials));
            assert_eq!(beside(credentials, Service::Exchange).as_deref(), Ok(credentials));
        }
        assert!(beside("https://gateway.example/approvals/prod", Service::Exchange).is_err());
        for url in ["https://gateway.example", "https://gateway.example/", "https://gateway.example/mcpx", "mcp", ""] {
            assert!(beside(url, Service::Approvals).is_err(), "{url}");
        }
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for url in [
            "https://gateway.example/mcp",
            "http://127.0.0.1:1/mcp",
            "http://[::1]/mcp",
            "http://localhost/mcp",
            "http://LOCALHOST/mcp",
        ] {
            assert!(parse(url).is_ok(), "{url}");
        }
        for url in ["http://gateway.example/mcp", "http://127.0.0.1.example/mcp", "ftp://127.0.0.1/", "/mcp", "", "a b"]
        {
            assert!(matches!(parse(url), Err(ClientError::Url(_))), "{url}");
        }
    }
}

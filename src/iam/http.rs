//! The connections to AWS: one pool for everything, to hosts that the gateway chose.

use std::net::IpAddr;

use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::shared::IntoShared;

/// The connection pool for all calls to AWS: rustls on aws-lc, no proxy variables, keep-alive.
#[must_use]
pub fn connections() -> SharedHttpClient {
    let pool = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https();
    Shared(pool).into_shared()
}

/// Forwards `http_connector` alone.
///
/// With the pool itself, every `Client::from_conf` builds a TLS connector only to validate it and throws it away, which
/// costs about 80 µs for each tool call; wrapped, it costs about 10.
#[derive(Debug, Clone)]
struct Shared(SharedHttpClient);

impl HttpClient for Shared {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

/// Connections for finding the gateway's own credentials: to AWS, the instance and container metadata services, and an
/// agent on loopback (`AWS_CONTAINER_CREDENTIALS_FULL_URI`) that is asked and shown nothing; nowhere else.
///
/// The SDK's credential providers build STS clients of their own that obey `AWS_ENDPOINT_URL`; a variable that somebody
/// slipped into the environment must not decide who is shown the gateway's web identity token.
#[must_use]
pub fn credential_connections() -> SharedHttpClient {
    OnlyAws(connections()).into_shared()
}

#[derive(Debug, Clone)]
struct OnlyAws(SharedHttpClient);

impl HttpClient for OnlyAws {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(OnlyAwsConnector(self.0.http_connector(settings, components)))
    }
}

#[derive(Debug)]
struct OnlyAwsConnector(SharedHttpConnector);

impl HttpConnector for OnlyAwsConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let host = request
            .uri()
            .parse::<http::Uri>()
            .ok()
            .and_then(|uri| Some((uri.scheme_str()?.to_owned(), uri.host()?.to_owned())));
        match host {
            Some((scheme, host)) if may_give_credentials(request.method(), &scheme, &host) => self.0.call(request),
            _ => HttpConnectorFuture::ready(Err(ConnectorError::user(
                "credentials are fetched from AWS and its metadata services only; AWS_ENDPOINT_URL is not obeyed"
                    .into(),
            ))),
        }
    }
}

/// Whether `host` may be asked for, or be shown, the gateway's own credentials.
///
/// An agent on loopback answers a GET. A POST is an API call such as AssumeRoleWithWebIdentity, whose body is the
/// gateway's token: it goes to loopback only when `AWS_ENDPOINT_URL` was obeyed.
fn may_give_credentials(method: &str, scheme: &str, host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    if let Ok(address) = host.parse::<IpAddr>() {
        // The metadata services' fixed addresses: IMDS, ECS task roles, EKS Pod Identity, and their IPv6 forms.
        const METADATA: [&str; 5] =
            ["169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23"];
        return (address.is_loopback() && method == "GET")
            || METADATA.iter().any(|metadata| metadata.parse::<IpAddr>().is_ok_and(|known| known == address));
    }
    const SUFFIXES: [&str; 7] = [
        ".amazonaws.com",
        ".amazonaws.com.cn",
        ".amazonaws.eu",
        ".c2s.ic.gov",
        ".sc2s.sgov.gov",
        ".api.aws",
        ".api.amazonwebservices.com.cn",
    ];
    scheme == "https" && SUFFIXES.iter().any(|suffix| host.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_come_from_aws_its_metadata_services_and_loopback_only() {
        for (method, scheme, host) in [
            ("POST", "https", "sts.us-east-1.amazonaws.com"),
            ("GET", "http", "169.254.170.23"),
            ("PUT", "http", "[fd00:ec2::254]"),
            ("GET", "http", "127.0.0.1"),
        ] {
            assert!(may_give_credentials(method, scheme, host), "{host}");
        }
        for (method, scheme, host) in [
            ("POST", "http", "sts.us-east-1.amazonaws.com"),
            ("POST", "https", "sts.example.com"),
            ("POST", "https", "amazonaws.com.example.com"),
            ("POST", "https", "evilamazonaws.com"),
            ("GET", "http", "169.254.169.253"),
            ("GET", "http", "10.0.0.1"),
            ("POST", "http", "127.0.0.1"),
            ("POST", "https", "[::1]"),
        ] {
            assert!(!may_give_credentials(method, scheme, host), "{method} {host}");
        }
    }
}

//! The connections to AWS: one pool for everything, to hosts that the gateway chose.

use std::net::IpAddr;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::shared::IntoShared;

use super::sts_host::StsHost;

/// The connection pool for all calls to AWS: rustls on aws-lc, no proxy variables, keep-alive.
#[must_use]
pub fn connections() -> SharedHttpClient {
    connections_with(SystemResolver)
}

/// The same, with names resolved by `resolver`.
pub(super) fn connections_with(resolver: impl ResolveDns + Clone + 'static) -> SharedHttpClient {
    let builder = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    Shared(builder.build_with_resolver(resolver)).into_shared()
}

/// The machine's own resolver, as the pool would ask it; but its failures are of a type by which they can be told.
#[derive(Debug, Clone, Copy)]
struct SystemResolver;

impl ResolveDns for SystemResolver {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let found = tokio::net::lookup_host((name, 0)).await.map_err(ResolveDnsError::new)?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// The connections of whoever sends requests that somebody else signed: as those of [`connections`], in a pool of their own.
#[must_use]
pub fn forwarding() -> Connector {
    Connector::builder().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build()
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

/// Connections for finding the gateway's own credentials: to AWS's STS, the instance and container metadata services, and
/// an agent on loopback (`AWS_CONTAINER_CREDENTIALS_FULL_URI`) that is asked with GET alone; nowhere else.
///
/// The SDK's credential providers build STS clients of their own that obey `AWS_ENDPOINT_URL`; a variable that somebody
/// slipped into the environment must not decide who is shown the gateway's web identity token. What they name is refused
/// here, unless it is AWS's own STS.
#[must_use]
pub fn credential_connections() -> SharedHttpClient {
    OnlyAws(connections(), may_give_credentials).into_shared()
}

/// Connections for finding a person's own credentials, on their machine: as [`credential_connections`], and to IAM Identity
/// Center, which gives them for a browser's sign-in.
#[must_use]
pub fn identity_connections() -> SharedHttpClient {
    OnlyAws(connections(), may_give_a_persons).into_shared()
}

/// Whether a request of this method, scheme and host may be made.
type Allowed = fn(&str, &str, &str) -> bool;

#[derive(Debug, Clone)]
struct OnlyAws(SharedHttpClient, Allowed);

impl HttpClient for OnlyAws {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(OnlyAwsConnector(self.0.http_connector(settings, components), self.1))
    }
}

#[derive(Debug)]
struct OnlyAwsConnector(SharedHttpConnector, Allowed);

impl HttpConnector for OnlyAwsConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let host = request
            .uri()
            .parse::<http::Uri>()
            .ok()
            .and_then(|uri| Some((uri.scheme_str()?.to_owned(), uri.host()?.to_owned())));
        match host {
            Some((scheme, host)) if self.1(request.method(), &scheme, &host) => self.0.call(request),
            _ => HttpConnectorFuture::ready(Err(ConnectorError::user(
                "credentials are fetched from AWS's own services only; AWS_ENDPOINT_URL is not obeyed".into(),
            ))),
        }
    }
}

/// Whether `host` may be asked for, or be shown, the gateway's own credentials.
///
/// A POST is an API call such as AssumeRoleWithWebIdentity, whose body is the gateway's token: it goes to AWS's STS alone.
/// Metadata services answer a GET, instance metadata after a PUT for its session token; an agent on loopback, a GET.
fn may_give_credentials(method: &str, scheme: &str, host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    if let Ok(address) = host.parse::<IpAddr>() {
        // The metadata services' fixed addresses: IMDS, ECS task roles, EKS Pod Identity, and their IPv6 forms.
        const METADATA: [&str; 5] =
            ["169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23"];
        let is_metadata =
            METADATA.iter().any(|metadata| metadata.parse::<IpAddr>().is_ok_and(|known| known == address));
        return match method {
            "GET" => is_metadata || address.is_loopback(),
            "PUT" => is_metadata,
            _ => false,
        };
    }
    scheme == "https" && StsHost::of(&host).is_some()
}

/// Whether `host` may be asked for, or be shown, the credentials of a person.
fn may_give_a_persons(method: &str, scheme: &str, host: &str) -> bool {
    may_give_credentials(method, scheme, host) || (scheme == "https" && is_identity_center(&host.to_ascii_lowercase()))
}

/// Whether this is IAM Identity Center's portal or its token service, by the endpoint rules that ship with the SDK:
/// `portal.sso.{region}.{suffix}` and `oidc.{region}.{suffix}`. The region's form matters here as it does for STS.
fn is_identity_center(host: &str) -> bool {
    // Its names are built as those of a region's STS are; it has none without a region.
    let Some(rest) = ["portal.sso.", "oidc."].iter().find_map(|service| host.strip_prefix(service)) else {
        return false;
    };
    let sts = format!("sts.{rest}");
    StsHost::of(&sts).is_some_and(|known| sts != format!("sts.{}", known.partition().dns_suffix()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use aws_sdk_sts::config::{BehaviorVersion, Region as SdkRegion};

    use super::*;

    #[test]
    fn credentials_come_from_sts_metadata_services_and_loopback_only() {
        for (method, scheme, host) in [
            ("POST", "https", "sts.us-east-1.amazonaws.com"),
            ("GET", "http", "169.254.170.23"),
            ("GET", "http", "169.254.169.254"),
            ("PUT", "http", "[fd00:ec2::254]"),
            ("GET", "http", "127.0.0.1"),
            ("GET", "https", "[::1]"),
        ] {
            assert!(may_give_credentials(method, scheme, host), "{method} {host}");
        }
        for (method, scheme, host) in [
            ("POST", "http", "sts.us-east-1.amazonaws.com"),
            ("GET", "http", "169.254.169.253"),
            ("GET", "http", "10.0.0.1"),
            ("POST", "http", "169.254.169.254"),
            ("POST", "http", "127.0.0.1"),
            ("PUT", "http", "127.0.0.1"),
            ("POST", "https", "[::1]"),
            ("GET", "http", "localhost"),
        ] {
            assert!(!may_give_credentials(method, scheme, host), "{method} {host}");
        }
    }

    #[test]
    fn the_names_of_sts_are_known_in_every_partition() {
        for host in [
            "sts.amazonaws.com",
            "sts.eu-central-1.amazonaws.com",
            "STS.mx-central-1.amazonaws.com",
            "sts-fips.us-west-2.amazonaws.com",
            "sts.us-east-1.api.aws",
            "sts-fips.us-gov-east-1.api.aws",
            "sts.us-gov-west-1.amazonaws.com",
            "sts.cn-north-1.amazonaws.com.cn",
            "sts.cn-northwest-1.api.amazonwebservices.com.cn",
            "sts.us-iso-east-1.c2s.ic.gov",
            "sts.us-isob-east-1.sc2s.sgov.gov",
            "sts.eusc-de-east-1.amazonaws.eu",
            "sts.eusc-de-east-1.api.amazonwebservices.eu",
        ] {
            assert!(may_give_credentials("POST", "https", host), "{host}");
        }
    }

    #[test]
    fn names_that_others_can_own_are_not_those_of_sts() {
        for host in [
            "sts.example.com",
            "amazonaws.com",
            "amazonaws.com.example.com",
            "sts.amazonaws.com.example.com",
            "evilamazonaws.com",
            "sts.us-east-1.evilamazonaws.com",
            "abcdef1234.execute-api.us-east-1.amazonaws.com",
            "sts.execute-api.us-east-1.amazonaws.com",
            "bucket.s3.amazonaws.com",
            "sts.s3.amazonaws.com",
            "sts.s3-us-west-2.amazonaws.com",
            "sts-fips.s3.us-east-1.amazonaws.com",
            "sts-1234567890.us-east-1.elb.amazonaws.com",
            "sts.elb-us-east-1.amazonaws.com",
            "sts.vpce-0abc.us-east-1.vpce.amazonaws.com",
            "sts.us-east-1.on.aws",
            "xyz.lambda-url.us-east-1.on.aws",
            "sts.us-east-1.amazonaws.com.cn",
            "sts.cn-north-1.amazonaws.com",
            "sts-fips.amazonaws.com",
            "iam.amazonaws.com",
            "sts..amazonaws.com",
            "sts.us-east-1.amazonaws.com.",
        ] {
            assert!(!may_give_credentials("POST", "https", host), "{host}");
        }
    }

    #[test]
    fn a_persons_credentials_come_from_identity_center_too_and_the_gateways_do_not() {
        for host in [
            "portal.sso.eu-central-1.amazonaws.com",
            "oidc.us-east-1.amazonaws.com",
            "portal.sso.us-gov-west-1.amazonaws.com",
            "oidc.cn-north-1.amazonaws.com.cn",
        ] {
            assert!(may_give_a_persons("POST", "https", host), "{host}");
            assert!(!may_give_a_persons("POST", "http", host), "{host}");
            assert!(!may_give_credentials("POST", "https", host), "{host}");
        }
        for host in [
            "oidc.amazonaws.com",
            "oidc.cloud.adc-e.uk",
            "oidc.s3.amazonaws.com",
            "portal.sso.s3.amazonaws.com",
            "portal.sso.us-east-1.amazonaws.com.example.com",
            "oidc.eks.us-east-1.amazonaws.com",
            "oidc.us-east-1.elb.amazonaws.com",
            "d-1234567890.awsapps.com",
        ] {
            assert!(!may_give_a_persons("POST", "https", host), "{host}");
        }
    }

    /// Counts the requests that get through, and answers none.
    #[derive(Debug, Clone, Default)]
    struct Counting(Arc<AtomicUsize>);

    impl HttpClient for Counting {
        fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
            SharedHttpConnector::new(self.clone())
        }
    }

    impl HttpConnector for Counting {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            self.0.fetch_add(1, Ordering::Relaxed);
            HttpConnectorFuture::ready(Err(ConnectorError::user("counted".into())))
        }
    }

    /// The requests with a web identity token that a real STS client gets through to `endpoint`.
    async fn token_requests_to(endpoint: &str) -> usize {
        let counting = Counting::default();
        let config = aws_sdk_sts::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(SdkRegion::new("us-east-1"))
            .endpoint_url(endpoint)
            .retry_config(aws_sdk_sts::config::retry::RetryConfig::disabled())
            .http_client(OnlyAws(counting.clone().into_shared(), may_give_credentials))
            .build();
        let call = aws_sdk_sts::Client::from_conf(config)
            .assume_role_with_web_identity()
            .role_arn("arn:aws:iam::123456789012:role/gateway")
            .role_session_name("gateway")
            .web_identity_token("a-web-identity-token");
        assert!(call.send().await.is_err());
        counting.0.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn a_web_identity_token_gets_through_to_sts_alone() {
        assert_eq!(token_requests_to("https://sts.eu-west-1.amazonaws.com").await, 1);
        for endpoint in [
            "https://abcdef1234.execute-api.us-east-1.amazonaws.com",
            "https://sts.s3.amazonaws.com",
            "https://sts-1234567890.us-east-1.elb.amazonaws.com",
            "http://sts.us-east-1.amazonaws.com",
            "http://127.0.0.1:9",
            "http://169.254.170.23",
        ] {
            assert_eq!(token_requests_to(endpoint).await, 0, "{endpoint}");
        }
    }
}

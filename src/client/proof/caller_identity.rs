//! Signed GetCallerIdentity requests. They are not sent to STS from here: the gateway does that.

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use data_encoding::BASE64URL_NOPAD;
use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};

use super::sts::StsEndpoint;
use super::{Prove, told};
use crate::client::keys::NoKeys;
use crate::client::sign::{self, Scope};
use crate::clock::SharedClock;
use crate::exchange::request::{Proof, SignedRequest};

/// The header that says for which gateway a proof is, and to which key its reply is sealed. It is signed.
const AUDIENCE: &str = "x-iam-mcp-gateway-id";

/// The request, as STS's query interface takes it
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>).
const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// Proves who holds AWS credentials.
#[derive(Debug)]
pub struct CallerIdentity {
    /// Whose identity.
    pub credentials: SharedCredentialsProvider,
    /// Which STS will be asked.
    pub endpoint: StsEndpoint,
    /// The gateway's audience.
    pub audience: String,
    /// When.
    pub clock: SharedClock,
}

impl CallerIdentity {
    async fn signed(&self, public_key: &[u8]) -> Result<SignedRequest, NoKeys> {
        let credentials = identity(&self.credentials).await?;
        let url = format!("{}/", self.endpoint.url());
        let failed = |error: &dyn std::fmt::Display| NoKeys {
            message: format!("the proof cannot be signed: {error}"),
            hint: None,
        };
        let parsed: http::Uri = url.parse().map_err(|error| failed(&error))?;
        let host = parsed.authority().map(ToString::to_string).unwrap_or_default();
        let audience = format!("{};key={}", self.audience, BASE64URL_NOPAD.encode(&Sha256::digest(public_key)));
        let headers = [
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("host", host.as_str()),
            (AUDIENCE, audience.as_str()),
        ];
        let scope = Scope { service: "sts".to_owned(), region: self.endpoint.region().as_str().to_owned() };
        let added = sign::headers("POST", &parsed, &headers, BODY.as_bytes(), &credentials, &scope, self.clock.now())
            .map_err(|error| failed(&error))?;
        let given = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let added = added.into_iter().map(|(name, value)| (name.to_owned(), value));
        Ok(SignedRequest {
            method: "POST".to_owned(),
            url,
            headers: given.chain(added).collect(),
            body: BODY.to_owned(),
        })
    }
}

impl Prove for CallerIdentity {
    fn prove<'a>(&'a self, public_key: &'a [u8]) -> BoxFuture<'a, Result<Proof, NoKeys>> {
        Box::pin(async move { Ok(Proof::CallerIdentity(self.signed(public_key).await?)) })
    }
}

/// AWS credentials that prove somebody's identity to AWS: keys that a gateway issued do not.
pub(super) async fn identity(
    provider: &SharedCredentialsProvider,
) -> Result<aws_credential_types::Credentials, NoKeys> {
    let credentials = provider.provide_credentials().await.map_err(|error| NoKeys {
        message: format!("no AWS credentials were found that prove who you are ({})", told(&error)),
        hint: Some(
            "sign in (aws sso login --profile NAME), or name a profile that has credentials with --profile; `aws sts \
             get-caller-identity --profile NAME` shows whether AWS takes them"
                .to_owned(),
        ),
    })?;
    if credentials.access_key_id().starts_with("IMG") {
        return Err(NoKeys {
            message: "these credentials are a gateway's already: AWS does not know them, so they prove nothing to it"
                .to_owned(),
            hint: Some("name the profile of your AWS identity with --profile".to_owned()),
        });
    }
    Ok(credentials)
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;
    use jiff::Timestamp;

    use super::*;
    use crate::clock::ManualClock;

    fn prover(access_key_id: &str, token: Option<&str>) -> CallerIdentity {
        let keys = Credentials::new(access_key_id, "the-secret", token.map(ToOwned::to_owned), None, "test");
        CallerIdentity {
            credentials: SharedCredentialsProvider::new(keys),
            endpoint: StsEndpoint::new("eu-central-1".parse().unwrap(), None),
            audience: "iam-mcp.example.internal".to_owned(),
            clock: ManualClock::at("2026-11-27T12:00:00Z".parse::<Timestamp>().unwrap()),
        }
    }

    fn value<'a>(request: &'a SignedRequest, name: &str) -> Option<&'a str> {
        let mut values = request.headers.iter().filter(|(given, _)| given == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} stands there twice");
        value
    }

    #[tokio::test]
    async fn the_request_is_exactly_what_sts_is_asked_with_a_signed_audience() {
        let request = prover("ASIAEXAMPLE", Some("the-session")).signed(b"a public key").await.unwrap();
        assert_eq!(
            (request.method.as_str(), request.url.as_str()),
            ("POST", "https://sts.eu-central-1.amazonaws.com/")
        );
        assert_eq!(request.body, "Action=GetCallerIdentity&Version=2011-06-15");
        assert_eq!(value(&request, "host"), Some("sts.eu-central-1.amazonaws.com"));
        assert_eq!(value(&request, "x-amz-date"), Some("20261127T120000Z"));
        assert_eq!(value(&request, "x-amz-security-token"), Some("the-session"));
        let hash = BASE64URL_NOPAD.encode(&Sha256::digest(b"a public key"));
        let audience = format!("iam-mcp.example.internal;key={hash}");
        assert_eq!(value(&request, AUDIENCE), Some(audience.as_str()));
        let authorization = value(&request, "authorization").unwrap();
        assert!(authorization.contains("/20261127/eu-central-1/sts/aws4_request"), "{authorization}");
        let signed = "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-iam-mcp-gateway-id,";
        assert!(authorization.contains(signed), "{authorization}");
        assert_eq!(request.headers.len(), 6);
    }

    #[tokio::test]
    async fn without_a_session_there_is_no_token_header() {
        let request = prover("AKIAEXAMPLE", None).signed(b"key").await.unwrap();
        assert_eq!(value(&request, "x-amz-security-token"), None);
        let authorization = value(&request, "authorization").unwrap();
        assert!(authorization.contains("SignedHeaders=content-type;host;x-amz-date;x-iam-mcp-gateway-id,"));
    }

    #[tokio::test]
    async fn no_secret_is_seen_in_debug() {
        let prover = prover("ASIAEXAMPLE", Some("the-session"));
        let proof = prover.prove(b"key").await.unwrap();
        let shown = format!("{prover:?} {proof:?}");
        assert!(!shown.contains("the-secret") && !shown.contains("the-session"), "{shown}");
        assert!(!shown.contains("Signature="), "{shown}");
    }

    #[tokio::test]
    async fn a_gateways_own_keys_prove_nothing_to_aws() {
        for id in ["IMGKEXAMPLE", "IMGTEXAMPLE"] {
            let refused = prover(id, None).signed(b"key").await.unwrap_err();
            assert!(refused.hint.unwrap().contains("--profile"), "{id}");
        }
    }
}

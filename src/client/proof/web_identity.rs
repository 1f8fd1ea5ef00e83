//! Tokens of AWS's STS for an outside service (`GetWebIdentityToken`).

use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::Client;
use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use futures_util::future::BoxFuture;

use super::caller_identity::identity;
use super::sts::StsEndpoint;
use super::{Prove, told};
use crate::client::keys::NoKeys;
use crate::exchange::request::Proof;
use crate::iam::ClientSettings;
use crate::iam::http::connections;
use crate::secret::Secret;
use crate::tools::text;

/// How long a token is good for, in seconds: the shortest that STS gives, since it is shown at once
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html>). What is given for it may last longer:
/// of a session the token tells the end, which that follows; for an IAM user's keys the role mapping says how long.
const SECONDS: i32 = 60;

/// What tokens are signed with: the gateway accepts RS256, too, but this is the shorter.
const ALGORITHM: &str = "ES384";

/// How STS is asked.
const SETTINGS: ClientSettings = ClientSettings {
    connect: Duration::from_secs(5),
    attempt: Duration::from_secs(10),
    operation: Duration::from_secs(20),
    attempts: 3,
};

/// Proves who holds AWS credentials by a token of STS.
#[derive(Debug)]
pub struct WebIdentity {
    /// Whose identity.
    pub credentials: SharedCredentialsProvider,
    /// Which STS is asked.
    pub endpoint: StsEndpoint,
    /// The gateway's audience.
    pub audience: String,
}

impl WebIdentity {
    async fn token(&self) -> Result<Secret, NoKeys> {
        let credentials = identity(&self.credentials).await?;
        let credentials = SharedCredentialsProvider::new(credentials);
        let sleep = SharedAsyncSleep::new(TokioSleep::new());
        let client = Client::new(&SETTINGS.sdk(&self.endpoint.sdk(), credentials, connections(), sleep));
        let asked = client
            .get_web_identity_token()
            .audience(&self.audience)
            .signing_algorithm(ALGORITHM)
            .duration_seconds(SECONDS)
            .send()
            .await;
        let answer = asked.map_err(|error| match (error.code(), error.message()) {
            (Some(code), message) => NoKeys {
                message: format!(
                    "STS gives no web identity token: {}",
                    text::visible(&format!("{code}: {}", message.unwrap_or_default()))
                ),
                hint: Some(hint(code)),
            },
            (None, _) => NoKeys { message: format!("STS cannot be asked: {}", told(&error)), hint: None },
        })?;
        let token = answer.web_identity_token().filter(|token| !token.is_empty());
        token
            .map(|token| Secret::new(token.to_owned()))
            .ok_or_else(|| NoKeys { message: "STS answered without a web identity token".to_owned(), hint: None })
    }
}

fn hint(code: &str) -> String {
    match code {
        "OutboundWebIdentityFederationDisabled" | "OutboundWebIdentityFederationDisabledException" => {
            "an administrator of the account must enable outbound identity federation (iam:EnableOutboundWebIdentityFederation)"
        }
        "AccessDenied" | "AccessDeniedException" => "the identity needs sts:GetWebIdentityToken for this audience",
        _ => "--proof caller-identity needs no permission, but proves less",
    }
    .to_owned()
}

impl Prove for WebIdentity {
    fn prove<'a>(&'a self, _public_key: &'a [u8]) -> BoxFuture<'a, Result<Proof, NoKeys>> {
        Box::pin(async move { Ok(Proof::Token(self.token().await?)) })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_credential_types::Credentials;
    use axum::Router;
    use axum::routing::post;
    use http::StatusCode;

    use super::*;

    const GIVEN: &str = "<GetWebIdentityTokenResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
        <GetWebIdentityTokenResult><WebIdentityToken>eyJ.a.b</WebIdentityToken>\
        <Expiration>2026-11-27T12:01:00Z</Expiration></GetWebIdentityTokenResult></GetWebIdentityTokenResponse>";

    fn refusal(code: &str) -> String {
        format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>no\u{202e}</Message></Error><RequestId>x</RequestId></ErrorResponse>"
        )
    }

    /// What an STS that answers so is asked, and what the prover makes of it.
    async fn asked(session: Option<&str>, status: u16, answer: String) -> (String, Result<Secret, NoKeys>) {
        let body = Arc::new(Mutex::new(String::new()));
        let noted = Arc::clone(&body);
        let router = Router::new().route(
            "/",
            post(move |asked: String| async move {
                *noted.lock().unwrap() = asked;
                (StatusCode::from_u16(status).unwrap(), answer)
            }),
        );
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let keys = Credentials::new("AKIAEXAMPLE", "secret", session.map(ToOwned::to_owned), None, "test");
        let prover = WebIdentity {
            credentials: SharedCredentialsProvider::new(keys),
            endpoint: StsEndpoint::new("eu-west-1".parse().unwrap(), Some(endpoint)),
            audience: "iam-mcp.example.internal".to_owned(),
        };
        let token = prover.token().await;
        let body = body.lock().unwrap().clone();
        (body, token)
    }

    #[tokio::test]
    async fn a_token_is_asked_for_the_one_audience_and_as_briefly_as_sts_gives_one() {
        for session in [Some("session"), None] {
            let (body, token) = asked(session, 200, GIVEN.to_owned()).await;
            assert_eq!(token.unwrap().expose(), "eyJ.a.b");
            for parameter in [
                "Action=GetWebIdentityToken".to_owned(),
                "Audience.member.1=iam-mcp.example.internal".to_owned(),
                "SigningAlgorithm=ES384".to_owned(),
                "DurationSeconds=60".to_owned(),
            ] {
                assert!(body.split('&').any(|one| one == parameter), "{parameter} is not in {body}");
            }
            assert!(!body.contains("member.2"), "{body}");
        }
    }

    #[tokio::test]
    async fn what_sts_refuses_is_told_with_what_to_do() {
        for (code, said) in [
            ("OutboundWebIdentityFederationDisabled", "EnableOutboundWebIdentityFederation"),
            ("AccessDenied", "sts:GetWebIdentityToken"),
            ("SomethingElse", "--proof caller-identity"),
        ] {
            let (_, refused) = asked(None, 403, refusal(code)).await;
            let refused = refused.unwrap_err();
            assert!(refused.message.contains(code), "{refused}");
            assert!(!refused.message.contains('\u{202e}'), "{refused}");
            assert!(refused.hint.unwrap().contains(said));
        }
    }

    #[tokio::test]
    async fn an_answer_without_a_token_is_none() {
        let empty = GIVEN.replace("eyJ.a.b", "");
        assert!(asked(None, 200, empty).await.1.is_err());
    }
}

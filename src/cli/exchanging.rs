//! How a command comes to gateway credentials: whose AWS identity they are exchanged for, and how it is proved.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::Failure;
use crate::arn::Region;
use crate::client::cache::{Shape, usual_folder};
use crate::client::exchange::Exchange;
use crate::client::exchanged::{ExchangedKeys, Place};
use crate::client::identity::AwsIdentity;
use crate::client::proof::Prove;
use crate::client::proof::caller_identity::CallerIdentity;
use crate::client::proof::sts::StsEndpoint;
use crate::client::proof::token_file::TokenFile;
use crate::client::proof::web_identity::WebIdentity;
use crate::client::url;
use crate::clock::SystemClock;
use crate::config::{AUDIENCE, Environment, LoopbackUrl, is_audience};

/// Variables that decide whose identity the usual chain finds.
const DECIDING: [&str; 10] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ROLE_ARN",
    // A part of the caller's name, where a role is assumed with a token.
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "HOME",
];

/// How gateway credentials are had.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Gateway credentials, where AWS's own are exchanged for them")]
pub struct Exchanging {
    /// The profile of AWS's tools to take credentials from; without it, the usual chain.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// The file that profiles stand in, in place of ~/.aws/config.
    #[arg(long, value_name = "FILE")]
    pub aws_config: Option<PathBuf>,
    /// How the identity is proved: by a signed GetCallerIdentity request (the usual), or by a token of STS.
    #[arg(long, value_enum)]
    pub proof: Option<Proof>,
    /// Show the token in this file, which your platform renews, in place of an AWS identity.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["proof", "profile", "sts_endpoint", "sts_region"])]
    pub web_identity_token_file: Option<PathBuf>,
    /// The audience that the gateway expects of proofs; without it, the host of its URL.
    #[arg(long, value_parser = audience)]
    pub audience: Option<String>,
    /// The region whose STS confirms the identity; without it, the profile's or AWS_REGION.
    #[arg(long, value_name = "REGION")]
    pub sts_region: Option<Region>,
    /// An STS on this machine in place of AWS's, as a sandbox has one.
    #[arg(long, value_name = "URL")]
    pub sts_endpoint: Option<LoopbackUrl>,
    /// The folder that credentials are kept in; without it, iam-mcp-gateway/credentials in your cache folder.
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache")]
    pub cache_dir: Option<PathBuf>,
    /// Keep no credentials, and use none that are kept.
    #[arg(long)]
    pub no_cache: bool,
}

/// Kinds of proof that an AWS identity makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Proof {
    /// A signed GetCallerIdentity request, which the gateway has STS answer.
    CallerIdentity,
    /// A token of STS GetWebIdentityToken.
    WebIdentity,
}

impl Proof {
    /// As it is written on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CallerIdentity => "caller-identity",
            Self::WebIdentity => "web-identity",
        }
    }
}

/// As the gateway's configuration takes it.
fn audience(text: &str) -> Result<String, String> {
    if is_audience(text) { Ok(text.to_owned()) } else { Err(format!("write {AUDIENCE}")) }
}

impl Exchanging {
    /// Whose identity.
    #[must_use]
    pub fn identity(&self) -> AwsIdentity {
        AwsIdentity { profile: self.profile.clone(), config: self.aws_config.clone() }
    }

    /// Whether an exchange is asked for, whatever credentials there are.
    #[must_use]
    pub fn is_asked_for(&self) -> bool {
        self.proof.is_some() || self.web_identity_token_file.is_some()
    }

    /// Keys that are exchanged with the gateway whose MCP endpoint is at `mcp`.
    ///
    /// # Errors
    /// When the URL or the identity's profile is unfit.
    pub async fn keys(
        &self,
        mcp: &str,
        timeout: Duration,
        environment: &dyn Environment,
    ) -> Result<ExchangedKeys, Failure> {
        let audience = match &self.audience {
            Some(audience) => audience.clone(),
            None => url::parse(mcp).map_err(Failure::usage)?.host().unwrap_or_default().to_owned(),
        };
        let exchange = Exchange::new(mcp, self.prover(&audience, environment).await?).map_err(Failure::usage)?;
        let shape = self.shape(&exchange.url().to_string(), &audience, environment);
        let cache = self.cache_folder(environment).map(|folder| Place { folder, shape });
        Ok(ExchangedKeys::new(Box::new(exchange), cache, timeout, Arc::new(SystemClock)))
    }

    async fn prover(&self, audience: &str, environment: &dyn Environment) -> Result<Arc<dyn Prove>, Failure> {
        if let Some(file) = &self.web_identity_token_file {
            return Ok(Arc::new(TokenFile(file.clone())));
        }
        let identity = self.identity();
        let region = match &self.sts_region {
            Some(region) => region.clone(),
            None => identity.region(environment).await?,
        };
        let credentials = identity.credentials(&region).await;
        let endpoint = StsEndpoint::new(region, self.sts_endpoint.clone());
        let audience = audience.to_owned();
        Ok(match self.proof.unwrap_or(Proof::CallerIdentity) {
            Proof::CallerIdentity => {
                Arc::new(CallerIdentity { credentials, endpoint, audience, clock: Arc::new(SystemClock) })
            }
            Proof::WebIdentity => Arc::new(WebIdentity { credentials, endpoint, audience }),
        })
    }

    /// Where credentials are kept, if they are. Where nobody has a home, they are not.
    fn cache_folder(&self, environment: &dyn Environment) -> Option<PathBuf> {
        if self.no_cache { None } else { self.cache_dir.clone().or_else(|| usual_folder(environment)) }
    }

    /// What shapes the credentials: whoever asks otherwise, or as somebody else, gets others.
    fn shape(&self, exchange: &str, audience: &str, environment: &dyn Environment) -> Shape {
        let path = |path: &Option<PathBuf>| path.as_deref().map(absolute).map(|path| path.display().to_string());
        let proof = match (&self.web_identity_token_file, self.proof) {
            (Some(_), _) => "token",
            (None, proof) => proof.unwrap_or(Proof::CallerIdentity).as_str(),
        };
        let shape = Shape::default()
            .with("version", Some("1"))
            .with("exchange", Some(exchange))
            .with("audience", Some(audience))
            .with("proof", Some(proof))
            .with("profile", self.profile.as_deref())
            .with("aws_config", path(&self.aws_config).as_deref())
            .with("token", path(&self.web_identity_token_file).as_deref())
            .with("sts_endpoint", self.sts_endpoint.as_ref().map(LoopbackUrl::as_str));
        DECIDING.iter().fold(shape, |shape, name| shape.with(name, environment.get(name).as_deref()))
    }
}

/// The path from the root on, so that it means the same from everywhere.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn environment(variables: &[(&str, &str)]) -> BTreeMap<String, String> {
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn whoever_asks_otherwise_or_is_another_has_another_place_in_the_cache() {
        let plain = Exchanging::default();
        let url = "https://gateway.example/credentials";
        let person = [("AWS_PROFILE", "person")];
        let mut shapes = vec![
            plain.shape(url, "a", &environment(&[])),
            plain.shape(&format!("{url}/dev"), "a", &environment(&[])),
            plain.shape(url, "b", &environment(&[])),
            plain.shape(url, "a", &environment(&person)),
            plain.shape(url, "a", &environment(&[("AWS_ACCESS_KEY_ID", "AKIAONE")])),
            plain.shape(url, "a", &environment(&[("AWS_ACCESS_KEY_ID", "AKIATWO")])),
            plain.shape(url, "a", &environment(&[("AWS_ROLE_SESSION_NAME", "one")])),
            plain.shape(url, "a", &environment(&[("AWS_ROLE_SESSION_NAME", "two")])),
        ];
        for other in [
            Exchanging { profile: Some("person".to_owned()), ..plain.clone() },
            Exchanging { aws_config: Some("/a".into()), ..plain.clone() },
            Exchanging { web_identity_token_file: Some("/a".into()), ..plain.clone() },
            Exchanging { proof: Some(Proof::WebIdentity), ..plain.clone() },
            Exchanging { sts_endpoint: Some("http://127.0.0.1:1".parse().unwrap()), ..plain.clone() },
        ] {
            shapes.push(other.shape(url, "a", &environment(&[])));
        }
        let names: std::collections::BTreeSet<String> = shapes.iter().map(|shape| format!("{shape:?}")).collect();
        assert_eq!(names.len(), shapes.len());
        let same = Exchanging { proof: Some(Proof::CallerIdentity), ..plain.clone() };
        let names = [&plain, &same].map(|one| format!("{:?}", one.shape(url, "a", &environment(&[("PATH", "x")]))));
        assert_eq!(names[0], names[1]);
    }

    #[test]
    fn an_audience_is_what_a_gateway_can_be_configured_with() {
        for good in ["iam-mcp.example.internal", "https://gateway.example/mcp", "x"] {
            assert_eq!(audience(good).as_deref(), Ok(good));
        }
        for bad in ["", "a b", "a;key=x", "a\"", "a\\", "ä", "a\n", &"x".repeat(257)] {
            assert!(audience(bad).is_err(), "{bad:?}");
        }
    }
}

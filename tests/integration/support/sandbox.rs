//! The embedded IAM and STS, in the test's own process: what AWS saw can be looked at without asking anybody.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use iam_mcp_gateway::clock::SystemClock;
use iam_mcp_gateway::http::Drain;
use iam_mcp_gateway::random::SystemRandom;
use iam_mcp_gateway::sandbox::{Sandbox, TokenAlgorithm};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

use super::account::Account;
use super::clients::Keys;

/// A sandbox that serves on a free port; it ends with this value.
pub(crate) struct RunningSandbox {
    sandbox: Sandbox,
    address: SocketAddr,
    url: String,
    drain: Drain,
    server: Option<JoinHandle<()>>,
}

impl RunningSandbox {
    /// One with the believable account in it.
    pub(crate) fn start() -> Self {
        Self::serve(Sandbox::believable(Arc::new(SystemClock), Arc::new(SystemRandom)))
    }

    /// Serves a sandbox.
    pub(crate) fn serve(sandbox: Sandbox) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be had");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let url = format!("http://{address}");
        let drain = Drain::new();
        let served = (sandbox.clone(), drain.clone());
        let server = std::thread::spawn(move || {
            let (sandbox, drain) = served;
            runtime.block_on(sandbox.serve(listener, drain)).expect("it serves on loopback until it is told to end");
        });
        Self { sandbox, address, url, drain, server: Some(server) }
    }

    /// The endpoint, for IAM and for STS.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The issuer of the tokens that GetWebIdentityToken gives.
    pub(crate) fn web_identity_issuer(&self) -> String {
        self.sandbox.web_identity_issuer(self.address)
    }

    /// The issuer of OIDC and OAuth tokens.
    pub(crate) fn oidc_issuer(&self) -> String {
        self.sandbox.oidc_issuer(self.address)
    }

    /// A token of the OIDC issuer with these claims, as a CI system would give it, signed with RS256; `iss` is the
    /// issuer's, unless the claims have one.
    pub(crate) fn oidc_token(&self, claims: Value) -> String {
        self.oidc_token_signed(claims, TokenAlgorithm::Rs256)
    }

    /// The same, signed with RS256, ES256 or EdDSA.
    pub(crate) fn oidc_token_signed(&self, mut claims: Value, algorithm: TokenAlgorithm) -> String {
        let claimed = claims.as_object_mut().expect("claims are an object");
        // The sandbox knows its own address only once its thread runs.
        claimed.entry("iss").or_insert_with(|| self.oidc_issuer().into());
        self.sandbox.oidc_token_signed(claims, algorithm).expect("the issuer has a key of this kind")
    }

    /// What the gateway runs with: a session of its role, as ECS and EKS give.
    pub(crate) fn gateway_keys(&self) -> Keys {
        self.role_keys("iam-mcp-gateway")
    }

    /// A session of a role.
    pub(crate) fn role_keys(&self, role_name: &str) -> Keys {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be had");
        let own = self.sandbox.role_credentials(role_name);
        keys_of(&runtime.block_on(own.provide_credentials()).expect("the account has the role"))
    }

    /// An Identity Center user's session of a role, whose tokens of GetWebIdentityToken name the user.
    pub(crate) fn identity_center_keys(&self, role_name: &str, user_name: &str, user_id: &str) -> Keys {
        let own = self.sandbox.identity_center_credentials(role_name, user_name, user_id);
        keys_of(&own.expect("the account has the role"))
    }

    /// A user's first active access key.
    pub(crate) fn user_keys(&self, user_name: &str) -> Keys {
        let (access_key_id, secret) = self.sandbox.user_keys(user_name).expect("the user has an active key");
        Keys { access_key_id, secret_access_key: secret.expose().to_owned(), session_token: None }
    }

    /// The key of the account's root user, who may arrange what a test needs.
    pub(crate) fn root_keys(&self) -> Keys {
        let (access_key_id, secret) = self.sandbox.root_keys();
        Keys { access_key_id, secret_access_key: secret.expose().to_owned(), session_token: None }
    }

    /// The account's root user, who may do everything.
    pub(crate) fn root(&self) -> Account {
        Account::of(self.url(), &self.root_keys())
    }

    /// What AWS's own trail says.
    pub(crate) fn trail(&self) -> Vec<Value> {
        let events = self.sandbox.trail().events();
        events.iter().map(|event| serde_json::to_value(event).expect("an event is JSON")).collect()
    }

    /// What it says of one operation.
    pub(crate) fn trail_of(&self, operation: &str) -> Vec<Value> {
        self.trail().into_iter().filter(|event| event["eventName"] == operation).collect()
    }
}

fn keys_of(credentials: &Credentials) -> Keys {
    Keys {
        access_key_id: credentials.access_key_id().to_owned(),
        secret_access_key: credentials.secret_access_key().to_owned(),
        session_token: credentials.session_token().map(str::to_owned),
    }
}

impl Drop for RunningSandbox {
    fn drop(&mut self) {
        self.drain.force();
        if let Some(server) = self.server.take() {
            // Its panic is the test's, which may be panicking already.
            let _ended = server.join();
        }
    }
}

//! An IAM and an STS of one's own, with CloudTrail's event history, on loopback: for trying the gateway and for testing it, without an AWS account.
//!
//! The ordinary AWS SDKs talk to it. What comes in at the `door` is verified as AWS verifies it (SigV4, the key's
//! status, session tokens), then `iam` or `sts` acts on the `account`, which is plain data in memory, and the
//! [`trail`] keeps what AWS's own CloudTrail would know of it, which `cloudtrail` tells. Beside them stand two issuers of tokens: `outbound`, of
//! what `sts` calls web identity tokens, and `oidc`, of OAuth's access tokens. Time and identifiers come from outside, so tests are exact.
//!
//! It is an emulator and no security boundary: it listens on loopback only, and nothing in it survives the process.

mod account;
mod aws_managed;
mod call;
mod cloudtrail;
mod constraint;
mod context;
mod denial;
mod door;
mod error;
mod iam;
mod identity;
mod ids;
mod input;
mod judges;
mod jwt;
mod oidc;
mod outbound;
mod perform;
mod permissions;
mod role_credentials;
mod secret_parameters;
mod seed;
mod service;
mod state;
mod sts;
#[cfg(test)]
mod testing;
pub mod trail;
mod xml;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use tokio::net::TcpListener;

use self::account::{Account, KeyStatus};
use self::ids::IdKind;
use self::role_credentials::RoleCredentials;
use self::state::Shared;
use self::sts::session::AssumedRole;
use crate::arn::{AccountId, Partition};
use crate::clock::SharedClock;
use crate::http::{self, Drain, Ended, Metrics, ServerLimits};
use crate::random::SharedRandom;
use crate::secret::Secret;

pub use self::jwt::TokenAlgorithm;
pub use self::trail::Trail;

/// The id of every sandbox's account: the one of AWS's own examples.
pub const ACCOUNT_ID: &str = "123456789012";

/// An account with its IAM and STS. Clones are the same account.
///
/// Every call is judged as AWS judges it: by the policies of the caller and its groups, its permissions boundary and its
/// session's policies, with the condition keys that each action has; AssumeRole by trust policies, too.
#[derive(Debug, Clone)]
pub struct Sandbox(Arc<Shared>);

/// How much an account holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Users.
    pub users: usize,
    /// Groups.
    pub groups: usize,
    /// Roles.
    pub roles: usize,
}

/// Why the sandbox does not serve.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Its keys are no secret to who reads its code, so nobody but this machine may reach it.
    #[error("the sandbox serves on loopback only, and not on {0}")]
    NotLoopback(SocketAddr),
    /// The listener does not say where it listens.
    #[error("the listener is of no use: {0}")]
    Listener(#[from] io::Error),
}

impl Sandbox {
    /// Account [`ACCOUNT_ID`] with nothing in it but AWS's managed policies.
    #[must_use]
    pub fn empty(clock: SharedClock, random: SharedRandom) -> Self {
        let id = ACCOUNT_ID.parse().expect("twelve digits");
        Self::of(Account::empty(Partition::Aws, id), clock, random)
    }

    /// The same account as a small company's has it: people and machines, good and bad habits, the same at every start
    /// (docs/sandbox.md tells who is in it).
    #[must_use]
    pub fn believable(clock: SharedClock, random: SharedRandom) -> Self {
        Self::of(seed::account(clock.now()), clock, random)
    }

    /// The account's id.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.0.state().account.id
    }

    /// How many users, groups and roles it has now.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let account = &self.0.state().account;
        Counts { users: account.users.len(), groups: account.groups.len(), roles: account.roles.len() }
    }

    fn of(account: Account, clock: SharedClock, random: SharedRandom) -> Self {
        Self(Arc::new(Shared::new(account, clock, random)))
    }

    /// Serves IAM, STS and the issuers of tokens, all at the listener's address, until `drain` has begun.
    ///
    /// # Errors
    /// When the listener is not on loopback.
    pub async fn serve(&self, listener: TcpListener, drain: Drain) -> Result<Ended, SandboxError> {
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            return Err(SandboxError::NotLoopback(address));
        }
        self.0.outbound.serves_at(address);
        let limits = ServerLimits {
            connections: 256,
            announce: Duration::ZERO,
            grace: Duration::from_secs(1),
            ..ServerLimits::default()
        };
        Ok(http::serve(listener, door::router(self.0.clone()), limits, Metrics::new(), drain).await)
    }

    /// Credentials of a role as ECS or EKS hand them to a task: a session of the role, made anew in time before it ends.
    /// They are refused for as long as there is no such role.
    #[must_use]
    pub fn role_credentials(&self, role_name: &str) -> SharedCredentialsProvider {
        SharedCredentialsProvider::new(RoleCredentials::new(self.0.clone(), role_name))
    }

    /// Credentials of an Identity Center user's session in a role: tokens of GetWebIdentityToken name the user
    /// (`identity_store_user_id`). None where the account has no such role.
    #[must_use]
    pub fn identity_center_credentials(&self, role_name: &str, user_name: &str, user_id: &str) -> Option<Credentials> {
        let now = self.0.clock.now();
        let state = &mut *self.0.state();
        let role = state.account.roles.get(role_name)?;
        let session = AssumedRole {
            identity_store_user_id: Some(user_id.to_owned()),
            ..AssumedRole::plain(&state.account, role, user_name, now, role_credentials::LASTS)
        };
        let (id, opened) = state.sessions.open(session, 0, self.0.random.as_ref(), now);
        let (secret, token) = (opened.secret.expose(), opened.token.expose().to_owned());
        Some(Credentials::new(id, secret, Some(token), Some(opened.role.expires.into()), "sandbox"))
    }

    /// The issuer of the tokens that GetWebIdentityToken gives, of a sandbox that serves at this address.
    #[must_use]
    pub fn web_identity_issuer(&self, address: SocketAddr) -> String {
        self.0.outbound.issuer_at(address)
    }

    /// The issuer of OIDC and OAuth tokens, of a sandbox that serves at this address.
    #[must_use]
    pub fn oidc_issuer(&self, address: SocketAddr) -> String {
        oidc::issuer_at(&format!("http://{address}"))
    }

    /// A token of the OIDC issuer with these claims, an object, signed with RS256: what a CI system or a Kubernetes
    /// cluster would give its jobs. `iss` is the issuer's at the address that is served, unless the claims have one.
    ///
    /// For tests and demos: no request to the sandbox is answered with such a token.
    #[must_use]
    pub fn oidc_token(&self, claims: serde_json::Value) -> String {
        self.oidc_token_signed(claims, TokenAlgorithm::Rs256).expect("the issuer has a key for RS256")
    }

    /// The same, signed in another way; none where the issuer has no key of this kind: it has RS256, ES256 and EdDSA.
    #[must_use]
    pub fn oidc_token_signed(&self, mut claims: serde_json::Value, algorithm: TokenAlgorithm) -> Option<String> {
        if let (Some(object), Some(base)) = (claims.as_object_mut(), self.0.outbound.base()) {
            object.entry("iss").or_insert_with(|| oidc::issuer_at(&base).into());
        }
        self.0.oidc.sign(algorithm, &claims)
    }

    /// The access key of the account's root user, made when it is asked for the first time: its id and its secret. It
    /// is how an account with nobody in it can be used at all.
    #[must_use]
    pub fn root_keys(&self) -> (String, Secret) {
        let random = self.0.random.as_ref();
        let made = || (ids::id(random, IdKind::AccessKey), ids::secret_access_key(random));
        self.0.state().root_key.get_or_insert_with(made).clone()
    }

    /// A user's first active access key: its id and its secret.
    #[must_use]
    pub fn user_keys(&self, user_name: &str) -> Option<(String, Secret)> {
        let state = self.0.state();
        let keys = &state.account.users.get(user_name)?.access_keys;
        let active = keys.iter().find(|key| key.status == KeyStatus::Active)?;
        Some((active.id.clone(), active.secret.clone()))
    }

    /// What happened in the account.
    #[must_use]
    pub fn trail(&self) -> &Trail {
        &self.0.trail
    }
}

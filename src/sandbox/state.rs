//! What a sandbox holds, and what all that serve it share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::account::Account;
use super::identity::Identity;
use super::oidc::Oidc;
use super::outbound::Outbound;
use super::service::Service;
use super::sts::session::Sessions;
use super::trail::Trail;
use crate::clock::SharedClock;
use crate::random::SharedRandom;
use crate::secret::Secret;

/// The account, and the sessions of its roles.
#[derive(Debug)]
pub(super) struct State {
    pub(super) account: Account,
    pub(super) sessions: Sessions,
    /// The root user's access key, if it was given one: id and secret.
    pub(super) root_key: Option<(String, Secret)>,
    /// Who issues its tokens.
    pub(super) outbound: Arc<Outbound>,
}

impl State {
    /// Notes when and for what a key, and the role of a session, was last used.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html>,
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html>.
    pub(super) fn note_use(
        &mut self,
        identity: &Identity,
        access_key_id: &str,
        service: Service,
        region: &str,
        now: Timestamp,
    ) {
        match identity {
            // The root user's key has no place in the account where it could be noted.
            Identity::Root { .. } => {}
            Identity::User { name, .. } => {
                if let Some(user) = self.account.users.get_mut(name) {
                    user.note_use(access_key_id, service.scope(), region, now);
                }
            }
            Identity::AssumedRole(session) => {
                if let Some(role) = self.account.roles.get_mut(&session.role_name) {
                    role.note_use(service.scope(), region, now);
                }
            }
        }
    }
}

/// What the sandbox's endpoint, its credentials and its owner share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) clock: SharedClock,
    pub(super) random: SharedRandom,
    pub(super) trail: Trail,
    pub(super) outbound: Arc<Outbound>,
    pub(super) oidc: Oidc,
    state: Mutex<State>,
}

impl Shared {
    /// An account without sessions.
    pub(super) fn new(account: Account, clock: SharedClock, random: SharedRandom) -> Self {
        let outbound = Arc::new(Outbound::of(account.id));
        let state = State { account, sessions: Sessions::default(), root_key: None, outbound: Arc::clone(&outbound) };
        let (trail, oidc) = (Trail::default(), Oidc::new());
        Self { clock, random, trail, outbound, oidc, state: Mutex::new(state) }
    }

    /// The state, for one call at a time: each is over in microseconds and waits for nothing (but for the
    /// first token of a kind, whose key is made then).
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // An operation that panicked was a fault of the sandbox; the account, even if half changed, is what there is.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

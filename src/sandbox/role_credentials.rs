//! Credentials of a role, as a container service hands them to a task.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use jiff::SignedDuration;

use super::state::Shared;
use super::sts::session::AssumedRole;
use crate::random::uuid;

/// How long a session lasts, and how long before its end there is a new one: as ECS has it.
pub(super) const LASTS: SignedDuration = SignedDuration::from_hours(6);
const RENEWED_BEFORE: SignedDuration = SignedDuration::from_mins(15);

/// Gives out sessions of one role.
#[derive(Debug)]
pub(super) struct RoleCredentials {
    shared: Arc<Shared>,
    role_name: String,
    /// Names the task.
    session_name: String,
    current: Mutex<Option<(Arc<AssumedRole>, Credentials)>>,
}

impl RoleCredentials {
    pub(super) fn new(shared: Arc<Shared>, role_name: &str) -> Self {
        let session_name = uuid(shared.random.as_ref()).replace('-', "");
        Self { shared, role_name: role_name.to_owned(), session_name, current: Mutex::new(None) }
    }

    fn give(&self) -> Result<Credentials, CredentialsError> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.shared.clock.now();
        let mut state = self.shared.state();
        let state = &mut *state;
        let role = state
            .account
            .roles
            .get(&self.role_name)
            .ok_or_else(|| CredentialsError::not_loaded(format!("the sandbox has no role {}", self.role_name)))?;
        if let Some((session, credentials)) = &*current
            && session.role_id == role.id
            && now + RENEWED_BEFORE < session.expires
        {
            return Ok(credentials.clone());
        }
        let session = AssumedRole::plain(&state.account, role, &self.session_name, now, LASTS);
        let (id, opened) = state.sessions.open(session, 0, self.shared.random.as_ref(), now);
        let credentials = Credentials::new(
            id,
            opened.secret.expose(),
            Some(opened.token.expose().to_owned()),
            Some(SystemTime::from(opened.role.expires)),
            "sandbox",
        );
        *current = Some((opened.role.clone(), credentials.clone()));
        Ok(credentials)
    }
}

impl ProvideCredentials for RoleCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(self.give())
    }
}

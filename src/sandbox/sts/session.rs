//! Sessions of assumed roles.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::random::Random;
use crate::sandbox::account::{Account, Role, Tags, folded};
use crate::sandbox::ids::{self, IdKind};
use crate::secret::Secret;

/// A session that AssumeRole made, as policies and the trail see it.
#[derive(Debug)]
pub(in crate::sandbox) struct AssumedRole {
    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`, without the role's path.
    pub(in crate::sandbox) arn: String,
    /// `AROA...:SESSION`.
    pub(in crate::sandbox) user_id: String,
    /// The role's own ARN, with its path.
    pub(in crate::sandbox) role_arn: String,
    /// The role's name, as the account spells it.
    pub(in crate::sandbox) role_name: String,
    /// The role's id: a role deleted and made anew is another role, and this session none of its.
    pub(in crate::sandbox) role_id: String,
    pub(in crate::sandbox) session_name: String,
    /// The session's tags; the role's own are not among them.
    pub(in crate::sandbox) tags: Tags,
    /// Keys, in lower case, of the tags that go on to the next session in a chain.
    pub(in crate::sandbox) transitive: BTreeSet<String>,
    pub(in crate::sandbox) source_identity: Option<String>,
    /// The Identity Center user whose session it is.
    pub(in crate::sandbox) identity_store_user_id: Option<String>,
    /// Session policies, documents: what narrows the session.
    pub(in crate::sandbox) policies: Vec<String>,
    /// Session policies, ARNs of managed policies.
    pub(in crate::sandbox) policy_arns: Vec<String>,
    pub(in crate::sandbox) issued: Timestamp,
    pub(in crate::sandbox) expires: Timestamp,
}

impl AssumedRole {
    /// A session that nothing but its role shapes.
    pub(in crate::sandbox) fn plain(
        account: &Account,
        role: &Role,
        session_name: &str,
        issued: Timestamp,
        lasts: SignedDuration,
    ) -> Self {
        let (partition, id, name) = (account.partition, account.id, &role.name);
        Self {
            arn: format!("arn:{partition}:sts::{id}:assumed-role/{name}/{session_name}"),
            user_id: format!("{}:{session_name}", role.id),
            role_arn: account.arn(&role.resource()),
            role_name: name.clone(),
            role_id: role.id.clone(),
            session_name: session_name.to_owned(),
            tags: Tags::default(),
            transitive: BTreeSet::new(),
            source_identity: None,
            identity_store_user_id: None,
            policies: Vec::new(),
            policy_arns: Vec::new(),
            issued,
            // In whole seconds, as it is told.
            expires: whole_seconds(issued + lasts),
        }
    }

    /// The tags that go on to the next session in a chain.
    pub(in crate::sandbox) fn transitive_tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tags.iter().filter(|(key, _)| self.transitive.contains(&folded(key)))
    }
}

/// The credentials of a session.
#[derive(Debug)]
pub(in crate::sandbox) struct SessionCredentials {
    pub(in crate::sandbox) secret: Secret,
    pub(in crate::sandbox) token: Secret,
    pub(in crate::sandbox) role: Arc<AssumedRole>,
}

/// All sessions, by their access key id (`ASIA...`).
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Sessions(BTreeMap<String, SessionCredentials>);

impl Sessions {
    /// The session of an access key id, expired or not.
    pub(in crate::sandbox) fn get(&self, access_key_id: &str) -> Option<&SessionCredentials> {
        self.0.get(access_key_id)
    }

    /// Gives a session its credentials, with a token of at least `token_size` characters, and forgets those that have been
    /// over for a day: until then whoever still uses one is told that it expired. Answers the access key's id, too.
    pub(in crate::sandbox) fn open(
        &mut self,
        role: AssumedRole,
        token_size: usize,
        random: &dyn Random,
        now: Timestamp,
    ) -> (&str, &SessionCredentials) {
        self.0.retain(|_, session| now.duration_since(session.role.expires).as_hours() < 24);
        let id = ids::id(random, IdKind::SessionKey);
        let (secret, token) = (ids::secret_access_key(random), ids::session_token(random, token_size));
        let credentials = SessionCredentials { secret, token, role: Arc::new(role) };
        self.0.insert(id.clone(), credentials);
        let (id, credentials) = self.0.get_key_value(&id).expect("it was put in just now");
        (id, credentials)
    }
}

fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).expect("a second of a valid time is valid")
}

//! Users, roles and access keys that nobody has used for long.
//!
//! What was made a moment ago and not used yet is not unused, and of what nobody can say when it was used nothing is said.

use jiff::Timestamp;

use super::Snapshot;
use super::snapshot::{AccessKey, Credentials, Role, User};

/// Something that nobody used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unused<'a> {
    /// What.
    pub what: What<'a>,
    /// When it was used last; `None` where never, as far as AWS remembers.
    pub last_used: Option<Timestamp>,
    /// When it was made.
    pub made: Option<Timestamp>,
}

/// What was not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What<'a> {
    /// A user, by any of its credentials.
    User {
        /// The user.
        user: &'a str,
        /// Whether it has neither a password nor an access key, so that nobody can use it so.
        without_credentials: bool,
    },
    /// A role.
    Role {
        /// The role.
        role: &'a str,
    },
    /// An access key.
    AccessKey {
        /// Whose.
        user: &'a str,
        /// Which of the two.
        number: u8,
        /// Whether it works.
        active: bool,
    },
}

/// The users that nobody used since; those of which nobody knows anything are left out, and counted by [`unknown`].
pub fn users(snapshot: &Snapshot, since: Timestamp) -> impl Iterator<Item = Unused<'_>> {
    snapshot.users.iter().filter_map(move |user| {
        let credentials = user.credentials.as_ref()?;
        let without_credentials = !credentials.password && credentials.access_keys.is_empty();
        let last_used = credentials.last_used();
        let made = user.identity.created;
        is_before(since, [last_used, made, newest(credentials)]).then_some(Unused {
            what: What::User { user: &user.identity.name, without_credentials },
            last_used,
            made,
        })
    })
}

/// The access keys that nobody used since.
pub fn access_keys(snapshot: &Snapshot, since: Timestamp) -> impl Iterator<Item = Unused<'_>> {
    snapshot.users.iter().flat_map(move |user| {
        let keys = user.credentials.iter().flat_map(|credentials| &credentials.access_keys);
        keys.filter_map(move |key| key_of(user, key, since))
    })
}

/// The roles that nobody assumed since, those of AWS's services left out. AWS remembers 400 days.
pub fn roles(snapshot: &Snapshot, since: Timestamp) -> impl Iterator<Item = Unused<'_>> {
    snapshot.roles.iter().filter(|role| !role.is_service_linked()).filter_map(move |role: &Role| {
        let (last_used, made) = (role.last_used, role.identity.created);
        let what = What::Role { role: &role.identity.name };
        is_before(since, [last_used, made]).then_some(Unused { what, last_used, made })
    })
}

/// How many users there are whose credentials nobody knows.
#[must_use]
pub fn unknown(snapshot: &Snapshot) -> usize {
    snapshot.users.iter().filter(|user| user.credentials.is_none()).count()
}

fn key_of<'a>(user: &'a User, key: &AccessKey, since: Timestamp) -> Option<Unused<'a>> {
    let (last_used, made) = (key.last_used, key.last_rotated);
    let what = What::AccessKey { user: &user.identity.name, number: key.number, active: key.active };
    is_before(since, [last_used, made.or(user.identity.created)]).then_some(Unused { what, last_used, made })
}

/// When the newest of what it can be used with was made: who has just got a key may use it tomorrow.
fn newest(credentials: &Credentials) -> Option<Timestamp> {
    let keys = credentials.access_keys.iter().filter(|key| key.active).map(|key| key.last_rotated);
    let password = credentials.password.then_some(credentials.password_last_changed);
    keys.chain(password).max().flatten()
}

/// Whether the latest of these is before `since`; not where there is none.
fn is_before<const N: usize>(since: Timestamp, times: [Option<Timestamp>; N]) -> bool {
    times.into_iter().max().flatten().is_some_and(|latest| latest < since)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::arn::Partition;
    use crate::iam::Account;
    use crate::policy::PolicyKind;
    use crate::posture::snapshot::{Identity, Library, SERVICE_LINKED_PATH};

    const DAY: i64 = 86_400;

    /// So many days before the snapshot, which is of day 1000.
    fn ago(days: i64) -> Timestamp {
        Timestamp::from_second((1000 - days) * DAY).unwrap()
    }

    fn identity(name: &str, path: &str, made: i64) -> Identity {
        Identity {
            name: name.into(),
            arn: format!("arn:aws:iam::123456789012:user{path}{name}").into(),
            id: "".into(),
            path: path.into(),
            created: Some(ago(made)),
            tags: Vec::new(),
            attached: Vec::new(),
            inline: Vec::new(),
            boundary: None,
        }
    }

    fn user(name: &str, made: i64, credentials: Option<Credentials>) -> User {
        User { identity: identity(name, "/", made), groups: Vec::new(), credentials }
    }

    fn key(number: u8, active: bool, made: i64, used: Option<i64>) -> AccessKey {
        AccessKey { number, active, last_rotated: Some(ago(made)), last_used: used.map(ago), last_used_service: None }
    }

    fn password(changed: i64, used: Option<i64>) -> Credentials {
        Credentials {
            password: true,
            password_last_used: used.map(ago),
            password_last_changed: Some(ago(changed)),
            ..Credentials::default()
        }
    }

    fn with_keys(keys: Vec<AccessKey>) -> Option<Credentials> {
        Some(Credentials { access_keys: keys, ..Credentials::default() })
    }

    fn snapshot(users: Vec<User>, roles: Vec<Role>) -> Snapshot {
        Snapshot {
            account: Account { partition: Partition::Aws, id: "123456789012".parse().unwrap() },
            taken: ago(0),
            users,
            groups: Vec::new(),
            roles,
            policies: Vec::new(),
            root: None,
        }
    }

    fn unused_users(users: Vec<User>) -> Vec<(String, bool, Option<Timestamp>)> {
        let snapshot = snapshot(users, Vec::new());
        let found = super::users(&snapshot, ago(90)).map(|unused| match unused.what {
            What::User { user, without_credentials } => (user.to_owned(), without_credentials, unused.last_used),
            other => unreachable!("{other:?} is no user"),
        });
        found.collect()
    }

    #[test]
    fn a_user_is_used_by_any_of_its_credentials() {
        let found = unused_users(vec![
            user("signs-in", 500, Some(password(500, Some(3)))),
            user("left", 500, Some(password(500, Some(91)))),
            user("on-the-day", 500, Some(password(500, Some(90)))),
            user("never", 500, Some(password(500, None))),
            user("by-key", 500, with_keys(vec![key(1, true, 400, Some(2)), key(2, true, 400, None)])),
            user("by-no-key", 500, with_keys(vec![key(1, true, 400, Some(200)), key(2, false, 400, Some(300))])),
        ]);
        assert_eq!(
            found,
            [
                ("left".to_owned(), false, Some(ago(91))),
                ("never".to_owned(), false, None),
                ("by-no-key".to_owned(), false, Some(ago(200))),
            ]
        );
    }

    #[test]
    fn what_is_new_is_not_unused() {
        let found = unused_users(vec![
            user("new", 5, Some(password(5, None))),
            user("new-password", 500, Some(password(5, None))),
            user("new-key", 500, with_keys(vec![key(1, true, 5, None)])),
            // Deactivating one a moment ago is no use of it.
            user("key-switched-off", 500, with_keys(vec![key(1, false, 5, None)])),
        ]);
        assert_eq!(found, [("key-switched-off".to_owned(), false, None)]);
    }

    #[test]
    fn of_whom_nobody_knows_anything_nothing_is_said() {
        let snapshot = snapshot(vec![user("unknown", 500, None), user("bare", 500, with_keys(Vec::new()))], Vec::new());
        let found: Vec<_> = users(&snapshot, ago(90)).map(|unused| unused.what).collect();
        assert_eq!(found, [What::User { user: "bare", without_credentials: true }]);
        assert_eq!(unknown(&snapshot), 1);
    }

    #[test]
    fn keys_are_looked_at_one_by_one() {
        let keys = vec![key(1, true, 400, Some(2)), key(2, false, 400, None)];
        let snapshot = snapshot(
            vec![
                user("alice", 500, with_keys(keys)),
                user("bob", 500, with_keys(vec![key(1, true, 91, None), key(2, true, 10, None)])),
            ],
            Vec::new(),
        );
        let found: Vec<_> = access_keys(&snapshot, ago(90)).map(|unused| unused.what).collect();
        assert_eq!(
            found,
            [
                What::AccessKey { user: "alice", number: 2, active: false },
                What::AccessKey { user: "bob", number: 1, active: true },
            ]
        );
    }

    #[test]
    fn roles_of_awss_services_are_left_alone() {
        let role = |name: &str, path: &str, made, used: Option<i64>| Role {
            identity: identity(name, path, made),
            trust: Arc::clone(&Library::default().read(PolicyKind::Trust, "{}")),
            last_used: used.map(ago),
            instance_profiles: Vec::new(),
        };
        let linked = format!("{SERVICE_LINKED_PATH}support.amazonaws.com/");
        let snapshot = snapshot(
            Vec::new(),
            vec![
                role("used", "/", 500, Some(3)),
                role("idle", "/", 500, Some(120)),
                role("never", "/", 500, None),
                role("new", "/", 5, None),
                role("AWSServiceRoleForSupport", &linked, 500, None),
            ],
        );
        let found: Vec<_> = roles(&snapshot, ago(90)).map(|unused| (unused.what, unused.last_used)).collect();
        assert_eq!(found, [(What::Role { role: "idle" }, Some(ago(120))), (What::Role { role: "never" }, None)]);
    }
}

//! How much users and roles may do, summed.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread;

use serde::Serialize;

use super::Identity;
use crate::posture::Snapshot;
use crate::posture::snapshot::{Role, User};
use crate::posture::standing::{Access, Standings};

/// The levels, the least first.
pub const LEVELS: [Access; 5] =
    [Access::None, Access::Read, Access::Write, Access::PermissionsManagement, Access::Administrator];

/// How many there are at each level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ByLevel {
    /// Users.
    pub users: BTreeMap<Access, usize>,
    /// Roles.
    pub roles: BTreeMap<Access, usize>,
}

impl ByLevel {
    /// Of these identities.
    pub(super) fn of(identities: &[Identity]) -> Self {
        let none = || LEVELS.map(|level| (level, 0)).into();
        let mut summed = Self { users: none(), roles: none() };
        for identity in identities {
            let of = if identity.is_user() { &mut summed.users } else { &mut summed.roles };
            *of.entry(identity.access).or_default() += 1;
        }
        summed
    }
}

/// What every user and then every role may do at most for certain.
pub(super) fn levels(snapshot: &Snapshot) -> Vec<Access> {
    let users = snapshot.users.iter().map(Who::User);
    let all: Vec<Who<'_>> = users.chain(snapshot.roles.iter().map(Who::Role)).collect();
    let ask = |part: &[Who<'_>]| -> Vec<Access> {
        let mut standings = Standings::of(snapshot);
        let mut standing = |who: &Who<'_>| match who {
            Who::User(user) => standings.of_user(user),
            Who::Role(role) => standings.of_role(role),
        };
        part.iter().map(|who| standing(who).map_or(Access::None, |standing| standing.access())).collect()
    };
    // Each is a question of its own, and there are thousands.
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let parts = all.chunks(all.len().div_ceil(threads).max(1));
    thread::scope(|scope| {
        let running: Vec<_> = parts.map(|part| scope.spawn(move || ask(part))).collect();
        let ended = running.into_iter().map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic)));
        ended.flatten().collect()
    })
}

enum Who<'a> {
    User(&'a User),
    Role(&'a Role),
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::posture::testing::{Written, allow};

    #[test]
    fn everything_with_one_service_is_not_administrator() {
        let mut account = Written::default();
        for (name, actions) in [("all", "*"), ("s3", "s3:*"), ("read", "s3:GetObject"), ("write", "s3:PutObject")] {
            account.user(name, &json!([allow(&json!(actions), &json!("*"))]), json!({}));
        }
        account.role("none", &json!({"Service": "ec2.amazonaws.com"}), &json!([]), json!({}));
        assert_eq!(
            levels(&account.read()),
            [Access::Administrator, Access::PermissionsManagement, Access::Read, Access::Write, Access::None]
        );
    }
}

//! How much users and roles may do, summed.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use serde::Serialize;

use super::Identity;
use crate::policy::Principal;
use crate::posture::Snapshot;
use crate::posture::holder::{Certainty, Circumstances, Held, Holder, Shelf};
use crate::posture::snapshot::{self, Directory};
use crate::posture::standing::{Access, Standing};

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
    let (directory, mut shelf) = (Directory::of(snapshot), Shelf::default());
    let held = snapshot.users.iter().map(|user| (&user.identity, shelf.of_user(&directory, user)));
    let mut asked: Vec<(&snapshot::Identity, _)> = held.collect();
    asked.extend(snapshot.roles.iter().map(|role| (&role.identity, shelf.of_role(&directory, role))));
    let ask = |(identity, held): &(&snapshot::Identity, Arc<Held>)| {
        standing(snapshot, identity, Arc::clone(held)).as_ref().map_or(Access::None, level)
    };
    // Each is a question of its own, and there are thousands.
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let parts = asked.chunks(asked.len().div_ceil(threads).max(1));
    thread::scope(|scope| {
        let running: Vec<_> = parts.map(|part| scope.spawn(move || part.iter().map(ask).collect::<Vec<_>>())).collect();
        let ended = running.into_iter().map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic)));
        ended.flatten().collect()
    })
}

fn standing(snapshot: &Snapshot, identity: &snapshot::Identity, held: Arc<Held>) -> Option<Standing> {
    let principal = match identity.arn.parse() {
        Ok(role) => Principal::role_session(&role, "session"),
        Err(_) => Principal::from_arn(&identity.arn).ok()?,
    };
    let circumstances = Circumstances { identity, at: snapshot.taken };
    Some(Standing::of(&Holder::new(&snapshot.account, principal, held, &circumstances)))
}

/// Who may do everything with some service is no administrator of the account, however much that is.
fn level(standing: &Standing) -> Access {
    match standing.administrator {
        Some(Certainty::Certain) => Access::Administrator,
        Some(Certainty::Conditional) | None => standing.access().min(Access::PermissionsManagement),
    }
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

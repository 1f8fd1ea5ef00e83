//! What the identities of an account may do, asked once for all that hold the same.

use std::collections::HashMap;
use std::sync::Arc;

use super::Standing;
use crate::policy::Principal;
use crate::posture::Snapshot;
use crate::posture::holder::{Circumstances, Held, Holder, Shelf};
use crate::posture::snapshot::{Directory, Identity, Role, User};

/// Tells what each user and role of an account may do.
#[derive(Debug)]
pub struct Standings<'a> {
    snapshot: &'a Snapshot,
    directory: Directory<'a>,
    shelf: Shelf,
    /// By the address of what is held, which is kept, so that nothing else comes to have the same address.
    known: HashMap<*const Held, (Arc<Held>, Arc<Standing>)>,
}

impl<'a> Standings<'a> {
    /// Of an account.
    #[must_use]
    pub fn of(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, directory: Directory::of(snapshot), shelf: Shelf::default(), known: HashMap::new() }
    }

    /// What a user may do, by its groups too; `None` where its ARN is none.
    pub fn of_user(&mut self, user: &User) -> Option<Arc<Standing>> {
        let principal = Principal::from_arn(&user.identity.arn).ok()?;
        let held = self.shelf.of_user(&self.directory, user);
        Some(self.ask(principal, held, &user.identity))
    }

    /// What a session of a role may do that has the role's own tags and no policy of its own; `None` where its ARN is none.
    pub fn of_role(&mut self, role: &Role) -> Option<Arc<Standing>> {
        let principal = Principal::role_session(&role.identity.arn.parse().ok()?, "session");
        let held = self.shelf.of_role(&self.directory, role);
        Some(self.ask(principal, held, &role.identity))
    }

    fn ask(&mut self, principal: Principal, held: Arc<Held>, identity: &Identity) -> Arc<Standing> {
        let key = Arc::as_ptr(&held);
        if let Some((_, known)) = self.known.get(&key) {
            return Arc::clone(known);
        }
        let circumstances = Circumstances { identity, at: self.snapshot.taken };
        let holder = Holder::new(&self.snapshot.account, principal, Arc::clone(&held), &circumstances);
        let standing = Arc::new(Standing::of(&holder));
        if !held.is_personal() {
            self.known.insert(key, (held, Arc::clone(&standing)));
        }
        standing
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::posture::standing::Access;
    use crate::posture::testing::{Written, allow};

    #[test]
    fn who_holds_the_same_may_do_the_same_unless_it_depends_on_who_they_are() {
        let mut account = Written::default();
        let own = json!([allow(&json!("s3:DeleteObject"), &json!("arn:aws:s3:::home/${aws:username}/*"))]);
        for name in ["ann", "bob"] {
            account.user(name, &own, json!({}));
        }
        let reading = json!([allow(&json!("s3:GetObject"), &json!("*"))]);
        for name in ["cat", "dan"] {
            account.user(name, &reading, json!({}));
        }
        account.role("runner", &json!({"Service": "ec2.amazonaws.com"}), &reading, json!({}));
        let snapshot = account.read();
        let mut standings = Standings::of(&snapshot);
        let all: Vec<Arc<Standing>> = snapshot.users.iter().map(|user| standings.of_user(user).unwrap()).collect();
        assert_eq!(
            all.iter().map(|one| one.access()).collect::<Vec<_>>(),
            [Access::Write, Access::Write, Access::Read, Access::Read]
        );
        assert!(!Arc::ptr_eq(&all[0], &all[1]), "personal");
        assert!(Arc::ptr_eq(&all[2], &all[3]), "shared");
        let role = standings.of_role(&snapshot.roles[0]).unwrap();
        assert_eq!(*role, *all[2]);
    }
}

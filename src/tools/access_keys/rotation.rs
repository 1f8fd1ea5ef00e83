//! What may be done with a user's keys while one of them is being replaced.
//!
//! AWS's process (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access_keys_update.html>): make a second
//! key; have everything use it; see when the first one was last used; deactivate the first one; see that everything still
//! works, or activate it again; only then delete it. Which of a user's keys is to go is never guessed, a key is deactivated
//! only beside another that works, and one that somebody still uses is left alone.

use jiff::{SignedDuration, Timestamp};

use super::keys::{Key, listed};
use crate::iam::change::actions::{CREATE_ACCESS_KEY, DELETE_ACCESS_KEY, UPDATE_ACCESS_KEY};
use crate::tools::ToolError;

/// IAM's quota, which nobody can have raised
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
pub const MOST_KEYS: usize = 2;

/// The keys of one user, and what a call says of how they are looked at.
#[derive(Debug, Clone, Copy)]
pub struct Rotation<'r> {
    /// The user's keys.
    pub keys: &'r [Key],
    /// The user's name.
    pub user: &'r str,
    /// The user's ARN.
    pub arn: &'r str,
    /// The account's number.
    pub account: &'r str,
    /// The present.
    pub now: Timestamp,
    /// A key that was used this many days ago or later is in use.
    pub grace_days: i64,
    /// Whether uses, and that no other key works, are to be overlooked.
    pub force: bool,
}

impl<'r> Rotation<'r> {
    /// The key that is to be replaced: the one that is named, or the only one.
    ///
    /// # Errors
    /// `NoSuchEntity`, if there is none or none of that name; `AmbiguousKey`, if there are two and none is named.
    pub fn old(&self, named: Option<&str>) -> Result<&'r Key, ToolError> {
        let of_user =
            |code, message: String| ToolError::gateway(code, message).on(UPDATE_ACCESS_KEY.as_str(), self.arn);
        let Self { user, account, .. } = self;
        match (named, self.keys) {
            (Some(id), keys) => keys.iter().find(|key| key.id == id).ok_or_else(|| {
                of_user("NoSuchEntity", format!("the IAM user {user} in account {account} has no access key {id}"))
                    .parameter("old_access_key_id")
                    .hint("if it was deleted before, its rotation is done; list_access_keys shows the user's keys")
            }),
            (None, []) => Err(of_user(
                "NoSuchEntity",
                format!("the IAM user {user} in account {account} has no access key to rotate"),
            )
            .hint("create_access_key makes a first one")),
            (None, [only]) => Ok(only),
            (None, keys) => Err(of_user(
                "AmbiguousKey",
                format!(
                    "the IAM user {user} has several access keys, {}, and none was named as the old one",
                    listed(keys)
                ),
            )
            .parameter("old_access_key_id")
            .hint("name the key that is to go in old_access_key_id")),
        }
    }

    /// Whether a new key can be made beside `old`.
    ///
    /// # Errors
    /// `LimitExceeded`, which says what to do.
    pub fn check_creation(&self) -> Result<(), ToolError> {
        check_room(self.keys, self.user, self.arn)
    }

    /// Whether `old` may be deactivated.
    ///
    /// # Errors
    /// `NoOtherActiveKey` or `KeyInUse`.
    pub fn check_deactivation(&self, old: &Key) -> Result<(), ToolError> {
        if self.force || !old.is_active() {
            return Ok(());
        }
        if !self.keys.iter().any(|key| key.id != old.id && key.is_active()) {
            return Err(ToolError::gateway(
                "NoOtherActiveKey",
                format!("{} is the only access key of the IAM user {} that works", old.id, self.user),
            )
            .on(UPDATE_ACCESS_KEY.as_str(), self.arn)
            .hint("first make a new one (stage=create) and use it; force=true deactivates this one all the same"));
        }
        self.check_use(old, UPDATE_ACCESS_KEY.as_str())
    }

    /// Whether `old` may be deleted.
    ///
    /// # Errors
    /// `KeyNotInactive` or `KeyInUse`.
    pub fn check_deletion(&self, old: &Key) -> Result<(), ToolError> {
        if old.is_active() {
            return Err(ToolError::gateway(
                "KeyNotInactive",
                format!("the access key {old} still works; a rotation deletes a key only after it was deactivated"),
            )
            .on(DELETE_ACCESS_KEY.as_str(), self.arn)
            .hint("first stage=deactivate, which can be undone; then see that everything still works"));
        }
        if self.force { Ok(()) } else { self.check_use(old, DELETE_ACCESS_KEY.as_str()) }
    }

    /// Refuses a key that was used lately.
    fn check_use(&self, old: &Key, action: &'static str) -> Result<(), ToolError> {
        let grace = SignedDuration::from_hours(24 * self.grace_days);
        let Some((used, quiet_at)) = old.used.as_ref().map(|used| (used, used.at + grace)) else { return Ok(()) };
        if self.now >= quiet_at {
            return Ok(());
        }
        Err(ToolError::gateway(
            "KeyInUse",
            format!("the access key {} was last used {used}, less than {} day(s) ago", old.id, self.grace_days),
        )
        .on(action, self.arn)
        .retryable()
        .hint(format!(
            "find out what uses it and have that use the new key; if it is not used again, this is possible from \
             {quiet_at} on. force=true overlooks the use"
        )))
    }
}

/// Whether one more key can be made for the user.
///
/// # Errors
/// `LimitExceeded`, which says what to do.
pub fn check_room(keys: &[Key], user: &str, arn: &str) -> Result<(), ToolError> {
    if keys.len() < MOST_KEYS {
        return Ok(());
    }
    let hint = match keys.iter().find(|key| !key.is_active()) {
        Some(idle) => format!(
            "{} does not work any more: delete it, with rotate_access_key and stage=delete or with delete_access_key",
            idle.id
        ),
        None => {
            "if a rotation is under way, go on with rotate_access_key, stage=deactivate and old_access_key_id; else \
                 find out which key is not used, deactivate it and delete it"
                .to_owned()
        }
    };
    let message = format!("the IAM user {user} has {}, and IAM allows {MOST_KEYS} access keys at most", listed(keys));
    Err(ToolError::gateway("LimitExceeded", message).on(CREATE_ACCESS_KEY.as_str(), arn).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::access_keys::keys::Use;

    const ARN: &str = "arn:aws:iam::123456789012:user/bob";
    const NOW: &str = "2026-11-20T12:00:00Z";

    fn key(id: &str, status: &str, used: Option<&str>) -> Key {
        Key {
            id: id.to_owned(),
            user_name: "bob".to_owned(),
            status: status.to_owned(),
            created: Some("2026-01-01T00:00:00Z".parse().unwrap()),
            used: used.map(|at| Use {
                at: at.parse().unwrap(),
                service: "s3".to_owned(),
                region: "eu-central-1".to_owned(),
            }),
        }
    }

    fn rotation(keys: &[Key]) -> Rotation<'_> {
        let account = "123456789012";
        Rotation { keys, user: "bob", arn: ARN, account, now: NOW.parse().unwrap(), grace_days: 1, force: false }
    }

    fn code(result: Result<(), ToolError>) -> String {
        result.map_or_else(|error| error.code, |()| "allowed".to_owned())
    }

    #[test]
    fn which_key_is_to_go_is_named_or_there_is_only_one() {
        let (one, two) = (key("A", "Active", None), key("B", "Active", None));
        let old = |keys: &[Key], named| rotation(keys).old(named).map(|key| key.id.clone()).map_err(|e| e.code);
        assert_eq!(old(&[], None), Err("NoSuchEntity".to_owned()));
        assert_eq!(old(std::slice::from_ref(&one), None), Ok("A".to_owned()));
        assert_eq!(old(&[one.clone(), two.clone()], None), Err("AmbiguousKey".to_owned()));
        assert_eq!(old(&[one.clone(), two.clone()], Some("B")), Ok("B".to_owned()));
        assert_eq!(old(&[one.clone(), two.clone()], Some("C")), Err("NoSuchEntity".to_owned()));
        for (keys, named) in [(&[one, two][..], Some("C")), (&[], None)] {
            let message = rotation(keys).old(named).unwrap_err().message;
            assert!(message.contains("the IAM user bob in account 123456789012"), "{message}");
        }
        // Not even the one that does not work any more is guessed.
        let idle = [key("A", "Inactive", None), key("B", "Active", None)];
        assert_eq!(old(&idle, None), Err("AmbiguousKey".to_owned()));
    }

    #[test]
    fn a_third_key_is_refused_with_both_and_what_to_do() {
        let one = key("A", "Active", Some("2026-11-19T00:00:00Z"));
        assert_eq!(code(rotation(std::slice::from_ref(&one)).check_creation()), "allowed");
        let both = [one.clone(), key("B", "Active", None)];
        let refused = rotation(&both).check_creation().unwrap_err();
        assert_eq!(refused.code, "LimitExceeded");
        for said in [
            "A (Active, created 2026-01-01T00:00:00Z, last used 2026-11-19T00:00:00Z (s3 in eu-central-1))",
            "B (Active, created 2026-01-01T00:00:00Z, never used)",
        ] {
            assert!(refused.message.contains(said), "{}", refused.message);
        }
        assert!(refused.hint.unwrap().contains("stage=deactivate"));
        let refused = rotation(&[one, key("B", "Inactive", None)]).check_creation().unwrap_err();
        assert!(refused.hint.unwrap().starts_with("B does not work any more: delete it"));
    }

    #[test]
    fn a_key_is_deactivated_beside_another_that_works() {
        let old = key("A", "Active", None);
        assert_eq!(code(rotation(std::slice::from_ref(&old)).check_deactivation(&old)), "NoOtherActiveKey");
        let beside = |status| code(rotation(&[old.clone(), key("B", status, None)]).check_deactivation(&old));
        assert_eq!((beside("Active").as_str(), beside("Inactive").as_str()), ("allowed", "NoOtherActiveKey"));
        let forced = Rotation { force: true, ..rotation(std::slice::from_ref(&old)) };
        assert_eq!(code(forced.check_deactivation(&old)), "allowed");
    }

    #[test]
    fn a_key_is_in_use_until_the_days_of_grace_are_over() {
        for (used, grace_days, expected) in [
            (None, 1, "allowed"),
            (Some("2026-11-20T11:59:59Z"), 1, "KeyInUse"),
            (Some("2026-11-19T12:00:01Z"), 1, "KeyInUse"),
            (Some("2026-11-19T12:00:00Z"), 1, "allowed"),
            (Some("2026-11-19T12:00:00Z"), 7, "KeyInUse"),
            (Some("2026-11-13T12:00:00Z"), 7, "allowed"),
            // AWS's clock may be ahead.
            (Some("2026-11-20T12:00:30Z"), 1, "KeyInUse"),
        ] {
            let (active, idle) = (key("A", "Active", used), key("A", "Inactive", used));
            let keys = [active.clone(), key("B", "Active", None)];
            let rotation = Rotation { grace_days, ..rotation(&keys) };
            assert_eq!(code(rotation.check_deactivation(&active)), expected, "{used:?} {grace_days}");
            assert_eq!(code(rotation.check_deletion(&idle)), expected, "{used:?} {grace_days}");
            let forced = Rotation { force: true, ..rotation };
            assert_eq!(code(forced.check_deactivation(&active)), "allowed");
            assert_eq!(code(forced.check_deletion(&idle)), "allowed");
        }
    }

    #[test]
    fn a_refusal_says_who_uses_the_key_and_when_to_come_back() {
        let keys = [key("A", "Active", Some("2026-11-20T11:00:00Z")), key("B", "Active", None)];
        let refused = rotation(&keys).check_deactivation(&keys[0]).unwrap_err();
        assert!(refused.message.contains("2026-11-20T11:00:00Z (s3 in eu-central-1)"), "{}", refused.message);
        assert!(refused.hint.unwrap().contains("from 2026-11-21T11:00:00Z on"));
        assert!(refused.retryable);
    }

    #[test]
    fn a_deactivated_key_may_be_deactivated_again_whatever_else_there_is() {
        let idle = key("A", "Inactive", Some("2026-11-20T11:59:59Z"));
        assert_eq!(code(rotation(std::slice::from_ref(&idle)).check_deactivation(&idle)), "allowed");
    }

    #[test]
    fn a_key_that_works_is_not_deleted_even_if_forced() {
        let keys = [key("A", "Active", None), key("B", "Active", None)];
        let forced = Rotation { force: true, ..rotation(&keys) };
        assert_eq!(code(forced.check_deletion(&keys[0])), "KeyNotInactive");
    }
}

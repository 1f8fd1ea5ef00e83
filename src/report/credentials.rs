//! What users sign in and sign with: how old, whether used, whether with a second factor.

use jiff::Timestamp;
use serde::Serialize;

use crate::posture::Snapshot;

/// The ages of access keys, in whole days, as they are counted: up to 30, up to 90, up to 180, up to 365, and older.
pub const AGES: [&str; 5] = ["0-30", "31-90", "91-180", "181-365", ">365"];

/// The most days of each age but the last.
const UP_TO: [i64; 4] = [30, 90, 180, 365];

/// Access keys by age, as [`AGES`] has them. One whose age nobody knows is in none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Ages(pub [usize; 5]);

/// Numbers of credentials.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Credentials {
    /// Users of whom the credential report tells.
    pub known_users: usize,
    /// Access keys that work, by age.
    pub active_keys: Ages,
    /// Access keys that do not.
    pub inactive_keys: Ages,
    /// Access keys that were never used.
    pub never_used_keys: usize,
    /// Users with a password.
    pub passwords: usize,
    /// Those of them without a second factor.
    pub passwords_without_mfa: usize,
    /// The root user's access keys that work; `None` where nobody knows.
    pub root_keys: Option<usize>,
    /// Whether the root user has a second factor; `None` where nobody knows.
    pub root_mfa: Option<bool>,
}

impl Credentials {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let mut counted = Self {
            root_keys: snapshot.root.as_ref().map(|root| root.access_keys.iter().filter(|key| key.active).count()),
            root_mfa: snapshot.root.as_ref().map(|root| root.mfa),
            ..Self::default()
        };
        for credentials in snapshot.users.iter().filter_map(|user| user.credentials.as_ref()) {
            counted.known_users += 1;
            counted.passwords += usize::from(credentials.password);
            counted.passwords_without_mfa += usize::from(credentials.password && !credentials.mfa);
            for key in &credentials.access_keys {
                let ages = if key.active { &mut counted.active_keys } else { &mut counted.inactive_keys };
                if let Some(made) = key.last_rotated {
                    ages.0[age(days(made, snapshot.taken))] += 1;
                }
                counted.never_used_keys += usize::from(key.last_used.is_none());
            }
        }
        counted
    }
}

/// Whole days from one moment to another.
pub(super) fn days(from: Timestamp, to: Timestamp) -> i64 {
    (to.as_second() - from.as_second()) / 86_400
}

fn age(days: i64) -> usize {
    UP_TO.iter().position(|most| days <= *most).unwrap_or(UP_TO.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_ends_with_its_last_day() {
        let ages = [-1, 0, 30, 31, 90, 91, 180, 181, 365, 366].map(age);
        assert_eq!(ages, [0, 0, 0, 1, 1, 2, 2, 3, 3, 4]);
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(days(at(0), at(86_399)), 0);
        assert_eq!(days(at(0), at(86_400)), 1);
    }
}

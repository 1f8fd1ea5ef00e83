//! Entities that were written a moment ago: IAM is eventually consistent, so a read may not see them yet.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::entity::{Account, EntityKind};

/// How long after a write a read waits for IAM to know the entity.
pub const SETTLING: Duration = Duration::from_secs(15);

/// How many written entities are remembered; the oldest goes first.
const REMEMBERED: usize = 4096;

type Key = (Account, EntityKind, String);

/// The entities that calls through this replica created within [`SETTLING`].
///
/// "Changes that you make in IAM ... might not be immediately visible": a tool that reads what was created seconds ago
/// waits within this bound instead of answering that it does not exist.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html> (eventual consistency).
#[derive(Debug, Default)]
pub struct RecentWrites(Mutex<HashMap<Key, Instant>>);

impl RecentWrites {
    /// Notes that the entity was created just now.
    pub fn note(&self, account: &Account, kind: EntityKind, name: &str) {
        let now = Instant::now();
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if written.len() >= REMEMBERED {
            written.retain(|_, at| now.duration_since(*at) < SETTLING);
        }
        if written.len() >= REMEMBERED
            && let Some(oldest) = written.iter().min_by_key(|(_, at)| **at).map(|(key, _)| key.clone())
        {
            written.remove(&oldest);
        }
        written.insert(key(account, kind, name), now);
    }

    /// Forgets the entity: it was deleted, so not finding it is the truth.
    pub fn forget(&self, account: &Account, kind: EntityKind, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(account, kind, name));
    }

    /// Until when a read of the entity should wait for it to appear; `None` if it was not created lately.
    #[must_use]
    pub fn settles_at(&self, account: &Account, kind: EntityKind, name: &str) -> Option<Instant> {
        let at = *self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key(account, kind, name))?;
        let until = at + SETTLING;
        (Instant::now() < until).then_some(until)
    }
}

/// IAM's names are unique ignoring case.
fn key(account: &Account, kind: EntityKind, name: &str) -> Key {
    (account.clone(), kind, name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account { partition: "aws".parse().unwrap(), id: "123456789012".parse().unwrap() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_created_entity_settles_within_the_bound() {
        let recent = RecentWrites::default();
        recent.note(&account(), EntityKind::User, "Bob");
        assert!(recent.settles_at(&account(), EntityKind::User, "bob").is_some());
        assert!(recent.settles_at(&account(), EntityKind::Group, "bob").is_none());
        tokio::time::advance(SETTLING).await;
        assert!(recent.settles_at(&account(), EntityKind::User, "bob").is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_deleted_entity_is_not_waited_for() {
        let recent = RecentWrites::default();
        recent.note(&account(), EntityKind::User, "bob");
        recent.forget(&account(), EntityKind::User, "BOB");
        assert!(recent.settles_at(&account(), EntityKind::User, "bob").is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded() {
        let recent = RecentWrites::default();
        for n in 0..=REMEMBERED {
            recent.note(&account(), EntityKind::User, &format!("u{n}"));
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert_eq!(recent.0.lock().unwrap().len(), REMEMBERED);
        assert!(recent.settles_at(&account(), EntityKind::User, &format!("u{REMEMBERED}")).is_some());
    }
}

//! Authorization codes and refresh tokens, and what was granted with them.
//!
//! A code is there for a minute and is spent by the first who shows it, whether the rest of the request is right or not;
//! whoever shows it again ends what it was traded for (RFC 6749, section 4.1.2). A refresh token is spent by its use, too,
//! which gives another one (OAuth 2.1, section 4.3.1). They are kept by their hashes.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::random::Random;
use crate::secret::Secret;

const CODE_LASTS: SignedDuration = SignedDuration::from_secs(60);
const REFRESH_LASTS: SignedDuration = SignedDuration::from_hours(8);
const MOST_CODES: usize = 256;
const MOST_REFRESH: usize = 1024;

type Hash = [u8; 32];

/// What was granted, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) client_id: String,
    pub(super) subject: String,
    /// Whom tokens are for.
    pub(super) resource: String,
    /// Scopes, with a blank between.
    pub(super) scope: String,
}

/// What a code was given for.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) grant: Grant,
    pub(super) redirect_uri: String,
    /// The hash of the verifier, as it was sent.
    pub(super) challenge: String,
}

#[derive(Debug)]
struct Code {
    asked: Asked,
    ends: Timestamp,
    is_spent: bool,
}

#[derive(Debug)]
struct Refresh {
    grant: Grant,
    ends: Timestamp,
    /// The code that it goes back to.
    code: Hash,
}

/// Everything that can be traded for tokens.
#[derive(Debug, Default)]
pub(super) struct Grants {
    codes: BTreeMap<Hash, Code>,
    refresh: BTreeMap<Hash, Refresh>,
}

/// Which code a grant goes back to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin(Hash);

impl Grants {
    /// Gives a code; none while too many are under way.
    pub(super) fn code(&mut self, asked: Asked, random: &dyn Random, now: Timestamp) -> Option<Secret> {
        self.codes.retain(|_, code| code.ends > now);
        if self.codes.len() >= MOST_CODES {
            return None;
        }
        let code = token(random);
        self.codes.insert(hash(code.expose()), Code { asked, ends: now + CODE_LASTS, is_spent: false });
        Some(code)
    }

    /// Spends a code; none if it is unknown, over or spent.
    pub(super) fn spend_code(&mut self, code: &str, now: Timestamp) -> Option<(Asked, Origin)> {
        let hash = hash(code);
        let known = self.codes.get_mut(&hash).filter(|code| code.ends > now)?;
        if known.is_spent {
            self.refresh.retain(|_, refresh| refresh.code != hash);
            return None;
        }
        known.is_spent = true;
        Some((known.asked.clone(), Origin(hash)))
    }

    /// Gives a refresh token. The one that ends first makes room, if there are too many.
    pub(super) fn refresh(&mut self, grant: Grant, origin: Origin, random: &dyn Random, now: Timestamp) -> Secret {
        self.refresh.retain(|_, refresh| refresh.ends > now);
        while self.refresh.len() >= MOST_REFRESH {
            let first = self.refresh.iter().min_by_key(|(_, refresh)| refresh.ends).map(|(hash, _)| *hash);
            first.and_then(|hash| self.refresh.remove(&hash));
        }
        let refresh = token(random);
        self.refresh.insert(hash(refresh.expose()), Refresh { grant, ends: now + REFRESH_LASTS, code: origin.0 });
        refresh
    }

    /// Spends a refresh token; none if it is unknown, over or spent.
    pub(super) fn spend_refresh(&mut self, refresh: &str, now: Timestamp) -> Option<(Grant, Origin)> {
        let spent = self.refresh.remove(&hash(refresh)).filter(|refresh| refresh.ends > now)?;
        Some((spent.grant, Origin(spent.code)))
    }
}

fn hash(text: &str) -> Hash {
    Sha256::digest(text).into()
}

fn token(random: &dyn Random) -> Secret {
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    Secret::new(BASE64URL_NOPAD.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    fn grant() -> Grant {
        let text = |text: &str| text.to_owned();
        Grant { client_id: text("c"), subject: text("s"), resource: text("r"), scope: text("x") }
    }

    #[test]
    fn codes_and_refresh_tokens_are_so_many_and_no_more() {
        let (mut grants, now) = (Grants::default(), Timestamp::UNIX_EPOCH);
        let asked = || Asked { grant: grant(), redirect_uri: String::new(), challenge: String::new() };
        let first = grants.code(asked(), &SystemRandom, now).unwrap();
        for _ in 1..MOST_CODES {
            assert!(grants.code(asked(), &SystemRandom, now).is_some());
        }
        assert!(grants.code(asked(), &SystemRandom, now).is_none(), "a full house");
        let (_, origin) = grants.spend_code(first.expose(), now).unwrap();
        let oldest = grants.refresh(grant(), origin, &SystemRandom, now);
        for _ in 0..MOST_REFRESH {
            grants.refresh(grant(), origin, &SystemRandom, now + SignedDuration::from_secs(1));
        }
        assert_eq!(grants.refresh.len(), MOST_REFRESH);
        assert!(grants.spend_refresh(oldest.expose(), now).is_none());
        assert!(grants.code(asked(), &SystemRandom, now + CODE_LASTS).is_some(), "those that are over make room");
        assert_eq!(grants.codes.len(), 1);
    }
}

//! Randomness, injected: key material, nonces and identifiers come from a [`Random`], so that tests can be exact.

use std::fmt::Debug;
use std::sync::Arc;

use data_encoding::HEXLOWER;

/// Where random bytes come from.
pub trait Random: Debug + Send + Sync + 'static {
    /// Fills `buffer` with bytes that nobody can predict.
    ///
    /// # Panics
    /// When the operating system has no randomness to give: no key or nonce may be made then.
    fn fill(&self, buffer: &mut [u8]);
}

/// The source of randomness that is handed around.
pub type SharedRandom = Arc<dyn Random>;

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the operating system's random generator answers");
    }
}

/// A random (version 4) UUID in its usual spelling, RFC 9562 section 5.4.
#[must_use]
pub fn uuid(random: &dyn Random) -> String {
    let mut bytes = [0u8; 16];
    random.fill(&mut bytes);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = HEXLOWER.encode(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_version_4_and_not_repeated() {
        let (a, b) = (uuid(&SystemRandom), uuid(&SystemRandom));
        assert_eq!(a.len(), 36);
        assert_eq!(&a[14..15], "4");
        assert!("89ab".contains(&a[19..20]));
        assert_ne!(a, b);
    }
}

//! Identifiers, made as IAM makes them.
//!
//! Prefixes: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes>.

use crate::random::Random;
use crate::secret::Secret;

const LETTERS_AND_DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const SECRET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What an identifier is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IdKind {
    User,
    Group,
    Role,
    ManagedPolicy,
    InstanceProfile,
    AccessKey,
    SessionKey,
    SshPublicKey,
    ServiceSpecificCredential,
    SamlProvider,
}

impl IdKind {
    fn prefix(self) -> &'static str {
        match self {
            Self::User => "AIDA",
            Self::Group => "AGPA",
            Self::Role => "AROA",
            Self::ManagedPolicy => "ANPA",
            Self::InstanceProfile => "AIPA",
            Self::AccessKey => "AKIA",
            Self::SessionKey => "ASIA",
            Self::SshPublicKey => "APKA",
            Self::ServiceSpecificCredential => "ACCA",
            // What AWS calls the provider's UUID.
            Self::SamlProvider => "SAMLSP",
        }
    }

    /// Keys have 20 characters, most else 21.
    fn length(self) -> usize {
        match self {
            Self::AccessKey | Self::SessionKey | Self::SshPublicKey => 20,
            Self::SamlProvider => 25,
            _ => 21,
        }
    }
}

/// A new identifier.
pub(super) fn id(random: &dyn Random, kind: IdKind) -> String {
    let prefix = kind.prefix();
    format!("{prefix}{}", text(random, LETTERS_AND_DIGITS, kind.length() - prefix.len()))
}

/// A new secret access key: 40 characters.
pub(super) fn secret_access_key(random: &dyn Random) -> Secret {
    Secret::new(text(random, SECRET, 40))
}

/// A new session token of at least so many characters. Its form is nobody's business; as a rule it has the length of a
/// short one of AWS's.
pub(super) fn session_token(random: &dyn Random, at_least: usize) -> Secret {
    const START: &str = "IQoJb3JpZ2lu";
    Secret::new(format!("{START}{}", text(random, SECRET, at_least.max(352) - START.len())))
}

/// Both alphabets have a power of two of characters, so none is likelier than another.
fn text<const N: usize>(random: &dyn Random, alphabet: &[u8; N], length: usize) -> String {
    let mut bytes = vec![0; length];
    random.fill(&mut bytes);
    bytes.into_iter().map(|byte| char::from(alphabet[usize::from(byte) % N])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    #[test]
    fn identifiers_have_the_prefix_and_length_of_their_kind() {
        for (kind, prefix, length) in
            [(IdKind::User, "AIDA", 21), (IdKind::AccessKey, "AKIA", 20), (IdKind::SessionKey, "ASIA", 20)]
        {
            let id = id(&SystemRandom, kind);
            assert!(id.starts_with(prefix) && id.len() == length, "{id}");
        }
        assert_eq!(secret_access_key(&SystemRandom).expose().len(), 40);
    }
}

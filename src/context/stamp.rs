//! The MCP stamp: what every assumed session carries, so that AWS's policies can tell an agent's calls.
//!
//! Nobody but AWS can set an `aws:` key, so the gateway stamps session tags and the source identity, which policies read
//! as `aws:PrincipalTag/ViaAWSMCPService`, `aws:PrincipalTag/CalledViaAWSMCP` and `aws:SourceIdentity`.
//! Limits: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>.

use std::collections::BTreeMap;

use data_encoding::BASE32_NOPAD;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::authn::Caller;
use crate::config::RESERVED_TAGS;

/// The session tag that says that a call came through an MCP service.
pub const VIA_TAG: &str = "ViaAWSMCPService";
/// The session tag that names the MCP service.
pub const CALLED_VIA_TAG: &str = "CalledViaAWSMCP";
/// The session tag with the caller's hash.
pub const CALLER_TAG: &str = "McpCaller";

/// Characters of the hash in session names and tags: 130 bits of a SHA-256.
const HASH_LENGTH: usize = 26;
/// STS's limit on session names and source identities.
const NAME_LIMIT: usize = 64;

/// What is stamped on a caller's sessions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// RoleSessionName: a readable part, a dash and the caller's hash.
    pub session_name: String,
    /// SourceIdentity: the person where one is known and fits, else the caller's hash.
    pub source_identity: String,
    /// Session tags, all transitive: the reserved ones and the mapping's own.
    pub tags: BTreeMap<String, String>,
}

impl Stamp {
    /// The stamp of `caller`'s sessions in `environment`, through the gateway of that name.
    #[must_use]
    pub fn new(gateway: &str, environment: &str, caller: &Caller, mapping_tags: &BTreeMap<String, String>) -> Self {
        let hash = caller_hash(environment, caller);
        let readable: String = caller
            .name
            .chars()
            .map(|c| if is_name_character(c) { c } else { '-' })
            .take(NAME_LIMIT - HASH_LENGTH - 1)
            .collect();
        let source_identity = match &caller.person {
            Some(person) if is_source_identity(person) => person.clone(),
            _ => hash.clone(),
        };
        // What the operators of the gateway say of a caller counts more than what its token says.
        let of_mapping = |key: &String| mapping_tags.keys().any(|own| own.eq_ignore_ascii_case(key));
        let mut tags = mapping_tags.clone();
        let claimed = caller.tags.iter().filter(|(key, _)| !of_mapping(key) && !is_reserved(key));
        tags.extend(claimed.map(|(key, value)| (key.clone(), value.clone())));
        tags.insert(VIA_TAG.to_owned(), "true".to_owned());
        tags.insert(CALLED_VIA_TAG.to_owned(), gateway.to_owned());
        tags.insert(CALLER_TAG.to_owned(), hash.clone());
        Self { session_name: format!("{readable}-{hash}"), source_identity, tags }
    }
}

/// Whether a text has the form of a caller's hash, which stands in source identities for callers without a person.
#[must_use]
pub fn is_caller_hash(text: &str) -> bool {
    let is_of_base32 = |byte: u8| byte.is_ascii_uppercase() || matches!(byte, b'2'..=b'7');
    text.len() == HASH_LENGTH && text.bytes().all(is_of_base32)
}

/// Whether a session's name is made as [`Stamp::new`] makes it: something readable, a dash, and a hash. Whoever may assume a
/// role can choose such a name, too.
#[must_use]
pub fn is_session_name(name: &str) -> bool {
    name.rsplit_once('-').is_some_and(|(readable, hash)| !readable.is_empty() && is_caller_hash(hash))
}

/// A name for the whole caller that fits everywhere and that nobody can choose: base32 of a SHA-256.
fn caller_hash(environment: &str, caller: &Caller) -> String {
    #[derive(Serialize)]
    struct Hashed<'a> {
        environment: &'a str,
        caller: &'a Caller,
    }
    let canonical = serde_json_canonicalizer::to_vec(&Hashed { environment, caller }).expect("plain strings");
    let mut hash = BASE32_NOPAD.encode(&Sha256::digest(canonical));
    hash.truncate(HASH_LENGTH);
    hash
}

/// `[\w+=,.@-]`, as STS takes in session names and source identities.
fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_+=,.@-".contains(character)
}

/// Whether only the gateway, or AWS, may say it; in any letter case, as STS compares.
fn is_reserved(key: &str) -> bool {
    RESERVED_TAGS.iter().any(|reserved| reserved.eq_ignore_ascii_case(key)) || key.to_lowercase().starts_with("aws:")
}

fn is_source_identity(person: &str) -> bool {
    (2..=NAME_LIMIT).contains(&person.len())
        && person.chars().all(is_name_character)
        && !person.to_ascii_lowercase().starts_with("aws:")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(name: &str, person: Option<&str>) -> Caller {
        Caller::keyring(name, person.map(Into::into))
    }

    fn stamp(caller: &Caller) -> Stamp {
        Stamp::new("iam-mcp.example.internal", "dev", caller, &BTreeMap::new())
    }

    #[test]
    fn the_session_name_is_readable_fits_and_tells_callers_apart() {
        let long = caller(&"ci/deploy/".repeat(12), None);
        let name = stamp(&long).session_name;
        assert_eq!(name.len(), 64);
        assert!(name.starts_with("ci-deploy-ci-deploy-"));
        assert!(name.chars().all(is_name_character));
        assert_ne!(stamp(&caller("alice", None)).session_name, stamp(&caller("alice", Some("al"))).session_name);
    }

    #[test]
    fn a_session_s_name_is_known_again() {
        for name in ["alice", "ci/deploy/staging", "a-b", &"x".repeat(100)] {
            let stamp = stamp(&caller(name, None));
            assert!(is_session_name(&stamp.session_name) && is_caller_hash(&stamp.source_identity), "{name}");
        }
        let hash = "A".repeat(HASH_LENGTH);
        for name in
            ["alice", &hash, &format!("-{hash}"), &format!("alice-{hash}A"), &format!("alice-{}", hash.to_lowercase())]
        {
            assert!(!is_session_name(name), "{name}");
        }
    }

    #[test]
    fn the_environment_is_part_of_the_hash() {
        let alice = caller("alice", None);
        let other = Stamp::new("iam-mcp.example.internal", "prod", &alice, &BTreeMap::new());
        assert_ne!(stamp(&alice).session_name, other.session_name);
    }

    #[test]
    fn the_source_identity_is_the_person_where_it_fits() {
        assert_eq!(stamp(&caller("laptop", Some("alice@example.com"))).source_identity, "alice@example.com");
        for unfit in [None, Some("x"), Some("Alice Smith"), Some("a/b")] {
            let stamp = stamp(&caller("laptop", unfit));
            assert_eq!(stamp.source_identity, stamp.tags[CALLER_TAG]);
            assert_eq!(stamp.source_identity.len(), HASH_LENGTH);
        }
    }

    #[test]
    fn the_reserved_tags_win_over_a_mappings_own() {
        let tags = BTreeMap::from([(VIA_TAG.to_owned(), "false".to_owned()), ("Team".to_owned(), "ops".to_owned())]);
        let stamp = Stamp::new("iam-mcp.example.internal", "dev", &caller("a1", None), &tags);
        assert_eq!(stamp.tags[VIA_TAG], "true");
        assert_eq!(stamp.tags["Team"], "ops");
        assert_eq!(stamp.tags[CALLED_VIA_TAG], "iam-mcp.example.internal");
    }
}

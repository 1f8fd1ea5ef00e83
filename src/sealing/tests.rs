use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;

use super::*;
use crate::random::{SharedRandom, SystemRandom};

const NONCE: [u8; 12] = [9; 12];

fn keyset(gateway: &str, roots: &[u8]) -> Keyset {
    Keyset::of_roots(gateway, roots)
}

fn open(keyset: &Keyset, token: &str) -> Result<(Kind, Vec<u8>), OpenError> {
    keyset.open(token).map(|opened| (opened.kind, opened.content))
}

#[test]
fn what_was_sealed_opens_and_says_what_it_is() {
    let keyset = keyset("gateway", &[1]);
    for kind in Kind::ALL {
        let token = keyset.seal(kind, NONCE, b"content".to_vec());
        assert_eq!(open(&keyset, &token), Ok((kind, b"content".to_vec())));
    }
}

#[test]
fn a_change_of_any_byte_is_found() {
    let keyset = keyset("gateway", &[1]);
    let token = keyset.seal(Kind::Credentials, NONCE, b"content".to_vec());
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            assert!(open(&keyset, &BASE64URL_NOPAD.encode(&changed)).is_err(), "byte {at}, bit {bit}");
        }
    }
    for length in 0..bytes.len() {
        assert!(open(&keyset, &BASE64URL_NOPAD.encode(&bytes[..length])).is_err(), "{length} bytes");
    }
    for spelling in [format!("{token}="), format!(" {token}"), format!("{token}\n"), token.replace('-', "+")] {
        assert!(spelling == token || open(&keyset, &spelling) == Err(OpenError::Malformed), "{spelling}");
    }
}

#[test]
fn another_gateways_tokens_are_foreign_whether_it_has_other_roots_or_another_name() {
    let ours = keyset("gateway", &[1]);
    for theirs in [keyset("gateway", &[2]), keyset("gateway2", &[1])] {
        let token = theirs.seal(Kind::Credentials, NONCE, b"content".to_vec());
        assert_eq!(open(&ours, &token), Err(OpenError::Foreign));
    }
}

#[test]
fn a_token_of_one_purpose_is_none_of_another() {
    let keyset = keyset("gateway", &[1]);
    let token = keyset.seal(Kind::Model, NONCE, b"content".to_vec());
    let mut bytes = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap();
    bytes[1] = Kind::Credentials.byte();
    assert_eq!(open(&keyset, &BASE64URL_NOPAD.encode(&bytes)), Err(OpenError::Foreign));
    bytes[1] = Kind::Plan.byte();
    assert_eq!(open(&keyset, &BASE64URL_NOPAD.encode(&bytes)), Err(OpenError::Altered));
}

#[test]
fn roots_are_rotated_without_a_break() {
    let (old, both, new) = (keyset("gateway", &[1]), keyset("gateway", &[2, 1]), keyset("gateway", &[2]));
    let (before, after) = (old.seal(Kind::Plan, NONCE, b"a".to_vec()), both.seal(Kind::Plan, NONCE, b"b".to_vec()));
    assert_eq!(open(&both, &before), Ok((Kind::Plan, b"a".to_vec())));
    assert_eq!(open(&new, &after), Ok((Kind::Plan, b"b".to_vec())));
    assert_eq!(open(&new, &before), Err(OpenError::Foreign));
    assert_eq!(&*both.open(&before).unwrap().root(), "root-1");
}

#[test]
fn a_secret_belongs_to_its_token_and_its_root() {
    let both = keyset("gateway", &[2, 1]);
    let token = both.seal(Kind::Credentials, NONCE, b"a".to_vec());
    let secret = both.secret(&token);
    assert_eq!(both.open(&token).unwrap().secret(&token).as_ref(), secret.as_ref());
    let other = both.seal(Kind::Credentials, [8; 12], b"a".to_vec());
    for (keyset, token) in [(&both, &other), (&keyset("gateway", &[1]), &token), (&keyset("other", &[2]), &token)] {
        assert_ne!(keyset.secret(token).as_ref(), secret.as_ref());
    }
    // The key that makes secrets is none of those that seal.
    assert!(!token.as_bytes().windows(8).any(|piece| secret.as_ref().windows(8).any(|other| other == piece)));
}

#[test]
fn without_roots_a_process_has_one_of_its_own() {
    let random: SharedRandom = Arc::new(SystemRandom);
    let (one, two) = (Keyset::new("gateway", &[], &random), Keyset::new("gateway", &[], &random));
    assert!(one.are_own() && !keyset("gateway", &[1]).are_own());
    let token = one.seal(Kind::Model, NONCE, b"a".to_vec());
    assert!(open(&one, &token).is_ok());
    assert_eq!(open(&two, &token), Err(OpenError::Foreign));
}

#[test]
fn no_key_is_shown() {
    let shown = format!("{:?}", keyset("gateway", &[0x5a]));
    assert!(!shown.contains("90, 90, 90") && !shown.to_lowercase().contains("5a5a"), "{shown}");
}

#[test]
fn nothing_that_a_revoked_root_sealed_is_believed() {
    let both = keyset("gateway", &[2, 1]);
    let of_old = keyset("gateway", &[1]);
    let tokens = Kind::ALL.map(|kind| of_old.seal(kind, NONCE, b"a".to_vec()));
    assert!(tokens.iter().all(|token| both.open(token).is_ok()));
    both.revoke(|id| id == "root-1");
    assert!(tokens.iter().all(|token| open(&both, token) == Err(OpenError::Revoked)));
    assert!(both.open(&both.seal(Kind::Plan, NONCE, b"b".to_vec())).is_ok());
    both.revoke(|_| false);
    assert!(tokens.iter().all(|token| both.open(token).is_ok()));
}

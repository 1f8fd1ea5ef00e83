//! What the texts of a keyring entry must look like.

use crate::authn::caller::is_of_names;

/// An access key id: 16 to 128 of `A-Z a-z 0-9 _`, as AWS's own (IAM API reference, `AccessKey`), but not one of AWS's.
pub(super) fn access_key_id(text: &str) -> Result<(), &'static str> {
    if !(16..=128).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err("must be 16 to 128 letters, digits or underscores");
    }
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html: whoever pastes an AWS key pair here
    // hands its secret to everybody who can read the gateway's files.
    if text.starts_with("AKIA") || text.starts_with("ASIA") {
        return Err("looks like a key that AWS issued; the keyring holds keys of the gateway only");
    }
    Ok(())
}

/// A secret access key: 32 to 128 printable ASCII characters without spaces.
pub(super) fn secret_access_key(text: &str) -> Result<(), &'static str> {
    if (32..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(())
    } else {
        Err("must be 32 to 128 printable ASCII characters without spaces")
    }
}

/// The name of a caller or person: 1 to 128 of `[A-Za-z0-9_+=,.@/-]`, and nothing that reads as an ARN.
pub(super) fn name(text: &str) -> Result<(), &'static str> {
    // A colon is not allowed in any case; said apart, because somebody will try to write a role's ARN here.
    if text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("arn:")) {
        return Err("must not be an ARN: the name is yours to give, AWS does not vouch for it");
    }
    if (1..=128).contains(&text.len()) && text.bytes().all(is_of_names) {
        Ok(())
    } else {
        Err("must be 1 to 128 of letters, digits and _+=,.@/-")
    }
}

/// The name of an environment: what can stand in the path `/mcp/{environment}` without any encoding.
pub(super) fn environment(text: &str) -> Result<(), &'static str> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_-".contains(&b);
    if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(())
    } else {
        Err("must be 1 to 64 of letters, digits, _ and -")
    }
}

/// A description: up to 256 characters on one line.
pub(super) fn description(text: &str) -> Result<(), &'static str> {
    if text.chars().count() <= 256 && !text.chars().any(char::is_control) {
        Ok(())
    } else {
        Err("must be at most 256 characters without line breaks or other control characters")
    }
}

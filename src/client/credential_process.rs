//! Reading the JSON that `credential_process` programs print
//! (<https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sourcing-external.html>): what the exchange answers and the
//! cache keeps. [`crate::exchange::reply`] writes it.

use jiff::Timestamp;
use serde::Deserialize;

use crate::authn::credentials::{GatewayCredentials, LONGEST_TOKEN, PREFIX};
use crate::secret::Secret;

/// The longest secret access key that is taken, in characters.
const LONGEST_SECRET: usize = 256;
/// The longest access key id that is taken, in characters.
const LONGEST_ID: usize = 128;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Read {
    version: u8,
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    expiration: Timestamp,
}

/// The credentials that such JSON holds; `None` where it is not exactly that, or they are not those of a gateway.
#[must_use]
pub fn read(json: &[u8]) -> Option<GatewayCredentials> {
    let read: Read = serde_json::from_slice(json).ok()?;
    let credentials = GatewayCredentials {
        access_key_id: read.access_key_id,
        secret_access_key: Secret::new(read.secret_access_key),
        session_token: Secret::new(read.session_token),
        expires: read.expiration,
    };
    let is_word = |text: &str, longest: usize| {
        (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let is_sound = read.version == 1
        && credentials.access_key_id.starts_with(PREFIX)
        && is_word(&credentials.access_key_id, LONGEST_ID)
        && is_word(credentials.secret_access_key.expose(), LONGEST_SECRET)
        && is_word(credentials.session_token.expose(), LONGEST_TOKEN);
    is_sound.then_some(credentials)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::exchange::reply::credential_process;

    fn document() -> Value {
        json!({
            "Version": 1, "AccessKeyId": "IMGTAAAA", "SecretAccessKey": "secret", "SessionToken": "token",
            "Expiration": "2026-11-27T12:00:00Z",
        })
    }

    #[test]
    fn what_is_written_is_read_again() {
        let read = read(document().to_string().as_bytes()).unwrap();
        assert_eq!(serde_json::from_str::<Value>(credential_process(&read).expose()).unwrap(), document());
    }

    #[test]
    fn nothing_else_is_taken_for_credentials() {
        let long = "x".repeat(LONGEST_TOKEN + 1);
        for (member, value) in [
            ("Version", json!(2)),
            ("Version", json!("1")),
            ("AccessKeyId", json!("AKIAIOSFODNN7EXAMPLE")),
            ("AccessKeyId", json!("IMGT\nA")),
            ("AccessKeyId", json!("")),
            ("SecretAccessKey", json!("")),
            ("SecretAccessKey", json!(null)),
            ("SessionToken", json!("a b")),
            ("SessionToken", json!(long)),
            ("Expiration", json!("tomorrow")),
            ("Expiration", json!(1)),
            ("More", json!(1)),
        ] {
            let mut wrong = document();
            wrong[member] = value;
            assert!(read(wrong.to_string().as_bytes()).is_none(), "{member} {}", wrong[member]);
            wrong.as_object_mut().unwrap().remove(member);
            assert_eq!(read(wrong.to_string().as_bytes()).is_some(), member == "More", "without {member}");
        }
        let twice = document().to_string().replacen('{', "{\"Version\":1,", 1);
        for wrong in ["", "{}", "[]", "null", twice.as_str()] {
            assert!(read(wrong.as_bytes()).is_none(), "{wrong}");
        }
    }
}

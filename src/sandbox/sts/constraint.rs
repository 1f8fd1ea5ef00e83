//! What STS lets its parameters be (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).

use crate::sandbox::constraint::Text;
use crate::sandbox::input::Input;

const WORDS: &str = r"[\w+=,.@-]*";

/// A session's name or a source identity.
pub(super) const SESSION_NAME: Text = Text { min: 2, max: 64, fits: |text| is_of(text, "_+=,.@-"), said_as: Ok(WORDS) };

/// An external id.
pub(super) const EXTERNAL_ID: Text =
    Text { min: 2, max: 1224, fits: |text| is_of(text, "_+=,.@:/-"), said_as: Ok(r"[\w+=,.@:\/-]*") };

/// A session policy, in characters as they come; its packed size is another matter.
pub(super) const SESSION_POLICY: Text = Text {
    min: 1,
    max: 2048,
    fits: |text| text.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}')),
    said_as: Ok(r"[\u0009\u000A\u000D\u0020-\u00FF]+"),
};

/// A device's serial number.
pub(super) const SERIAL_NUMBER: Text =
    Text { min: 9, max: 256, fits: |text| is_of(text, "_+=/:,.@-"), said_as: Ok(r"[\w+=/:,.@-]*") };

/// A device's code.
pub(super) const TOKEN_CODE: Text =
    Text { min: 6, max: 6, fits: |text| text.bytes().all(|b| b.is_ascii_digit()), said_as: Ok(r"[\d]*") };

/// Whom a token is for: any text.
pub(super) const AUDIENCE: Text = Text { min: 1, max: 1000, fits: |_| true, said_as: Ok(".*") };

/// Notes a list that is too long.
pub(super) fn few<T>(input: &Input<'_>, name: &str, list: Vec<T>, most: usize) -> Vec<T> {
    if list.len() > most {
        let complaint = format!("Member must have length less than or equal to {most}");
        input.complain(name, &format!("[{} members]", list.len()), &complaint);
    }
    list
}

fn is_of(text: &str, punctuation: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || punctuation.contains(c))
}

//! Text from AWS is data: what could steer a reader is made visible.
//!
//! Names, descriptions, tags and policy strings can be written by an attacker and are read by a model. Control
//! characters, invisible format characters (bidirectional overrides, zero-width characters, the tag characters that
//! spell hidden text), line separators and private-use characters are shown as `\u{...}`. A backslash before `u{` is
//! escaped likewise, so that the original can always be told from its escaped form.

use std::borrow::Cow;

use serde_json::Value;

use crate::hidden::is_hidden;

/// The text with every character that a reader would not see, or that would rearrange what it sees, spelled out.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    // ASCII text without control characters or backslashes is nearly all there is.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\') {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        let opens_escape = character == '\\' && rest.as_str().starts_with("u{");
        if opens_escape || is_hidden(character) {
            shown.push_str(&format!("\\u{{{:x}}}", u32::from(character)));
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// The text that was made visible: the inverse of [`visible`].
#[must_use]
pub fn original(shown: &str) -> Cow<'_, str> {
    if !shown.contains("\\u{") {
        return Cow::Borrowed(shown);
    }
    let mut text = String::with_capacity(shown.len());
    let mut rest = shown;
    while let Some((before, behind)) = rest.split_once("\\u{") {
        text.push_str(before);
        let escaped = behind.split_once('}').and_then(|(digits, after)| Some((spelled(digits)?, after)));
        match escaped {
            Some((character, after)) => {
                text.push(character);
                rest = after;
            }
            // No escape of ours.
            None => {
                text.push_str("\\u{");
                rest = behind;
            }
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

fn spelled(digits: &str) -> Option<char> {
    u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
}

/// Makes every string of a result visible, names of members included.
pub fn make_visible(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(shown) = visible(text) {
                *text = shown;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(make_visible),
        Value::Object(members) => {
            if members.keys().any(|key| matches!(visible(key), Cow::Owned(_))) {
                *members = std::mem::take(members)
                    .into_iter()
                    .map(|(key, value)| (visible(&key).into_owned(), value))
                    .collect();
            }
            members.values_mut().for_each(make_visible);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_of_any_script_is_left_as_it_is() {
        for text in ["alice@example.com", "Zoë Müller", "山田太郎", "Владимир", "a b", "C:\\users"] {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn what_hides_or_rearranges_text_is_spelled_out() {
        for (text, shown) in [
            ("a\nb", "a\\u{a}b"),
            ("\u{202e}drowssap", "\\u{202e}drowssap"),
            ("a\u{200b}b", "a\\u{200b}b"),
            ("\u{e0041}\u{e0042}", "\\u{e0041}\\u{e0042}"),
            ("x\u{fe0f}", "x\\u{fe0f}"),
            ("\u{2028}", "\\u{2028}"),
            ("\u{1b}[31m", "\\u{1b}[31m"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }

    #[test]
    fn an_escape_in_the_original_cannot_pass_for_one_of_ours() {
        assert_eq!(visible("\\u{202e}"), "\\u{5c}u{202e}");
    }

    #[test]
    fn nothing_is_lost_by_it() {
        let texts = [
            "a",
            "",
            "a\u{1b}[31m\0b",
            "\\u{202e}",
            "\\\\u{5c}u{41}",
            "\u{202e}\\",
            "\\u{",
            "\u{e0041}\u{feff}}",
            "\\u\u{200b}{41}",
        ];
        for text in texts {
            assert_eq!(original(&visible(text)), text);
        }
        assert_eq!(original("\\u{zz} \\u{d800} \\u{"), "\\u{zz} \\u{d800} \\u{", "no escapes of ours");
    }

    #[test]
    fn strings_and_keys_deep_inside_are_made_visible() {
        let mut value = serde_json::json!({"a\u{200b}": [{"b": "c\u{202e}"}], "n": 1});
        make_visible(&mut value);
        assert_eq!(value, serde_json::json!({"a\\u{200b}": [{"b": "c\\u{202e}"}], "n": 1}));
    }
}

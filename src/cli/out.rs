//! Writing to the terminal: colours where they are wanted (NO_COLOR and pipes have none), text made safe to show.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write as _;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::tools::text;

/// What went wrong, or is refused.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// What went well.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// What deserves a second look.
pub const CAUTION: Style = AnsiColor::Yellow.on_default().bold();
/// Headings.
pub const STRONG: Style = Style::new().bold();
/// What is said beside.
pub const FAINT: Style = Style::new().dimmed();

/// Writes a line to standard output; a closed pipe is nobody's mistake.
pub fn line(text: &str) {
    let _closed = writeln!(anstream::stdout(), "{text}");
}

/// Writes a line to standard error.
pub fn note(text: &str) {
    let _closed = writeln!(anstream::stderr(), "{text}");
}

/// Writes what went wrong to standard error.
pub fn error(text: &str) {
    note(&format!("{BAD}error:{BAD:#} {text}"));
}

/// Writes what went wrong to standard error, as one line of JSON.
pub fn error_json(code: Option<&str>, message: &str, hint: Option<&str>) {
    let said = serde_json::json!({"error": {"code": code, "message": message, "hint": hint}});
    note(&escaped(&said.to_string()));
}

/// Writes a value as indented JSON.
pub fn json(value: &impl Serialize) {
    line(&escaped(&serde_json::to_string_pretty(value).expect("what commands print serializes")));
}

/// Writes a value as one line of JSON.
pub fn json_line(value: &impl Serialize) {
    line(&escaped(&serde_json::to_string(value).expect("what commands print serializes")));
}

/// The same JSON, with JSON's own escape for every character that a terminal would obey or a reader not see.
///
/// JSON itself demands that only of the control characters below U+0020; the values may come from elsewhere.
#[must_use]
pub fn escaped(json: &str) -> Cow<'_, str> {
    // Nearly all text is plain. Within a piece nothing ends early, so the compiler can look at many bytes at once.
    let is_plain = |piece: &[u8]| piece.iter().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~' | b'\n'));
    if json.as_bytes().chunks(128).all(is_plain) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len());
    for character in json.chars() {
        let mut bytes = [0; 4];
        let alone: &str = character.encode_utf8(&mut bytes);
        // Line breaks are the indentation's: within strings they are escaped already.
        if character == '\n' || text::visible(alone) == alone {
            shown.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            write!(shown, "\\u{unit:04x}").expect("a string takes everything");
        }
    }
    Cow::Owned(shown)
}

/// The text, styled.
#[must_use]
pub fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_holds_no_character_that_hides_or_steers_and_means_the_same() {
        let value = serde_json::json!({
            "a\u{9b}31m": ["\u{1b}]0;x\u{7}", "\u{7f}", "\u{202e}txt", "\u{e0041}", "Zoë 山田 \u{1f600}", "\\u{202e}", "a\nb"],
        });
        let pretty = escaped(&serde_json::to_string_pretty(&value).unwrap()).into_owned();
        assert!(
            pretty.contains("\\u009b31m") && pretty.contains("\\u007f") && pretty.contains("\\udb40\\udc41"),
            "{pretty}"
        );
        assert!(pretty.contains("Zoë 山田 \u{1f600}"), "{pretty}");
        assert!(!pretty.contains(['\u{9b}', '\u{7f}', '\u{202e}', '\u{e0041}', '\u{1b}']), "{pretty}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&pretty).unwrap(), value);
    }

    #[test]
    fn a_hidden_character_is_escaped_wherever_it_stands_in_a_long_line() {
        for at in 0..300 {
            let line = format!("\"{}\u{7f}{}\"", "x".repeat(at), "x".repeat(299 - at));
            assert_eq!(escaped(&line), line.replace('\u{7f}', "\\u007f"), "{at}");
        }
        let plain = format!("\"{}\"", "x".repeat(300));
        assert!(matches!(escaped(&plain), Cow::Borrowed(_)), "plain text is not copied");
    }
}

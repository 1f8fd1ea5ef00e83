//! Characters that nobody sees in a name: two names that look the same must not be two.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Whether a text has a character that shows nothing, or begins or ends with a blank.
pub(super) fn has_hidden(text: &str) -> bool {
    text.trim() != text || text.chars().any(is_hidden)
}

/// Control and format characters (zero-width ones are of these), line separators, and the marks, fillers and joiners that
/// show nothing although their category says otherwise.
fn is_hidden(character: char) -> bool {
    matches!(
        character.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    ) || matches!(
        character,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}' | '\u{e0100}'..='\u{e01ef}'
    )
}

#[cfg(test)]
mod tests {
    use super::has_hidden;

    #[test]
    fn what_nobody_sees_is_hidden_and_scripts_are_not() {
        for text in ["", "a b", "größe", "名前", "e\u{301}"] {
            assert!(!has_hidden(text), "{text:?}");
        }
        for text in [
            " a",
            "a ",
            "a\u{a0}",
            "a\tb",
            "a\u{200b}b",
            "a\u{202e}b",
            "a\u{feff}",
            "a\u{ad}b",
            "a\u{2028}b",
            "a\u{fe0f}",
        ] {
            assert!(has_hidden(text), "{text:?}");
        }
    }
}

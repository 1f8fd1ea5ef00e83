//! Characters that nobody sees in a text: two names that look the same must not be two, and no text may steer who reads it.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Whether a text has a hidden character, or begins or ends with a blank.
#[must_use]
pub fn has_hidden(text: &str) -> bool {
    text.trim() != text || text.chars().any(is_hidden)
}

/// Whether a character shows nothing or rearranges what is shown: control and format characters (zero-width ones are of
/// these), line separators, and what is not, or not for everybody, assigned.
///
/// Variation selectors are marks by category, show nothing, and can carry a hidden byte each; so can the blank Hangul
/// fillers and the combining grapheme joiner.
#[must_use]
pub fn is_hidden(character: char) -> bool {
    use GeneralCategory as Category;
    matches!(
        character.general_category(),
        Category::Control
            | Category::Format
            | Category::PrivateUse
            | Category::Unassigned
            | Category::LineSeparator
            | Category::ParagraphSeparator
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

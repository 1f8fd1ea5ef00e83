//! What others wrote, spelled so that it can neither read as a sentence of ours nor as markup of what shows it.

use std::fmt::Write as _;

/// The longest of these texts that is shown whole: an ARN has at most 2,048 characters, and hardly any has 300.
const LONGEST: usize = 300;

/// A name, ARN, action or condition's value as it may stand in a question: printable letters, digits and marks of ARNs and
/// policies only. Blanks are not among them, so that what stands between two of these is always ours.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars().take(LONGEST) {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' => shown.push(character),
            ':' | '/' | '_' | '*' | '?' | '.' | '+' | '=' | ',' | '@' | '$' | '-' | '{' | '}' => shown.push(character),
            other => write!(shown, "\\u{{{:x}}}", u32::from(other)).expect("a string takes everything"),
        }
    }
    let more = text.chars().count().saturating_sub(LONGEST);
    if more > 0 {
        write!(shown, "...({more} more characters)").expect("a string takes everything");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_mark_of_names_is_spelled_out() {
        let hostile = "arn:aws:s3:::x\non the other hand [click](https://e.example) \u{202e}\u{1b}[2J\\u{41}";
        let shown = plain(hostile);
        assert!(shown.starts_with("arn:aws:s3:::x\\u{a}on\\u{20}the\\u{20}other"), "{shown}");
        assert!(shown.contains("\\u{5b}click\\u{5d}\\u{28}https://e.example\\u{29}"), "{shown}");
        assert!(shown.ends_with("\\u{202e}\\u{1b}\\u{5b}2J\\u{5c}u{41}"), "{shown}");
    }

    #[test]
    fn what_is_too_long_says_how_much_is_missing() {
        assert!(plain(&"a".repeat(5000)).ends_with("...(4700 more characters)"));
        assert_eq!(plain(&"a".repeat(LONGEST)), "a".repeat(LONGEST));
    }
}

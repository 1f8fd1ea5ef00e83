//! Patterns with `*` (any characters, also none) and `?` (exactly one character).
//!
//! A pattern is cut at its stars when it is made. Matching then finds the pieces one after another, each as far left as
//! it stands, and never goes back: of all ways to place a piece, the leftmost leaves the most for those behind it. The
//! time is at most the product of both lengths, and that only where a `?` stands between two stars; else it is their sum.

use super::budget::{Budget, Undecided};

/// One element of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// These characters, literally.
    Text(&'a str),
    /// Any one character.
    One,
    /// Any characters, also none.
    Many,
}

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glob {
    /// What the text begins with.
    head: Piece,
    /// What follows after each star; the last piece is what the text ends with.
    tail: Box<[Piece]>,
    /// In bytes; a wildcard is one.
    length: usize,
}

impl Glob {
    pub(super) fn new<'a>(tokens: impl IntoIterator<Item = Token<'a>>) -> Self {
        let mut head = Piece::default();
        let mut tail: Vec<Piece> = Vec::new();
        let mut length = 0;
        for token in tokens {
            length += if let Token::Text(text) = token { text.len() } else { 1 };
            let piece = tail.last_mut().unwrap_or(&mut head);
            match token {
                Token::Text(text) => piece.push(text),
                Token::One => piece.0.push(Item::One),
                Token::Many => {
                    if tail.last().is_none_or(|piece| !piece.0.is_empty()) {
                        tail.push(Piece::default());
                    }
                }
            }
        }
        Self { head, tail: tail.into(), length }
    }

    /// The pattern that `text` spells.
    pub(crate) fn of(text: &str) -> Self {
        Self::new(tokens(text))
    }

    /// The text before the first wildcard.
    pub(super) fn literal_head(&self) -> &str {
        match self.head.0.first() {
            Some(Item::Text(text)) => text,
            Some(Item::One) | None => "",
        }
    }

    /// Whether there is nothing but the literal head.
    pub(super) fn is_literal(&self) -> bool {
        self.tail.is_empty() && self.head.0.iter().all(|item| matches!(item, Item::Text(_)))
    }

    /// Whether nothing but one star stands behind the literal head.
    pub(super) fn is_head_and_star(&self) -> bool {
        let head_is_literal = self.head.0.iter().all(|item| matches!(item, Item::Text(_)));
        head_is_literal && matches!(&*self.tail, [last] if last.0.is_empty())
    }

    /// The pattern, one character or wildcard after the other.
    pub(super) fn signs(&self) -> impl Iterator<Item = Sign> + '_ {
        let tail = self.tail.iter().flat_map(|piece| [Sign::Many].into_iter().chain(piece.signs()));
        self.head.signs().chain(tail)
    }

    /// The steps that matching takes at most.
    fn steps(&self, text: &str) -> usize {
        let middle = self.tail.split_last().map_or(&[][..], |(_, middle)| middle);
        if middle.iter().any(Piece::wanders) { (self.length + 1) * (text.len() + 1) } else { self.length + text.len() }
    }

    /// Whether the pattern matches the whole of `text`.
    pub(super) fn matches(&self, text: &str, budget: &Budget) -> Result<bool, Undecided> {
        budget.spend(self.steps(text))?;
        Ok(self.is_match(text))
    }

    /// The same, for who bounds both lengths otherwise.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        let Some(mut rest) = self.head.strip(text) else { return false };
        let Some((last, middle)) = self.tail.split_last() else { return rest.is_empty() };
        for piece in middle {
            match piece.find(rest) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        last.ends(rest)
    }
}

/// One character of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// This one.
    Is(char),
    /// Any one.
    One,
    /// Any number of any.
    Many,
}

/// Cuts `text` at its wildcards.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (token, length) = match rest.find(['*', '?']) {
            _ if rest.is_empty() => return None,
            Some(0) if rest.starts_with('*') => (Token::Many, 1),
            Some(0) => (Token::One, 1),
            Some(length) => (Token::Text(&rest[..length]), length),
            None => (Token::Text(rest), rest.len()),
        };
        rest = &rest[length..];
        Some(token)
    })
}

/// What stands between two stars.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Piece(Vec<Item>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Text(String),
    One,
}

impl Piece {
    fn push(&mut self, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(Item::Text(before)) => before.push_str(text),
            _ => self.0.push(Item::Text(text.to_owned())),
        }
    }

    fn signs(&self) -> impl Iterator<Item = Sign> + '_ {
        self.0.iter().flat_map(|item| {
            let (text, one) = match item {
                Item::Text(text) => (text.as_str(), None),
                Item::One => ("", Some(Sign::One)),
            };
            text.chars().map(Sign::Is).chain(one)
        })
    }

    /// Whether finding it takes more than one pass over the text.
    fn wanders(&self) -> bool {
        !matches!(self.0.as_slice(), [Item::Text(_)])
    }

    /// What is left of `text` after this piece at its very beginning.
    fn strip<'a>(&self, text: &'a str) -> Option<&'a str> {
        self.0.iter().try_fold(text, |rest, item| match item {
            Item::Text(text) => rest.strip_prefix(text.as_str()),
            Item::One => {
                let mut characters = rest.chars();
                characters.next().map(|_| characters.as_str())
            }
        })
    }

    /// What is left of `text` after the first place where this piece stands.
    fn find<'a>(&self, text: &'a str) -> Option<&'a str> {
        if let [Item::Text(piece)] = self.0.as_slice() {
            return text.find(piece.as_str()).map(|at| &text[at + piece.len()..]);
        }
        text.char_indices().map(|(at, _)| at).chain([text.len()]).find_map(|at| self.strip(&text[at..]))
    }

    /// Whether `text` ends with this piece.
    fn ends(&self, text: &str) -> bool {
        self.0
            .iter()
            .rev()
            .try_fold(text, |rest, item| match item {
                Item::Text(text) => rest.strip_suffix(text.as_str()),
                Item::One => {
                    let mut characters = rest.chars();
                    characters.next_back().map(|_| characters.as_str())
                }
            })
            .is_some()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_and_question_marks_match_as_they_should() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("**", "a/b:c", true),
            ("?", "", false),
            ("?", "é", true),
            ("?", "ab", false),
            ("a*", "a", true),
            ("a*b", "ab", true),
            ("a*b", "a", false),
            ("a*a", "a", false),
            ("*a*b*", "xbxaxb", true),
            ("*ab?*", "xab", false),
            ("*a?c", "abcaxc", true),
            ("a*?", "a", false),
            ("A", "a", false),
            ("*abab", "abaabab", true),
        ] {
            assert_eq!(Glob::of(pattern).is_match(text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn a_literal_star_is_no_wildcard() {
        let glob = Glob::new([Token::Text("a"), Token::Text("*"), Token::Many]);
        assert!(glob.is_match("a*b"));
        assert!(!glob.is_match("ab"));
    }

    #[test]
    fn a_pattern_made_to_backtrack_takes_no_longer_than_others() {
        // With backtracking, these would outlast the universe.
        let (pattern, text) = ("a*".repeat(5_000), "a".repeat(10_000));
        assert!(!Glob::of(&format!("{pattern}b")).is_match(&text));
        let pattern = "*?a".repeat(1_000);
        assert!(!Glob::of(&format!("{pattern}b*")).is_match(&text));
    }

    #[test]
    fn steps_are_the_sum_of_the_lengths_or_their_product_where_a_question_mark_wanders() {
        let text = "a".repeat(99);
        for (pattern, steps) in [("abc", 102), ("a*b*c", 104), ("?*a*?", 104), ("*?*", 400), ("*a?b*", 600)] {
            let budget = Budget::new(1_000);
            assert!(Glob::of(pattern).matches(&text, &budget).is_ok());
            assert_eq!(budget.left(), 1_000 - steps, "{pattern}");
        }
        assert_eq!(Glob::of("*").matches(&text, &Budget::new(99)), Err(Undecided));
    }

    /// The definition, as plainly as it can be written.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|skipped| naive(rest, &text[skipped..])),
            Some(('?', rest)) => !text.is_empty() && naive(rest, &text[1..]),
            Some((first, rest)) => text.first() == Some(first) && naive(rest, &text[1..]),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn matching_equals_the_definition(pattern in "[ab:é*?]{0,9}", text in "[ab:é]{0,9}") {
            let characters = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(Glob::of(&pattern).is_match(&text), naive(&characters(&pattern), &characters(&text)));
        }

        #[test]
        fn any_text_matches_itself_with_every_character_masked(text in "\\PC{0,20}") {
            prop_assert!(Glob::of(&"?".repeat(text.chars().count())).is_match(&text));
            prop_assert!(Glob::new([Token::Text(&text)]).is_match(&text));
        }
    }
}

//! "Did you mean?"

/// Longer words are not compared: they come from outside, and no name is that long.
const LONGEST: usize = 64;

/// The candidate that `word` was most probably meant to be, if any is near enough.
///
/// Near is a Damerau-Levenshtein distance of at most a third of the word, letter case and `-` against `_` left aside:
/// one slip in a short word, three in a long one. A word that continues a candidate, or is continued by one, is near too
/// (`session` for `session_seconds`).
#[must_use]
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let fold = |text: &str| text.to_ascii_lowercase().replace('-', "_");
    let folded = fold(word);
    let allowed = (folded.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other = fold(candidate);
            let distance = strsim::damerau_levenshtein(&folded, &other);
            let continued = folded.len().min(other.len()) >= 4
                && (other.starts_with(folded.as_str()) || folded.starts_with(other.as_str()));
            // One letter is "near" every other letter: a replacement of the whole word is no suggestion.
            let near = distance <= allowed && distance < folded.chars().count();
            (near || continued).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::suggest;

    const KEYS: [&str; 5] = ["access", "caller", "environment", "session_seconds", "tags"];

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        for (word, meant) in [
            ("acess", "access"),
            ("Access", "access"),
            ("calelr", "caller"),
            ("enviroment", "environment"),
            ("tag", "tags"),
            ("session-seconds", "session_seconds"),
            ("session", "session_seconds"),
        ] {
            assert_eq!(suggest(word, KEYS), Some(meant), "{word}");
        }
    }

    #[test]
    fn a_word_that_resembles_nothing_gets_no_suggestion() {
        for word in ["", "x", "region", "pattern", "é", &"session_seconds".repeat(5)] {
            assert_eq!(suggest(word, KEYS), None, "{word}");
        }
    }
}

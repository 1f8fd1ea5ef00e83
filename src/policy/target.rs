//! What a request is about, as far as it is known.
//!
//! IAM's operations take names, policies name ARNs, and an ARN has a path that only AWS can tell. Until it has, a request
//! is about every ARN that the entity could have: a pattern of a policy then matches all of them, none, or some, and
//! "some" is left open ([`Undecided`]).

use super::budget::{Budget, Undecided};
use super::glob::{Glob, Sign};

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// Exactly this ARN, or `*` for an action on nothing in particular.
    Arn(&'a str),
    /// The entity of this name at some path, which is not known: the ARN is `prefix` (`arn:aws:iam::123456789012:user/`),
    /// then a path, then the name. IAM finds entities in any letter case of their name, so the ARN may have another one.
    Named {
        /// The ARN up to the path.
        prefix: &'a str,
        /// The name, ASCII letters in either case.
        name: &'a str,
    },
    /// Some ARN that begins so.
    Below(&'a str),
}

impl<'a> From<&'a str> for Target<'a> {
    fn from(arn: &'a str) -> Self {
        Self::Arn(arn)
    }
}

impl<'a> From<&'a String> for Target<'a> {
    fn from(arn: &'a String) -> Self {
        Self::Arn(arn)
    }
}

/// One place of the texts that a target could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// This character.
    Is(char),
    /// This ASCII letter, in either case.
    Letter(char),
    /// Any characters, also none.
    Many,
}

impl Place {
    fn can_be(self, character: char) -> bool {
        match self {
            Self::Is(own) => own == character,
            Self::Letter(own) => own.eq_ignore_ascii_case(&character),
            Self::Many => true,
        }
    }

    fn must_be(self, character: char) -> bool {
        self == Self::Is(character)
    }
}

impl Target<'_> {
    /// Whether `glob` matches whatever the target is: all that it could be, or nothing of it. Some of it is undecided.
    pub(super) fn is_matched_by(self, glob: &Glob, budget: &Budget) -> Result<bool, Undecided> {
        let forms = match self {
            Self::Arn(arn) => return glob.matches(arn, budget),
            Self::Named { prefix, name } => {
                let at_root = || is(prefix).chain(name.chars().map(letter));
                let below = is(prefix).chain([Place::Many, Place::Is('/')]).chain(name.chars().map(letter));
                vec![at_root().collect::<Vec<_>>(), below.collect()]
            }
            Self::Below(prefix) => vec![is(prefix).chain([Place::Many]).collect()],
        };
        let pattern: Vec<Sign> = glob.signs().collect();
        budget.spend(forms.iter().map(|form| 2 * (form.len() + 1) * (pattern.len() + 1)).sum())?;
        if forms.iter().all(|form| includes(&pattern, form)) {
            Ok(true)
        } else if forms.iter().any(|form| meets(&pattern, form)) {
            Err(Undecided)
        } else {
            Ok(false)
        }
    }

    /// The longest text in it, in bytes.
    pub(super) fn length(self) -> usize {
        match self {
            Self::Arn(text) | Self::Below(text) => text.len(),
            Self::Named { prefix, name } => prefix.len() + name.len(),
        }
    }
}

fn is(text: &str) -> impl Iterator<Item = Place> + '_ {
    text.chars().map(Place::Is)
}

fn letter(character: char) -> Place {
    if character.is_ascii_alphabetic() { Place::Letter(character) } else { Place::Is(character) }
}

/// Whether every text of `form` matches the pattern. `*` alone takes places whose characters are not known, so a pattern
/// that spells out each possibility some other way is not found out; no pattern of one line could.
fn includes(pattern: &[Sign], form: &[Place]) -> bool {
    // `row[j]`: whether the pattern from here on includes the form from j on.
    let mut row: Vec<bool> = (0..=form.len()).map(|j| j == form.len()).collect();
    for sign in pattern.iter().rev() {
        let mut above = vec![false; row.len()];
        for j in (0..=form.len()).rev() {
            above[j] = match (sign, form.get(j)) {
                (Sign::Many, place) => row[j] || place.is_some() && above[j + 1],
                (_, None | Some(Place::Many)) => false,
                (Sign::One, Some(_)) => row[j + 1],
                (Sign::Is(character), Some(place)) => place.must_be(*character) && row[j + 1],
            };
        }
        row = above;
    }
    row[0]
}

/// Whether some text of `form` matches the pattern.
fn meets(pattern: &[Sign], form: &[Place]) -> bool {
    // From the end: a form that is used up still meets stars, and the other way round.
    let mut row = vec![false; form.len() + 1];
    row[form.len()] = true;
    for j in (0..form.len()).rev() {
        row[j] = form[j] == Place::Many && row[j + 1];
    }
    for sign in pattern.iter().rev() {
        let mut above = vec![false; row.len()];
        for j in (0..=form.len()).rev() {
            above[j] = match (sign, form.get(j)) {
                (Sign::Many, None) => row[j],
                (Sign::Many, Some(_)) => row[j] || above[j + 1],
                (_, None) => false,
                (_, Some(Place::Many)) => row[j] || above[j + 1],
                (Sign::One, Some(_)) => row[j + 1],
                (Sign::Is(character), Some(place)) => place.can_be(*character) && row[j + 1],
            };
        }
        row = above;
    }
    row[0]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const USERS: &str = "arn:aws:iam::123456789012:user/";

    fn matched(target: Target<'_>, pattern: &str) -> Option<bool> {
        target.is_matched_by(&Glob::of(pattern), &Budget::new(1_000_000)).ok()
    }

    #[test]
    fn a_named_entity_is_every_arn_it_could_have() {
        let bob = Target::Named { prefix: USERS, name: "bob" };
        for (pattern, expected) in [
            ("*", Some(true)),
            ("arn:aws:iam::123456789012:user/*", Some(true)),
            ("arn:aws:iam::*:user/*", Some(true)),
            ("arn:aws:iam::123456789012:*", Some(true)),
            ("arn:aws:iam::123456789012:user/bob", None),
            ("arn:aws:iam::123456789012:user/BOB", None),
            ("arn:aws:iam::123456789012:user/*bob", None),
            ("arn:aws:iam::123456789012:user/*bo?", None),
            ("arn:aws:iam::123456789012:user/*???", Some(true)),
            ("arn:aws:iam::123456789012:user/ops/*", None),
            ("arn:aws:iam::123456789012:user/*/bob", None),
            ("arn:aws:iam::123456789012:user/ops/alice", Some(false)),
            ("arn:aws:iam::123456789012:user/alice", Some(false)),
            ("arn:aws:iam::123456789012:user/xbob", Some(false)),
            ("arn:aws:iam::123456789012:role/*", Some(false)),
            ("arn:aws:iam::999999999999:user/*", Some(false)),
        ] {
            assert_eq!(matched(bob, pattern), expected, "{pattern}");
        }
        // Only digits have no other case.
        let number = Target::Named { prefix: USERS, name: "42" };
        assert_eq!(matched(number, "arn:aws:iam::123456789012:user/*42"), Some(true));
        assert_eq!(matched(number, "arn:aws:iam::123456789012:user/*/42"), None);
    }

    #[test]
    fn what_lies_below_is_anything_that_begins_so() {
        for (pattern, expected) in [
            ("*", Some(true)),
            ("arn:aws:iam::123456789012:user/*", Some(true)),
            ("arn:aws:iam::123456789012:user/ops/*", None),
            ("arn:aws:iam::123456789012:user/?*", None),
            ("arn:aws:iam::123456789012:group/*", Some(false)),
        ] {
            assert_eq!(matched(Target::Below(USERS), pattern), expected, "{pattern}");
        }
        assert_eq!(matched(Target::Below(""), "arn:aws:s3:::x"), None);
    }

    #[test]
    fn too_dear_a_comparison_is_undecided() {
        let bob = Target::Named { prefix: USERS, name: "bob" };
        assert_eq!(bob.is_matched_by(&Glob::of("x"), &Budget::new(10)), Err(Undecided));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// What is said of all or of none holds for each that it could be.
        #[test]
        fn what_is_decided_is_true_of_every_arn(
            pattern in "(a:)?[ab/B*?]{0,7}", name in "[abB]{1,2}", path in "([ab]{0,2}/){0,2}", flip in any::<bool>(),
        ) {
            let spelled = if flip { name.to_ascii_uppercase() } else { name.clone() };
            let arn = format!("a:{path}{spelled}");
            let target = Target::Named { prefix: "a:", name: &name };
            if let Some(all) = matched(target, &pattern) {
                prop_assert_eq!(matched(Target::Arn(&arn), &pattern), Some(all), "{} on {}", pattern, arn);
            }
            if let Some(all) = matched(Target::Below("a:"), &pattern) {
                prop_assert_eq!(matched(Target::Arn(&arn), &pattern), Some(all), "{} on {}", pattern, arn);
            }
        }
    }
}

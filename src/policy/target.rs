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
        let (prefix, name) = match self {
            Self::Arn(arn) => return glob.matches(arn, budget),
            Self::Named { prefix, name } => (prefix, Some(name)),
            Self::Below(prefix) => (prefix, None),
        };
        // Most patterns differ from the known prefix, or are a part of it and a star: no more has to be compared.
        let head = glob.literal_head();
        let common = head.len().min(prefix.len());
        budget.spend(common)?;
        if head.as_bytes()[..common] != prefix.as_bytes()[..common] {
            return Ok(false);
        }
        let behind = &head[common..];
        if glob.is_head_and_star() {
            // Behind the prefix anything may come, so some of it begins so and some does not.
            return if behind.is_empty() { Ok(true) } else { Err(Undecided) };
        }
        if glob.is_literal() && common == prefix.len() && name.is_none_or(|name| !name.contains('/')) {
            budget.spend(behind.len())?;
            let last = behind.rsplit('/').next();
            let could_be = name.is_none_or(|name| last.is_some_and(|last| last.eq_ignore_ascii_case(name)));
            return if could_be { Err(Undecided) } else { Ok(false) };
        }
        // What is equal in bytes ends at a character in both.
        let pattern: Vec<Sign> = glob.signs().skip(head[..common].chars().count()).collect();
        let rest = || prefix[common..].chars().map(Place::Is);
        let mut compared = Compared { budget, pattern: &pattern, row: Vec::new(), above: Vec::new() };
        match name {
            None => compared.with(&[&rest().chain([Place::Many]).collect::<Vec<_>>()]),
            Some(name) => {
                let name = || name.chars().map(letter);
                let at_root: Vec<Place> = rest().chain(name()).collect();
                let below: Vec<Place> = rest().chain([Place::Many, Place::Is('/')]).chain(name()).collect();
                compared.with(&[&at_root, &below])
            }
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

fn letter(character: char) -> Place {
    if character.is_ascii_alphabetic() { Place::Letter(character) } else { Place::Is(character) }
}

/// A pattern compared with the forms that a target can have, place by place.
struct Compared<'a> {
    budget: &'a Budget,
    pattern: &'a [Sign],
    /// `row[j]`: whether the pattern, from some sign on, fits the form from place j on.
    row: Vec<bool>,
    /// The same from the sign before.
    above: Vec<bool>,
}

impl Compared<'_> {
    /// Whether all texts of all forms match, or none.
    fn with(&mut self, forms: &[&[Place]]) -> Result<bool, Undecided> {
        let (mut all, mut any) = (true, false);
        for form in forms {
            self.budget.spend(2 * (form.len() + 1) * (self.pattern.len() + 1))?;
            let included = self.includes(form);
            all &= included;
            any = any || included || self.meets(form);
        }
        if any && !all { Err(Undecided) } else { Ok(all) }
    }

    /// Whether every text of `form` matches. `*` alone takes places whose characters are not known, so a pattern that spells
    /// out each possibility some other way is not found out; no pattern of one line could.
    fn includes(&mut self, form: &[Place]) -> bool {
        self.start(form, |_| false);
        self.each_sign(form, |sign, place, row, above| match (sign, place) {
            (Sign::Many, Some(_)) => row[0] || above[1],
            (Sign::Many, None) => row[0],
            (_, None | Some(Place::Many)) => false,
            (Sign::One, Some(_)) => row[1],
            (Sign::Is(character), Some(place)) => place.must_be(*character) && row[1],
        })
    }

    /// Whether some text of `form` matches.
    fn meets(&mut self, form: &[Place]) -> bool {
        // A form that is used up still meets stars, and the other way round.
        self.start(form, |place| place == Place::Many);
        self.each_sign(form, |sign, place, row, above| match (sign, place) {
            (Sign::Many, None) => row[0],
            (Sign::Many, Some(_)) | (_, Some(Place::Many)) => row[0] || above[1],
            (_, None) => false,
            (Sign::One, Some(_)) => row[1],
            (Sign::Is(character), Some(place)) => place.can_be(*character) && row[1],
        })
    }

    /// The row behind the pattern's end: the form's end fits, and what before it can be nothing.
    fn start(&mut self, form: &[Place], can_be_nothing: impl Fn(Place) -> bool) {
        self.row.clear();
        self.row.resize(form.len() + 1, false);
        self.row[form.len()] = true;
        for j in (0..form.len()).rev() {
            self.row[j] = can_be_nothing(form[j]) && self.row[j + 1];
        }
        self.above.clear();
        self.above.resize(form.len() + 1, false);
    }

    /// From the last sign to the first; `fits` sees of both rows what lies from the place on.
    fn each_sign(&mut self, form: &[Place], fits: impl Fn(&Sign, Option<Place>, &[bool], &[bool]) -> bool) -> bool {
        for sign in self.pattern.iter().rev() {
            for j in (0..=form.len()).rev() {
                self.above[j] = fits(sign, form.get(j).copied(), &self.row[j..], &self.above[j..]);
            }
            std::mem::swap(&mut self.row, &mut self.above);
        }
        self.row[0]
    }
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
        let spelled = Glob::of("arn:aws:iam::123456789012:user/*bob");
        assert_eq!(bob.is_matched_by(&spelled, &Budget::new(10)), Err(Undecided));
        assert_eq!(bob.is_matched_by(&spelled, &Budget::new(40)), Err(Undecided));
        assert_eq!(bob.is_matched_by(&Glob::of("arn:aws:iam::999999999999:*"), &Budget::new(40)), Ok(false));
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

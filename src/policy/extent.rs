//! How far a pattern reaches, compared with another: whether it names all that the other names, and whether any text is
//! named by both.
//!
//! A policy variable stands for the same text in both patterns, since they are compared for one and the same request; of
//! what it stands for nothing is known.

use super::budget::{Budget, Undecided};
use super::template::{Part, Reading, parts};
use super::variable::Variable;

/// A pattern taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extent(Box<[Sign]>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Sign {
    /// This character.
    Is(char),
    /// Any one character.
    One,
    /// Any characters, also none.
    Many,
    /// What stands in its place for the request.
    Variable(Variable),
}

impl Extent {
    /// Of a pattern of actions, which are the same in any letter case. `None` where the text is none.
    pub(crate) fn of_actions(text: &str) -> Option<Self> {
        // Every action has a colon.
        let text = if text == "*:*" { "*" } else { text };
        Self::of(&text.to_ascii_lowercase(), false)
    }

    /// Of a pattern of resources in a document that has policy variables. `None` where the text is none.
    pub(crate) fn of_resources(text: &str) -> Option<Self> {
        Self::of(text, true)
    }

    fn of(text: &str, variables: bool) -> Option<Self> {
        let mut signs = Vec::new();
        for part in parts(text, Reading { variables, wildcards: true }).ok()? {
            match part {
                Part::Text(text) => signs.extend(text.chars().map(Sign::Is)),
                Part::One => {
                    // In a run of wildcards, what is one character comes first: so equal runs are written in one way.
                    let run = signs.iter().rev().take_while(|sign| **sign == Sign::Many).count();
                    signs.insert(signs.len() - run, Sign::One);
                }
                Part::Many if signs.last() == Some(&Sign::Many) => {}
                Part::Many => signs.push(Sign::Many),
                Part::Variable(variable) => signs.push(Sign::Variable(variable)),
            }
        }
        Some(Self(signs.into()))
    }

    /// Whether it names every text.
    pub(crate) fn is_everything(&self) -> bool {
        matches!(&*self.0, [Sign::Many])
    }

    /// Whether a policy variable stands in it.
    pub(crate) fn has_variables(&self) -> bool {
        self.0.iter().any(|sign| matches!(sign, Sign::Variable(_)))
    }

    /// Whether it names all that `other` names. `true` is certain; what cannot be told, or not within the budget, is
    /// `false`.
    pub(crate) fn includes(&self, other: &Self, budget: &Budget) -> bool {
        includes(&self.0, &other.0, budget).unwrap_or(false)
    }

    /// Whether both name some text. `false` is certain; what cannot be told, or not within the budget, is `true`.
    pub(crate) fn meets(&self, other: &Self, budget: &Budget) -> bool {
        meets(&self.0, &other.0, budget).unwrap_or(true)
    }
}

/// Whether every text of a sign of the included pattern is one of this sign.
fn takes(own: &Sign, other: &Sign) -> bool {
    match own {
        Sign::One => matches!(other, Sign::Is(_) | Sign::One),
        Sign::Is(_) | Sign::Variable(_) => own == other,
        Sign::Many => true,
    }
}

/// Reads the included pattern as a text whose characters are its signs. Whatever texts these come to, the other matches
/// them in the same way, so what is found is certain.
fn includes(mut own: &[Sign], mut other: &[Sign], budget: &Budget) -> Result<bool, Undecided> {
    budget.spend(1)?;
    while let Some((sign, rest)) = own.split_first().filter(|(sign, _)| **sign != Sign::Many) {
        let Some((_, behind)) = other.split_first().filter(|(first, _)| takes(sign, first)) else { return Ok(false) };
        budget.spend(1)?;
        (own, other) = (rest, behind);
    }
    while let Some((sign, rest)) = own.split_last().filter(|(sign, _)| **sign != Sign::Many) {
        let Some((_, before)) = other.split_last().filter(|(last, _)| takes(sign, last)) else { return Ok(false) };
        budget.spend(1)?;
        (own, other) = (rest, before);
    }
    match own {
        [] => return Ok(other.is_empty()),
        [Sign::Many] => return Ok(true),
        _ => {}
    }
    budget.spend((own.len() + 1) * (other.len() + 1))?;
    // `fits[j]`: whether the signs of `own` that were read take the first j of `other`.
    let mut fits = vec![false; other.len() + 1];
    fits[0] = true;
    for sign in own {
        if *sign == Sign::Many {
            let from = fits.iter().position(|fits| *fits).unwrap_or(fits.len());
            fits[from..].fill(true);
        } else {
            for j in (1..fits.len()).rev() {
                fits[j] = fits[j - 1] && takes(sign, &other[j - 1]);
            }
            fits[0] = false;
        }
    }
    Ok(fits[other.len()])
}

/// Whether two signs that are one character each can be the same one; `None` where one of them is not.
fn can_be_equal(left: &Sign, right: &Sign) -> Option<bool> {
    match (left, right) {
        (Sign::Many | Sign::Variable(_), _) | (_, Sign::Many | Sign::Variable(_)) => None,
        (Sign::Is(left), Sign::Is(right)) => Some(left == right),
        (Sign::One, _) | (_, Sign::One) => Some(true),
    }
}

/// A variable is taken for any characters.
fn meets(mut left: &[Sign], mut right: &[Sign], budget: &Budget) -> Result<bool, Undecided> {
    let is_open = |sign: &Sign| matches!(sign, Sign::Many | Sign::Variable(_));
    budget.spend(1)?;
    while let (Some((one, behind)), Some((other, rest))) = (left.split_first(), right.split_first()) {
        match can_be_equal(one, other) {
            Some(true) => budget.spend(1)?,
            Some(false) => return Ok(false),
            None => break,
        }
        (left, right) = (behind, rest);
    }
    while let (Some((one, before)), Some((other, rest))) = (left.split_last(), right.split_last()) {
        match can_be_equal(one, other) {
            Some(true) => budget.spend(1)?,
            Some(false) => return Ok(false),
            None => break,
        }
        (left, right) = (before, rest);
    }
    match (left, right) {
        ([], rest) | (rest, []) => return Ok(rest.iter().all(is_open)),
        ([only], _) | (_, [only]) if is_open(only) => return Ok(true),
        _ => {}
    }
    budget.spend((left.len() + 1) * (right.len() + 1))?;
    // `row[j]`: whether the signs of `left` that were read, and the first j of `right`, have a text in common.
    let mut row = vec![false; right.len() + 1];
    row[0] = true;
    for j in 0..right.len() {
        row[j + 1] = row[j] && is_open(&right[j]);
    }
    for one in left {
        let mut diagonal = row[0];
        row[0] = row[0] && is_open(one);
        for j in 0..right.len() {
            let above = row[j + 1];
            let other = &right[j];
            row[j + 1] = match can_be_equal(one, other) {
                Some(equal) => diagonal && equal,
                // An open sign takes one sign more of the other pattern, or ends here.
                None => diagonal || above || row[j],
            };
            diagonal = above;
        }
    }
    Ok(row[right.len()])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::glob::Glob;
    use super::*;

    fn extent(text: &str) -> Extent {
        Extent::of_resources(text).unwrap()
    }

    fn compared(one: &str, other: &str) -> (bool, bool) {
        let (one, other, budget) = (extent(one), extent(other), Budget::new(10_000));
        (one.includes(&other, &budget), one.meets(&other, &budget))
    }

    #[test]
    fn a_pattern_includes_what_it_names_and_meets_what_it_shares_a_text_with() {
        for (one, other, expected) in [
            ("a", "a", (true, true)),
            ("a", "b", (false, false)),
            ("*", "", (true, true)),
            ("", "*", (false, true)),
            ("*", "a*b?", (true, true)),
            ("a*", "*a", (false, true)),
            ("a*", "ab*c", (true, true)),
            ("ab*c", "a*", (false, true)),
            ("?*", "*?", (true, true)),
            ("*?*", "??", (true, true)),
            ("??", "?*", (false, true)),
            ("a?c", "a*c", (false, true)),
            ("*b*", "aba", (true, true)),
            ("*b*", "a?a", (false, true)),
            ("*ab*ab*", "xab*aby", (true, true)),
            ("*ab*ab*", "x*aby", (false, true)),
            ("a*b", "a*c", (false, false)),
            ("*a", "*b", (false, false)),
            ("a*z*b", "axb", (false, false)),
            ("a${*}", "a*", (false, true)),
            ("a*", "a${*}", (true, true)),
        ] {
            assert_eq!(compared(one, other), expected, "{one} and {other}");
        }
    }

    #[test]
    fn a_variable_is_the_same_in_both_and_otherwise_unknown() {
        for (one, other, expected) in [
            ("u/${aws:username}", "u/${aws:username}", (true, true)),
            ("u/${aws:username}*", "u/${aws:username}/x", (true, true)),
            ("u/*", "u/${aws:username}", (true, true)),
            ("u/${aws:username}", "u/${aws:userid}", (false, true)),
            ("u/${aws:username}", "u/alice", (false, true)),
            ("u/alice", "u/${aws:username}", (false, true)),
            ("u/?", "u/${aws:username}", (false, true)),
            ("u/${aws:username}", "v/alice", (false, false)),
            ("${a:b, 'x'}", "${a:b}", (false, true)),
        ] {
            assert_eq!(compared(one, other), expected, "{one} and {other}");
        }
        assert!(extent("${aws:username}").has_variables() && !extent("${*}").has_variables());
    }

    #[test]
    fn actions_are_the_same_in_any_letter_case_and_everything_in_any_spelling() {
        let (budget, of) = (Budget::new(1_000), |text| Extent::of_actions(text).unwrap());
        assert!(of("IAM:get*").includes(&of("iam:GetUser"), &budget));
        for text in ["*", "*:*"] {
            assert!(of(text).is_everything() && !of("iam:*").is_everything());
        }
    }

    #[test]
    fn beyond_the_budget_nothing_is_certain() {
        let (one, other) = (extent(&"*a".repeat(1_000)), extent(&"a*b".repeat(600)));
        let budget = Budget::new(100_000);
        assert!(!one.includes(&one.clone(), &budget) && one.meets(&other, &budget));
        assert!(!extent("*").includes(&extent("a"), &budget) && extent("a").meets(&extent("b"), &budget));
    }

    fn naive_texts() -> Vec<String> {
        let mut texts = vec![String::new()];
        for length in 0..4 {
            let longest: Vec<String> = texts.iter().filter(|text| text.len() == length).cloned().collect();
            texts.extend(longest.iter().flat_map(|text| ["a", "b", ":"].map(|c| format!("{text}{c}"))));
        }
        texts
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn what_is_included_or_apart_is_so_for_every_text(one in "[ab*?]{0,5}", other in "[ab*?]{0,5}") {
            let (includes, meets) = compared(&one, &other);
            let (one, other) = (Glob::of(&one), Glob::of(&other));
            let texts = naive_texts();
            let both = |text: &&String| one.is_match(text) && other.is_match(text);
            if includes {
                prop_assert!(texts.iter().all(|text| one.is_match(text) || !other.is_match(text)));
            }
            if texts.iter().any(|text| both(&text)) {
                prop_assert!(meets);
            }
        }

        #[test]
        fn every_pattern_includes_itself_and_what_it_names(pattern in "[ab:*?]{0,8}", text in "[ab:]{0,8}") {
            prop_assert_eq!(compared(&pattern, &pattern), (true, true));
            let names = Glob::of(&pattern).is_match(&text);
            prop_assert_eq!(compared(&pattern, &text), (names, names));
        }
    }
}

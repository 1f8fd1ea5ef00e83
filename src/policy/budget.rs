//! What evaluating a request may cost at most.
//!
//! Documents and requests both come from outside, and some pairs of them are dear: a pattern with question marks costs
//! the product of its length and the text's, once for each value and entry. So texts have a largest size, and each
//! evaluation counts its steps. What is beyond either is undecided: see [`Undecided`].

use std::cell::Cell;

use super::context::Context;

/// The longest text of a document that may hold wildcards or variables, in bytes: as long as an ARN may be. Without
/// either, comparing costs no more than reading, and a text may be as long as its document.
pub(super) const LONGEST_PATTERN: usize = 2_048;

/// The most entries that a list of a document may have.
pub(super) const MOST_ENTRIES: usize = 2_048;

/// The longest text that is compared, in bytes: a value of the request, or a pattern with its variables filled in.
pub(super) const LONGEST_TEXT: usize = 8 * 1_024;

/// The steps of one evaluation: about as many characters are compared. A document of the largest size, all of it ARNs,
/// takes less than a fiftieth of them.
pub(super) const STEPS: usize = 1 << 26;

/// That a comparison would cost more than it may, or that the request leaves open what is compared.
///
/// It is neither true nor false, and stays so unless the rest of the statement settles the matter: an entry that matches
/// settles a list, a condition that fails settles a statement. A statement that is undecided to its end applies if it
/// denies and does not if it allows, so that no size and no unknown path slips past a deny or gains an allow. Only whoever
/// asks what could be allowed at best has it the other way round ([`Doubt`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Undecided;

/// How a statement that is undecided is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Against the request: a deny applies, an allow does not. Decisions are made so.
    Denies,
    /// For the request: what it leaves open may turn out in its favour. A deny that remains is one that nothing could lift.
    Allows,
}

/// The steps that are left.
#[derive(Debug)]
pub(crate) struct Budget(Cell<usize>);

impl Budget {
    pub(crate) fn new(steps: usize) -> Self {
        Self(Cell::new(steps))
    }

    /// Takes `steps`. Once they do not suffice, nothing is left for anybody.
    pub(crate) fn spend(&self, steps: usize) -> Result<(), Undecided> {
        let left = self.0.get().checked_sub(steps);
        self.0.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or(Undecided)
    }

    #[cfg(test)]
    pub(super) fn left(&self) -> usize {
        self.0.get()
    }
}

/// The context of a request, and what comparing with it may cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) context: &'a Context,
    pub(super) budget: &'a Budget,
}

/// `text`, unless it is too long to be compared.
pub(super) fn comparable(text: &str) -> Result<&str, Undecided> {
    if text.len() > LONGEST_TEXT { Err(Undecided) } else { Ok(text) }
}

/// Whether any is true; one that is settles the matter.
pub(super) fn any(answers: impl IntoIterator<Item = Result<bool, Undecided>>) -> Result<bool, Undecided> {
    let mut undecided = false;
    for answer in answers {
        match answer {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(Undecided) => undecided = true,
        }
    }
    if undecided { Err(Undecided) } else { Ok(false) }
}

/// Whether all are true; one that is false settles the matter.
pub(super) fn all(answers: impl IntoIterator<Item = Result<bool, Undecided>>) -> Result<bool, Undecided> {
    any(answers.into_iter().map(|answer| answer.map(|answer| !answer))).map(|any_false| !any_false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_undecided_is_settled_by_the_others_or_not_at_all() {
        let (yes, no, unknown) = (Ok(true), Ok(false), Err(Undecided));
        for (answers, is_any, are_all) in [
            (vec![], no, yes),
            (vec![unknown], unknown, unknown),
            (vec![unknown, yes], yes, unknown),
            (vec![yes, unknown], yes, unknown),
            (vec![unknown, no], unknown, no),
            (vec![no, unknown], unknown, no),
            (vec![yes, no, unknown], yes, no),
        ] {
            assert_eq!(any(answers.clone()), is_any, "{answers:?}");
            assert_eq!(all(answers.clone()), are_all, "{answers:?}");
        }
    }

    #[test]
    fn a_budget_that_is_overdrawn_stays_empty() {
        let budget = Budget::new(10);
        assert_eq!((budget.spend(10), budget.left()), (Ok(()), 0));
        let budget = Budget::new(10);
        assert_eq!((budget.spend(11), budget.left()), (Err(Undecided), 0));
        assert_eq!(budget.spend(1), Err(Undecided));
    }
}

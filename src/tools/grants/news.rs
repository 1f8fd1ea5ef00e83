//! What one state of permissions allows and another does not.
//!
//! Something is allowed where a statement of the policies allows it, the boundary allows it and nothing denies it. So it
//! can be new in three ways: no statement allowed it before; a deny that covered it is gone; the boundary that did not
//! reach it is gone or wider. Patterns are compared, not requests: what is found is never less than what is new, and
//! where inclusion cannot be told, more.

use std::collections::{BTreeMap, BTreeSet};

use super::conditions::Conditions;
use super::held::Held;
use super::part::Part;
use super::statement::{EVERYTHING, Statement, Term};
use crate::policy::Budget;

/// Pairs of an action and a target that are looked at one by one. AWS's own policies have some 2,000 at most.
const MOST_PAIRS: usize = 1 << 14;

/// What writing down a condition's value weighs against comparing a character.
const WEIGHT: usize = 16;

/// What is newly allowed.
#[derive(Debug, Default)]
pub(super) struct News<'a> {
    /// The actions that are new on a target, under the conditions.
    pub(super) found: BTreeMap<(&'a Conditions, &'a Part), BTreeSet<&'a Part>>,
    /// Statements that are shown whole, since looking at each of their pairs would take too long.
    pub(super) whole: Vec<&'a Statement>,
    /// Whether a deny is gone or a boundary is wider, so that what was there before may have come into force.
    pub(super) is_unbound: bool,
    pairs: usize,
}

impl<'a> News<'a> {
    /// Compares. The budget bounds the time: beyond it, statements of `after` are new as a whole.
    pub(super) fn of(before: &'a Held, after: &'a Held, budget: &Budget) -> Self {
        let comparison = Comparison::of(before, after, budget);
        let is_unbound = !comparison.lifted.is_empty() || !comparison.opened.is_empty();
        let mut news = Self { is_unbound, ..Self::default() };
        for statement in &after.allows {
            if before.allows.contains(statement) && !is_unbound {
                continue;
            }
            let pairs = statement.actions.len() * statement.targets.len();
            if news.pairs + pairs > MOST_PAIRS || comparison.look_at(statement, &mut news).is_none() {
                news.whole.push(statement);
            }
        }
        news
    }

    /// Whether nothing is new.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty() && self.whole.is_empty()
    }

    /// The pairs and the whole statements, each as lists of actions and targets under conditions.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (Vec<&'a Part>, Vec<&'a Part>, &'a Conditions)> {
        let found = self
            .found
            .iter()
            .map(|((conditions, target), actions)| (actions.iter().copied().collect(), vec![*target], *conditions));
        found.chain(self.whole.iter().map(|statement| statement.lists()))
    }
}

/// What was before, what is after, and what has gone in between.
struct Comparison<'a, 'b> {
    before: &'a Held,
    after: &'a Held,
    /// Denies that are gone.
    lifted: Vec<&'a Statement>,
    /// What the boundary allows now and did not allow so before.
    opened: Vec<&'a Statement>,
    budget: &'b Budget,
}

impl<'a, 'b> Comparison<'a, 'b> {
    fn of(before: &'a Held, after: &'a Held, budget: &'b Budget) -> Self {
        let lifted = before.denies.difference(&after.denies).collect();
        let opened = match (&before.boundary, &after.boundary) {
            (None, _) => Vec::new(),
            (Some(_), None) => vec![&*EVERYTHING],
            (Some(before), Some(after)) => after.difference(before).collect(),
        };
        Self { before, after, lifted, opened, budget }
    }

    /// Looks at each pair of a statement that allows; `None` where that takes too long.
    fn look_at(&self, statement: &'a Statement, news: &mut News<'a>) -> Option<()> {
        let allowed = Coverage::of(&self.before.allows, statement, self.budget);
        let denied = Coverage::of(&self.after.denies, statement, self.budget);
        let within = self.before.boundary.as_ref().map(|before| Coverage::of(before, statement, self.budget));
        for (a, action) in statement.actions.iter().enumerate() {
            for (t, target) in statement.targets.iter().enumerate() {
                self.budget.spend(1).ok()?;
                let term = Term { action, target, conditions: &statement.conditions };
                if denied.has(a, t) {
                    continue;
                }
                if !allowed.has(a, t) {
                    self.add_bounded(term, news)?;
                    continue;
                }
                for deny in &self.lifted {
                    self.add_lifted(deny, term, news)?;
                }
                if within.as_ref().is_some_and(|within| !within.has(a, t)) {
                    for opened in &self.opened {
                        self.add_opened(opened, term, news)?;
                    }
                }
            }
        }
        Some(())
    }

    /// Adds of a term what the boundary reaches.
    fn add_bounded(&self, term: Term<'a>, news: &mut News<'a>) -> Option<()> {
        let Some(boundary) = &self.after.boundary else { return self.add(term, news) };
        for bound in boundary {
            self.add_shared(bound, term, news, |_| true)?;
        }
        Some(())
    }

    /// Adds of a term what a deny that is gone kept from it, and no other deny keeps from it now.
    fn add_lifted(&self, deny: &'a Statement, term: Term<'a>, news: &mut News<'a>) -> Option<()> {
        self.add_shared(deny, term, news, |freed| {
            self.after.boundary.as_ref().is_none_or(|boundary| self.meets_any(boundary, freed))
        })
    }

    /// Adds of a term what a statement of the boundary allows that its boundary before did not allow.
    fn add_opened(&self, opened: &'a Statement, term: Term<'a>, news: &mut News<'a>) -> Option<()> {
        self.add_shared(opened, term, news, |shared| {
            !self.before.boundary.iter().flatten().any(|bound| bound.covers(shared, self.budget))
        })
    }

    /// Adds of what a statement shares with a term each pair that is new, and not denied, where the conditions of both
    /// hold.
    fn add_shared(
        &self,
        statement: &'a Statement,
        term: Term<'a>,
        news: &mut News<'a>,
        is_new: impl Fn(Term<'_>) -> bool,
    ) -> Option<()> {
        let (actions, targets) = statement.shared(term, self.budget);
        if actions.is_empty() || targets.is_empty() {
            return Some(());
        }
        self.budget.spend(term.conditions.values() + statement.conditions.values()).ok()?;
        let both = term.conditions.and(&statement.conditions);
        for action in &actions {
            for target in &targets {
                self.budget.spend(1).ok()?;
                let shared = Term { action, target, conditions: &both };
                let is_denied = || self.after.denies.iter().any(|deny| deny.covers(shared, self.budget));
                if is_new(shared) && !is_denied() {
                    self.add(Term { action, target, ..term }, news)?;
                }
            }
        }
        Some(())
    }

    fn add(&self, term: Term<'a>, news: &mut News<'a>) -> Option<()> {
        news.pairs += 1;
        if news.pairs > MOST_PAIRS {
            return None;
        }
        self.budget.spend(WEIGHT * (1 + term.conditions.values())).ok()?;
        news.found.entry((term.conditions, term.target)).or_default().insert(term.action);
        Some(())
    }

    /// Whether any of the statements is about any of a term.
    fn meets_any(&self, statements: &BTreeSet<Statement>, term: Term<'_>) -> bool {
        let meets = |own: &[Part], part: &Part| own.iter().any(|own| own.meets(part, self.budget));
        statements.iter().any(|one| meets(&one.actions, term.action) && meets(&one.targets, term.target))
    }
}

/// Which pairs of a statement are covered by which of some others: what each of these covers of the actions and of the
/// targets, found once for all pairs.
struct Coverage(Vec<(Vec<bool>, Vec<bool>)>);

impl Coverage {
    fn of(covering: &BTreeSet<Statement>, statement: &Statement, budget: &Budget) -> Self {
        let included = |own: &[Part], parts: &[Part]| -> Vec<bool> {
            parts.iter().map(|part| own.iter().any(|own| own.includes(part, budget))).collect()
        };
        let by_one = |one: &Statement| {
            if !one.conditions.are_as_wide_as(&statement.conditions, budget) {
                return None;
            }
            let actions = included(&one.actions, &statement.actions);
            actions.contains(&true).then(|| (actions, included(&one.targets, &statement.targets)))
        };
        Self(covering.iter().filter_map(by_one).collect())
    }

    fn has(&self, action: usize, target: usize) -> bool {
        self.0.iter().any(|(actions, targets)| actions[action] && targets[target])
    }
}

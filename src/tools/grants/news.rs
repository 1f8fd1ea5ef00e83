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
use super::statement::{Statement, Term};
use crate::policy::Budget;

/// Pairs of an action and a target that are looked at one by one. Policies of AWS's own have at most some 2,000.
const MOST_PAIRS: usize = 1 << 14;

/// What is newly allowed.
#[derive(Debug, Default)]
pub(super) struct News {
    /// The actions that are new on a target, under the conditions.
    pub(super) found: BTreeMap<(Conditions, Part), BTreeSet<Part>>,
    /// Statements that are shown whole, since looking at each of their pairs would take too long.
    pub(super) whole: Vec<Statement>,
    /// Whether a deny is gone or a boundary is wider, so that what was there before may have come into force.
    pub(super) is_unbound: bool,
    pairs: usize,
}

impl News {
    /// The pairs and the whole statements, each as lists of actions and targets under conditions.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (Vec<&Part>, Vec<&Part>, &Conditions)> {
        let found = self
            .found
            .iter()
            .map(|((conditions, target), actions)| (actions.iter().collect(), vec![target], conditions));
        let whole = self.whole.iter().map(|statement| {
            (statement.actions.iter().collect(), statement.targets.iter().collect(), &statement.conditions)
        });
        found.chain(whole)
    }

    /// Compares. The budget bounds the time; without it, everything that `after` allows is new.
    pub(super) fn of(before: &Held, after: &Held, budget: &Budget) -> Self {
        let comparison = Comparison::of(before, after, budget);
        let is_unbound = !comparison.lifted.is_empty() || !comparison.opened.is_empty();
        let mut news = Self { is_unbound, ..Self::default() };
        for statement in &after.allows {
            if before.allows.contains(statement) && !is_unbound {
                continue;
            }
            let pairs = statement.actions.len() * statement.targets.len();
            if news.pairs + pairs > MOST_PAIRS || comparison.look_at(statement, &mut news).is_none() {
                news.whole.push(statement.clone());
            }
        }
        news
    }

    /// Adds every action on every target; `None` where these are too many.
    fn add(&mut self, actions: &[Part], targets: &[Part], conditions: &Conditions) -> Option<()> {
        self.pairs = self.pairs.saturating_add(actions.len() * targets.len());
        if self.pairs > MOST_PAIRS {
            return None;
        }
        for target in targets {
            let at = (conditions.clone(), target.clone());
            self.found.entry(at).or_default().extend(actions.iter().cloned());
        }
        Some(())
    }
}

/// What was before, what is after, and what has gone in between.
struct Comparison<'a> {
    before: &'a Held,
    after: &'a Held,
    /// Denies that are gone.
    lifted: Vec<&'a Statement>,
    /// What the boundary allows now and did not allow so before.
    opened: Vec<Statement>,
    budget: &'a Budget,
}

impl<'a> Comparison<'a> {
    fn of(before: &'a Held, after: &'a Held, budget: &'a Budget) -> Self {
        let lifted = before.denies.difference(&after.denies).collect();
        let opened = match (&before.boundary, &after.boundary) {
            (None, _) => Vec::new(),
            (Some(_), None) => vec![Statement::everything()],
            (Some(before), Some(after)) => after.difference(before).cloned().collect(),
        };
        Self { before, after, lifted, opened, budget }
    }

    /// Looks at each pair of a statement that allows; `None` where there are too many.
    fn look_at(&self, statement: &Statement, news: &mut News) -> Option<()> {
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
                        let (actions, targets) = opened.shared(term, self.budget);
                        news.add(&actions, &targets, term.conditions)?;
                    }
                }
            }
        }
        Some(())
    }

    /// Adds of a term what the boundary reaches.
    fn add_bounded(&self, term: Term<'_>, news: &mut News) -> Option<()> {
        let Some(boundary) = &self.after.boundary else {
            return news.add(std::slice::from_ref(term.action), std::slice::from_ref(term.target), term.conditions);
        };
        for bound in boundary {
            let (actions, targets) = bound.shared(term, self.budget);
            news.add(&actions, &targets, term.conditions)?;
        }
        Some(())
    }

    /// Adds of a term what a deny that is gone kept from it, and no other deny keeps from it now.
    fn add_lifted(&self, deny: &Statement, term: Term<'_>, news: &mut News) -> Option<()> {
        let (actions, targets) = deny.shared(term, self.budget);
        if actions.is_empty() || targets.is_empty() {
            return Some(());
        }
        let both = term.conditions.and(&deny.conditions);
        for action in &actions {
            for target in &targets {
                self.budget.spend(1).ok()?;
                let freed = Term { action, target, conditions: &both };
                if !self.after.denies.iter().any(|deny| deny.covers(freed, self.budget)) && self.is_within(freed) {
                    let (action, target) = (std::slice::from_ref(action), std::slice::from_ref(target));
                    news.add(action, target, term.conditions)?;
                }
            }
        }
        Some(())
    }

    /// Whether the boundary reaches any of a term.
    fn is_within(&self, term: Term<'_>) -> bool {
        let meets = |own: &[Part], part: &Part| own.iter().any(|own| own.meets(part, self.budget));
        let reaches = |bound: &Statement| meets(&bound.actions, term.action) && meets(&bound.targets, term.target);
        self.after.boundary.as_ref().is_none_or(|boundary| boundary.iter().any(reaches))
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
            if !one.conditions.are_as_wide_as(&statement.conditions) {
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

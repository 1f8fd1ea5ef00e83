//! How strongly a call has to be confirmed.

use crate::config::Confirmation;
use crate::context::call::confirmation;
use crate::iam::Account;
use crate::tools::{CallFacts, Effect, Plan};

/// How strongly, and why more strongly than the role mapping says of every call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// How strongly.
    pub strength: Confirmation,
    /// Why a second person, where it is for what the plan would do.
    pub because: Option<String>,
}

/// How strongly this plan has to be confirmed: as the role mapping says. Where that says nothing, a plan with which a
/// principal reaches administrator, and a destructive or granting one that changes more than `above` entities, want a second
/// person.
#[must_use]
pub fn wanted(facts: &CallFacts, effect: Effect, plan: &Plan, above: usize) -> Wanted {
    let strength = confirmation(&facts.mapping, effect);
    let because = facts.mapping.confirming.escalates.then(|| reason(effect, plan, &facts.account, above)).flatten();
    match because {
        Some(because) => Wanted { strength: Confirmation::SecondPerson, because: Some(because) },
        None => Wanted { strength, because: None },
    }
}

fn reason(effect: Effect, plan: &Plan, account: &Account, above: usize) -> Option<String> {
    // A plan that grants is one of a call that says so: tests/integration/confirmation/strengths.rs holds it.
    if !effect.is_confirmed() {
        return None;
    }
    if plan.granted.as_ref().is_some_and(|granted| granted.administrator) {
        return Some("a principal would reach administrator".to_owned());
    }
    let touched = plan.touches(account);
    (touched > above).then(|| format!("it changes {touched} entities, more than {above}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::ConfirmedCalls;
    use crate::iam::{Change, Resource};
    use crate::tools::grants::Granted;
    use crate::tools::testing::facts;

    fn plan(entities: usize, administrator: bool) -> Plan {
        let user = |number| Resource::Arn(format!("arn:aws:iam::123456789012:user/u{number}"));
        let calls = (0..entities).map(|n| Change::DeleteUser { user_name: format!("u{n}") }.on(user(n))).collect();
        let granted = administrator.then(|| Granted { administrator, ..Granted::default() });
        Plan { granted, ..Plan::adding(calls) }
    }

    fn facts_with(strength: Option<Confirmation>, calls: ConfirmedCalls) -> CallFacts {
        let mut facts = facts("alice");
        let mut mapping = (*facts.mapping).clone();
        mapping.confirming.strength = strength.unwrap_or(Confirmation::Model);
        mapping.confirming.escalates = strength.is_none();
        mapping.confirming.calls = calls;
        facts.mapping = Arc::new(mapping);
        facts
    }

    #[test]
    fn what_reaches_far_wants_a_second_person_unless_the_mapping_says_otherwise() {
        use Confirmation::{Client, Model, None as Not, SecondPerson};
        use Effect::{Destructive, Grant, Write};
        for (said, effect, entities, administrator, expected) in [
            (None, Destructive, 3, false, Model),
            (None, Destructive, 4, false, SecondPerson),
            (None, Grant, 4, false, SecondPerson),
            (None, Grant, 1, true, SecondPerson),
            (None, Write, 4, false, Not),
            (Some(Model), Grant, 9, true, Model),
            (Some(Client), Grant, 9, true, Client),
            (Some(Not), Grant, 9, true, Not),
            (Some(SecondPerson), Destructive, 1, false, SecondPerson),
        ] {
            let facts = facts_with(said, ConfirmedCalls::DestructiveAndGrants);
            let wanted = wanted(&facts, effect, &plan(entities, administrator), 3);
            assert_eq!(wanted.strength, expected, "{said:?} {effect:?} {entities} {administrator}");
            assert_eq!(wanted.because.is_some(), said.is_none() && expected == SecondPerson);
        }
    }

    #[test]
    fn a_mapping_can_want_it_of_all_writes() {
        let facts = facts_with(Some(Confirmation::Client), ConfirmedCalls::AllWrites);
        assert_eq!(wanted(&facts, Effect::Write, &plan(1, false), 3).strength, Confirmation::Client);
        assert_eq!(wanted(&facts, Effect::Read, &plan(1, false), 3).strength, Confirmation::None);
    }
}

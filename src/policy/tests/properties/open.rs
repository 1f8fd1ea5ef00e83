//! Whatever a request leaves open: what is allowed for certain is allowed however it turns out, and what is not allowed at
//! best is not.

use super::*;
use crate::policy::tests::oracle::Asked;
use crate::policy::{Context, Doubt, PolicySet, Request, Target};

const USERS: &str = "arn:aws:iam::123456789012:user/";

/// What the requests of a run came to.
#[derive(Debug, Default)]
struct Seen {
    allowed_for_certain: usize,
    not_at_best: usize,
    open: usize,
    never: usize,
}

/// The request's context, with `key` left open or as it is.
fn context(asked: &Asked, key: Option<&str>) -> Context {
    let mut context = Context::new();
    for (name, values) in &asked.context {
        match key {
            Some(key) if key.eq_ignore_ascii_case(name) => context.leave_open(name),
            _ => context.set_all(name, values.iter().cloned()),
        }
    }
    context
}

fn check(dice: &mut Dice, set: &PolicySet, asked: &Asked, seen: &mut Seen) {
    let prepared = Prepared::new(asked);
    let name = *dice.pick(&["alice", "bob", "a"]);
    let path = *dice.pick(&["", "", "ops/", "ops/deep/", "al/"]);
    let spelled = if dice.percent(30) { name.to_ascii_uppercase() } else { name.to_owned() };
    let arn = format!("{USERS}{path}{spelled}");
    let target = match dice.below(4) {
        0 => Target::Below(USERS),
        1 => Target::Arn(&arn),
        _ => Target::Named { prefix: USERS, name },
    };
    let opened = asked.context.get(dice.below(asked.context.len().max(1))).map(|(key, _)| key.as_str());
    let opened = opened.filter(|_| dice.percent(50));

    let (known, left_open) = (context(asked, None), context(asked, opened));
    let exact = Request::new(&asked.action, &arn, prepared.principal(), &known);
    let open = Request::new(&asked.action, target, prepared.principal(), &left_open);
    let is_allowed = set.evaluate(&exact).is_allow();
    let for_certain = set.evaluate_in_doubt(&open, Doubt::Denies).is_allow();
    let at_best = set.evaluate_in_doubt(&open, Doubt::Allows).is_allow();
    assert!(
        is_allowed || !for_certain,
        "allowed for certain and not as {arn}: {target:?} without {opened:?}, {asked:?}"
    );
    assert!(at_best || !is_allowed, "not at best and yet as {arn}: {target:?} without {opened:?}, {asked:?}");
    // Nothing but who asks for what: as tools are listed.
    let mut anything = Context::new();
    anything.leave_all_open();
    let barest = Request::new(&asked.action, Target::Below(""), prepared.principal(), &anything);
    let could_be = set.evaluate_in_doubt(&barest, Doubt::Allows).is_allow();
    assert!(could_be || !at_best, "never at all and yet at best: {target:?} without {opened:?}, {asked:?}");
    seen.never += usize::from(!could_be);
    seen.allowed_for_certain += usize::from(for_certain);
    seen.not_at_best += usize::from(!at_best);
    seen.open += usize::from(at_best && !for_certain);
}

#[test]
fn what_is_certain_of_an_open_request_holds_however_it_turns_out() {
    let mut seen = Seen::default();
    for_each(0..4_000, |dice, case| {
        let layers = crate::policy::tests::generated::compiled(&case.documents);
        let others = [&layers.boundary, &layers.session, &layers.scp, &layers.resource, &layers.trust];
        for set in [&layers.identity].into_iter().chain(others.into_iter().flatten()) {
            for asked in &case.asked {
                check(dice, set, asked, &mut seen);
            }
        }
    });
    assert!(
        seen.allowed_for_certain > 2_000 && seen.not_at_best > 2_000 && seen.open > 500 && seen.never > 500,
        "{seen:?}"
    );
}

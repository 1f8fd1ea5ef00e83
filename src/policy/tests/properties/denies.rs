//! What a deny does to a decision, and what nothing else undoes.

use serde_json::{Value, json};

use super::{LAYERS, all, for_each, layer, layer_mut, statements, verdicts};
use crate::policy::Verdict;
use crate::policy::tests::dice::Dice;
use crate::policy::tests::generated::{Case, Prepared, compiled};
use crate::policy::tests::oracle::Documents;

/// The case's documents with further statements of the effect in one layer: in a policy of their own or, where the version
/// of the language is the same, within one that is there.
fn with_more(dice: &mut Dice, case: &Case, place: usize, effect: &str) -> Documents {
    let mut documents = case.documents.clone();
    let mut added = all(dice, place, effect, case);
    let list = layer_mut(&mut documents, place);
    let is_alike = |document: &&mut Value| document.get("Version") == added.get("Version");
    match list.iter_mut().find(is_alike) {
        Some(document) if dice.percent(60) => {
            let statements_there = statements(document);
            for mut statement in statements(&mut added).drain(..) {
                // A Sid may stand there already.
                statement.as_object_mut().expect("a statement").remove("Sid");
                statements_there.insert(dice.below(statements_there.len() + 1), statement);
            }
        }
        _ => list.insert(dice.below(list.len() + 1), added),
    }
    documents
}

fn is_explicit_deny(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::ExplicitDeny(_))
}

#[test]
fn adding_a_deny_to_any_layer_never_allows_more() {
    let mut denied = [0; LAYERS.len()];
    for_each(100_000..101_000, |dice, case| {
        let before = verdicts(&compiled(&case.documents), case);
        for (place, denied) in denied.iter_mut().enumerate() {
            let documents = with_more(dice, case, place, "Deny");
            for (before, after) in before.iter().zip(verdicts(&compiled(&documents), case)) {
                assert!(before.is_allowed() || !after.is_allowed(), "layer {place} of\n{documents}{:?}", case.asked);
                assert!(!is_explicit_deny(*before) || is_explicit_deny(after), "layer {place} of\n{documents}");
                *denied += usize::from(before.is_allowed() && is_explicit_deny(after));
            }
        }
    });
    assert!(denied.iter().all(|count| *count >= 10), "{denied:?}");
}

#[test]
fn adding_an_allow_to_any_layer_never_lifts_a_deny() {
    let mut kept = 0;
    for_each(200_000..200_500, |dice, case| {
        let before = verdicts(&compiled(&case.documents), case);
        for place in 0..LAYERS.len() {
            let documents = with_more(dice, case, place, "Allow");
            for (before, after) in before.iter().zip(verdicts(&compiled(&documents), case)) {
                assert!(!is_explicit_deny(*before) || is_explicit_deny(after), "layer {place} of\n{documents}");
                kept += usize::from(is_explicit_deny(after));
            }
        }
    });
    assert!(kept >= 250, "{kept}");
}

/// Whatever is in doubt denies rather than allows, so that the same words never reach less far in a deny.
#[test]
fn what_a_statement_allows_it_would_deny_if_it_said_so() {
    let mut allowed = 0;
    for_each(300_000..303_000, |_, case| {
        let mut denying = case.documents.clone();
        for place in (0..LAYERS.len()).filter(|place| layer(&case.documents, *place).is_some()) {
            for document in layer_mut(&mut denying, place) {
                for statement in statements(document) {
                    statement["Effect"] = json!("Deny");
                }
            }
        }
        let (as_written, denying) = (compiled(&case.documents), compiled(&denying));
        let pairs = [
            (Some(&as_written.identity), Some(&denying.identity)),
            (as_written.boundary.as_ref(), denying.boundary.as_ref()),
            (as_written.session.as_ref(), denying.session.as_ref()),
            (as_written.scp.as_ref(), denying.scp.as_ref()),
            (as_written.resource.as_ref(), denying.resource.as_ref()),
            (as_written.trust.as_ref(), denying.trust.as_ref()),
        ];
        for asked in &case.asked {
            let request = Prepared::new(asked);
            for (as_written, denying) in pairs.iter().filter_map(|(left, right)| left.zip(*right)) {
                let (allows, denies) = request.said(as_written);
                assert!(!(allows || denies) || request.said(denying).1, "{}{asked:?}", case.documents);
                allowed += usize::from(allows);
            }
        }
    });
    assert!(allowed >= 1_000, "{allowed}");
}

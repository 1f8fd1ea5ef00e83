//! Order never matters to a verdict: not that of policies, statements, operators, keys, principals or values.

use serde_json::Value;

use super::{LAYERS, for_each, layer, verdicts};
use crate::policy::tests::dice::Dice;
use crate::policy::tests::generated::compiled;
use crate::policy::{Document, Layers, Policy, PolicyKind, PolicySet};

/// The JSON of a value with every list and every object in another order.
fn shuffled(dice: &mut Dice, value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items = items.iter().map(|item| shuffled(dice, item)).collect();
            format!("[{}]", shuffle(dice, items).join(","))
        }
        Value::Object(members) => {
            let name = |name: &String| Value::from(name.as_str()).to_string();
            let members =
                members.iter().map(|(key, value)| format!("{}:{}", name(key), shuffled(dice, value))).collect();
            format!("{{{}}}", shuffle(dice, members).join(","))
        }
        other => other.to_string(),
    }
}

fn shuffle<T>(dice: &mut Dice, mut list: Vec<T>) -> Vec<T> {
    for end in (1..list.len()).rev() {
        list.swap(end, dice.below(end + 1));
    }
    list
}

#[test]
fn the_order_of_policies_statements_keys_and_values_never_matters() {
    let mut moved = 0;
    for_each(400_000..403_000, |dice, case| {
        let mut set = |place: usize, kind: PolicyKind| {
            let list = layer(&case.documents, place)?;
            let texts: Vec<String> = list.iter().map(|document| shuffled(dice, document)).collect();
            moved += list.iter().zip(&texts).filter(|(document, text)| document.to_string() != **text).count();
            let compiled =
                texts.iter().map(|text| Document::parse(kind, text).unwrap_or_else(|f| panic!("{text}\n{f}")));
            let policies: Vec<Policy> = compiled.map(|document| Policy::new("shuffled", document)).collect();
            Some(shuffle(dice, policies).into_iter().collect::<PolicySet>())
        };
        let layers = Layers {
            identity: set(0, PolicyKind::Identity).unwrap_or_default(),
            boundary: set(1, PolicyKind::Identity),
            session: set(2, PolicyKind::Identity),
            scp: set(3, PolicyKind::Identity),
            resource: set(4, PolicyKind::Resource),
            trust: set(LAYERS.len() - 1, PolicyKind::Trust),
        };
        let (expected, found) = (verdicts(&compiled(&case.documents), case), verdicts(&layers, case));
        assert_eq!(found, expected, "{}{layers:?}\n{:?}", case.documents, case.asked);
    });
    assert!(moved >= 3_000, "{moved}");
}

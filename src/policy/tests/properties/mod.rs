//! What must hold for all policies and requests.

mod denies;
mod odd;
mod open;
mod order;
mod panics;
mod print;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;

use super::dice::Dice;
use super::generated::{Case, Kind, Prepared, case, document};
use super::oracle::Documents;
use crate::policy::{Layers, Verdict};

/// The layers of a decision, by what a document of theirs is for.
const LAYERS: [Kind; 6] = [Kind::Identity, Kind::Bounding, Kind::Bounding, Kind::Bounding, Kind::Resource, Kind::Trust];

/// Calls `check` with the case of each seed, and dice to do something to it. Where it panics, the seed is told behind that.
fn for_each(seeds: Range<u64>, mut check: impl FnMut(&mut Dice, &Case)) {
    for seed in seeds {
        let checked = AssertUnwindSafe(|| check(&mut Dice::new(!seed), &case(seed, 2)));
        catch_unwind(checked).unwrap_or_else(|_| panic!("that was seed {seed}"));
    }
}

/// What is decided on each request of the case.
fn verdicts(layers: &Layers, case: &Case) -> Vec<Verdict> {
    case.asked.iter().map(|asked| Prepared::new(asked).verdict(layers)).collect()
}

/// The documents of a layer, by its place in [`LAYERS`].
fn layer(documents: &Documents, place: usize) -> Option<&Vec<Value>> {
    match place {
        0 => Some(&documents.identity),
        1 => documents.boundary.as_ref(),
        2 => documents.session.as_ref(),
        3 => documents.scp.as_ref(),
        4 => documents.resource.as_ref(),
        _ => documents.trust.as_ref(),
    }
}

/// The same to change; a layer that is not there begins without documents.
fn layer_mut(documents: &mut Documents, place: usize) -> &mut Vec<Value> {
    let layer = match place {
        0 => return &mut documents.identity,
        1 => &mut documents.boundary,
        2 => &mut documents.session,
        3 => &mut documents.scp,
        4 => &mut documents.resource,
        _ => &mut documents.trust,
    };
    layer.get_or_insert_default()
}

/// The statements of a document, which may be one alone.
fn statements(document: &mut Value) -> &mut Vec<Value> {
    let list = &mut document["Statement"];
    if !list.is_array() {
        *list = Value::Array(vec![list.take()]);
    }
    list.as_array_mut().expect("made a list")
}

/// A document for a layer, all of whose statements have the effect.
fn all(dice: &mut Dice, place: usize, effect: &str, case: &Case) -> Value {
    let mut document = document(dice, LAYERS[place], &case.asked[0].who);
    for statement in statements(&mut document) {
        statement["Effect"] = effect.into();
        // NotPrincipal stands only with Deny.
        if let Some(spared) = statement.as_object_mut().and_then(|members| members.remove("NotPrincipal"))
            && statement.get("Principal").is_none()
        {
            statement[if effect == "Deny" { "NotPrincipal" } else { "Principal" }] = spared;
        }
    }
    document
}

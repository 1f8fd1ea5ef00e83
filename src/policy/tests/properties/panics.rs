//! No document, no context and no request makes the parser or the evaluation panic, or decide twice differently.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::{LAYERS, for_each, layer, odd};
use crate::policy::operator::NAMES;
use crate::policy::tests::dice::Dice;
use crate::policy::tests::{on_alice, set};
use crate::policy::{Context, Document, Layers, PolicyKind, Request};

const KINDS: [PolicyKind; 4] = [PolicyKind::Identity, PolicyKind::Trust, PolicyKind::Resource, PolicyKind::Endpoint];

/// Reads the text as each kind; whether any takes it. What is taken is printed, read again, and asked about something odd.
fn try_out(dice: &mut Dice, text: &str) -> bool {
    let mut taken = false;
    for kind in KINDS {
        let document = match Document::parse(kind, text) {
            Ok(document) => document,
            Err(faults) => {
                assert!(!faults.faults.is_empty() && !faults.to_string().is_empty(), "{text}");
                continue;
            }
        };
        taken = true;
        let again = Document::parse(kind, &document.to_json()).unwrap_or_else(|faults| panic!("{text}\n{faults}"));
        assert_eq!(format!("{again:?}"), format!("{document:?}"), "{text}");
        let set = set([document]);
        let layers = match kind {
            PolicyKind::Trust => Layers { trust: Some(set.clone()), ..Layers::default() },
            PolicyKind::Resource => Layers { resource: Some(set.clone()), ..Layers::default() },
            PolicyKind::Identity | PolicyKind::Endpoint => Layers { identity: set.clone(), ..Layers::default() },
        };
        let (principal, context) = (odd::principal(dice), odd::context(dice));
        let (action, resource) = (odd::text(dice), odd::text(dice));
        let action = if dice.percent(70) { "iam:GetUser" } else { &action };
        let request = Request::new(action, &resource, &principal, &context);
        let account = "123456789012".parse().expect("an account");
        assert_eq!(layers.decide(&request, &account), layers.decide(&request, &account), "{text}");
        assert_eq!(set.evaluate(&request), set.evaluate(&request), "{text}");
    }
    taken
}

#[test]
fn documents_with_something_odd_in_them_and_odd_requests_panic_nowhere() {
    let (mut taken, mut refused) = (0, 0);
    for_each(600_000..601_500, |dice, case| {
        for place in 0..LAYERS.len() {
            for document in layer(&case.documents, place).into_iter().flatten() {
                let spoilt = if dice.percent(30) { document.clone() } else { odd::spoilt(dice, document) };
                if try_out(dice, &spoilt.to_string()) { taken += 1 } else { refused += 1 }
            }
        }
    });
    assert!(taken >= 500 && refused >= 500, "{taken} {refused}");
}

#[test]
fn texts_that_are_broken_anywhere_panic_nowhere() {
    for_each(700_000..701_000, |dice, case| {
        for document in case.documents.identity.iter().chain(case.documents.trust.iter().flatten()) {
            let mut bytes = document.to_string().into_bytes();
            for _ in 0..1 + dice.below(4) {
                let at = dice.below(bytes.len());
                match dice.below(3) {
                    0 => bytes[at] = u8::try_from(dice.below(256)).expect("a byte"),
                    1 => bytes.truncate(at.max(1)),
                    _ => bytes.insert(at, *dice.pick(b"{}[]\",:\\*$0\0\xff")),
                }
            }
            try_out(dice, &String::from_utf8_lossy(&bytes));
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_bytes_make_the_parser_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..60),
        text in "\\PC{0,40}|([{}\\[\\]:,\"]|\"(Statement|Effect|Allow|Action|Resource|Condition|Null|\\*|\\$\\{)\"){0,40}",
    ) {
        for text in [&*String::from_utf8_lossy(&bytes), &text] {
            for kind in KINDS {
                if let Err(faults) = Document::parse(kind, text) {
                    prop_assert!(!faults.faults.is_empty());
                }
            }
        }
    }

    #[test]
    fn no_value_makes_the_parser_or_the_evaluation_panic(
        operator in select(&NAMES[..]).prop_map(|(name, ..)| name),
        value in "\\PC{0,12}|[0-9TZ:.+/-]{0,24}|(\\$|\\{|\\}|\\*|'|,| |aws:username|arn:){0,8}",
        actual in "\\PC{0,12}|[0-9TZ:.+/-]{0,24}",
    ) {
        let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": { operator: { "aws:username": value } }});
        let json = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
        if let Ok(document) = Document::parse(PolicyKind::Identity, &json) {
            on_alice(&set([document]), &Context::from_iter([("aws:username", actual)]));
        }
    }
}

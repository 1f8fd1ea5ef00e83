//! Records, spellings of them and filters, made by chance from few words, so that many of them meet.

use std::fmt::Write as _;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::filter::{Decider, Effect, Filter};
use super::pattern::Pattern;

/// Words with what JSON escapes, what it may escape, and what has letter case.
const WORDS: [&str; 9] = ["alice", "Alice", "a/b", "a\"b", "c:\\d", "x\ny", "é", "keyring:alice", ""];
const ACTIONS: [&str; 4] = ["iam:GetUser", "iam:DeleteUser", "iam:ListUsers", "sts:AssumeRole"];
const RESOURCES: [&str; 6] =
    ["arn:1:user/*bob", "arn:1:user/x/bob", "arn:1:user/bob", "arn:1:user/*", "*", "arn:1:Role/É/b"];
const TIMES: [&str; 5] = [
    "2026-11-20T12:00:00.000Z",
    "2026-11-20T12:00:00.001Z",
    "2026-11-20T12:00:00Z",
    "2026-11-20T14:00:00.000+02:00",
    "2026-11-20T11:59:60Z",
];
const CODES: [&str; 3] = ["AccessDenied", "AccessDeniedException", "NoSuchEntity"];
const STAGES: [&str; 3] = ["read", "segment", "outcome"];

fn one_of(words: &'static [&'static str]) -> impl Strategy<Value = &'static str> + Clone {
    prop::sample::select(words)
}

fn value_of(words: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop_oneof![8 => one_of(words).prop_map(Value::from), 1 => Just(Value::Null), 1 => Just(json!({"stage": 1}))]
}

fn any_call() -> impl Strategy<Value = Value> {
    (value_of(&ACTIONS), value_of(&RESOURCES), value_of(&WORDS), value_of(&CODES)).prop_map(
        |(action, resource, request_id, code)| {
            json!({"action": action, "resource": resource, "requestId": request_id, "errorCode": code})
        },
    )
}

/// A record, more or less as the gateway writes it.
pub(super) fn any_record() -> impl Strategy<Value = Value> {
    let calls = || prop::collection::vec(any_call(), 0..3);
    let words = || value_of(&WORDS);
    let data = (words(), words(), words(), words(), words(), calls(), calls(), any_call(), value_of(&["allow", "deny"]))
        .prop_map(|(kind, name, person, tool, environment, made, planned, refused, effect)| {
            let mut decision = refused.clone();
            decision["effect"] = effect;
            let mut error = refused;
            error["stage"] = "aws".into();
            json!({"caller": {"kind": kind, "name": name, "person": person}, "tool": tool, "awsCalls": made,
                "environment": environment, "plan": {"calls": planned, "lost": {"eventTime": "2026-11-20T12:00:00.000Z"}},
                "decision": decision, "error": error})
        });
    (data, value_of(&TIMES), value_of(&STAGES), value_of(&CODES), words(), 1u64..4).prop_map(
        |(data, time, stage, code, request, sequence)| {
            json!({"additionalEventData": data, "errorCode": code, "eventTime": time, "requestID": request,
                "integrity": {"hash": "", "sequence": sequence}, "stage": stage})
        },
    )
}

/// The record as somebody else could write it: with blanks between tokens, and characters escaped that need not be.
pub(super) fn any_spelling(record: &Value) -> impl Strategy<Value = String> + use<> {
    let canonical = record.to_string();
    prop_oneof![
        2 => Just(canonical.clone()),
        1 => prop::collection::vec(0u8..40, 64).prop_map(move |chances| respelled(&canonical, &chances)),
    ]
}

fn respelled(json: &str, chances: &[u8]) -> String {
    let mut chances = chances.iter().cycle();
    let (mut spelled, mut in_text, mut escaped) = (String::new(), false, false);
    for character in json.chars() {
        let chance = chances.next().copied().unwrap_or_default();
        let plain = in_text && !escaped && !matches!(character, '"' | '\\');
        match chance {
            0 if plain && u32::from(character) < 0x1_0000 => {
                write!(spelled, "\\u{:04X}", u32::from(character)).unwrap();
            }
            _ if plain && character == '/' && chance < 10 => spelled.push_str("\\/"),
            _ => spelled.push(character),
        }
        if character == '"' && !escaped {
            in_text = !in_text;
        }
        escaped = in_text && character == '\\' && !escaped;
        if !in_text && chance == 1 && (character == ',' || character == ':') {
            spelled.push(' ');
        }
    }
    spelled
}

fn sometimes<T: Clone + std::fmt::Debug + 'static>(
    strategy: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Option<T>> {
    prop_oneof![5 => Just(None), 2 => strategy.prop_map(Some)].boxed()
}

fn any_pattern(words: &'static [&'static str]) -> impl Strategy<Value = Pattern> {
    (one_of(words), 0usize..12, 0usize..12, any::<bool>()).prop_map(|(word, first, second, upper)| {
        let mut pattern: Vec<char> = word.chars().collect();
        for (at, wildcard) in [(first, '*'), (second, '?')] {
            if let Some(place) = pattern.get_mut(at) {
                *place = wildcard;
            }
        }
        let pattern: String = pattern.into_iter().collect();
        Pattern::new(&if upper { pattern.to_uppercase() } else { pattern })
    })
}

/// A filter of these words.
pub(super) fn any_filter() -> impl Strategy<Value = Filter> {
    let word = || sometimes(one_of(&WORDS).prop_map(str::to_owned));
    let time = || sometimes(one_of(&TIMES[..4]).prop_map(|time| time.parse::<Timestamp>().unwrap()));
    let effect = sometimes(prop_oneof![Just(Effect::Allow), Just(Effect::Deny)]);
    let decider = sometimes(prop_oneof![Just(Decider::Gateway), Just(Decider::Aws)]);
    let texts = (word(), word(), word(), word(), word(), word());
    let rest = (
        sometimes(any_pattern(&ACTIONS)),
        sometimes(any_pattern(&RESOURCES)),
        sometimes(one_of(&CODES).prop_map(str::to_owned)),
        sometimes(one_of(&STAGES).prop_map(str::to_owned)),
        sometimes((1u64..4, 0u64..2).prop_map(|(first, more)| first..=first + more)),
    );
    (texts, (time(), time()), (effect, decider), rest).prop_map(
        |(
            (caller, person, tool, aws_request, environment, request),
            (from, to),
            (decision, decided_by),
            (action, resource, error, stage, sequence),
        )| Filter {
            from,
            to,
            caller,
            person,
            tool,
            action,
            resource,
            decision,
            decided_by,
            error,
            aws_request,
            stage,
            environment,
            request,
            sequence,
        },
    )
}

//! What is printed is the same document again.

use serde_json::Value;

use super::{for_each, verdicts};
use crate::policy::tests::generated::{Case, compiled};
use crate::policy::tests::oracle::Documents;
use crate::policy::{Document, PolicyKind};

/// The document as the engine prints it, after holding that to what it came from.
fn printed(kind: PolicyKind, json: &Value) -> Value {
    let read = |text: &str| Document::parse(kind, text).unwrap_or_else(|faults| panic!("{text}\n{faults}"));
    let first = read(&json.to_string());
    let second = read(&first.to_json());
    assert_eq!(second.to_json(), first.to_json(), "{json}");
    assert_eq!(format!("{second:?}"), format!("{first:?}"), "{json}");
    serde_json::from_str(&second.to_json()).expect("JSON")
}

#[test]
fn what_is_printed_is_the_same_document_and_decides_the_same() {
    let of = |kind, list: &[Value]| list.iter().map(|json| printed(kind, json)).collect();
    for_each(500_000..501_000, |_, case| {
        let Case { documents, endpoint, .. } = case;
        let optional = |kind, list: &Option<Vec<Value>>| list.as_ref().map(|list| of(kind, list));
        let again = Documents {
            identity: of(PolicyKind::Identity, &documents.identity),
            boundary: optional(PolicyKind::Identity, &documents.boundary),
            session: optional(PolicyKind::Identity, &documents.session),
            scp: optional(PolicyKind::Identity, &documents.scp),
            resource: optional(PolicyKind::Resource, &documents.resource),
            trust: optional(PolicyKind::Trust, &documents.trust),
        };
        if let Some(json) = endpoint {
            printed(PolicyKind::Endpoint, json);
        }
        assert_eq!(verdicts(&compiled(&again), case), verdicts(&compiled(documents), case), "{documents}{again}");
    });
}

//! faults.jsonl: documents that are refused, with every path and the kind of its fault.

use super::{kind, table};
use crate::policy::{Document, Fault, FaultCode, LARGEST, PolicyKind};

const TABLE: &str = include_str!("faults.jsonl");

#[test]
fn faulty_documents_are_refused_with_every_path_as_the_table_says() {
    let table = table(TABLE);
    assert!(table.len() >= 200, "{}", table.len());
    for (id, case) in table {
        let text = case["text"].as_str().unwrap();
        let faults = Document::parse(kind(case.get("kind")), text).expect_err(&id);
        let found = faults.faults.iter().map(|fault| serde_json::json!([fault.path, fault.code]));
        assert_eq!(found.collect::<serde_json::Value>(), case["faults"], "{id}:\n{faults}");
        assert!(faults.faults.iter().all(|fault| !fault.problem.is_empty()), "{id}");
    }
}

fn only_fault(statement: &str) -> Fault {
    let faults = Document::parse(PolicyKind::Identity, &format!(r#"{{"Statement":{statement}}}"#)).unwrap_err();
    assert_eq!(faults.faults.len(), 1, "{faults}");
    faults.faults.into_iter().next().unwrap()
}

#[test]
fn a_slip_of_the_finger_gets_a_suggestion() {
    for (wrong, right) in [
        (r#""Conditions":{}"#, "Condition"),
        (r#""condition":{}"#, "Condition"),
        (r#""Condition":{"StringEqual":{"aws:a":"b"}}"#, "StringEquals"),
        (r#""Condition":{"stringlikeIfExists":{"aws:a":"b"}}"#, "StringLikeIfExists"),
        (r#""Condition":{"ForAllValue:StringLike":{"aws:a":"b"}}"#, "ForAllValues:StringLike"),
    ] {
        let fault = only_fault(&format!(r#"{{"Effect":"Allow","Action":"*","Resource":"*",{wrong}}}"#));
        assert_eq!(fault.suggestion.as_deref(), Some(right), "{wrong}");
    }
    let fault = only_fault(r#"{"Effect":"allow","Action":"*","Resource":"*"}"#);
    assert_eq!(
        fault.to_string(),
        "$.Statement.Effect: the effect is Allow or Deny, so written; did you mean \"Allow\"?"
    );
    let fault = only_fault(r#"{"Effect":"Allow","Action":"*","Resource":"*","Zebra":1}"#);
    assert_eq!(fault.suggestion, None);
}

#[test]
fn a_document_beyond_the_limit_is_not_read() {
    let statement = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let padded = |length: usize| format!("{statement}{}", " ".repeat(length - statement.len()));
    assert!(Document::parse(PolicyKind::Identity, &padded(LARGEST)).is_ok());
    let faults = Document::parse(PolicyKind::Identity, &padded(LARGEST + 1)).unwrap_err();
    assert_eq!(faults.faults[0].code, FaultCode::TooLarge);
}

#[test]
fn faults_beyond_a_hundred_are_counted() {
    let actions = vec![r#""x""#; 150].join(",");
    let text = format!(r#"{{"Statement":{{"Effect":"Allow","Action":[{actions}],"Resource":"*"}}}}"#);
    let faults = Document::parse(PolicyKind::Identity, &text).unwrap_err();
    assert_eq!((faults.faults.len(), faults.more), (100, 50));
    assert!(faults.to_string().ends_with("\nand 50 more"));
}

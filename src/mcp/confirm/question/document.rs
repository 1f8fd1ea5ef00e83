//! A policy document, by what tells it from another.
//!
//! Documents are too large for a token that people carry. What one allows anew stands in the question as the plan has it;
//! its SHA-256 lets an approver who has been shown the document compare the two.

use data_encoding::HEXLOWER;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// What is said of a document: the SHA-256 of its canonical JSON (RFC 8785: sorted members, no white space, which
/// `jq -cjS .` writes of any policy), and how many statements it has. Of what is no JSON, the SHA-256 of the text.
pub(super) fn said(document: &Value) -> Value {
    let bytes = match document {
        Value::String(text) => text.clone().into_bytes(),
        value => serde_json_canonicalizer::to_vec(value).expect("a JSON value serializes"),
    };
    let statements = match &document["Statement"] {
        Value::Array(statements) => Some(statements.len()),
        Value::Object(_) => Some(1),
        _ => None,
    };
    json!({"sha256": HEXLOWER.encode(&Sha256::digest(bytes)), "statements": statements})
}

/// That as text.
pub(super) fn text(said: &Map<String, Value>) -> String {
    let sha256 = said.get("sha256").and_then(Value::as_str).unwrap_or_default();
    match said.get("statements").and_then(Value::as_u64) {
        Some(1) => format!("1 statement, SHA-256 {sha256}"),
        Some(statements) => format!("{statements} statements, SHA-256 {sha256}"),
        None => format!("statements that cannot be counted, SHA-256 {sha256}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_and_order_make_no_other_document() {
        let one: Value = serde_json::from_str(r#"{"Version": "2012-10-17", "Statement": []}"#).unwrap();
        let same: Value = serde_json::from_str("{\n\"Statement\":[],\"Version\":\"2012-10-17\"}").unwrap();
        assert_eq!(said(&one), said(&same));
        // printf '{"Statement":[],"Version":"2012-10-17"}' | sha256sum
        assert_eq!(said(&one)["sha256"], "a48803b796029b4ad945f4aec0d1641ad8dcabcb95df2ec87594ffcb95d0eeb8");
        assert_ne!(said(&one)["sha256"], said(&json!({"Statement": [{}]}))["sha256"]);
    }

    #[test]
    fn statements_are_counted() {
        for (document, counted) in [
            (json!({"Statement": [{}, {}]}), "2 statements"),
            (json!({"Statement": {}}), "1 statement,"),
            (json!("no JSON"), "statements that cannot be counted"),
        ] {
            let said = said(&document);
            assert!(text(said.as_object().unwrap()).starts_with(counted), "{said}");
        }
    }
}

//! `validate_policy`

use serde_json::{Value, json};

use super::{VALIDATE_POLICY, access_analyzer};
use crate::config::Toolset;
use crate::iam::{DeclaredCall, Reader, Resource};
use crate::policy::{Document, PolicyKind};
use crate::posture::findings;
use crate::tools::parameter::{Kept, Kind, Parameter};
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work};

/// `validate_policy`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&ValidatePolicy) };

static SPEC: Spec = Spec {
    name: "validate_policy",
    title: "Validate a policy document",
    description: "Says everything that is wrong with a policy document, each fault with its JSON path, and what is \
                  dangerous about it or does nothing. With IAM Access Analyzer's findings where your role may ask it.",
    toolset: Toolset::Simulation,
    own_parameters: &[
        Parameter {
            name: "policy_document",
            description: "the document: an object or JSON text",
            kind: Kind::Document,
            required: true,
            kept: Kept::AsGiven,
        },
        Parameter {
            name: "policy_type",
            description: "identity: of a user, group or role; trust: who may assume a role",
            kind: Kind::Choice { words: &["identity", "trust"], default: "identity" },
            required: false,
            kept: Kept::AsGiven,
        },
    ],
    output: || {
        json!({
            "valid": {"type": "boolean"},
            "faults": {"type": "array", "items": {"type": "object", "properties": {
                "code": {"type": "string"}, "path": {"type": "string"}, "problem": {"type": "string"},
                "suggestion": {"type": "string"},
            }, "required": ["code", "path", "problem"]}},
            "more_faults": {"type": "integer"},
            "security_findings": {"type": "array", "items": {"type": "object", "properties": {
                "code": {"type": "string"}, "severity": {"enum": ["critical", "high", "medium", "low"]},
                "path": {"type": "string"}, "explanation": {"type": "string"}, "remedy": {"type": "string"},
            }, "required": ["code", "severity", "path", "explanation", "remedy"]}},
            "access_analyzer": {"type": "object", "properties": {
                "available": {"type": "boolean"}, "reason": {"type": "string"}, "findings": {"type": "array"},
            }, "required": ["available"]},
        })
    },
    reads: &[VALIDATE_POLICY],
    ..Spec::READING
};

struct ValidatePolicy;

fn kind(call: &Call) -> PolicyKind {
    match call.arguments.text("policy_type") {
        Some("trust") => PolicyKind::Trust,
        _ => PolicyKind::Identity,
    }
}

impl ReadTool for ValidatePolicy {
    fn declare(&self, _call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        Ok(vec![DeclaredCall::new(VALIDATE_POLICY, Resource::All).optional()])
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let documents = call.arguments.documents("policy_document");
            let document = documents.first().expect("the check refuses calls without their required arguments");
            let mut answer = judged(kind(call), document, call.facts.account.id.as_str());
            answer["access_analyzer"] = access_analyzer::validate(reader, kind(call), document).await?;
            Ok(answer)
        })
    }
}

/// What the gateway says itself: the faults, and of a document without any what is dangerous about it.
fn judged(kind: PolicyKind, document: &str, account: &str) -> Value {
    let (faults, more) = match Document::parse(kind, document) {
        Ok(_) => (Vec::new(), 0),
        Err(faults) => (faults.faults, faults.more),
    };
    let valid = faults.is_empty();
    let dangers = if valid { findings::of(kind, document, Some(account)) } else { Vec::new() };
    json!({"valid": valid, "faults": faults, "more_faults": more, "security_findings": dangers})
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "123456789012";

    #[test]
    fn every_fault_is_told_with_its_place() {
        let document =
            r#"{"Version": "2012-10-17", "Statement": [{"Efect": "Allow", "Action": "GetUser", "Resource": "*"}]}"#;
        let judged = judged(PolicyKind::Identity, document, ACCOUNT);
        assert_eq!(judged["valid"], false);
        let faults = judged["faults"].as_array().unwrap();
        assert!(faults.iter().any(|fault| fault["path"] == "$.Statement[0].Efect" && fault["suggestion"] == "Effect"));
        assert!(faults.iter().any(|fault| fault["code"] == "action" && fault["path"] == "$.Statement[0].Action"));
        assert_eq!(judged["security_findings"], json!([]), "what cannot be read is not analysed");
    }

    #[test]
    fn what_is_no_json_is_a_fault_and_no_error() {
        let judged = judged(PolicyKind::Identity, "{", ACCOUNT);
        assert_eq!((&judged["valid"], &judged["faults"][0]["code"]), (&json!(false), &json!("syntax")));
    }

    #[test]
    fn a_valid_document_is_looked_at_for_what_is_dangerous() {
        let document =
            r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#;
        let judged = judged(PolicyKind::Identity, document, ACCOUNT);
        assert_eq!((&judged["valid"], &judged["security_findings"][0]["severity"]), (&json!(true), &json!("critical")));
    }

    #[test]
    fn the_type_decides_which_elements_belong() {
        let trust = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": "*"}}]}"#;
        assert_eq!(judged(PolicyKind::Trust, trust, ACCOUNT)["valid"], true);
        assert_eq!(judged(PolicyKind::Identity, trust, ACCOUNT)["valid"], false);
    }
}

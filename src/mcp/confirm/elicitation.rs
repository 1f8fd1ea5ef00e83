//! Asking the person in front of the client: MCP's form elicitation in an `InputRequiredResult` (2026-07-28).
//!
//! The answer is the client's word. It comes with the retry of the call, beside the sealed state that says what was asked.

use std::collections::BTreeMap;

use rmcp::model::{
    ClientCapabilities, ElicitRequest, ElicitRequestParams, ElicitationSchema, InputRequest, InputRequests,
    InputRequiredResult, ProtocolVersion,
};
use serde_json::Value;

/// By which name the question goes and its answer comes back.
const QUESTION: &str = "confirmation";
/// The one field of the form.
const FIELD: &str = "confirm";

/// What a call says of its client's person.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClientInput {
    /// Whether the client can ask.
    pub can_ask: bool,
    /// The state that came with the question.
    pub state: Option<String>,
    /// The answers.
    pub responses: BTreeMap<String, Value>,
}

/// A question for the client's person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The question.
    pub message: String,
    /// The sealed state that comes back with the answer.
    pub state: String,
}

/// What the person answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Yes,
    /// No, or the question was closed.
    No,
    /// Nothing that is an answer to the question.
    Missing,
}

/// Whether a client can ask its person by a form. `elicitation: {}` means forms (MCP 2025-06-18, before there were others).
#[must_use]
pub fn can_ask(protocol: Option<&ProtocolVersion>, capabilities: Option<&ClientCapabilities>) -> bool {
    // Revisions are dates, so they are ordered as texts are.
    let is_new_enough = protocol.is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str());
    let elicitation = capabilities.and_then(|capabilities| capabilities.elicitation.as_ref());
    is_new_enough && elicitation.is_some_and(|elicitation| elicitation.form.is_some() || elicitation.url.is_none())
}

/// What the person answered. A form that is accepted with an unticked box is a no.
#[must_use]
pub fn answer(responses: &BTreeMap<String, Value>) -> Answer {
    let Some(response) = responses.get(QUESTION) else { return Answer::Missing };
    match (response["action"].as_str(), response["content"][FIELD].as_bool()) {
        (Some("accept"), Some(true)) => Answer::Yes,
        (Some("accept"), Some(false)) | (Some("decline" | "cancel"), _) => Answer::No,
        _ => Answer::Missing,
    }
}

impl From<Asked> for InputRequiredResult {
    fn from(asked: Asked) -> Self {
        let requested_schema = ElicitationSchema::builder()
            .required_bool_property(FIELD, |field| {
                field.title("Do it").description("Unticked, nothing is done.").with_default(false)
            })
            .build_unchecked();
        let params =
            ElicitRequestParams::FormElicitationParams { meta: None, message: asked.message, requested_schema };
        let requests =
            InputRequests::from([(QUESTION.to_owned(), InputRequest::Elicitation(ElicitRequest::new(params)))]);
        Self::new(Some(requests), Some(asked.state))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answered(response: Value) -> Answer {
        answer(&BTreeMap::from([(QUESTION.to_owned(), response)]))
    }

    #[test]
    fn only_a_ticked_box_in_an_accepted_form_is_a_yes() {
        assert_eq!(answered(json!({"action": "accept", "content": {"confirm": true}})), Answer::Yes);
        for no in [
            json!({"action": "accept", "content": {"confirm": false}}),
            json!({"action": "decline", "content": {"confirm": true}}),
            json!({"action": "cancel"}),
        ] {
            assert_eq!(answered(no.clone()), Answer::No, "{no}");
        }
        for nothing in [
            json!({"action": "accept"}),
            json!({"action": "accept", "content": {"confirm": "true"}}),
            json!({"action": "Accept", "content": {"confirm": true}}),
            json!(true),
            Value::Null,
        ] {
            assert_eq!(answered(nothing.clone()), Answer::Missing, "{nothing}");
        }
        assert_eq!(answer(&BTreeMap::from([("other".to_owned(), json!({"action": "accept"}))])), Answer::Missing);
    }

    #[test]
    fn a_client_can_ask_when_it_says_so_in_the_newest_protocol() {
        let capable = |elicitation: Value| -> ClientCapabilities {
            serde_json::from_value(json!({"elicitation": elicitation})).unwrap()
        };
        let (new, old) = (ProtocolVersion::V_2026_07_28, ProtocolVersion::V_2025_11_25);
        for (protocol, capabilities, can) in [
            (Some(&new), Some(capable(json!({}))), true),
            (Some(&new), Some(capable(json!({"form": {}, "url": {}}))), true),
            (Some(&new), Some(capable(json!({"url": {}}))), false),
            (Some(&new), Some(ClientCapabilities::default()), false),
            (Some(&new), None, false),
            (Some(&old), Some(capable(json!({"form": {}}))), false),
            (None, Some(capable(json!({"form": {}}))), false),
        ] {
            assert_eq!(can_ask(protocol, capabilities.as_ref()), can, "{protocol:?} {capabilities:?}");
        }
    }

    #[test]
    fn the_question_is_a_form_of_one_box_that_is_not_ticked() {
        let result = InputRequiredResult::from(Asked { message: "delete bob?".into(), state: "sealed".into() });
        let wire = serde_json::to_value(result).unwrap();
        assert_eq!((&wire["resultType"], &wire["requestState"]), (&json!("input_required"), &json!("sealed")));
        let request = &wire["inputRequests"]["confirmation"];
        assert_eq!((&request["method"], &request["params"]["mode"]), (&json!("elicitation/create"), &json!("form")));
        let schema = &request["params"]["requestedSchema"];
        assert_eq!(
            (&schema["required"], &schema["properties"]["confirm"]["default"]),
            (&json!(["confirm"]), &json!(false))
        );
    }
}

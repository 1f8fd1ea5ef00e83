//! What a record says: CloudTrail's shape, so that tools that read CloudTrail can read it.
//!
//! Field names: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>.

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use super::record::{Record, RecordError};

/// What a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// A write is about to be forwarded.
    Intent,
    /// What became of a write.
    Outcome,
    /// A read, with its result's kind.
    Read,
    /// A dry run, or the plan that waits for a confirmation.
    DryRun,
    /// Another person approved a plan, or rejected it; nothing was done yet.
    Approval,
    /// Refused; nothing was done.
    Denied,
    /// The gateway made a mistake in this call.
    Panic,
    /// A request whose author could not be verified.
    Authentication,
    /// Gateway credentials are given for a proof.
    Issuance,
    /// Something the gateway works by was loaded anew, or could not be.
    Reload,
    /// A digest of the journal's files was made: its hash, for whoever keeps records elsewhere.
    Digest,
    /// Old files of the journal are removed.
    Retention,
    /// Reads were answered of which there is no record, because the journal could not be written.
    Gap,
}

/// The most characters of a message that are kept.
const LONGEST_MESSAGE: usize = 4096;
/// The most characters of a code that are kept: AWS's are shorter by far.
const LONGEST_CODE: usize = 128;

/// One event.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The version of CloudTrail's record format that this follows.
    pub event_version: &'static str,
    /// When it happened, to the millisecond.
    #[serde(serialize_with = "millisecond")]
    pub event_time: Timestamp,
    /// A random UUID.
    #[serde(rename = "eventID")]
    pub event_id: String,
    /// Always `McpGatewayEvent`.
    pub event_type: &'static str,
    /// The gateway's name.
    pub event_source: String,
    /// What happened: `CallTool`, `ReadResource` or `Complete` for calls.
    pub event_name: &'static str,
    /// What the record is about.
    pub stage: Stage,
    /// Where AWS was asked.
    pub aws_region: String,
    /// Who AWS sees, or the caller where AWS was not asked.
    pub user_identity: Value,
    /// The client's address.
    #[serde(rename = "sourceIPAddress", skip_serializing_if = "Option::is_none")]
    pub source_ip_address: Option<String>,
    /// What the client calls itself; its own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The gateway's id of the request.
    #[serde(rename = "requestID", skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Whether nothing can have been changed.
    pub read_only: bool,
    /// Always true: CloudTrail's word for the control plane.
    pub management_event: bool,
    /// The account that was acted on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient_account_id: Option<String>,
    /// The refusal's or failure's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// Its message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// What was asked for; secrets are never in it.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub request_parameters: Value,
    /// What was answered.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub response_elements: Value,
    /// What the gateway knows beyond CloudTrail's fields.
    pub additional_event_data: Map<String, Value>,
}

fn millisecond<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{time:.3}"))
}

impl Event {
    /// An event of the gateway `source`, with nothing in it yet but when, what and which.
    #[must_use]
    pub fn new(source: &str, event_name: &'static str, stage: Stage, event_time: Timestamp, event_id: String) -> Self {
        Self {
            event_version: "1.11",
            event_time,
            event_id,
            event_type: "McpGatewayEvent",
            event_source: source.to_owned(),
            event_name,
            stage,
            aws_region: String::new(),
            user_identity: Value::Null,
            source_ip_address: None,
            user_agent: None,
            request_id: None,
            read_only: true,
            management_event: true,
            recipient_account_id: None,
            error_code: None,
            error_message: None,
            request_parameters: Value::Null,
            response_elements: Value::Null,
            additional_event_data: Map::new(),
        }
    }

    /// Says that it failed, or was refused. A message is kept up to 4,096 characters: it may hold words of
    /// AWS, of a file or of a client.
    pub fn fail(&mut self, code: &str, message: &str) {
        self.error_code = Some(code.chars().take(LONGEST_CODE).collect());
        self.error_message = Some(message.chars().take(LONGEST_MESSAGE).collect());
    }

    /// The event as a record of the journal, whatever is in it: of one that is larger than a record can be, what happened
    /// is kept, and what it was about is not.
    #[must_use]
    pub fn into_record_cut(self) -> Record {
        let mut bare = self.clone();
        self.into_record().unwrap_or_else(|error| {
            bare.request_parameters = Value::Null;
            bare.response_elements = Value::String(format!("not kept: {error}"));
            bare.additional_event_data.retain(|_, value| match value {
                Value::String(text) => text.len() <= LONGEST_MESSAGE,
                Value::Object(_) | Value::Array(_) => false,
                _ => true,
            });
            bare.into_record().expect("short texts fit into a record")
        })
    }

    /// The event as a record of the journal.
    ///
    /// # Errors
    /// When it is larger, or nested deeper, than a record can be, or has a number that JSON readers would round.
    pub fn into_record(mut self) -> Result<Record, RecordError> {
        // Moved past the serializer, which would build each of them anew: they are nearly all of a record.
        let moved = [
            ("userIdentity", self.user_identity.take()),
            ("requestParameters", self.request_parameters.take()),
            ("responseElements", self.response_elements.take()),
            ("additionalEventData", Value::Object(std::mem::take(&mut self.additional_event_data))),
        ];
        let Value::Object(mut fields) = serde_json::to_value(&self).map_err(RecordError::Serialize)? else {
            return Err(RecordError::NotAnObject);
        };
        fields
            .extend(moved.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.into(), value)));
        Record::try_from(fields)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_has_cloudtrails_field_names() {
        let time = "2026-11-20T12:00:00.5Z".parse().unwrap();
        let event = Event::new("iam-mcp.example.internal", "CallTool", Stage::DryRun, time, "id".into());
        let record = event.into_record().unwrap();
        assert_eq!(record.fields()["eventTime"], "2026-11-20T12:00:00.500Z");
        assert_eq!(record.fields()["eventID"], "id");
        assert_eq!(record.fields()["stage"], "dry-run");
        assert_eq!(record.fields()["eventType"], "McpGatewayEvent");
        assert!(!record.fields().contains_key("errorCode"));
    }

    #[test]
    fn an_event_that_is_too_large_keeps_what_happened() {
        let time = "2026-11-20T12:00:00Z".parse().unwrap();
        let mut event = Event::new("iam-mcp.example.internal", "CallTool", Stage::Denied, time, "id".into());
        event.fail("ValidationError", &"x".repeat(3_000_000));
        event.request_parameters = json!({"arguments": "y".repeat(3_000_000)});
        event.additional_event_data.insert("tool".into(), "whoami".into());
        event.additional_event_data.insert("plan".into(), json!({"calls": []}));
        assert!(event.clone().into_record().is_err());
        let record = event.into_record_cut();
        assert_eq!(record.fields()["errorCode"], "ValidationError");
        assert_eq!(record.fields()["errorMessage"].as_str().unwrap().len(), LONGEST_MESSAGE);
        assert_eq!(record.fields()["additionalEventData"], json!({"tool": "whoami"}));
    }

    #[test]
    fn a_record_is_its_events_serialization() {
        let time = "2026-11-20T12:00:00Z".parse().unwrap();
        let bare = Event::new("iam-mcp.example.internal", "CallTool", Stage::Read, time, "id".into());
        let mut full = bare.clone();
        full.user_identity = json!({"type": "AssumedRole"});
        full.request_parameters = json!({"method": "tools/call"});
        full.response_elements = json!({"isError": false});
        full.additional_event_data.insert("tool".into(), "whoami".into());
        for event in [bare, full] {
            assert_eq!(event.clone().into_record().unwrap(), Record::from_fields(&event).unwrap());
        }
    }
}

//! An event as LookupEvents has it: what it is looked up by, and the whole of it as text.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sandbox::trail::Event;

/// The event.
pub(super) fn event(event: &Event) -> Value {
    let resource = |resource: &crate::sandbox::trail::Resource| json!({"ResourceType": resource.kind, "ResourceName": resource.arn});
    json!({
        "EventId": event.event_id,
        "EventName": event.event_name,
        "ReadOnly": event.read_only.to_string(),
        "AccessKeyId": event.user_identity.access_key_id,
        "EventTime": event.event_time.parse::<Timestamp>().map_or(0, Timestamp::as_second),
        "EventSource": event.event_source,
        "Username": user_name(event),
        "Resources": event.resources.iter().map(resource).collect::<Vec<_>>(),
        "CloudTrailEvent": serde_json::to_string(event).expect("an event is plain data"),
    })
}

/// Whether the event has this value of this attribute.
pub(super) fn has(event: &Event, key: &str, value: &str) -> bool {
    match key {
        "EventId" => event.event_id == value,
        "EventName" => event.event_name == value,
        "ReadOnly" => event.read_only.to_string() == value,
        "Username" => user_name(event) == value,
        "ResourceType" => event.resources.iter().any(|resource| resource.kind == value),
        "ResourceName" => event.resources.iter().any(|resource| resource.arn == value),
        "EventSource" => event.event_source == value,
        "AccessKeyId" => event.user_identity.access_key_id == value,
        _ => false,
    }
}

/// A user's name, or a session's.
fn user_name(event: &Event) -> &str {
    let identity = &event.user_identity;
    match (&identity.user_name, identity.kind) {
        (Some(name), _) => name,
        (None, "AssumedRole") => identity.principal_id.split_once(':').map_or("", |(_, session)| session),
        (None, _) => "root",
    }
}

//! A record as an event of CloudTrail's log files.
//!
//! The names of the fields: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>.

use serde_json::{Map, Value};

/// CloudTrail's own fields, of those that records have.
const FIELDS: [&str; 19] = [
    "awsRegion",
    "errorCode",
    "errorMessage",
    "eventCategory",
    "eventID",
    "eventName",
    "eventSource",
    "eventTime",
    "eventType",
    "eventVersion",
    "managementEvent",
    "readOnly",
    "recipientAccountId",
    "requestID",
    "requestParameters",
    "responseElements",
    "sourceIPAddress",
    "userAgent",
    "userIdentity",
];
const ADDITIONAL: &str = "additionalEventData";

/// The event, as JSON; none where the line is no record.
///
/// What CloudTrail has no field for moves into `additionalEventData`, as it is. Should the name be taken there, what moves
/// in gets an underscore behind its own.
pub(super) fn event(line: &str) -> Option<String> {
    let record: Map<String, Value> = serde_json::from_str(line).ok()?;
    let (mut event, mut additional) = (Map::new(), Map::new());
    let mut rest = Vec::new();
    for (name, value) in record {
        match value {
            Value::Object(members) if name == ADDITIONAL => additional = members,
            value if FIELDS.contains(&name.as_str()) => {
                event.insert(name, value);
            }
            value => rest.push((name, value)),
        }
    }
    for (mut name, value) in rest {
        while additional.contains_key(&name) {
            name.push('_');
        }
        additional.insert(name, value);
    }
    event.insert(ADDITIONAL.to_owned(), Value::Object(additional));
    serde_json::to_string(&event).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn exported(record: &Value) -> Value {
        serde_json::from_str(&event(&record.to_string()).unwrap()).unwrap()
    }

    #[test]
    fn what_cloudtrail_has_no_field_for_is_kept_beside() {
        let record = json!({"eventID": "e", "stage": "read", "integrity": {"sequence": 1}, "readOnly": true,
            "additionalEventData": {"tool": "whoami"}});
        let expected = json!({"eventID": "e", "readOnly": true,
            "additionalEventData": {"tool": "whoami", "stage": "read", "integrity": {"sequence": 1}}});
        assert_eq!(exported(&record), expected);
    }

    #[test]
    fn nothing_is_lost_where_a_name_is_taken() {
        let record = json!({"stage": "read", "additionalEventData": {"stage": "own", "stage_": 1}});
        assert_eq!(exported(&record)["additionalEventData"], json!({"stage": "own", "stage_": 1, "stage__": "read"}));
        let record = json!({"additionalEventData": "text"});
        assert_eq!(exported(&record)["additionalEventData"], json!({"additionalEventData": "text"}));
        assert_eq!(event("[]"), None);
    }
}

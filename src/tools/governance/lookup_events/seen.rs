//! One event, as far as it is shown, and whether it is of a session that the gateway's stamp is on.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::audit::reconcile::{EventView, short};
use crate::context::stamp::{is_caller_hash, is_session_name};

/// An event.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// When.
    pub(super) time: Timestamp,
    /// AWS's id of the request.
    pub(super) request_id: Option<String>,
    /// What is shown of it, in CloudTrail's field names.
    pub(super) shown: Value,
    /// Whether what it says of itself is what the gateway stamps. Whoever may assume a role can say so, too.
    pub(super) is_stamped: bool,
    name: String,
    session: String,
    /// The session that AssumeRole was to give, where it carries the stamp.
    stamped_session: Option<String>,
}

impl Seen {
    /// Of an event of LookupEvents; `None` where it does not say what happened and when.
    pub(super) fn of(event: &aws_sdk_cloudtrail::types::Event) -> Option<Self> {
        let view = EventView::of(event.cloud_trail_event()?)?;
        let (arn, source_identity) = (view.identity.arn.get().map(short), view.source_identity().map(short));
        let session = arn.clone().unwrap_or_default();
        let session_name = session.split_once(":assumed-role/").and_then(|(_, rest)| rest.rsplit('/').next());
        let is_named_so = session_name.is_some_and(is_session_name) && source_identity.is_some();
        let is_sourced_so = source_identity.as_deref().is_some_and(is_caller_hash);
        let is_assume_role = view.is_assume_role();
        let stamped_by = view.stamped_by().map(short);
        let request_id = view.request_id.get().map(short);
        let mut shown = Map::new();
        let mut show = |name: &str, value: Value| {
            if !value.is_null() {
                shown.insert(name.to_owned(), value);
            }
        };
        let time = view.time()?;
        show("eventTime", time.to_string().into());
        show("eventName", short(view.name()).into());
        show("eventSource", short(view.source()).into());
        show("requestID", request_id.clone().into());
        show("errorCode", view.error_code.get().map(short).into());
        show("readOnly", event.read_only().and_then(|flag| flag.parse::<bool>().ok()).into());
        let mut identity = json!({});
        if let Some(arn) = arn {
            identity["arn"] = arn.into();
        }
        if let Some(source_identity) = source_identity {
            identity["sessionContext"] = json!({"sourceIdentity": source_identity});
        }
        show("userIdentity", identity);
        show("calledViaAWSMCP", stamped_by.clone().into());
        Some(Self {
            time,
            request_id,
            shown: Value::Object(shown),
            // An AssumeRole sets the source identity that it names, and is itself no event of that session.
            is_stamped: stamped_by.is_some() || (!is_assume_role && (is_named_so || is_sourced_so)),
            name: view.name().to_owned(),
            session,
            stamped_session: stamped_by.filter(|_| view.error_code.get().is_none()).and(view.assumed()),
        })
    }

    /// Whether it is an event of this name.
    pub(super) fn is_named(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// Marks the events of sessions that others among them show to be stamped: by their tags, whatever they are called.
pub(super) fn mark_sessions(events: &mut [Seen]) {
    let sessions: HashSet<String> = events.iter().filter_map(|event| event.stamped_session.clone()).collect();
    for event in events {
        event.is_stamped |= sessions.contains(&event.session);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use aws_sdk_cloudtrail::types::Event;

    use super::*;

    const GATEWAY: &str = "arn:aws:sts::123456789012:assumed-role/iam-mcp-gateway/task";

    /// An event of IAM's by this session.
    pub(in crate::tools::governance::lookup_events) fn event(session: &str, more: &Value) -> Event {
        let mut event = json!({
            "eventTime": "2026-11-20T12:00:00Z", "eventName": "GetUser", "eventSource": "iam.amazonaws.com",
            "requestID": "r-1", "userIdentity": {"arn": session},
        });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Event::builder().read_only("true").cloud_trail_event(event.to_string()).build()
    }

    fn session(role: &str, name: &str) -> String {
        format!("arn:aws:sts::123456789012:assumed-role/{role}/{name}")
    }

    fn sourced(arn: &str, source_identity: &str) -> Value {
        json!({"userIdentity": {"arn": arn, "sessionContext": {"sourceIdentity": source_identity}}})
    }

    fn assume_role(name: &str, tags: &Value) -> Event {
        event(
            GATEWAY,
            &json!({"eventName": "AssumeRole", "eventSource": "sts.amazonaws.com", "requestParameters": {
            "roleArn": "arn:aws:iam::123456789012:role/app", "roleSessionName": name, "sourceIdentity": "alice@example.com",
            "principalTags": tags}}),
        )
    }

    const HASH: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    #[test]
    fn an_event_is_shown_in_cloudtrails_names_and_small() {
        let arn = session("mcp-admin", &format!("alice-{HASH}"));
        let mut more = sourced(&arn, "alice@example.com");
        more["errorCode"] = "AccessDenied".into();
        more["requestParameters"] = json!({"userName": "bob"});
        let seen = Seen::of(&event(&arn, &more)).unwrap();
        let expected = json!({
            "eventTime": "2026-11-20T12:00:00Z", "eventName": "GetUser", "eventSource": "iam.amazonaws.com",
            "requestID": "r-1", "errorCode": "AccessDenied", "readOnly": true,
            "userIdentity": {"arn": arn, "sessionContext": {"sourceIdentity": "alice@example.com"}},
        });
        assert_eq!(seen.shown, expected);
        let long = event("arn:x", &json!({"eventName": "x".repeat(100_000)}));
        assert!(Seen::of(&long).unwrap().shown.to_string().len() < 4_000, "nobody's text fills the answer");
        for json in ["{", "[]", r#"{"eventName": "GetUser"}"#] {
            assert!(Seen::of(&Event::builder().cloud_trail_event(json).build()).is_none(), "{json}");
        }
    }

    #[test]
    fn sessions_of_the_gateway_are_known_by_name_and_source_identity() {
        let stamped = format!("alice-{HASH}");
        let user = "arn:aws:iam::123456789012:user/alice".to_owned();
        for (arn, source_identity, expected) in [
            (session("app", &stamped), Some("alice@example.com"), true),
            (session("app", &stamped), None, false),
            (session("app", "alice"), Some("alice@example.com"), false),
            (session("app", "chained"), Some(HASH), true),
            (user.clone(), None, false),
        ] {
            let more = source_identity.map_or_else(|| json!({}), |source_identity| sourced(&arn, source_identity));
            assert_eq!(Seen::of(&event(&arn, &more)).unwrap().is_stamped, expected, "{arn} {source_identity:?}");
        }
    }

    #[test]
    fn a_session_whose_tags_are_seen_is_stamped_whatever_it_is_called() {
        let tags = json!({"ViaAWSMCPService": "true", "CalledViaAWSMCP": "gw"});
        let own = session("app", "plain");
        let mut events: Vec<Seen> =
            [event(&own, &json!({})), assume_role("plain", &tags), assume_role("other", &json!({}))]
                .iter()
                .map(|event| Seen::of(event).unwrap())
                .collect();
        assert_eq!(events.iter().map(|event| event.is_stamped).collect::<Vec<_>>(), [false, true, false]);
        mark_sessions(&mut events);
        assert_eq!(events.iter().map(|event| event.is_stamped).collect::<Vec<_>>(), [true, true, false]);
        assert_eq!(events[1].shown["calledViaAWSMCP"], "gw");
        assert_eq!(events[1].shown["userIdentity"]["sessionContext"]["sourceIdentity"], "alice@example.com");
    }
}

//! A signal, and whom it is about.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::kind::{Kind, Severity};
use super::network::Network;
use crate::audit::query::{self, is_caller};

/// The most characters of a text out of a record that are kept: more than any name, code or ARN has.
const LONGEST_TEXT: usize = 256;

/// The beginning of a text out of a record, which somebody else may have written.
pub(super) fn bounded(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}

/// Who a request was from, as `additionalEventData.caller` says it. Two are the same only when every part is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct CallerId {
    /// How the caller proved who it is.
    pub kind: String,
    /// The name within its kind.
    pub name: String,
    /// The person behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
}

impl CallerId {
    /// The caller that a record names; none where it names none.
    pub(super) fn of(caller: &query::Caller<'_>) -> Option<Self> {
        let (kind, name) = (caller.kind.get().unwrap_or_default(), caller.name.get()?);
        Some(Self { kind: bounded(kind), name: bounded(name), person: caller.person.get().map(bounded) })
    }

    /// Whether it is the one that is asked for: `alice`, or `keyring:alice`.
    #[must_use]
    pub fn is(&self, asked: &str) -> bool {
        is_caller(asked, Some(&self.kind), Some(&self.name))
    }
}

impl fmt::Display for CallerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.name)?;
        self.person.as_ref().map_or(Ok(()), |person| write!(f, " ({person})"))
    }
}

/// Whom a signal is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A caller.
    Caller(Arc<CallerId>),
    /// Whoever comes from this network, and is nobody that could be verified.
    Network(Network),
    /// Whoever comes from anywhere.
    Everywhere,
}

impl Subject {
    /// The caller, where it is one.
    #[must_use]
    pub fn caller(&self) -> Option<&CallerId> {
        match self {
            Self::Caller(caller) => Some(caller),
            Self::Network(_) | Self::Everywhere => None,
        }
    }

    /// The network, where it is one.
    #[must_use]
    pub fn network(&self) -> Option<Network> {
        match self {
            Self::Network(network) => Some(*network),
            Self::Caller(_) | Self::Everywhere => None,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caller(caller) => caller.fmt(f),
            Self::Network(network) => network.fmt(f),
            Self::Everywhere => f.write_str("everywhere"),
        }
    }
}

/// What the records say that somebody should look at. Its texts may be an attacker's words: they are escaped where they
/// are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// What it is about.
    pub kind: Kind,
    /// The `eventTime` of the record that gave it.
    pub time: Timestamp,
    /// Whom it is about.
    pub subject: Subject,
    /// What happened, in words.
    pub text: String,
    /// For how much of it this signal stands: a burst gives one signal and, when its quiet time is over, one with the rest.
    pub count: u64,
    /// The sequence numbers of the records that show it, at most the last ten.
    pub records: Vec<u64>,
    /// The `eventID` of the last of them; empty where it has none.
    pub event_id: String,
}

impl Serialize for Signal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Shown<'a> {
            signal: Kind,
            severity: Severity,
            time: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            caller: Option<&'a CallerId>,
            #[serde(skip_serializing_if = "Option::is_none")]
            network: Option<String>,
            text: &'a str,
            count: u64,
            records: &'a [u64],
            #[serde(rename = "eventID")]
            event_id: &'a str,
        }
        let shown = Shown {
            signal: self.kind,
            severity: self.kind.severity(),
            time: format!("{:.3}", self.time),
            caller: self.subject.caller(),
            network: self.subject.network().map(|network| network.to_string()),
            text: &self.text,
            count: self.count,
            records: &self.records,
            event_id: &self.event_id,
        };
        shown.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::audit::query::RecordView;

    #[test]
    fn a_signal_says_what_when_who_and_by_which_records() {
        let caller =
            CallerId { kind: "keyring".into(), name: "alice".into(), person: Some("alice@example.com".into()) };
        let mut signal = Signal {
            kind: Kind::NewAddress,
            time: "2026-11-20T12:00:00.5Z".parse().unwrap(),
            subject: Subject::Caller(Arc::new(caller)),
            text: "what".into(),
            count: 2,
            records: vec![7, 9],
            event_id: "id".into(),
        };
        assert_eq!(
            json!(signal),
            json!({"signal": "new-address", "severity": "medium", "time": "2026-11-20T12:00:00.500Z",
                "caller": {"kind": "keyring", "name": "alice", "person": "alice@example.com"},
                "text": "what", "count": 2, "records": [7, 9], "eventID": "id"})
        );
        assert_eq!(signal.subject.to_string(), "keyring:alice (alice@example.com)");
        signal.subject = Subject::Network(Network::of("203.0.113.9".parse().unwrap()));
        assert_eq!(json!(signal)["network"], "203.0.113.0/24");
        assert_eq!(json!(signal).get("caller"), None);
    }

    #[test]
    fn a_callers_texts_are_bounded_and_a_record_without_a_name_has_no_caller() {
        let caller = |caller: serde_json::Value| {
            let record = json!({"integrity": {"sequence": 1}, "additionalEventData": {"caller": caller}}).to_string();
            CallerId::of(&RecordView::of(&record).unwrap().data.caller)
        };
        let long = caller(json!({"kind": "k".repeat(9000), "name": "é".repeat(9000), "person": "p".repeat(9000)}));
        let long = long.unwrap();
        assert!(long.to_string().chars().count() < 4 * LONGEST_TEXT);
        assert_eq!(caller(json!({"kind": "keyring", "person": "p"})), None);
        let alice = caller(json!({"kind": "keyring", "name": "alice"})).unwrap();
        assert!(alice.is("alice") && alice.is("keyring:alice") && !alice.is("oidc:alice") && !alice.is("Alice"));
    }
}

//! Writes that were begun and whose outcome is not in the journal.
//!
//! An intent is known by its `eventID`, and its outcome names it (`additionalEventData.intentEventID`). A segment's header
//! says since which record writes were under way when the segment was begun, so that a start has to read no further back to
//! find those that a killed process left behind. Each of them gets an outcome that says what to look for in CloudTrail.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::record::{Record, RecordError};

/// The code of an outcome that nobody saw.
pub const OUTCOME_UNKNOWN: &str = "OutcomeUnknown";

/// The longest text, in bytes, that is kept of an intent which is too large for its outcome.
const LONGEST_TEXT: usize = 8 * 1024;

/// What a record does to the writes that are under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Link {
    /// Nothing.
    None,
    /// It is the intent of this id.
    Begins(Box<str>),
    /// It is the outcome of the intent of this id.
    Ends(Box<str>),
}

impl Link {
    /// What the record with these fields does.
    pub(super) fn of(fields: &Map<String, Value>) -> Self {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(Box::from);
        match fields.get("stage").and_then(Value::as_str) {
            Some("intent") => text(fields.get("eventID")).map_or(Self::None, Self::Begins),
            Some("outcome") => {
                let named = fields.get("additionalEventData").and_then(|data| data.get("intentEventID"));
                text(named).map_or(Self::None, Self::Ends)
            }
            _ => Self::None,
        }
    }
}

/// The writes under way, by the ids of their intents, with the sequence numbers of these.
#[derive(Debug, Default)]
pub(super) struct UnderWay(HashMap<Box<str>, u64>);

impl UnderWay {
    /// Takes in a record that is durable.
    pub(super) fn take(&mut self, link: Link, sequence: u64) {
        match link {
            Link::None => {}
            Link::Begins(id) => drop(self.0.insert(id, sequence)),
            Link::Ends(id) => drop(self.0.remove(&id)),
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The sequence number of the oldest intent.
    pub(super) fn since(&self) -> Option<u64> {
        self.0.values().min().copied()
    }
}

/// Intents that were read and whose outcome was not, with their fields.
#[derive(Debug, Default)]
pub(super) struct Unsettled {
    intents: BTreeMap<u64, Map<String, Value>>,
    /// Which of them has an id.
    sequences: HashMap<Box<str>, u64>,
}

impl Unsettled {
    /// Takes in a record that was read.
    pub(super) fn take(&mut self, fields: &Map<String, Value>, sequence: u64) {
        match Link::of(fields) {
            Link::None => {}
            Link::Begins(id) => self.begin(id, fields.clone(), sequence),
            Link::Ends(id) => self.end(&id),
        }
    }

    /// Takes in an intent.
    pub(super) fn begin(&mut self, id: Box<str>, fields: Map<String, Value>, sequence: u64) {
        self.end(&id);
        self.sequences.insert(id, sequence);
        self.intents.insert(sequence, fields);
    }

    /// Takes in the outcome of the intent of this id.
    pub(super) fn end(&mut self, id: &str) {
        if let Some(sequence) = self.sequences.remove(id) {
            self.intents.remove(&sequence);
        }
    }

    /// The writes, as they are under way.
    pub(super) fn under_way(&self) -> UnderWay {
        UnderWay(self.sequences.clone())
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.intents.len()
    }

    /// The intents, oldest first.
    pub(super) fn intents(&self) -> impl Iterator<Item = &Map<String, Value>> {
        self.intents.values()
    }
}

/// The outcome of an intent whose process ended before it was settled: what AWS did is not known, and what would show it is
/// said. `found` is when that was seen, `context` the fields of every header.
pub(super) fn unknown_outcome(
    intent: &Map<String, Value>,
    event_id: String,
    found: Timestamp,
    context: &Record,
) -> Record {
    let told = told(intent, event_id, found, context);
    let whole = with_parts(&told, intent, &["plan"]);
    // An intent may be as large as a record can be, and its outcome says more: what was planned then stands there alone.
    whole.or_else(|_| with_parts(&told, &Map::new(), &[])).unwrap_or_else(|_| {
        let few = ["eventType", "eventName", "eventID", "eventTime", "stage", "requestID", "errorCode", "errorMessage"];
        let is_short = |value: &Value| value.as_str().is_some_and(|text| text.len() <= LONGEST_TEXT);
        let kept = told.iter().filter(|(name, value)| few.contains(&name.as_str()) && is_short(value));
        let mut fields: Map<String, Value> = kept.map(own).collect();
        let id = intent.get("eventID").filter(|id| is_short(id));
        fields.insert("additionalEventData".to_owned(), json!({"intentEventID": id}));
        Record::try_from(fields).expect("a few short texts fit into a record")
    })
}

fn with_parts(told: &Map<String, Value>, intent: &Map<String, Value>, parts: &[&str]) -> Result<Record, RecordError> {
    let mut fields = told.clone();
    if let (Some(Value::Object(data)), Some(planned)) =
        (fields.get_mut("additionalEventData"), intent.get("additionalEventData"))
    {
        data.extend(parts.iter().filter_map(|name| Some(((*name).to_owned(), planned.get(name)?.clone()))));
    }
    Record::try_from(fields)
}

fn own((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

/// Everything but the plan.
fn told(intent: &Map<String, Value>, event_id: String, found: Timestamp, context: &Record) -> Map<String, Value> {
    let look_for = look_for(intent, found);
    let place = |name: &str| look_for.get(name).and_then(Value::as_str).unwrap_or("(not recorded)");
    let names = look_for["eventNames"].as_array().map_or(&[][..], Vec::as_slice);
    let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
    let message = format!(
        "the gateway ended while this write was under way, so what AWS did is not known: look in CloudTrail of account {}, \
         region {}, for {} by the session {} from {} on",
        place("recipientAccountId"),
        place("awsRegion"),
        if names.is_empty() { "events".to_owned() } else { names.join(", ") },
        place("sessionArn"),
        place("from"),
    );
    let mut data = match intent.get("additionalEventData") {
        Some(Value::Object(data)) => data.clone(),
        _ => Map::new(),
    };
    for settled_later in ["plan", "awsCalls"] {
        data.remove(settled_later);
    }
    data.insert("intentEventID".to_owned(), intent.get("eventID").cloned().unwrap_or_default());
    data.insert("lookFor".to_owned(), look_for);
    if let Some(digest) = context.fields().get("configuration") {
        data.insert("configuration".to_owned(), digest.clone());
    }
    let mut fields = intent.clone();
    fields.extend([
        ("eventID".to_owned(), Value::String(event_id)),
        ("eventTime".to_owned(), Value::String(format!("{found:.3}"))),
        ("stage".to_owned(), "outcome".into()),
        ("readOnly".to_owned(), false.into()),
        ("errorCode".to_owned(), OUTCOME_UNKNOWN.into()),
        ("errorMessage".to_owned(), message.into()),
        ("additionalEventData".to_owned(), Value::Object(data)),
    ]);
    fields
}

/// Where in CloudTrail the write would be seen.
fn look_for(intent: &Map<String, Value>, found: Timestamp) -> Value {
    let data = intent.get("additionalEventData");
    let calls = data.and_then(|data| data.get("plan")?.get("calls")?.as_array()).map_or(&[][..], Vec::as_slice);
    let actions = calls.iter().filter_map(|call| call.get("action")?.as_str()?.split_once(':'));
    let (sources, names): (BTreeSet<String>, BTreeSet<&str>) =
        actions.map(|(service, operation)| (format!("{service}.amazonaws.com"), operation)).unzip();
    json!({
        "eventSources": sources,
        "eventNames": names,
        "awsRegion": intent.get("awsRegion"),
        "recipientAccountId": intent.get("recipientAccountId"),
        "sessionArn": intent.get("userIdentity").and_then(|identity| identity.get("arn")),
        "sourceIdentity": data.and_then(|data| data.get("sourceIdentity")),
        "from": intent.get("eventTime"),
        "until": format!("{found:.3}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(fields) => fields,
            other => panic!("{other} is no object"),
        }
    }

    fn intent() -> Map<String, Value> {
        fields(json!({
            "stage": "intent", "eventID": "i-1", "eventTime": "2026-11-20T10:00:00.000Z", "awsRegion": "us-east-1",
            "recipientAccountId": "111122223333", "requestID": "r-1",
            "userIdentity": {"arn": "arn:aws:sts::111122223333:assumed-role/Agent/bob-abc"},
            "additionalEventData": {
                "sourceIdentity": "bob", "configuration": "old", "awsCalls": [{"action": "iam:GetUser"}],
                "plan": {"calls": [{"action": "iam:RemoveUserFromGroup"}, {"action": "iam:DeleteUser"}]},
            },
        }))
    }

    fn outcome_of(intent: &Map<String, Value>) -> Record {
        let context = Record::from_fields(&json!({"configuration": "new"})).unwrap();
        unknown_outcome(intent, "o-1".to_owned(), "2026-11-20T11:00:00Z".parse().unwrap(), &context)
    }

    #[test]
    fn an_unknown_outcome_names_its_intent_and_what_to_look_for() {
        let outcome = outcome_of(&intent());
        let outcome = outcome.fields();
        assert_eq!(Link::of(outcome), Link::Ends("i-1".into()));
        assert_eq!(outcome["errorCode"], OUTCOME_UNKNOWN);
        assert_eq!(outcome["requestID"], "r-1");
        assert_eq!(outcome["eventTime"], "2026-11-20T11:00:00.000Z");
        let data = &outcome["additionalEventData"];
        assert_eq!(data["configuration"], "new", "the configuration in force now says so");
        assert_eq!(data["plan"]["calls"][1]["action"], "iam:DeleteUser");
        assert!(data.get("awsCalls").is_none(), "they are the intent's");
        assert_eq!(
            data["lookFor"],
            json!({
                "eventSources": ["iam.amazonaws.com"], "eventNames": ["DeleteUser", "RemoveUserFromGroup"],
                "awsRegion": "us-east-1", "recipientAccountId": "111122223333",
                "sessionArn": "arn:aws:sts::111122223333:assumed-role/Agent/bob-abc", "sourceIdentity": "bob",
                "from": "2026-11-20T10:00:00.000Z", "until": "2026-11-20T11:00:00.000Z",
            })
        );
        let message = outcome["errorMessage"].as_str().unwrap();
        assert!(message.contains("account 111122223333, region us-east-1, for DeleteUser, RemoveUserFromGroup"));
    }

    #[test]
    fn an_intent_as_large_as_a_record_can_be_has_an_outcome_all_the_same() {
        for part in ["plan", "reason"] {
            let mut intent = intent();
            intent["additionalEventData"][part] = json!({"text": "x".repeat(1_040_000)});
            Record::try_from(intent.clone()).expect("it fits just so");
            let outcome = outcome_of(&intent);
            assert_eq!(Link::of(outcome.fields()), Link::Ends("i-1".into()), "{part}");
            assert_eq!(outcome.fields()["errorCode"], OUTCOME_UNKNOWN, "{part}");
        }
    }

    #[test]
    fn an_intent_that_no_record_can_be_has_an_outcome_too() {
        let deep = (0..200).fold(json!({}), |inner, _| json!({"a": inner}));
        for (name, value) in
            [("requestID", json!("x".repeat(2_000_000))), ("eventName", deep), ("eventType", json!(1_u64 << 60))]
        {
            let mut intent = intent();
            intent.insert(name.to_owned(), value);
            let outcome = outcome_of(&intent);
            assert_eq!(Link::of(outcome.fields()), Link::Ends("i-1".into()), "{name}");
            assert_eq!(outcome.fields()["errorCode"], OUTCOME_UNKNOWN, "{name}");
        }
    }

    #[test]
    fn an_intent_with_nothing_in_it_has_an_outcome_too() {
        let outcome = outcome_of(&fields(json!({"stage": "intent", "eventID": "i-2"})));
        assert_eq!(Link::of(outcome.fields()), Link::Ends("i-2".into()));
        assert!(
            outcome.fields()["errorMessage"].as_str().unwrap().contains("for events by the session (not recorded)")
        );
    }

    #[test]
    fn what_is_under_way_began_and_did_not_end() {
        let mut under_way = UnderWay::default();
        let mut unsettled = Unsettled::default();
        let records = [
            json!({"stage": "intent", "eventID": "a"}),
            json!({"stage": "intent", "eventID": "b"}),
            json!({"stage": "outcome", "additionalEventData": {"intentEventID": "a"}}),
            json!({"stage": "read", "eventID": "c"}),
            json!({"stage": "outcome"}),
            json!({"stage": "intent", "eventID": 7}),
        ];
        for (sequence, record) in (1..).zip(records) {
            let record = fields(record);
            under_way.take(Link::of(&record), sequence);
            unsettled.take(&record, sequence);
        }
        assert_eq!((under_way.since(), unsettled.under_way().since()), (Some(2), Some(2)));
        assert_eq!(unsettled.intents().map(|intent| &intent["eventID"]).collect::<Vec<_>>(), ["b"]);
    }
}

//! What a journal says of the users that were to be created, read file by file while gateways come and go.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use iam_mcp_gateway::audit::{journal_files, open};
use serde::Deserialize;
use serde_json::{Value, json};

use super::gateway::ACCOUNT;

/// How the write of a user ended, as its outcome says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Well,
    /// Found by a start: `OutcomeUnknown`, with what to look for.
    Unknown,
}

/// The writes in a journal so far. Each record is looked at once.
#[derive(Default)]
pub(crate) struct Ledger {
    /// Files that nothing more is written to, by the names that they have before they are compressed.
    closed: BTreeSet<String>,
    /// How much of the file that is written has been read.
    offset: u64,
    /// Intents without an outcome, by their event ids.
    under_way: BTreeMap<String, Intent>,
    ended: BTreeMap<String, Ended>,
}

struct Intent {
    user: String,
    session: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    stage: String,
    #[serde(rename = "eventID")]
    event_id: Option<String>,
    error_code: Option<String>,
    user_identity: Option<Identity>,
    #[serde(default)]
    additional_event_data: Data,
    segment: Option<Segment>,
}

#[derive(Deserialize)]
struct Identity {
    arn: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Data {
    #[serde(rename = "intentEventID")]
    intent_event_id: Option<String>,
    plan: Option<Plan>,
    look_for: Option<Value>,
}

#[derive(Deserialize)]
struct Plan {
    calls: Vec<Call>,
}

#[derive(Deserialize)]
struct Call {
    action: String,
    resource: String,
}

#[derive(Deserialize)]
struct Segment {
    reason: String,
}

impl Ledger {
    /// Reads on from where it stopped, up to the end of the last whole line.
    pub(crate) fn read(&mut self, folder: &Path) {
        let files = journal_files(folder).expect("the gateway made its journal's folder");
        let last = files.len() - 1;
        for (index, file) in files.iter().enumerate() {
            let name = file.trim_end_matches(".gz").to_owned();
            if self.closed.contains(&name) {
                continue;
            }
            let mut reader = open(&folder.join(file)).expect("the folder is ours");
            std::io::copy(&mut reader.by_ref().take(self.offset), &mut std::io::sink()).expect("files are readable");
            let mut text = String::new();
            reader.read_to_string(&mut text).expect("records are UTF-8");
            let whole = text.rfind('\n').map_or(0, |end| end + 1);
            for line in text[..whole].lines() {
                self.take(serde_json::from_str(line).expect("a record is JSON"));
            }
            if index == last {
                self.offset += whole as u64;
            } else {
                self.closed.insert(name);
                self.offset = 0;
            }
        }
    }

    fn take(&mut self, record: Record) {
        let data = record.additional_event_data;
        match record.stage.as_str() {
            "intent" => {
                let plan = data.plan.expect("an intent has a plan");
                let [call] = plan.calls.as_slice() else { unreachable!("to create a user is one call") };
                assert_eq!(call.action, "iam:CreateUser");
                let user = call.resource.rsplit('/').next().unwrap_or_default().to_owned();
                assert!(!self.knows(&user), "{user} was begun twice");
                let session = record.user_identity.and_then(|identity| identity.arn).expect("an intent names who acts");
                self.under_way.insert(record.event_id.expect("a record has an id"), Intent { user, session });
            }
            "outcome" => {
                let id = data.intent_event_id.expect("an outcome names its intent");
                let Some(Intent { user, session }) = self.under_way.remove(&id) else {
                    unreachable!("an outcome without an intent, or a second one: {id}")
                };
                let ended = match record.error_code.as_deref() {
                    None => Ended::Well,
                    Some("OutcomeUnknown") => {
                        check_what_to_look_for(&data.look_for.expect("it says what to look for"), &session);
                        Ended::Unknown
                    }
                    Some(other) => unreachable!("{user} ended with {other}"),
                };
                self.ended.insert(user, ended);
            }
            "segment" => {
                let reason = record.segment.expect("a header has its members").reason;
                assert!(["start", "rotation"].contains(&reason.as_str()), "the disk never failed: {reason}");
            }
            "digest" => {}
            // The refusal that tells from when on writes are taken.
            "denied" => assert_eq!(record.error_code.as_deref(), Some("signed_before_start")),
            other => unreachable!("no record of this stage was to be expected: {other}"),
        }
    }

    /// Whether there is an intent for this user.
    pub(crate) fn knows(&self, user: &str) -> bool {
        self.ended.contains_key(user) || self.under_way.values().any(|intent| intent.user == user)
    }

    /// The users whose intents have no outcome yet.
    pub(crate) fn under_way(&self) -> BTreeSet<String> {
        self.under_way.values().map(|intent| intent.user.clone()).collect()
    }

    /// How the write of a user ended; none where there is no outcome.
    pub(crate) fn ended(&self, user: &str) -> Option<Ended> {
        self.ended.get(user).copied()
    }

    /// The users whose writes ended so.
    pub(crate) fn all_that_ended(&self, ended: Ended) -> BTreeSet<&str> {
        self.ended.iter().filter(|(_, how)| **how == ended).map(|(user, _)| user.as_str()).collect()
    }

    /// In how many files it was read.
    pub(crate) fn files(&self) -> usize {
        self.closed.len() + 1
    }
}

fn check_what_to_look_for(look_for: &Value, session: &str) {
    assert!(session.starts_with(&format!("arn:aws:sts::{ACCOUNT}:assumed-role/mcp-admin/alice")), "{session}");
    let expected = [
        ("recipientAccountId", json!(ACCOUNT)),
        ("eventSources", json!(["iam.amazonaws.com"])),
        ("eventNames", json!(["CreateUser"])),
        ("sessionArn", json!(session)),
        ("sourceIdentity", json!("alice@example.com")),
    ];
    for (name, value) in expected {
        assert_eq!(look_for[name], value, "{look_for}");
    }
}

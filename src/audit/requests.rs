//! What the records of this replica say of requests to AWS, found by AWS's ids of them.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

use super::query::{Filter, QueryError, RecordView, query};

/// How far the time of a record may lie from that of a request which it lists: two clocks, and how long a call goes on after
/// it.
const SLACK: SignedDuration = SignedDuration::from_mins(15);

/// How long it is looked for, the wait for others who look included.
const LONGEST: Duration = Duration::from_secs(5);

/// How many records are looked at; a replica that answers all day long writes some hundred thousand.
const MOST_RECORDS: u64 = 1_000_000;

/// The journal of this replica, as far as it tells what requests to AWS were made for.
///
/// It is read in threads of its own, for one call at a time, and no longer than some seconds: what callers ask must not keep
/// the disk or the processors from what they do.
#[derive(Debug)]
pub struct RequestLog {
    directory: PathBuf,
    reading: Arc<Semaphore>,
}

/// The call that a request to AWS was made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    /// The caller, `keyring:alice`.
    pub caller: String,
    /// The person behind the caller.
    pub person: Option<String>,
    /// The tool.
    pub tool: Option<String>,
    /// What stage one decided, `allow` or `deny`.
    pub decision: Option<String>,
    /// The gateway's id of the call.
    pub request_id: Option<String>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct FoundRequests {
    /// The calls, by AWS's ids of their requests.
    pub requests: HashMap<String, RecordedRequest>,
    /// Whether all records were looked at that may list one of those asked for.
    pub complete: bool,
}

impl RequestLog {
    /// Of the journal in this folder.
    #[must_use]
    pub fn of(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), reading: Arc::new(Semaphore::new(1)) }
    }

    /// Looks for these requests, of which the first was made at `from` and the last at `to`.
    pub async fn find(&self, ids: HashSet<String>, from: Timestamp, to: Timestamp) -> FoundRequests {
        if ids.is_empty() {
            return FoundRequests { complete: true, ..FoundRequests::default() };
        }
        let until = Instant::now() + LONGEST;
        let Ok(Ok(place)) = timeout_at(until, Arc::clone(&self.reading).acquire_owned()).await else {
            return FoundRequests::default();
        };
        let (directory, given_up) = (self.directory.clone(), GivenUp::default());
        let told = given_up.told();
        let filter = Filter {
            from: Some(from.checked_sub(SLACK).unwrap_or(Timestamp::MIN)),
            to: Some(to.checked_add(SLACK).unwrap_or(Timestamp::MAX)),
            ..Filter::default()
        };
        let reading = spawn_blocking(move || {
            // Until the thread has ended, which may be later than anybody waits for it.
            let _place = place;
            let has_time = || !told.load(Ordering::Relaxed) && Instant::now() < until;
            search(&directory, &filter, &ids, MOST_RECORDS, &has_time)
        });
        match timeout_at(until + Duration::from_secs(1), reading).await {
            Ok(Ok(Ok(found))) => found,
            Ok(Ok(Err(error))) => {
                tracing::warn!(%error, "the audit journal could not be searched for what AWS saw");
                FoundRequests::default()
            }
            Ok(Err(_)) | Err(_) => FoundRequests::default(),
        }
    }
}

/// Tells the thread that nobody waits any more, once this is dropped.
#[derive(Debug, Default)]
struct GivenUp(Arc<AtomicBool>);

impl GivenUp {
    fn told(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A request is listed by several records: by an intent and its outcome, and AssumeRole by every call that uses the session.
/// The first one counts.
fn search(
    directory: &Path,
    filter: &Filter,
    ids: &HashSet<String>,
    most: u64,
    has_time: &dyn Fn() -> bool,
) -> Result<FoundRequests, QueryError> {
    let (mut requests, mut looked_at, mut broken_off) = (HashMap::new(), 0, false);
    let summary = query(directory, filter, None, &mut |line| {
        if looked_at >= most || !has_time() {
            broken_off = true;
            return ControlFlow::Break(());
        }
        looked_at += 1;
        if let Some(record) = RecordView::of(line) {
            for id in record.aws_request_ids().filter(|id| ids.contains(*id)) {
                requests.entry(id.to_owned()).or_insert_with(|| RecordedRequest::of(&record));
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok(FoundRequests { requests, complete: !broken_off && summary.unread.is_empty() })
}

impl RecordedRequest {
    fn of(record: &RecordView<'_>) -> Self {
        let data = &record.data;
        let (kind, name) = (data.caller.kind.get().unwrap_or_default(), data.caller.name.get().unwrap_or_default());
        let text = |text: Option<&str>| text.map(ToOwned::to_owned);
        Self {
            caller: format!("{kind}:{name}"),
            person: text(data.caller.person.get()),
            tool: text(record.tool()),
            decision: text(data.decision.effect.get()),
            request_id: text(record.request_id.get()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(sequence: u64, stage: &str, time: &str, caller: &str, requests: &[&str]) -> String {
        let calls: Vec<_> = requests.iter().map(|id| json!({"action": "iam:GetUser", "requestId": id})).collect();
        json!({"stage": stage, "eventTime": time, "requestID": format!("call-{sequence}"),
            "integrity": {"sequence": sequence}, "additionalEventData": {
                "caller": {"kind": "keyring", "name": caller, "person": "alice@example.com"}, "tool": "get_user",
                "decision": {"effect": "allow"}, "awsCalls": calls, "assumedSessions": [{"requestId": "r-session"}]}})
        .to_string()
            + "\n"
    }

    fn journal() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let lines = [
            record(1, "read", "2026-11-20T10:00:00.000Z", "early", &["r-1"]),
            record(2, "intent", "2026-11-20T12:00:00.000Z", "alice", &["r-2"]),
            record(3, "outcome", "2026-11-20T12:00:01.000Z", "alice", &["r-2", "r-3"]),
            record(4, "read", "2026-11-20T12:00:02.000Z", "bob", &["r-4"]),
        ];
        std::fs::write(folder.path().join("journal-1.jsonl"), lines.concat()).unwrap();
        folder
    }

    fn ids(ids: &[&str]) -> HashSet<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    fn noon() -> Timestamp {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    #[tokio::test]
    async fn a_request_is_found_with_the_call_that_it_was_made_for() {
        let folder = journal();
        let log = RequestLog::of(folder.path());
        let found = log.find(ids(&["r-2", "r-4", "r-session", "r-9"]), noon(), noon()).await;
        assert!(found.complete);
        let expected = RecordedRequest {
            caller: "keyring:alice".to_owned(),
            person: Some("alice@example.com".to_owned()),
            tool: Some("get_user".to_owned()),
            decision: Some("allow".to_owned()),
            request_id: Some("call-2".to_owned()),
        };
        assert_eq!(found.requests["r-2"], expected);
        assert_eq!(found.requests["r-session"].request_id.as_deref(), Some("call-2"), "the first that used it");
        assert_eq!(found.requests["r-4"].caller, "keyring:bob");
        assert_eq!(found.requests.len(), 3);
    }

    #[tokio::test]
    async fn records_of_other_times_are_not_looked_at() {
        let folder = journal();
        let found = RequestLog::of(folder.path()).find(ids(&["r-1"]), noon(), noon()).await;
        assert!(found.complete && found.requests.is_empty());
    }

    #[test]
    fn what_is_not_looked_at_to_the_end_says_so() {
        let folder = journal();
        let look = |most, has_time: bool| {
            let found = search(folder.path(), &Filter::default(), &ids(&["r-2", "r-4"]), most, &|| has_time).unwrap();
            (found.requests.len(), found.complete)
        };
        assert_eq!(look(4, true), (2, true));
        assert_eq!(look(3, true), (1, false));
        assert_eq!(look(4, false), (0, false));
    }

    #[tokio::test]
    async fn a_journal_that_is_not_there_is_not_complete() {
        let folder = tempfile::tempdir().unwrap();
        let found = RequestLog::of(folder.path()).find(ids(&["r-1"]), noon(), noon()).await;
        assert!(!found.complete && found.requests.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_long_for_those_who_look_before() {
        let folder = journal();
        let log = RequestLog::of(folder.path());
        let _place = Arc::clone(&log.reading).acquire_owned().await.unwrap();
        let found = log.find(ids(&["r-2"]), noon(), noon()).await;
        assert!(!found.complete && found.requests.is_empty());
    }
}

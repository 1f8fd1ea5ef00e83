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

use crate::arn::AccountId;
use crate::authn::Caller;

use super::query::{DENIED_BY_AWS, Filter, QueryError, RecordView, Text, query};

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

/// A call that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRefusal {
    /// The tool.
    pub tool: Option<String>,
    /// The code of the refusal; `None` where the call was not refused.
    pub code: Option<String>,
    /// Whether AWS said no, and not the gateway.
    pub by_aws: bool,
    /// The endpoint policy's file that denies, where one does.
    pub policy: Option<String>,
    /// Its statement.
    pub statement: Option<String>,
    /// What was refused: each action with what it was to act on.
    pub refused: Vec<(String, String)>,
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

    /// The call that this caller made, and that the gateway gave this id, or that made a request to AWS of this
    /// id; and whether all records were looked at that may be it. Nobody is told of anybody else's calls.
    pub async fn refusal(&self, caller: &Arc<Caller>, id: &str, from: Timestamp) -> (Option<RecordedRefusal>, bool) {
        let filter = Filter { from: Some(from), ..Filter::default() };
        let (caller, id) = (Arc::clone(caller), id.to_owned());
        let is_it = move |record: &RecordView<'_>| {
            (record.request_id.is(&id) || record.aws_request_ids().any(|own| own == id)) && is_of(record, &caller)
        };
        self.read(move |directory, has_time| last_refusal(directory, &filter, &is_it, MOST_RECORDS, has_time))
            .await
            .unwrap_or_default()
    }

    /// Looks for these requests, of which the first was made at `from` and the last at `to`.
    pub async fn find(&self, ids: HashSet<String>, from: Timestamp, to: Timestamp) -> FoundRequests {
        if ids.is_empty() {
            return FoundRequests { complete: true, ..FoundRequests::default() };
        }
        let filter = Filter {
            from: Some(from.checked_sub(SLACK).unwrap_or(Timestamp::MIN)),
            to: Some(to.checked_add(SLACK).unwrap_or(Timestamp::MAX)),
            ..Filter::default()
        };
        self.read(move |directory, has_time| search(directory, &filter, &ids, MOST_RECORDS, has_time))
            .await
            .unwrap_or_default()
    }

    /// Reads the journal in a thread of its own, after those who read before; `None` where that fails or takes too long.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path, &dyn Fn() -> bool) -> Result<T, QueryError> + Send + 'static,
    ) -> Option<T> {
        let until = Instant::now() + LONGEST;
        let place = timeout_at(until, Arc::clone(&self.reading).acquire_owned()).await.ok()?.ok()?;
        let (directory, given_up) = (self.directory.clone(), GivenUp::default());
        let told = given_up.told();
        let reading = spawn_blocking(move || {
            // Until the thread has ended, which may be later than anybody waits for it.
            let _place = place;
            work(&directory, &|| !told.load(Ordering::Relaxed) && Instant::now() < until)
        });
        match timeout_at(until + Duration::from_secs(1), reading).await.ok()?.ok()? {
            Ok(found) => Some(found),
            Err(error) => {
                tracing::warn!(%error, "the audit journal could not be searched");
                None
            }
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

/// The last record of the call: an outcome tells more than its intent.
fn last_refusal(
    directory: &Path,
    filter: &Filter,
    is_it: &dyn Fn(&RecordView<'_>) -> bool,
    most: u64,
    has_time: &dyn Fn() -> bool,
) -> Result<(Option<RecordedRefusal>, bool), QueryError> {
    let (mut found, mut looked_at, mut broken_off) = (None, 0, false);
    let summary = query(directory, filter, None, &mut |line| {
        if looked_at >= most || !has_time() {
            broken_off = true;
            return ControlFlow::Break(());
        }
        looked_at += 1;
        if let Some(record) = RecordView::of(line)
            && is_it(&record)
        {
            found = Some(RecordedRefusal::of(&record));
        }
        ControlFlow::Continue(())
    })?;
    Ok((found, !broken_off && summary.unread.is_empty()))
}

/// Whether a record is of a call of this caller, and of none that has the same name elsewhere.
fn is_of(record: &RecordView<'_>, caller: &Caller) -> bool {
    let own = &record.data.caller;
    own.kind.is(caller.kind.as_str())
        && own.name.is(&caller.name)
        && own.account.get() == caller.account.as_ref().map(AccountId::as_str)
        && own.issuer.get() == caller.issuer.as_deref()
        && own.person.get() == caller.person.as_deref()
        && own.subject.get() == caller.subject.as_deref()
}

impl RecordedRefusal {
    fn of(record: &RecordView<'_>) -> Self {
        let text = |text: Option<&str>| text.map(ToOwned::to_owned);
        let (decision, error) = (&record.data.decision, &record.data.error);
        let code = text(record.error_code.get());
        let mut refused: Vec<(String, String)> = Vec::new();
        let mut add = |action: Option<&str>, resource: Option<&str>| {
            let pair = (action.unwrap_or_default().to_owned(), resource.unwrap_or("*").to_owned());
            if !pair.0.is_empty() && !refused.contains(&pair) {
                refused.push(pair);
            }
        };
        if record.is_denied_by_aws() {
            for call in record.data.aws_calls.iter().filter(|call| is_denied(&call.error_code)) {
                add(call.action.get(), call.resource.get());
            }
        }
        if code.is_some() {
            // The error has the resource as the caller named it; the decision by what AWS told of it.
            add(error.action.get(), error.resource.get());
        }
        Self {
            tool: text(record.tool()),
            code,
            by_aws: record.is_denied_by_aws(),
            policy: text(decision.policy.get()),
            statement: text(decision.statement.get()),
            refused,
        }
    }
}

fn is_denied(code: &Text<'_>) -> bool {
    code.get().is_some_and(|code| code.starts_with(DENIED_BY_AWS))
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
    async fn a_refusal_is_told_to_the_caller_whose_it_is_and_to_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let line = |sequence: u64, id: &str, more: serde_json::Value, code: Option<&str>| {
            let mut data = json!({"caller": {"kind": "keyring", "name": "alice"}, "tool": "delete_user"});
            data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"stage": "denied", "eventTime": "2026-11-20T12:00:00.000Z", "requestID": id, "errorCode": code,
                "integrity": {"sequence": sequence}, "additionalEventData": data})
            .to_string()
                + "\n"
        };
        let by_policy = json!({"decision": {"stage": "gateway", "effect": "deny", "policy": "p.json", "statement": "NoDeletes",
            "action": "iam:DeleteUser", "resource": "arn:aws:iam::123456789012:user/secret-path/bob"},
            "error": {"stage": "gateway", "action": "iam:DeleteUser", "resource": "arn:aws:iam::123456789012:user/*bob"}});
        let by_aws = json!({"decision": {"effect": "allow"}, "error": {"stage": "aws", "action": "iam:GetUser", "resource": "r"},
            "awsCalls": [{"action": "iam:GetUser", "resource": "r", "errorCode": "AccessDenied", "requestId": "r-9"}]});
        let lines = [
            line(1, "call-1", by_policy, Some("PolicyDenied")),
            line(2, "call-2", by_aws, Some("AccessDenied")),
            line(3, "call-3", json!({}), None),
        ];
        std::fs::write(folder.path().join("journal-1.jsonl"), lines.concat()).unwrap();
        let log = RequestLog::of(folder.path());
        let caller = |name: &str| Arc::new(Caller::keyring(name, None));
        let of = async |name: &str, id| log.refusal(&caller(name), id, noon() - SLACK).await;
        let (Some(found), true) = of("alice", "call-1").await else { panic!("no refusal") };
        assert_eq!(
            (found.by_aws, found.policy.as_deref(), found.statement.as_deref()),
            (false, Some("p.json"), Some("NoDeletes"))
        );
        let refused = |action: &str, resource: &str| vec![(action.to_owned(), resource.to_owned())];
        assert_eq!(found.refused, refused("iam:DeleteUser", "arn:aws:iam::123456789012:user/*bob"));
        for id in ["call-2", "r-9"] {
            let (Some(found), true) = of("alice", id).await else { panic!("no refusal") };
            assert_eq!((found.by_aws, found.refused), (true, refused("iam:GetUser", "r")));
        }
        assert_eq!(of("alice", "call-3").await.0.unwrap().code, None);
        for (caller, id) in [("bob", "call-1"), ("alice", "call-9")] {
            assert_eq!(of(caller, id).await, (None, true), "{caller} {id}");
        }
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

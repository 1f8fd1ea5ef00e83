//! What the gateway does with the journal's closed files when they grow old. How both verifiers see such a journal is in
//! `audit_scenarios`.

use std::path::Path;
use std::sync::Arc;

use iam_mcp_gateway::audit::{DiskStorage, Journal, JournalOptions, Keeper, KeepingOptions, Record, journal_files};
use iam_mcp_gateway::clock::ManualClock;
use iam_mcp_gateway::random::SystemRandom;
use jiff::SignedDuration;
use serde_json::json;
use tokio::sync::mpsc;

use crate::support::command::run;
use crate::support::gateway::TestGateway;
use crate::support::waiting::{eventually, now};

/// A journal of a run that ended this long ago, with the digest that names its file.
async fn old_journal(folder: &Path, ago: SignedDuration) {
    let clock = ManualClock::at(now() - ago);
    for _ in 0..2 {
        let journal =
            Journal::open(JournalOptions::new(folder), Arc::new(DiskStorage), clock.clone(), Arc::new(SystemRandom));
        let journal = journal.await.expect("the folder is ours");
        let record = Record::from_fields(&json!({"stage": "read"})).expect("short fields make a record");
        journal.note_durably(record).await.expect("the disk works");
        let (told, mut rounds) = mpsc::unbounded_channel();
        let keeper = Keeper::begin(
            &journal,
            KeepingOptions::default(),
            Box::new(move |failure| {
                assert!(failure.is_none(), "{failure:?}");
                let _ = told.send(());
            }),
        );
        rounds.recv().await.expect("it is told of each round");
        keeper.end().await;
        journal.close().await.expect("the disk works");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_removes_what_is_older_than_it_is_told_to_keep() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let audit = folder.path().join("audit");
    old_journal(&audit, SignedDuration::from_hours(31 * 24)).await;
    let before = journal_files(&audit).expect("the folder is ours");
    assert_eq!(before.len(), 2);
    for days in ["32", "30"] {
        let prepared = TestGateway::without_aws().journal_in(audit.clone());
        let mut gateway = prepared.set("audit.keep_days", days).start();
        let left = |gateway: &TestGateway| {
            let retained = gateway.records("retention").len();
            let names = journal_files(&audit).expect("the folder is ours");
            let oldest = names.iter().position(|name| plain(name) == plain(&before[0]));
            (retained, names.len(), oldest)
        };
        let expected = if days == "30" { (1, 3, None) } else { (0, 3, Some(0)) };
        let is_compressed = || journal_files(&audit).is_ok_and(|names| names.iter().any(|name| name.ends_with(".gz")));
        eventually("closed files are kept as they should be", || {
            (is_compressed() && left(&gateway) == expected).then_some(())
        });
        gateway.stop();
        assert_eq!(left(&gateway), expected, "{days}");
        let verified = run(&["audit", "verify", audit.to_str().expect("temporary folders have plain names")]);
        assert_eq!(verified.code, 0, "{}", verified.said());
    }
}

fn plain(name: &str) -> &str {
    name.strip_suffix(".gz").unwrap_or(name)
}

//! The journal by itself: what a note costs its caller, and how many intents and outcomes become durable in a second.

use std::sync::Arc;
use std::time::Duration;

use iam_mcp_gateway::audit::{DiskStorage, Event, Intent, Journal, JournalOptions, Record, Stage};
use iam_mcp_gateway::clock::{Clock, SystemClock};
use iam_mcp_gateway::random::{SystemRandom, uuid};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::report::{Aim, Figure};
use crate::{Effort, Outcome};

/// How many callers wait for their intents at once.
const WRITERS: usize = 64;

pub(crate) fn measure(effort: Effort) -> Outcome<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let options = JournalOptions::new(directory.path());
        let journal =
            Journal::open(options, Arc::new(DiskStorage), Arc::new(SystemClock), Arc::new(SystemRandom)).await?;
        let [mut notes, mut made, mut alone, mut together, mut syncs_alone, mut syncs_together] =
            [const { Vec::new() }; 6];
        for _ in 0..effort.rounds {
            notes.push(note(&journal, effort.records).await?);
            made.push(make_and_note(&journal, effort.records).await?);
            let (rate, syncs) = write(&journal, 1, effort.records / 8).await?;
            alone.push(rate);
            syncs_alone.push(syncs);
            let (rate, syncs) = write(&journal, WRITERS, effort.records / WRITERS).await?;
            together.push(rate);
            syncs_together.push(syncs);
        }
        journal.close().await?;
        Ok(vec![
            Figure::new("audit, a note for its caller", "us", notes),
            Figure::new("audit, a note for its caller, its record made, too", "us", made).aiming(Aim::AtMost(5.0)),
            Figure::new("audit, intents and outcomes, 1 writer", "records/s", alone),
            Figure::new("audit, intents and outcomes, 1 writer", "syncs/rec.", syncs_alone),
            Figure::new("audit, intents and outcomes, 64 writers", "records/s", together),
            Figure::new("audit, intents and outcomes, 64 writers", "syncs/rec.", syncs_together),
        ])
    })
}

/// A record as long as those of calls are.
fn record(stage: Stage) -> Record {
    let mut event = Event::new("iam-mcp.example.internal", "CallTool", stage, SystemClock.now(), uuid(&SystemRandom));
    event.user_identity = json!({
        "type": "AssumedRole",
        "principalId": "AROACLKWSDQRAOEXAMPLE:caller-0-JBSWY3DPEBLW64TMMQQQJBSWY3",
        "arn": "arn:aws:sts::123456789012:assumed-role/agent/caller-0-JBSWY3DPEBLW64TMMQQQJBSWY3",
        "accountId": "123456789012",
    });
    event.request_id = Some(uuid(&SystemRandom));
    event.request_parameters =
        json!({"method": "tools/call", "params": {"name": "list_users", "arguments": {"max_items": 100}}, "id": "1"});
    for (name, value) in [
        ("sessionTags", json!({"ViaAWSMCPService": "true", "CalledViaAWSMCP": "iam-mcp.example.internal"})),
        ("authentication", json!({"accessKeyId": "IMGKBENCH00000000000", "signatureSha256": "0".repeat(64)})),
        ("configuration", "0".repeat(64).into()),
        ("caller", json!({"kind": "keyring", "name": "caller-0"})),
    ] {
        event.additional_event_data.insert(name.to_owned(), value);
    }
    event.into_record().expect("an event is an object without integrity")
}

/// Notes as fast as they are taken; answers the microseconds that one takes.
async fn note(journal: &Journal, records: usize) -> Outcome<f64> {
    let records: Vec<Record> = (0..records).map(|_| record(Stage::Read)).collect();
    let count = f64::from(u32::try_from(records.len())?);
    let began = Instant::now();
    for record in records {
        journal.note(record)?;
    }
    let took = began.elapsed();
    settle(journal).await;
    Ok(took.as_secs_f64() * 1e6 / count)
}

/// The same, with what it takes to make each record: what journaling adds to a read.
async fn make_and_note(journal: &Journal, records: usize) -> Outcome<f64> {
    let began = Instant::now();
    for _ in 0..records {
        journal.note(record(Stage::Read))?;
    }
    let took = began.elapsed();
    settle(journal).await;
    Ok(took.as_secs_f64() * 1e6 / f64::from(u32::try_from(records)?))
}

/// Waits until the writer has taken what was noted.
async fn settle(journal: &Journal) {
    while journal.counters().queued > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Intents with their outcomes, `pairs` by each of `writers`; answers the records per second and the syncs per record.
async fn write(journal: &Journal, writers: usize, pairs: usize) -> Outcome<(f64, f64)> {
    // What was noted before becomes durable with the first intent, so one goes ahead that is not counted.
    pair(journal).await?;
    let before = journal.counters();
    let began = Instant::now();
    let mut writing = JoinSet::new();
    for _ in 0..writers {
        let journal = journal.clone();
        writing.spawn(async move {
            for _ in 0..pairs {
                pair(&journal).await?;
            }
            Outcome::Ok(())
        });
    }
    while let Some(written) = writing.join_next().await {
        written??;
    }
    let took = began.elapsed().as_secs_f64();
    let after = journal.counters();
    #[expect(clippy::cast_precision_loss, reason = "a run has far fewer than 2^52 records")]
    let [records, syncs] = [after.records - before.records, after.syncs - before.syncs].map(|count| count as f64);
    Ok((records / took, syncs / records))
}

/// An intent and its outcome, each waited for.
async fn pair(journal: &Journal) -> Outcome<()> {
    let [if_lost, if_not_forwarded] = [record(Stage::Outcome), record(Stage::Outcome)];
    let permit = journal.intent(Intent { record: record(Stage::Intent), if_lost, if_not_forwarded }).await?;
    journal.outcome(permit, record(Stage::Outcome)).await?;
    Ok(())
}

//! Whatever the disk does, the journal's promises hold of what is confirmed on it.

use std::collections::BTreeMap;
use std::io::ErrorKind;

use futures_util::future::join_all;
use proptest::prelude::*;
use tokio::runtime::Builder;

use super::faulty::Trouble;
use super::*;

#[derive(Debug, Clone, Copy)]
enum Call {
    Write,
    Lose,
    GiveUp,
    Note,
}

/// What a caller knows in the end.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    /// The outcome is durable, or held.
    Settled,
    Lost,
    Refused,
    Noted,
}

async fn make(journal: &Journal, call: Call, name: String, after: u64) -> Told {
    tokio::time::sleep(Duration::from_millis(after)).await;
    match call {
        Call::Note => match journal.note(record("read", &name)) {
            Ok(_) => Told::Noted,
            Err(_) => Told::Refused,
        },
        Call::GiveUp => {
            let mut intent = Box::pin(journal.intent(intent_of(&name)));
            let _ = futures_util::poll!(&mut intent);
            tokio::task::yield_now().await;
            Told::Refused
        }
        Call::Write | Call::Lose => {
            let Ok(permit) = journal.intent(intent_of(&name)).await else { return Told::Refused };
            if matches!(call, Call::Lose) {
                return Told::Lost;
            }
            match journal.outcome(permit, record("outcome", &name)).await {
                Ok(_) => Told::Settled,
                Err(refused) if refused.held => Told::Settled,
                Err(refused) => panic!("neither written nor held: {refused}"),
            }
        }
    }
}

/// How often each record stands among the confirmed ones.
fn confirmed(folder: &Folder) -> BTreeMap<String, usize> {
    let report = folder.verify();
    assert_ne!(report.verdict, Verdict::Broken, "{report:#?}");
    let mut counts = BTreeMap::new();
    for file in report.files {
        let text = std::fs::read_to_string(folder.path().join(&file.file)).unwrap();
        for line in text.lines().take(usize::try_from(file.records).unwrap()).skip(1) {
            let line: Value = serde_json::from_str(line).unwrap();
            *counts.entry(format!("{} {}", line["told"], line["name"]).replace('"', "")).or_default() += 1;
        }
    }
    counts
}

async fn promises_hold(calls: Vec<(Call, u64)>, troubles: Vec<Trouble>, largest_segment: u64) {
    let folder = Folder::new();
    let journal = folder.try_open(|options| options.largest_segment = largest_segment).await.unwrap();
    for trouble in troubles {
        folder.disk.next(trouble);
    }
    let made = calls.iter().enumerate().map(|(n, (call, after))| make(&journal, *call, n.to_string(), *after));
    let told = join_all(made).await;
    while journal.clone().close().await.is_err() {}

    let confirmed = confirmed(&folder);
    for (n, told) in told.iter().enumerate() {
        let [intent, outcome, lost, not_forwarded, read] = ["intent", "outcome", "lost", "not-forwarded", "read"]
            .map(|stage| confirmed.get(&format!("{stage} {n}")).copied().unwrap_or(0));
        let expected = match told {
            Told::Settled => [1, 1, 0, 0, 0],
            Told::Lost => [1, 0, 1, 0, 0],
            Told::Noted => [0, 0, 0, 0, 1],
            // Refused: nothing, or an intent of which it is said that it was not forwarded.
            Told::Refused => [not_forwarded, 0, 0, not_forwarded.min(1), 0],
        };
        assert_eq!([intent, outcome, lost, not_forwarded, read], expected, "call {n} was told {told:?}");
    }
}

fn any_trouble() -> impl Strategy<Value = u8> {
    0u8..6
}

fn trouble(which: u8) -> Trouble {
    match which {
        0 => Trouble::SyncFails,
        1 => Trouble::WriteFails(ErrorKind::StorageFull),
        2 => Trouble::ShortWrite(0),
        3 => Trouble::ShortWrite(30),
        4 => Trouble::CreateFails(ErrorKind::PermissionDenied),
        _ => Trouble::WriteFails(ErrorKind::ReadOnlyFilesystem),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_promise_holds_on_a_disk_that_fails_at_random(
        calls in prop::collection::vec(
            (prop_oneof![Just(Call::Write), Just(Call::Lose), Just(Call::GiveUp), Just(Call::Note)], 0u64..2000),
            1..20,
        ),
        troubles in prop::collection::vec(any_trouble(), 0..8),
        largest_segment in prop_oneof![Just(1u64), Just(1500), Just(1 << 20)],
    ) {
        let troubles = troubles.into_iter().map(trouble).collect();
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(promises_hold(calls, troubles, largest_segment));
    }
}

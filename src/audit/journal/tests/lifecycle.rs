//! The healthy journal: order, durability, group commit, rotation, start and end.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::future::join_all;

use super::faulty::Trouble;
use super::*;

#[tokio::test(start_paused = true)]
async fn an_intent_is_on_the_disk_before_its_permit_exists_and_an_outcome_before_it_is_answered() {
    let folder = Folder::new();
    let journal = folder.open().await;
    let permit = journal.intent(intent_of("a")).await.unwrap();
    assert_eq!(folder.told(), ["segment start", "intent a"]);
    assert_eq!(folder.disk.syncs(), 2);
    journal.outcome(permit, record("outcome", "a")).await.unwrap();
    assert_eq!(folder.told(), ["segment start", "intent a", "outcome a"]);
    assert_eq!(folder.disk.syncs(), 3);
    let expected = JournalCounters { records: 2, syncs: 2, ..JournalCounters::default() };
    assert_eq!(journal.counters(), expected);
    folder.assert_verified();
}

#[tokio::test(start_paused = true)]
async fn concurrent_intents_share_a_sync() {
    let folder = Folder::new();
    let journal = folder.open().await;
    let permits = join_all((0..100).map(|n| journal.intent(intent_of(&n.to_string())))).await;
    assert!(permits.iter().all(Result::is_ok));
    assert_eq!(journal.counters().records, 100);
    assert_eq!(journal.counters().syncs, 1, "all were queued before the writer ran");
    let outcomes = permits.into_iter().map(|permit| journal.outcome(permit.unwrap(), record("outcome", "x")));
    assert!(join_all(outcomes).await.iter().all(Result::is_ok));
    assert_eq!(journal.counters().syncs, 2);
    folder.assert_verified();
}

#[tokio::test(start_paused = true)]
async fn what_arrives_during_a_sync_makes_the_next_group() {
    let folder = Folder::new();
    let journal = folder.open().await;
    let release = folder.disk.hang_next_sync();
    let first = spawn_intent(&journal, "first");
    folder.disk.is_hanging().await;
    let rest = tokio::spawn({
        let journal = journal.clone();
        async move { join_all((0..50).map(|n| journal.intent(intent_of(&n.to_string())))).await }
    });
    while journal.counters().queued < 50 {
        tokio::task::yield_now().await;
    }
    drop(release);
    let _permit = first.await.unwrap().unwrap();
    assert!(rest.await.unwrap().iter().all(Result::is_ok));
    assert_eq!(journal.counters().syncs, 2);
}

#[tokio::test(start_paused = true)]
async fn notes_keep_their_order_and_are_synced_within_the_delay_bound() {
    let folder = Folder::new();
    let journal = folder.open().await;
    for n in 0..10 {
        journal.note(record("read", &n.to_string())).unwrap();
    }
    assert_eq!(journal.counters().records, 0);
    tokio::time::sleep(Duration::from_millis(999)).await;
    assert_eq!(folder.disk.syncs(), 1, "only the header so far");
    tokio::time::sleep(Duration::from_millis(2)).await;
    while journal.counters().records < 10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(folder.disk.syncs(), 2);
    let expected: Vec<String> = (0..10).map(|n| format!("read {n}")).collect();
    assert_eq!(folder.told()[1..], expected);
}

#[tokio::test(start_paused = true)]
async fn a_full_batch_of_notes_is_synced_without_waiting() {
    let folder = Folder::new();
    let journal = folder.try_open(|options| options.largest_batch = 4).await.unwrap();
    let before = Instant::now();
    for n in 0..4 {
        journal.note(record("read", &n.to_string())).unwrap();
    }
    while journal.counters().records < 4 {
        tokio::task::yield_now().await;
    }
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_intents_and_notes_but_never_an_outcome() {
    let folder = Folder::new();
    let journal = folder.try_open(|options| options.queue_capacity = 2).await.unwrap();
    let permit = journal.intent(intent_of("a")).await.unwrap();
    journal.note(record("read", "1")).unwrap();
    journal.note(record("read", "2")).unwrap();
    assert_eq!(reason(journal.note(record("read", "3"))), UnavailableReason::QueueFull);
    assert_eq!(reason(journal.intent(intent_of("b")).await), UnavailableReason::QueueFull);
    journal.outcome(permit, record("outcome", "a")).await.unwrap();
    journal.note(record("read", "4")).unwrap();
    assert_eq!(folder.told(), ["segment start", "intent a", "read 1", "read 2", "outcome a"]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_permit_writes_if_lost() {
    let folder = Folder::new();
    let journal = folder.open().await;
    let permit = journal.intent(intent_of("a")).await.unwrap();
    let panicked = tokio::spawn(async move {
        let _permit = permit;
        panic!("the task is lost");
    });
    assert!(panicked.await.is_err());
    journal.close().await.unwrap();
    assert_eq!(folder.told(), ["segment start", "intent a", "lost a"]);
    folder.assert_verified();
}

#[tokio::test(start_paused = true)]
async fn an_intent_given_up_before_it_was_written_leaves_nothing() {
    let folder = Folder::new();
    let journal = folder.open().await;
    assert!(timeout(Duration::ZERO, journal.intent(intent_of("a"))).await.is_err());
    journal.close().await.unwrap();
    assert_eq!(folder.told(), ["segment start"]);
}

#[tokio::test(start_paused = true)]
async fn a_journal_rotates_by_size_and_verifies_across_segments() {
    let folder = Folder::new();
    let journal = folder.try_open(|options| options.largest_segment = 1500).await.unwrap();
    for n in 0..20 {
        journal.note(record("read", &n.to_string())).unwrap();
    }
    let permit = journal.intent(intent_of("a")).await.unwrap();
    journal.outcome(permit, record("outcome", "a")).await.unwrap();
    journal.close().await.unwrap();
    let segments = folder.segments();
    assert!(segments.len() > 3, "{segments:?}");
    for segment in &segments {
        assert!(folder.path().join(segment).metadata().unwrap().len() <= 1500);
        assert_eq!(
            verify(&folder.path().join(segment), &Witness::default()).unwrap().verdict,
            Verdict::Verified,
            "each on its own"
        );
    }
    let told: Vec<String> = folder.told().into_iter().filter(|told| !told.starts_with("segment")).collect();
    let reads = (0..20).map(|n| format!("read {n}"));
    assert_eq!(told, reads.chain(["intent a".into(), "outcome a".into()]).collect::<Vec<_>>());
    assert_eq!(folder.lines(&segments[1])[0]["segment"]["previousSegment"], json!(segments[0]));
    folder.assert_verified();
}

#[tokio::test(start_paused = true)]
async fn a_record_larger_than_a_segment_gets_one_of_its_own() {
    let folder = Folder::new();
    let journal = folder.try_open(|options| options.largest_segment = 1).await.unwrap();
    for n in 0..3 {
        journal.note(record("read", &n.to_string())).unwrap();
    }
    journal.close().await.unwrap();
    assert_eq!(folder.segments().len(), 3);
    folder.assert_verified();
}

#[tokio::test(start_paused = true)]
async fn a_restart_begins_a_segment_that_continues_the_chain() {
    let folder = Folder::new();
    for name in ["a", "b", "c"] {
        let journal = folder.open().await;
        journal.note(record("read", name)).unwrap();
        journal.close().await.unwrap();
    }
    assert_eq!(folder.told(), ["segment start", "read a", "segment start", "read b", "segment start", "read c"]);
    let report = folder.verify();
    assert_eq!(report.verdict, Verdict::Verified);
    assert_eq!(report.head.unwrap().sequence, 6);
    assert_eq!(report.files.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_header_carries_the_context_and_its_place() {
    let folder = Folder::new();
    let context = Record::from_fields(&json!({"eventSource": "iam-mcp.example.internal", "stage": "ignored"})).unwrap();
    let journal = folder.try_open(|options| options.context = context).await.unwrap();
    let header = &folder.lines(&folder.segments()[0])[0];
    assert_eq!(header["eventSource"], "iam-mcp.example.internal");
    assert_eq!(header["eventTime"], "2026-11-20T10:00:00Z");
    assert_eq!(header["stage"], "segment");
    assert_eq!(header["segment"]["lastDurable"], json!({"sequence": 0, "hash": "0".repeat(64)}));
    assert_eq!(header["segment"]["previousSegment"], Value::Null);
    drop(journal);
}

#[tokio::test(start_paused = true)]
async fn what_the_journal_writes_itself_names_the_configuration_that_is_in_force_then() {
    let named = |digest: &str| Record::from_fields(&json!({"configuration": digest})).unwrap();
    let folder = Folder::new();
    let change = |options: &mut JournalOptions| (options.context, options.largest_segment) = (named("c-1"), 1);
    let journal = folder.try_open(change).await.unwrap();
    journal.note(record("read", "a")).unwrap();
    journal.configured(named("c-2"));
    journal.note(record("read", "b")).unwrap();
    assert_eq!(journal.context().fields()["configuration"], "c-2");
    assert_eq!(journal.folder().context_text("configuration"), "c-2", "digests and retention name it, too");
    journal.close().await.unwrap();
    let headers: Vec<Value> =
        folder.segments().iter().map(|file| folder.lines(file)[0]["configuration"].clone()).collect();
    assert_eq!(headers, ["c-1", "c-2"]);
}

#[tokio::test(start_paused = true)]
async fn a_second_writer_is_refused_until_the_first_has_closed() {
    let folder = Folder::new();
    let journal = folder.open().await;
    let refused = folder.try_open(|_| ()).await;
    assert!(matches!(refused, Err(OpenError::Locked(_))), "{refused:?}");
    journal.close().await.unwrap();
    folder.open().await.close().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_closed_journal_takes_nothing() {
    let folder = Folder::new();
    let journal = folder.open().await;
    let permit = journal.intent(intent_of("a")).await.unwrap();
    let other = journal.clone();
    journal.close().await.unwrap();
    assert_eq!(reason(other.note(record("read", "a"))), UnavailableReason::Closed);
    assert_eq!(reason(other.intent(intent_of("b")).await), UnavailableReason::Closed);
    let refused = other.outcome(permit, record("outcome", "a")).await.unwrap_err();
    assert_eq!((refused.reason, refused.held), (UnavailableReason::Closed, false));
    other.close().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn closing_makes_accepted_notes_durable() {
    let folder = Folder::new();
    let journal = folder.open().await;
    journal.note(record("read", "a")).unwrap();
    let counters = journal.clone();
    journal.close().await.unwrap();
    assert_eq!(counters.counters().records, 1);
    assert_eq!(folder.disk.syncs(), 2);
}

#[tokio::test(start_paused = true)]
async fn dropping_every_handle_makes_accepted_notes_durable_and_gives_back_the_folder() {
    let folder = Folder::new();
    let journal = folder.open().await;
    journal.note(record("read", "a")).unwrap();
    drop(journal);
    while folder.disk.syncs() < 2 {
        tokio::task::yield_now().await;
    }
    let again = loop {
        match folder.try_open(|_| ()).await {
            Ok(journal) => break journal,
            Err(OpenError::Locked(_)) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    };
    again.close().await.unwrap();
    assert_eq!(folder.told(), ["segment start", "read a", "segment start"]);
}

#[tokio::test(start_paused = true)]
async fn a_torn_last_line_is_moved_aside_and_named() {
    let folder = Folder::new();
    let journal = folder.open().await;
    journal.note(record("read", "a")).unwrap();
    journal.close().await.unwrap();
    let segment = folder.segments().remove(0);
    let path = folder.path().join(&segment);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, [&whole[..], b"{\"half\":"].concat()).unwrap();
    assert_eq!(folder.verify().verdict, Verdict::Broken);

    folder.open().await.close().await.unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), whole);
    let torn = format!("{segment}.torn");
    assert_eq!(std::fs::read(folder.path().join(&torn)).unwrap(), b"{\"half\":");
    assert_eq!(folder.lines(&folder.segments()[1])[0]["segment"]["torn"], json!([torn]));
    folder.assert_verified();
}

#[tokio::test(start_paused = true)]
async fn a_torn_line_that_finds_no_room_beside_leaves_nothing_behind() {
    let folder = Folder::new();
    folder.open().await.close().await.unwrap();
    let segment = folder.segments().remove(0);
    let path = folder.path().join(&segment);
    let torn = [&std::fs::read(&path).unwrap()[..], b"{\"half\":"].concat();
    std::fs::write(&path, &torn).unwrap();
    for _ in 0..2 {
        folder.disk.next(Trouble::ShortWrite(3));
        let refused = folder.try_open(|_| {}).await.unwrap_err().to_string();
        assert!(refused.ends_with("a torn last line cannot be moved aside: no storage space"), "{refused}");
        assert_eq!(std::fs::read(&path).unwrap(), torn);
    }
    folder.open().await.close().await.unwrap();
    assert_eq!(folder.lines(&folder.segments()[1])[0]["segment"]["torn"], json!([format!("{segment}.torn")]));
    folder.assert_verified();
}

#[tokio::test(start_paused = true)]
async fn a_segment_without_a_complete_line_is_moved_aside_and_the_chain_goes_on_from_the_one_before() {
    let folder = Folder::new();
    let journal = folder.open().await;
    journal.note(record("read", "a")).unwrap();
    journal.close().await.unwrap();
    let (empty, torn) = (
        "journal-00000000000000000003-000000-20261120T110000Z.jsonl",
        "journal-00000000000000000003-000001-20261120T110000Z.jsonl",
    );
    std::fs::write(folder.path().join(empty), b"").unwrap();
    std::fs::write(folder.path().join(torn), b"{\"eve").unwrap();

    folder.open().await.close().await.unwrap();
    let segments = folder.segments();
    assert_eq!(segments.len(), 2);
    let header = &folder.lines(&segments[1])[0]["segment"];
    assert_eq!(header["torn"], json!([format!("{empty}.torn"), format!("{torn}.torn")]));
    assert_eq!(header["previousSegment"], json!(segments[0]));
    assert_eq!(header["lastDurable"]["sequence"], 2);
    folder.assert_verified();
}

#[tokio::test(start_paused = true)]
async fn a_last_segment_that_does_not_verify_refuses_to_open() {
    let folder = Folder::new();
    let journal = folder.open().await;
    journal.note(record("read", "a")).unwrap();
    journal.close().await.unwrap();
    let path = folder.path().join(&folder.segments()[0]);
    let changed = std::fs::read_to_string(&path).unwrap().replace("\"name\":\"a\"", "\"name\":\"b\"");
    std::fs::write(&path, &changed).unwrap();
    let refused = folder.try_open(|_| ()).await.unwrap_err();
    assert!(refused.to_string().contains("line 2 (record 2): the hash does not match"), "{refused}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), changed, "the evidence stays as it is");
}

#[tokio::test(start_paused = true)]
async fn folder_and_files_are_for_their_owner_only() {
    let folder = Folder::new();
    let directory = folder.path().join("a/journal");
    let journal = folder.try_open(|options| options.directory = directory.clone()).await.unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    for name in DiskStorage.list(&directory).unwrap() {
        assert_eq!(mode(&directory.join(&name)), 0o600, "{name}");
    }
    journal.close().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_last_record_of_each_group_is_signed_and_the_rest_of_it_covered() {
    let folder = Folder::new();
    let key = Arc::new(SigningKey::from_seed(&[7; 32]));
    let signed_by = key.clone();
    let journal = folder.try_open(move |options| options.signing_key = Some(signed_by)).await.unwrap();
    let signed = |folder: &Folder| -> Vec<bool> {
        let lines: Vec<Value> = folder.segments().iter().flat_map(|segment| folder.lines(segment)).collect();
        lines.iter().map(|line| line["integrity"].get("signature").is_some()).collect()
    };
    assert_eq!(signed(&folder), [true], "the header");
    let permits = join_all((0..3).map(|n| journal.intent(intent_of(&n.to_string())))).await;
    assert_eq!(signed(&folder), [true, false, false, true]);
    for name in ["a", "b"] {
        journal.note(record("read", name)).unwrap();
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(folder.told().len(), 5, "the last waits for its signature");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(signed(&folder), [true, false, false, true, false, true]);
    drop(permits);
    journal.close().await.unwrap();
    let witness = Witness { public_keys: vec![key.public()], ..Witness::default() };
    let report = verify(folder.path(), &witness).unwrap();
    assert_eq!((report.verdict, report.signatures.exposed), (Verdict::Verified, 0));
    assert_eq!(report.signatures.through, Some(9), "the outcomes of lost permits, too");
}

#[tokio::test(start_paused = true)]
async fn a_signed_journal_is_rotated_recovered_and_continued_under_another_key() {
    let folder = Folder::new();
    let keys = [SigningKey::from_seed(&[7; 32]), SigningKey::from_seed(&[8; 32])].map(Arc::new);
    for key in &keys {
        let key = key.clone();
        let options = move |options: &mut JournalOptions| {
            options.signing_key = Some(key);
            options.largest_segment = 1_000;
        };
        let journal = folder.try_open(options).await.unwrap();
        for n in 0..6 {
            journal.note(record("read", &n.to_string())).unwrap();
        }
        let permit = journal.intent(intent_of("before")).await.unwrap();
        folder.disk.next(Trouble::SyncFails);
        assert!(journal.outcome(permit, record("outcome", "held")).await.unwrap_err().held);
        healed(&journal).await;
        journal.close().await.unwrap();
    }
    let witness = Witness { public_keys: keys.iter().map(|key| key.public()).collect(), ..Witness::default() };
    let report = verify(folder.path(), &witness).unwrap();
    assert_eq!(report.first_bad, None);
    assert_eq!((report.signatures.exposed, report.signatures.keys), (0, witness.public_keys));
    assert!(folder.segments().len() > 6, "{:?}", folder.segments());
}

#[tokio::test(start_paused = true)]
async fn the_chain_goes_on_from_a_file_that_was_compressed_and_not_from_one_that_was_changed() {
    let folder = Folder::new();
    folder.open().await.close().await.unwrap();
    let [name] = &folder.segments()[..] else { panic!("one file") };
    let (plain, packed) = (folder.path().join(name), folder.path().join(format!("{name}.gz")));
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&std::fs::read(&plain).unwrap()).unwrap();
    let bytes = gzip.finish().unwrap();
    std::fs::write(&packed, &bytes[..bytes.len() - 4]).unwrap();
    std::fs::remove_file(&plain).unwrap();
    assert!(matches!(folder.try_open(|_| ()).await, Err(OpenError::NotVerified(_))), "it begins no chain of its own");
    std::fs::write(&packed, &bytes).unwrap();
    folder.open().await.close().await.unwrap();
    let report = folder.verify();
    assert_eq!((report.verdict, report.records, report.files.len()), (Verdict::Verified, 2, 2));
    assert_eq!(std::fs::read(&packed).unwrap(), bytes, "what was closed is not touched");
}

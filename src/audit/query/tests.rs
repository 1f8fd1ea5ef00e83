//! Whole journals: files of every kind, read and followed.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::made::{any_filter, any_record};
use super::search::search_in_pieces;
use super::*;
use crate::audit::canonical::seal;
use crate::audit::chain::ChainHead;

/// A journal that is written line by line.
struct Written {
    folder: TempDir,
    head: ChainHead,
    file: String,
}

impl Written {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), head: ChainHead::START, file: String::new() }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Begins the next file, after `head`.
    fn file(&mut self, reason: &str, time: &str, head: ChainHead) -> &mut Self {
        self.head = head;
        let taken = journal_files_of(self.path()).len();
        self.file = format!("journal-{:020}-{taken:06}-x.jsonl", head.sequence + 1);
        self.add(json!({"stage": "segment", "eventTime": time, "segment": {
            "reason": reason, "previousSegment": null, "lastDurable": head}}))
    }

    fn add(&mut self, record: Value) -> &mut Self {
        let Value::Object(mut fields) = record else { unreachable!("records are objects") };
        fields.remove("integrity");
        let mut line = Vec::new();
        self.head = seal(&mut line, &Map::from_iter(fields), self.head).head;
        self.raw(&line)
    }

    fn call(&mut self, caller: &str) -> &mut Self {
        self.add(json!({"stage": "read", "eventTime": "2026-11-20T12:00:00.000Z",
            "additionalEventData": {"caller": {"name": caller}}}))
    }

    fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        let mut file = OpenOptions::new().create(true).append(true).open(self.path().join(&self.file)).unwrap();
        file.write_all(bytes).unwrap();
        self
    }

    /// Compresses the file that was written last; its first `bytes` only, where it is to be cut short.
    fn compress(&mut self, bytes: Option<usize>) -> &mut Self {
        let path = self.path().join(&self.file);
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&fs::read(&path).unwrap()).unwrap();
        let packed = packed.finish().unwrap();
        fs::write(path.with_extension("jsonl.gz"), &packed[..bytes.unwrap_or(packed.len())]).unwrap();
        fs::remove_file(path).unwrap();
        self
    }

    /// The same query of files that are cut into pieces of `size` bytes; and the summary, as text.
    fn query_in_pieces(&self, filter: &Filter, limit: Option<usize>, size: u64) -> (Vec<u64>, String) {
        let mut found = Vec::new();
        let files = Sources::of(self.path(), filter).unwrap().files;
        let summary = search_in_pieces(&files, &Search::of(filter), limit, size, &mut |line| {
            found.push(sequence(line));
            ControlFlow::Continue(())
        });
        (found, format!("{:?}", summary.unwrap()))
    }

    fn query(&self, filter: &Filter, limit: Option<usize>) -> (Vec<u64>, Summary) {
        let mut found = Vec::new();
        let summary = query(self.path(), filter, limit, &mut |line| {
            found.push(sequence(line));
            ControlFlow::Continue(())
        });
        (found, summary.unwrap())
    }
}

fn journal_files_of(folder: &Path) -> Vec<String> {
    crate::audit::files::journal_files(folder).unwrap()
}

fn sequence(line: &str) -> u64 {
    RecordView::of(line).unwrap().integrity.sequence.unwrap()
}

fn by(caller: &str) -> Filter {
    Filter { caller: Some(caller.to_owned()), ..Filter::default() }
}

const TIME: &str = "2026-11-20T12:00:00Z";

/// Three files, the first compressed: records 2, 3 | 5, 6 | 8, 9 with headers before.
fn three_files() -> Written {
    let mut journal = Written::new();
    journal.file("start", TIME, ChainHead::START).call("alice").call("bob").compress(None);
    let head = journal.head;
    journal.file("rotation", TIME, head).call("alice").call("bob");
    let head = journal.head;
    journal.file("rotation", TIME, head).call("alice").call("bob");
    journal
}

#[test]
fn records_come_in_the_order_of_the_chain_out_of_every_kind_of_file() {
    let journal = three_files();
    let (found, summary) = journal.query(&Filter::default(), None);
    assert_eq!(found, [2, 3, 5, 6, 8, 9]);
    assert_eq!((summary.files, summary.records, summary.found, summary.no_records), (3, 9, 6, 0));
    assert_eq!(journal.query(&by("bob"), None).0, [3, 6, 9]);
    let headers = Filter { stage: Some("segment".into()), ..Filter::default() };
    assert_eq!(journal.query(&headers, None).0, [1, 4, 7]);
}

#[test]
fn a_limit_keeps_the_last_ones() {
    let journal = three_files();
    for (limit, expected) in [(0, &[][..]), (1, &[9]), (3, &[6, 8, 9]), (4, &[5, 6, 8, 9]), (99, &[2, 3, 5, 6, 8, 9])] {
        assert_eq!(journal.query(&Filter::default(), Some(limit)).0, expected, "{limit}");
    }
    assert_eq!(journal.query(&by("alice"), Some(2)).0, [5, 8]);
}

#[test]
fn whoever_has_enough_is_given_no_more() {
    let journal = three_files();
    let mut found = Vec::new();
    query(journal.path(), &Filter::default(), None, &mut |line| {
        found.push(sequence(line));
        if found.len() == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    assert_eq!(found, [2, 3]);
}

#[test]
fn what_is_no_record_is_counted_and_the_rest_is_found() {
    let mut journal = Written::new();
    journal.file("start", TIME, ChainHead::START).call("alice");
    journal.raw(b"\n\0\xff\xfe\n[1]\n{\"integrity\":{\"sequence\":\"alice\"}}\n{\"alice\":\"\xff\"}\n");
    journal.raw(&vec![b'x'; 9 * 1024 * 1024]).raw(b"\n");
    journal.call("alice").raw(b"{\"stage\":\"read\",\"alice\":");
    for filter in [by("alice"), Filter::default()] {
        let (found, summary) = journal.query(&filter, None);
        assert_eq!(found, [2, 3]);
        assert_eq!(summary.no_records, 7, "{summary:?}");
    }
}

#[test]
fn a_file_that_is_cut_short_is_named_and_the_others_are_read() {
    let mut journal = Written::new();
    journal.file("start", TIME, ChainHead::START).call("alice").compress(Some(60));
    let head = journal.head;
    journal.file("rotation", TIME, head).call("alice");
    let (found, summary) = journal.query(&Filter::default(), None);
    assert_eq!(found, [4]);
    assert_eq!(summary.unread.len(), 1);
    assert!(summary.unread[0].path.ends_with("journal-00000000000000000001-000000-x.jsonl.gz"), "{summary:?}");
}

#[test]
fn what_was_written_again_after_a_failure_is_found_once() {
    let mut journal = Written::new();
    journal.file("start", TIME, ChainHead::START).call("alice");
    let durable = journal.head;
    journal.call("alice").call("alice");
    journal.file("recovery", TIME, durable).call("alice");
    let (found, summary) = journal.query(&by("alice"), None);
    assert_eq!((found, summary.unconfirmed), (vec![2, 4], 2), "3 is the header's number, too");
}

#[test]
fn what_was_never_confirmed_is_left_out_of_every_piece() {
    let mut journal = Written::new();
    journal.file("start", TIME, ChainHead::START).call("alice");
    let durable = journal.head;
    journal.call("alice").call("alice").raw(b"{\"torn");
    journal.file("recovery", TIME, durable).call("alice");
    for size in [1, 7, 100, 500, 1000] {
        let (found, summary) = journal.query_in_pieces(&by("alice"), None, size);
        assert_eq!(found, [2, 4], "{size}");
        assert!(summary.contains("unconfirmed: 2") && summary.contains("no_records: 1"), "{size}: {summary}");
    }
}

#[test]
fn a_limit_of_pieces_counts_whole_files() {
    let journal = three_files();
    for size in [1, 100, 700] {
        for limit in 0..8 {
            let whole = journal.query_in_pieces(&Filter::default(), Some(limit), u64::MAX);
            assert_eq!(journal.query_in_pieces(&Filter::default(), Some(limit), size), whole, "{limit} {size}");
        }
    }
}

#[test]
fn whoever_has_enough_of_many_pieces_is_given_no_more() {
    let mut journal = Written::new();
    journal.file("start", TIME, ChainHead::START);
    for _ in 0..200 {
        journal.call("alice");
    }
    let (filter, mut found) = (by("alice"), Vec::new());
    let files = Sources::of(journal.path(), &filter).unwrap().files;
    search_in_pieces(&files, &Search::of(&filter), None, 300, &mut |line| {
        found.push(sequence(line));
        if found.len() == 20 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    assert_eq!(found, (2..22).collect::<Vec<_>>());
}

#[test]
fn a_file_that_cannot_be_read_is_named_once_however_many_pieces_say_so() {
    let unread = || Unread { path: "x.jsonl".into(), error: io::ErrorKind::Other.into() };
    let mut summary = Summary::default();
    for _ in 0..3 {
        summary.add(Summary { unread: vec![unread()], ..Summary::default() });
    }
    assert_eq!(summary.unread.len(), 1);
}

#[test]
fn files_of_other_times_are_not_read() {
    let mut journal = Written::new();
    journal.file("start", "2026-11-01T00:00:00Z", ChainHead::START).call("alice");
    let head = journal.head;
    journal.file("rotation", "2026-11-20T00:00:00Z", head).call("alice");
    let from = Some("2026-11-22T00:00:00Z".parse().unwrap());
    let (found, summary) = journal.query(&Filter { from, ..Filter::default() }, None);
    assert_eq!((found, summary.files, summary.left_out), (vec![], 1, 1));
}

#[test]
fn a_single_file_is_read_whatever_its_time() {
    let journal = three_files();
    let mut found = 0;
    let path = journal.path().join(&journal_files_of(journal.path())[0]);
    query(&path, &by("alice"), None, &mut |_| {
        found += 1;
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(found, 1);
}

#[test]
fn a_folder_without_a_journal_and_a_missing_one_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |path: &Path| query(path, &Filter::default(), None, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(ask(folder.path()), QueryError::NoJournal(_)));
    assert!(matches!(ask(&folder.path().join("none")), QueryError::Read { .. }));
}

#[test]
fn a_follower_goes_on_from_file_to_file() {
    let mut journal = three_files();
    let filter = by("alice");
    let mut found = Vec::new();
    let mut follower = Follower::begin(journal.path(), &filter, 2, &mut |line| {
        found.push(sequence(line));
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(found, [5, 8]);
    let poll = |follower: &mut Follower| {
        let mut found = Vec::new();
        let flow = follower.poll(&mut |line| {
            found.push(sequence(line));
            ControlFlow::Continue(())
        });
        assert!(flow.unwrap().is_continue());
        found
    };
    assert!(poll(&mut follower).is_empty());
    journal.call("alice");
    assert_eq!(poll(&mut follower), [10]);
    journal.raw(b"{\"additional");
    assert!(poll(&mut follower).is_empty());
    journal.raw(b"EventData\":{}}\n").call("alice");
    assert_eq!((poll(&mut follower), follower.summary().no_records), (vec![11], 1));

    // Rotated twice and compressed, before anybody looked again.
    journal.call("alice").raw(b"torn").compress(None);
    let head = journal.head;
    journal.file("rotation", TIME, head).call("alice").compress(None);
    let head = journal.head;
    journal.file("rotation", TIME, head).call("alice");
    assert_eq!((poll(&mut follower), follower.summary().no_records), (vec![12, 14, 16], 2));
    journal.call("alice");
    assert_eq!(poll(&mut follower), [17]);
}

/// What a follower gives that may read so far.
fn through(follower: &mut Follower, last: u64) -> Vec<u64> {
    let mut found = Vec::new();
    let flow = follower.poll_through(last, &mut |line| {
        found.push(sequence(line));
        ControlFlow::Continue(())
    });
    assert!(flow.unwrap().is_continue());
    found
}

#[test]
fn a_follower_gives_nothing_that_is_not_durable_and_then_all_of_it() {
    let mut journal = Written::new();
    journal.file("start", TIME, ChainHead::START).call("alice").call("alice").call("alice");
    let mut follower = Follower::from_the_oldest(journal.path(), &Filter::default()).unwrap();
    assert_eq!(through(&mut follower, 1), [0; 0], "record 1 is the header");
    assert_eq!(through(&mut follower, 3), [2, 3]);
    assert_eq!(through(&mut follower, 3), [0; 0]);
    journal.call("alice");
    let head = journal.head;
    journal.file("rotation", TIME, head).call("alice");
    assert_eq!(through(&mut follower, 4), [4]);
    assert_eq!(through(&mut follower, 7), [5, 7]);
}

#[test]
fn a_follower_does_not_take_what_a_failed_write_left_for_what_took_its_place() {
    let mut journal = Written::new();
    journal.file("start", TIME, ChainHead::START).call("alice").call("alice");
    let durable = journal.head;
    journal.call("mallory").call("mallory");
    let mut follower = Follower::from_the_oldest(journal.path(), &Filter::default()).unwrap();
    assert_eq!(through(&mut follower, 3), [2, 3]);
    journal.file("recovery", TIME, durable).call("alice").call("alice");
    assert_eq!(through(&mut follower, 5), [5], "record 4 is the header of the next file");
    assert_eq!((through(&mut follower, 6), follower.summary().unconfirmed), (vec![6], 2));

    let mut late = Follower::from_the_oldest(journal.path(), &by("mallory")).unwrap();
    assert_eq!(through(&mut late, 6), [0; 0], "whoever comes later reads the same");
}

#[test]
fn a_follower_goes_past_files_that_cannot_be_read() {
    let mut journal = Written::new();
    journal.file("start", TIME, ChainHead::START).call("alice").compress(Some(30));
    for _ in 0..2 {
        let head = journal.head;
        journal.file("rotation", TIME, head).call("alice");
    }
    let second = journal.path().join(&journal_files_of(journal.path())[1]);
    fs::remove_file(&second).unwrap();
    fs::create_dir(&second).unwrap();
    let mut follower = Follower::from_the_oldest(journal.path(), &Filter::default()).unwrap();
    assert_eq!(through(&mut follower, 6), [6]);
    assert_eq!(follower.summary().unread.len(), 2, "{:?}", follower.summary());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_query_gives_what_reading_every_line_gives(
        files in prop::collection::vec(prop::collection::vec(any_record(), 0..8), 1..5),
        filter in any_filter(),
        limit in prop_oneof![Just(None), (0usize..6).prop_map(Some)],
    ) {
        let mut journal = Written::new();
        let mut expected = Vec::new();
        for records in files {
            let head = journal.head;
            journal.file("rotation", TIME, head);
            for record in records {
                journal.add(record);
            }
            let text = fs::read_to_string(journal.path().join(&journal.file)).unwrap();
            let matching = text.lines().filter(|line| filter.matches(&RecordView::of(line).unwrap()));
            expected.extend(matching.map(sequence));
        }
        let from = expected.len() - limit.unwrap_or(usize::MAX).min(expected.len());
        prop_assert_eq!(&journal.query(&filter, limit).0[..], &expected[from..]);
    }

    #[test]
    fn pieces_of_any_size_give_what_whole_files_give(
        files in prop::collection::vec((prop::collection::vec(any_record(), 0..6), any_rest(), any::<bool>()), 1..4),
        filter in any_filter(),
        limit in prop_oneof![Just(None), (0usize..6).prop_map(Some)],
        size in 1u64..3000,
    ) {
        let mut journal = Written::new();
        for (records, rest, compressed) in files {
            let head = journal.head;
            journal.file("rotation", TIME, head);
            for record in records {
                journal.add(record);
            }
            journal.raw(rest);
            if compressed {
                journal.compress(None);
            }
        }
        let whole = journal.query_in_pieces(&filter, limit, u64::MAX);
        prop_assert_eq!(journal.query_in_pieces(&filter, limit, size), whole);
    }
}

/// What may stand at the end of a file that is no record: nothing, blank and foreign lines, a torn one; or a record
/// with another end than the journal writes.
fn any_rest() -> impl Strategy<Value = &'static [u8]> {
    const RESTS: &[&[u8]] =
        &[b"", b"{\"torn\":", b"\n", b"\r\n\xff\n", b"{\"integrity\":{\"sequence\":9},\"stage\":\"read\"}\r\n"];
    prop::sample::select(RESTS)
}

//! Every edit of a confirmed record is found; what a failed write left behind is not taken for one.

use std::path::Path;
use std::sync::OnceLock;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::*;
use crate::audit::canonical::seal;
use crate::audit::record::Record;
use crate::audit::segment::{Header, Reason};
use crate::audit::signing::SigningKey;

mod compressed;
mod digested;
mod in_use;
mod signed;

const TIME: &str = "2026-11-20T10:00:00Z";

/// A journal's files, by name, as bytes.
type Files = Vec<(String, Vec<u8>)>;

/// Builds a journal without the code that writes one.
#[derive(Default)]
struct Builder {
    files: Files,
    last: Option<SegmentName>,
    /// The last of which something was confirmed.
    confirmed: Option<SegmentName>,
    /// Signs the last record of each segment.
    key: Option<SigningKey>,
}

impl Builder {
    /// Adds a segment after `last_durable` with this many records; returns the heads reached, the header's first.
    fn segment(&mut self, reason: Reason, last_durable: ChainHead, records: usize) -> Vec<ChainHead> {
        let records = (0..records).map(|n| json!({"stage": "read", "n": n, "text": "Größe \u{1f600} \"quoted\""}));
        self.segment_of(reason, last_durable, &records.collect::<Vec<_>>())
    }

    /// Adds a segment with these records.
    fn segment_of(&mut self, reason: Reason, last_durable: ChainHead, records: &[Value]) -> Vec<ChainHead> {
        let now = TIME.parse().unwrap();
        let name = SegmentName::after(self.last.as_ref(), last_durable.sequence + 1, now);
        self.confirmed =
            self.last.take_if(|last| last.first_sequence <= last_durable.sequence).or(self.confirmed.take());
        let previous_segment = self.confirmed.as_ref().map(ToString::to_string);
        let header = Header {
            reason,
            previous_segment,
            last_durable,
            torn: Vec::new(),
            unsettled_since: None,
            signing_key: self.key.as_ref().map(SigningKey::public),
        };
        let header = header.to_record(&Record::default(), "an-id".to_owned(), now).unwrap();
        let mut lines = Vec::new();
        let mut sealed = seal(&mut lines, header.fields(), last_durable);
        let mut heads = vec![sealed.head];
        for record in records {
            let fields = record.as_object().unwrap();
            sealed = seal(&mut lines, fields, heads[heads.len() - 1]);
            heads.push(sealed.head);
        }
        if let Some(key) = &self.key {
            sealed.sign(&mut lines, &key.sign(sealed.head.hash));
        }
        self.files.push((name.to_string(), lines));
        self.last = Some(name);
        heads
    }
}

/// Three segments: records 1 to 4, 5 to 8, 9 to 12.
fn three_segments() -> Files {
    let mut builder = Builder::default();
    let first = builder.segment(Reason::Start, ChainHead::START, 3);
    let second = builder.segment(Reason::Rotation, first[3], 3);
    builder.segment(Reason::Start, second[3], 3);
    builder.files
}

/// The record that says that the first of these files was removed for its age.
fn retention_of(files: &Files) -> Value {
    let (name, bytes) = &files[0];
    let last: Map<String, Value> = serde_json::from_slice(lines(bytes).last().unwrap()).unwrap();
    let head = json!({"sequence": last["integrity"]["sequence"], "hash": last["integrity"]["hash"]});
    let sha256 = crate::audit::digest::file_hash(bytes);
    let file = json!({"file": name, "sha256": sha256, "bytes": bytes.len(), "firstSequence": 1, "last": head});
    let retention = json!({"olderThan": TIME, "files": [file], "digests": []});
    json!({"stage": "retention", "additionalEventData": {"retention": retention}})
}

fn write(files: &Files) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(dir.path().join(name), bytes).unwrap();
    }
    dir
}

fn verified(files: &Files) -> VerifyReport {
    verify(write(files).path(), &Witness::default()).unwrap()
}

/// The line, and what is wrong with it.
fn first_bad(files: &Files) -> (usize, u64, Fault) {
    let bad = verified(files).first_bad.expect("a bad record");
    let file = files.iter().position(|(name, _)| *name == bad.file).expect("one of the files");
    (file, bad.line, bad.fault)
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// Edits the lines of file `index`.
fn edited(index: usize, edit: impl FnOnce(&mut Vec<Vec<u8>>)) -> Files {
    let mut files = three_segments();
    let mut all = lines(&files[index].1);
    edit(&mut all);
    files[index].1 = all.concat();
    files
}

#[test]
fn an_untouched_journal_verifies_as_a_whole_and_file_by_file() {
    let files = three_segments();
    let dir = write(&files);
    let report = verify(dir.path(), &Witness::default()).unwrap();
    assert_eq!((report.verdict, report.records, report.first_bad), (Verdict::Verified, 12, None));
    assert_eq!(report.head.unwrap().sequence, 12);
    let spans: Vec<_> = report.files.iter().map(|file| (file.first_sequence, file.last_sequence)).collect();
    assert_eq!(spans, [(Some(1), Some(4)), (Some(5), Some(8)), (Some(9), Some(12))]);
    for (name, _) in &files {
        let report = verify(&dir.path().join(name), &Witness::default()).unwrap();
        assert_eq!((report.verdict, report.records), (Verdict::Verified, 4));
    }
}

#[test]
fn a_changed_record_is_found() {
    let files = edited(1, |lines| {
        let text = String::from_utf8(lines[2].clone()).unwrap();
        lines[2] = text.replace("\"n\":1", "\"n\":7").into_bytes();
    });
    assert_eq!(first_bad(&files), (1, 3, Fault::HashDiffers));
    let report = verified(&files);
    assert_eq!(report.verdict, Verdict::Broken);
    let verdicts: Vec<_> = report.files.iter().map(|file| file.verdict).collect();
    assert_eq!(verdicts, [Verdict::Verified, Verdict::Broken, Verdict::Verified], "one fault is reported once");
    assert_eq!(report.first_bad.unwrap().sequence, Some(7));
}

#[test]
fn a_changed_record_with_its_own_hash_made_anew_breaks_the_link_to_the_next() {
    let files = edited(1, |lines| {
        let mut fields: Map<String, Value> = serde_json::from_slice(&lines[1]).unwrap();
        let integrity: crate::audit::chain::Integrity =
            serde_json::from_value(fields.remove("integrity").unwrap()).unwrap();
        fields.insert("n".to_owned(), json!(7));
        lines[1].clear();
        seal(&mut lines[1], &fields, integrity.follows().unwrap());
    });
    assert_eq!(first_bad(&files), (1, 3, Fault::PreviousHashDiffers));
}

#[test]
fn removed_repeated_and_swapped_records_are_found() {
    assert_eq!(first_bad(&edited(1, |lines| drop(lines.remove(2)))), (1, 3, Fault::SequenceDiffers { expected: 7 }));
    let repeated = edited(1, |lines| lines.insert(2, lines[2].clone()));
    assert_eq!(first_bad(&repeated), (1, 4, Fault::SequenceDiffers { expected: 8 }));
    assert_eq!(first_bad(&edited(1, |lines| lines.swap(1, 2))), (1, 2, Fault::SequenceDiffers { expected: 6 }));
    let cut = edited(0, |lines| lines.truncate(2));
    assert_eq!(first_bad(&cut), (1, 1, Fault::SequenceDiffers { expected: 3 }), "cut off at the end of a middle file");
}

#[test]
fn what_the_journal_would_not_write_is_found() {
    let line = |text: &str| edited(2, |lines| lines.insert(1, text.as_bytes().to_vec()));
    assert_eq!(first_bad(&line("\n")), (2, 2, Fault::NotJson));
    assert_eq!(first_bad(&line("[1]\n")), (2, 2, Fault::NotJson));
    assert_eq!(first_bad(&line("{\"stage\":\"read\"}\n")), (2, 2, Fault::NoIntegrity));
    let zero =
        format!("{{\"integrity\":{{\"hash\":\"{0}\",\"previousHash\":\"{0}\",\"sequence\":0}}}}\n", "0".repeat(64));
    assert_eq!(first_bad(&line(&zero)), (2, 2, Fault::NoIntegrity));
    assert_eq!(first_bad(&line(&zero.replace(":0}", ":9007199254740992}"))), (2, 2, Fault::NoIntegrity));
}

#[test]
fn a_repeated_key_and_added_whitespace_are_found() {
    let replaced = |from: &str, to: &str| {
        edited(2, |lines| lines[2] = String::from_utf8(lines[2].clone()).unwrap().replace(from, to).into_bytes())
    };
    assert_eq!(first_bad(&replaced("\"n\":1", "\"n\":0,\"n\":1")), (2, 3, Fault::NotCanonical));
    assert_eq!(first_bad(&replaced("\"n\":1", "\"n\": 1")), (2, 3, Fault::NotCanonical));
    assert_eq!(first_bad(&replaced("\"n\":1", "\"n\":1.0")), (2, 3, Fault::NotCanonical));
    assert_eq!(first_bad(&replaced("ö", "\\u00f6")), (2, 3, Fault::NotCanonical));
    assert_eq!(first_bad(&replaced("\n", "\r\n")), (2, 3, Fault::NotCanonical));
}

#[test]
fn a_torn_last_line_and_an_endless_one_are_found() {
    let torn = edited(2, |lines| lines[3].truncate(10));
    assert_eq!(first_bad(&torn), (2, 4, Fault::TornLastLine));
    let endless = edited(2, |lines| lines.push(vec![b' '; crate::audit::scan::LONGEST_LINE + 1]));
    assert_eq!(first_bad(&endless), (2, 5, Fault::LineTooLong));
}

#[test]
fn a_missing_segment_is_named() {
    for (missing, found_in) in [(0, 0), (1, 1)] {
        let mut files = three_segments();
        let (name, _) = files.remove(missing);
        assert_eq!(first_bad(&files), (found_in, 1, Fault::MissingSegment { name }));
    }
}

#[test]
fn a_file_that_does_not_begin_with_its_header_is_found() {
    let mut files = three_segments();
    files[2].1.clear();
    assert_eq!(first_bad(&files), (2, 1, Fault::NoHeader));
    assert_eq!(first_bad(&edited(1, |lines| drop(lines.remove(0)))), (1, 1, Fault::NoHeader));
}

#[test]
fn a_header_that_contradicts_its_place_is_found() {
    let mut builder = Builder::default();
    builder.segment(Reason::Start, ChainHead::START, 0);
    let header = Header {
        reason: Reason::Recovery,
        previous_segment: None,
        last_durable: ChainHead::START,
        torn: vec![],
        unsettled_since: None,
        signing_key: None,
    };
    let header = header.to_record(&Record::default(), String::new(), TIME.parse().unwrap()).unwrap();
    let place = ChainHead { sequence: 4, hash: Hash::ZERO };
    let (name, bytes) = &mut builder.files[0];
    *name = SegmentName::after(None, 5, TIME.parse().unwrap()).to_string();
    bytes.clear();
    seal(bytes, header.fields(), place);
    assert_eq!(first_bad(&builder.files), (0, 1, Fault::HeaderDiffers));
}

#[test]
fn a_file_under_another_name_is_found() {
    let mut files = three_segments();
    files[2].0 = "zzz.jsonl".to_owned();
    assert_eq!(first_bad(&files), (2, 1, Fault::NameDiffers));
}

#[test]
fn a_recovery_header_that_claims_less_than_came_before_is_not_believed() {
    let mut stale = Builder::default();
    let heads = stale.segment(Reason::Start, ChainHead::START, 3);
    stale.segment(Reason::Recovery, heads[1], 1);
    let mut files = three_segments();
    files.push(("zzz.jsonl".to_owned(), stale.files.remove(1).1));
    let report = verified(&files);
    assert!(report.files[..3].iter().all(|file| file.verdict == Verdict::Verified), "{report:#?}");
    assert_eq!(report.files[3].bad.as_ref().unwrap().fault, Fault::SequenceDiffers { expected: 13 });
}

#[test]
fn records_cut_off_at_the_very_end_cannot_be_seen() {
    assert_eq!(verified(&edited(2, |lines| lines.truncate(2))).verdict, Verdict::Verified);
}

#[test]
fn what_a_failed_write_left_is_unconfirmed_and_the_rest_is_verified() {
    let mut builder = Builder::default();
    let first = builder.segment(Reason::Start, ChainHead::START, 5);
    builder.segment(Reason::Recovery, first[3], 2);
    let mut files = builder.files;
    let half_written = [&files[0].1[..], b"{\"torn"].concat();
    for (tail, unconfirmed) in [(files[0].1.clone(), 2), (half_written, 3)] {
        files[0].1 = tail;
        let report = verified(&files);
        assert_eq!(report.verdict, Verdict::UnconfirmedTail, "{report:#?}");
        assert_eq!((report.files[0].records, report.files[0].unconfirmed), (4, unconfirmed));
        assert_eq!(report.files[1].verdict, Verdict::Verified);
    }
    // A confirmed record before the tail is still held to its hash.
    let mut all = lines(&files[0].1);
    all.swap(2, 3);
    files[0].1 = all.concat();
    assert_eq!(first_bad(&files), (0, 3, Fault::SequenceDiffers { expected: 3 }));
}

#[test]
fn a_segment_of_which_nothing_was_confirmed_is_passed_over() {
    for leftover in [&b""[..], b"{\"torn", b"whole\nand torn"] {
        let mut builder = Builder::default();
        let first = builder.segment(Reason::Start, ChainHead::START, 5);
        builder.segment(Reason::Recovery, first[3], 1);
        builder.segment(Reason::Recovery, first[3], 2);
        builder.files[1].1 = leftover.to_vec();
        let report = verified(&builder.files);
        assert_eq!(report.verdict, Verdict::UnconfirmedTail, "{report:#?}");
        assert_eq!((report.files[1].records, report.head.unwrap().sequence), (0, 7));
    }
}

#[test]
fn a_file_in_the_middle_that_got_another_name_is_found() {
    let mut files = three_segments();
    let name = files[1].0.clone();
    for other in [name.replace("T100000Z", "T100001Z"), name.replace("-000000-", "-000001-")] {
        files[1].0 = other;
        assert_eq!(first_bad(&files), (2, 1, Fault::MissingSegment { name: name.clone() }));
    }
    let mut files = three_segments();
    let mut builder = Builder::default();
    let first = builder.segment(Reason::Start, ChainHead::START, 3);
    builder.last = None;
    builder.segment(Reason::Rotation, first[3], 3);
    files[1] = builder.files.pop().unwrap();
    assert_eq!(first_bad(&files[..2].to_vec()), (1, 1, Fault::PreviousSegmentDiffers { name: "none".to_owned() }));
}

#[test]
fn only_a_recovery_may_leave_records_unconfirmed() {
    let mut builder = Builder::default();
    let first = builder.segment(Reason::Start, ChainHead::START, 5);
    builder.segment(Reason::Rotation, first[3], 2);
    assert_eq!(first_bad(&builder.files), (1, 1, Fault::SequenceDiffers { expected: 7 }));
}

#[test]
fn a_recovery_from_a_record_that_never_was_is_found() {
    let mut builder = Builder::default();
    let first = builder.segment(Reason::Start, ChainHead::START, 5);
    let forged = ChainHead { sequence: first[3].sequence, hash: first[2].hash };
    builder.segment(Reason::Recovery, forged, 2);
    assert_eq!(first_bad(&builder.files), (1, 1, Fault::PreviousHashDiffers));
}

#[test]
fn nothing_to_verify_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(verify(dir.path(), &Witness::default()), Err(VerifyError::NoSegments(_))));
    assert!(matches!(verify(Path::new("/nonexistent/journal"), &Witness::default()), Err(VerifyError::Read { .. })));
}

#[test]
fn a_report_is_json_in_plain_words() {
    let files = edited(0, |lines| drop(lines.remove(1)));
    let report = serde_json::to_value(verified(&files)).unwrap();
    let expected = json!({
        "file": files[0].0,
        "line": 2,
        "sequence": 3,
        "fault": {"code": "sequenceDiffers", "expected": 2},
        "explanation": "the sequence number should be 2: records were removed, added or moved",
    });
    assert_eq!((&report["verdict"], &report["firstBad"]), (&json!("broken"), &expected));
}

/// An edit of a journal that is neither nothing nor a mere cut at its end.
#[derive(Debug, Clone)]
enum Edit {
    SetByte { at: prop::sample::Index, to: u8 },
    InsertByte { at: prop::sample::Index, byte: u8 },
    RemoveByte { at: prop::sample::Index },
    RemoveLine { at: prop::sample::Index },
    RepeatLine { at: prop::sample::Index, to: prop::sample::Index },
    SwapLines { a: prop::sample::Index, b: prop::sample::Index },
    SwapFiles { a: prop::sample::Index, b: prop::sample::Index },
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, to)| Edit::SetByte { at, to }),
        2 => (at(), any::<u8>()).prop_map(|(at, byte)| Edit::InsertByte { at, byte }),
        2 => at().prop_map(|at| Edit::RemoveByte { at }),
        1 => at().prop_map(|at| Edit::RemoveLine { at }),
        1 => (at(), at()).prop_map(|(at, to)| Edit::RepeatLine { at, to }),
        1 => (at(), at()).prop_map(|(a, b)| Edit::SwapLines { a, b }),
        1 => (at(), at()).prop_map(|(a, b)| Edit::SwapFiles { a, b }),
    ]
}

fn apply(edit: &Edit, files: &mut Files, file: prop::sample::Index) {
    if let Edit::SwapFiles { a, b } = edit {
        let (a, b) = (a.index(files.len()), b.index(files.len()));
        let kept = files[a].1.clone();
        files[a].1 = files[b].1.clone();
        files[b].1 = kept;
        return;
    }
    let bytes = &mut files[file.index(3)].1;
    let mut all = lines(bytes);
    match edit {
        Edit::SetByte { at, to } => {
            let at = at.index(bytes.len());
            bytes[at] = *to;
            return;
        }
        Edit::InsertByte { at, byte } => return bytes.insert(at.index(bytes.len() + 1), *byte),
        Edit::RemoveByte { at } => {
            bytes.remove(at.index(bytes.len()));
            return;
        }
        Edit::RemoveLine { at } => drop(all.remove(at.index(all.len()))),
        Edit::RepeatLine { at, to } => {
            let line = all[at.index(all.len())].clone();
            all.insert(to.index(all.len() + 1), line);
        }
        Edit::SwapLines { a, b } => {
            let (a, b) = (a.index(all.len()), b.index(all.len()));
            all.swap(a, b);
        }
        Edit::SwapFiles { .. } => unreachable!("handled above"),
    }
    *bytes = all.concat();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn every_edit_of_a_confirmed_record_is_found(
        edits in prop::collection::vec((any_edit(), any::<prop::sample::Index>()), 1..4),
    ) {
        static ORIGINAL: OnceLock<Files> = OnceLock::new();
        let original = ORIGINAL.get_or_init(three_segments);
        let mut files = original.clone();
        for (edit, file) in &edits {
            apply(edit, &mut files, *file);
            prop_assume!(files.iter().all(|(_, bytes)| !bytes.is_empty()));
        }
        prop_assume!(files != *original);
        // Whole lines cut off at the very end cannot be seen; everything else can.
        prop_assume!(!is_cut_at_the_end(original, &files));
        let report = verified(&files);
        prop_assert_eq!(report.verdict, Verdict::Broken);
        prop_assert!(report.first_bad.is_some());
    }
}

fn is_cut_at_the_end(original: &Files, files: &Files) -> bool {
    original[..2] == files[..2] && original[2].1.starts_with(&files[2].1) && files[2].1.ends_with(b"\n")
}

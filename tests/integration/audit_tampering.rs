//! A signed journal, tampered with at random: what docs/audit.md says is found is found, at the record that it says, by the
//! gateway's own verifier and by the one that was written from that page alone.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use iam_mcp_gateway::audit::{
    DiskStorage, Intent, Journal, JournalOptions, Record, SigningKey, Verdict, Witness, journal_files, verify,
};
use iam_mcp_gateway::clock::SystemClock;
use iam_mcp_gateway::random::SystemRandom;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::dice::Dice;
use crate::support::program::Program;

/// The lines of each file, by name.
type Files = Vec<(String, Vec<Vec<u8>>)>;

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

fn record(stage: &str, n: usize) -> Record {
    let fields = json!({"stage": stage, "n": n, "text": "Größe \u{1f600}", "ratio": 0.25});
    Record::from_fields(&fields).expect("short fields make a record")
}

/// A journal of several files, written by the journal itself: reads, and writes with their outcomes.
async fn written() -> Files {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let options = JournalOptions {
        largest_segment: 3_500,
        signing_key: Some(Arc::new(key())),
        ..JournalOptions::new(folder.path())
    };
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    let journal = Journal::open(options, Arc::new(DiskStorage), clock, random).await.expect("the folder is ours");
    for n in 0..12 {
        journal.note(record("read", n)).expect("the disk works");
        let (intent, if_lost, if_not_forwarded) = (record("intent", n), record("lost", n), record("not", n));
        let permit = journal.intent(Intent { record: intent, if_lost, if_not_forwarded }).await.expect("it works");
        journal.outcome(permit, record("outcome", n)).await.expect("the disk works");
    }
    journal.close().await.expect("the disk works");
    let names = journal_files(folder.path()).expect("the folder is ours");
    let lines = |name: &String| {
        let bytes = fs::read(folder.path().join(name)).expect("the folder is ours");
        bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
    };
    names.iter().map(|name| (name.clone(), lines(name))).collect()
}

/// What has to come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// The first bad record is at this line of this file.
    Bad(usize, usize),
    /// Nothing is bad, and no signature vouches for the record of this number or any behind it.
    Exposed(u64),
    /// Nothing is bad: records are missing at the end.
    CutOff,
}

fn fields(line: &[u8]) -> Value {
    serde_json::from_slice(line).expect("a line of a journal is JSON")
}

fn sequence(line: &[u8]) -> u64 {
    fields(line)["integrity"]["sequence"].as_u64().expect("a record has a number")
}

fn is_signed(line: &[u8]) -> bool {
    fields(line)["integrity"].get("signature").is_some()
}

/// Tampers with `files`; what it did, and what has to come of it.
fn tamper(dice: &mut Dice, files: &mut Files) -> (&'static str, Expected) {
    let last = files.len() - 1;
    let file = dice.below(files.len());
    let lines = files[file].1.len();
    let line = dice.below(lines);
    // Behind the last line of a file comes the first of the next.
    let next = |line: usize| if line < lines { Some((file, line + 1)) } else { (file < last).then_some((file + 1, 1)) };
    match dice.below(7) {
        0 => {
            let length = files[file].1[line].len();
            let bit = 1 << dice.below(8);
            let at = dice.below(length - 1);
            let byte = &mut files[file].1[line][at];
            *byte ^= if *byte ^ bit == b'\n' { bit ^ 0x80 } else { bit };
            ("flip", Expected::Bad(file, line + 1))
        }
        1 => {
            files[file].1.remove(line);
            let found = if line + 1 < lines { Some((file, line + 1)) } else { next(lines) };
            ("delete", found.map_or(Expected::CutOff, |(file, line)| Expected::Bad(file, line)))
        }
        2 => {
            let line = dice.below(lines - 1);
            files[file].1.swap(line, line + 1);
            ("swap", Expected::Bad(file, line + 1))
        }
        3 => {
            let (from, copied) = (dice.below(files.len()), dice.below(lines.min(3)));
            let copied = copied.min(files[from].1.len() - 1);
            let copy = files[from].1[copied].clone();
            let line = dice.below(lines + 1);
            let expected = match (from, copied) {
                own if own == (file, line) => Expected::Bad(file, line + 2),
                // The next file's header, at the end of this one: it follows, and the next file repeats it.
                header if line == lines && header == (file + 1, 0) => Expected::Bad(file + 1, 1),
                _ => Expected::Bad(file, line + 1),
            };
            files[file].1.insert(line, copy);
            ("insert", expected)
        }
        4 => {
            let kept = dice.below(lines);
            let cut = dice.below(files[file].1[kept].len());
            files[file].1.truncate(kept + 1);
            files[file].1[kept].truncate(cut);
            let expected = match (cut, kept) {
                (0, 0) => Expected::Bad(file, 1),
                (0, _) if file == last => Expected::CutOff,
                (0, _) => Expected::Bad(file + 1, 1),
                _ => Expected::Bad(file, kept + 1),
            };
            if cut == 0 {
                files[file].1.pop();
            }
            ("truncate", expected)
        }
        5 => {
            files.remove(file);
            ("remove", if file == last { Expected::CutOff } else { Expected::Bad(file, 1) })
        }
        _ => {
            let keep_signatures = dice.below(2) == 0;
            let first = sequence(&files[file].1[line]);
            rehash(files, file, line, keep_signatures);
            if !keep_signatures {
                return ("rehash without signatures", Expected::Exposed(first));
            }
            let behind = (file..files.len()).flat_map(|file| (0..files[file].1.len()).map(move |line| (file, line)));
            let signed = behind.skip(line).find(|(file, line)| is_signed(&files[*file].1[*line]));
            let (file, line) = signed.expect("the last record is signed");
            ("rehash", Expected::Bad(file, line + 1))
        }
    }
}

/// Changes a record, and computes the chain anew from there to the end of the journal.
fn rehash(files: &mut Files, file: usize, line: usize, keep_signatures: bool) {
    let mut previous: Option<String> = None;
    for (place, (_, lines)) in files.iter_mut().enumerate().skip(file) {
        for line in lines.iter_mut().skip(if place == file { line } else { 0 }) {
            let mut record = fields(line);
            let signature = record["integrity"]["signature"].take();
            let members = record["integrity"].as_object_mut().expect("integrity is an object");
            members.remove("signature");
            members.remove("hash");
            match &previous {
                None => record["forged"] = json!(true),
                Some(hash) => {
                    record["integrity"]["previousHash"] = json!(hash);
                    if record["stage"] == "segment" {
                        record["segment"]["lastDurable"]["hash"] = json!(hash);
                    }
                }
            }
            let canonical =
                |record: &Value| serde_json_canonicalizer::to_vec(record).expect("JSON has a canonical form");
            let hash = HEXLOWER.encode(&Sha256::digest(canonical(&record)));
            record["integrity"]["hash"] = json!(hash);
            if keep_signatures && !signature.is_null() {
                record["integrity"]["signature"] = signature;
            }
            *line = [canonical(&record), b"\n".to_vec()].concat();
            previous = Some(hash);
        }
    }
}

fn write(files: &Files) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    for (name, lines) in files {
        fs::write(folder.path().join(name), lines.concat()).expect("the folder is ours");
    }
    folder
}

/// What this program's verifier finds: the bad line, and the last signed record.
fn found_here(folder: &Path) -> (Option<(String, usize)>, Option<u64>) {
    let report = verify(folder, &Witness { public_keys: vec![key().public()], ..Witness::default() })
        .expect("the folder can be read");
    assert_eq!(report.first_bad.is_some(), report.verdict == Verdict::Broken);
    let bad = report.first_bad.map(|bad| (bad.file, usize::try_from(bad.line).expect("a small number")));
    (bad, report.signatures.through)
}

/// What the other verifier finds.
fn found_there(other: &mut Program, folder: &Path) -> (Option<(String, usize)>, Option<u64>) {
    other.say(&json!({"folder": folder, "public_keys": [key().public().to_string()]}));
    let told = other.hear();
    let bad = told["firstBad"].as_object().map(|bad| {
        let line = bad["line"].as_u64().and_then(|line| usize::try_from(line).ok());
        (bad["file"].as_str().expect("a file's name").to_owned(), line.expect("a line's number"))
    });
    (bad, told["signedThrough"].as_u64())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bit_of_a_signature_counts_for_both_verifiers() {
    let good = written().await;
    let mut other = Program::python("verify_journal.py", &["--serve"], &[]);
    let line = good[1].1.iter().position(|line| is_signed(line)).expect("a file has a signed record");
    let text = good[1].1[line].clone();
    let signature = fields(&text)["integrity"]["signature"].as_str().expect("it is signed").to_owned();
    let start = text.windows(signature.len()).position(|part| part == signature.as_bytes()).expect("it is in the line");
    for (at, bit) in (start..start + signature.len()).flat_map(|at| (0..8).map(move |bit| (at, 1 << bit))) {
        let mut files = good.clone();
        files[1].1[line][at] ^= bit;
        if files[1].1[line][at] == b'\n' {
            continue;
        }
        let folder = write(&files);
        let (bad, signed) = found_here(folder.path());
        assert_eq!(bad, Some((files[1].0.clone(), line + 1)), "byte {at}, bit {bit}");
        assert_eq!(found_there(&mut other, folder.path()), (bad, signed), "byte {at}, bit {bit}");
    }
    assert!(other.finish().is_empty());
}

async fn tamper_and_look(times: u64, with_the_other: u64) {
    let good = written().await;
    assert!(good.len() >= 4, "{} files", good.len());
    let end = sequence(good.last().and_then(|(_, lines)| lines.last()).expect("a last record"));
    let mut other = Program::python("verify_journal.py", &["--serve"], &[]);
    let whole = write(&good);
    assert_eq!(found_here(whole.path()), (None, Some(end)));
    assert_eq!(found_there(&mut other, whole.path()), (None, Some(end)));
    let mut seen = std::collections::BTreeMap::<_, u32>::new();
    for seed in 1..=times {
        let mut files = good.clone();
        let (how, expected) = tamper(&mut Dice::new(seed), &mut files);
        let folder = write(&files);
        let (bad, signed) = found_here(folder.path());
        match expected {
            Expected::Bad(file, line) => {
                let expected = Some((files[file].0.clone(), line));
                assert_eq!(bad, expected, "seed {seed}: {how}");
            }
            Expected::Exposed(first) => {
                assert_eq!(bad, None, "seed {seed}: {how}");
                assert!(
                    signed.is_none_or(|signed| signed < first),
                    "seed {seed}: {how}: {signed:?} vouches for {first}"
                );
            }
            Expected::CutOff => assert_eq!(bad, None, "seed {seed}: {how}"),
        }
        if seed <= with_the_other {
            assert_eq!(found_there(&mut other, folder.path()), (bad, signed), "seed {seed}: {how}");
        }
        *seen.entry(how).or_default() += 1;
    }
    assert!(seen.len() == 8 && seen.values().all(|count| u64::from(*count) * 40 > times), "{seen:?}");
    assert!(other.finish().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_tamperings_are_found_as_documented_and_a_second_verifier_agrees() {
    tamper_and_look(10_000, 500).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: the second verifier looks at all of them"]
async fn the_second_verifier_agrees_on_ten_thousand_tamperings() {
    tamper_and_look(10_000, 10_000).await;
}

//! What somebody does to a folder: by chance, or with care and without its keys.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::folder::{Files, content, digests, journal, lines, put};
use crate::support::dice::Dice;

fn one_of<'a, T>(dice: &mut Dice, among: &'a [T]) -> &'a T {
    &among[dice.below(among.len())]
}

fn parsed(line: &[u8]) -> Value {
    serde_json::from_slice(line).expect("a line of a journal is JSON")
}

fn line_of(value: &Value) -> Vec<u8> {
    let canonical = serde_json_canonicalizer::to_vec(value).expect("JSON has a canonical form");
    [canonical, b"\n".to_vec()].concat()
}

/// Does one thing to the files; what.
pub(super) fn tamper(dice: &mut Dice, files: &mut Files) -> &'static str {
    let all: Vec<String> = files.keys().cloned().collect();
    let (named, journal, digests) = (one_of(dice, &all).clone(), journal(files), digests(files));
    let file = one_of(dice, &journal).clone();
    let digest = one_of(dice, &digests).clone();
    match dice.below(16) {
        0 => {
            let bytes = files.get_mut(&named).expect("it is there");
            let at = dice.below(bytes.len());
            bytes[at] ^= 1 << dice.below(8);
            "flip"
        }
        1 => {
            let bytes = files.get_mut(&named).expect("it is there");
            bytes.truncate(dice.below(bytes.len()));
            "truncate"
        }
        2 => {
            files.remove(&named);
            "remove"
        }
        3 => {
            let bytes = files.get_mut(&named).expect("it is there");
            let more = *one_of(dice, &["\0\0", "{}\n", "{\"half", "\n"]);
            bytes.extend_from_slice(more.as_bytes());
            "append"
        }
        4 => {
            let mut content = content(files, &file);
            let at = dice.below(content.len());
            content[at] ^= 1 << dice.below(8);
            put(files, &file, &content);
            "flip what was compressed"
        }
        5 => edit_lines(dice, files, &journal, &file),
        6 => {
            let newest = &journal[journal.len() - 1];
            let lines = lines(files, newest);
            put(files, newest, &lines[..dice.below(lines.len()).max(1)].concat());
            "cut off the end"
        }
        7 => {
            for file in journal.iter().take(1 + dice.below(2)) {
                files.remove(file);
            }
            "remove the oldest"
        }
        8 => {
            let content = content(files, &file);
            files.remove(&file);
            let other = file.strip_suffix(".gz").map_or_else(|| format!("{file}.gz"), ToOwned::to_owned);
            put(files, &other, &content);
            "compress or not"
        }
        9 => {
            let mut lines = lines(files, &file);
            let kept = dice.below(lines.len());
            lines.truncate(kept);
            put(files, file.trim_end_matches(".gz"), &lines.concat());
            "lay a plain file with less beside it"
        }
        10 => {
            let bytes = files.remove(&named).expect("it is there");
            let at = 8 + dice.below(12);
            let digit = one_of(dice, &["0", "1", "7"]);
            let mut other = named;
            other.replace_range(at..=at, digit);
            files.insert(other, bytes);
            "rename"
        }
        11 => {
            let (keep, line) = (dice.below(2) == 0, dice.below(lines(files, &file).len()));
            rehash(files, &file, line, keep, |record| record["forged"] = json!(true));
            if dice.below(2) == 0 {
                files.retain(|name, _| !name.starts_with("digest-"));
            }
            "compute the chain anew"
        }
        12 => {
            let how = dice.below(5);
            rehash(files, &file, 0, false, |record| change_header(record, how));
            "change a header"
        }
        13 => {
            let found = journal.iter().rev().find_map(|file| {
                let lines = lines(files, file);
                let is_retention = |line: &Vec<u8>| {
                    serde_json::from_slice::<Value>(line).is_ok_and(|record| record["stage"] == "retention")
                };
                lines.iter().position(is_retention).map(|line| (file.clone(), line))
            });
            let (file, line) = found.unwrap_or((file, 0));
            let how = dice.below(4);
            rehash(files, &file, line, dice.below(2) == 0, |record| change_retention(record, how));
            "change what was let go"
        }
        14 => {
            change_digest(dice, files, &digest);
            "change a digest"
        }
        _ => {
            files.retain(|name, _| !name.starts_with("digest-") || dice.below(2) == 0);
            "remove digests"
        }
    }
}

/// Moves whole lines.
fn edit_lines(dice: &mut Dice, files: &mut Files, journal: &[String], file: &str) -> &'static str {
    let mut all = lines(files, file);
    let at = dice.below(all.len());
    let how = match dice.below(3) {
        0 => {
            all.remove(at);
            "remove a line"
        }
        1 => {
            let with = dice.below(all.len());
            all.swap(at, with);
            "swap lines"
        }
        _ => {
            let from: &String = one_of(dice, journal);
            let line: Vec<u8> = one_of(dice, &lines(files, from)).clone();
            all.insert(at, line);
            "take a line from elsewhere"
        }
    };
    put(files, file, &all.concat());
    how
}

fn change_header(record: &mut Value, how: usize) {
    let header = &mut record["segment"];
    match how {
        0 => header["reason"] = json!(if header["reason"] == "recovery" { "rotation" } else { "recovery" }),
        1 => header["previousSegment"] = json!("journal-00000000000000000001-000000-20200101T000000Z.jsonl"),
        2 => drop(header.as_object_mut().map(|members| members.remove("signingKey"))),
        3 => header["reason"] = json!("chance"),
        _ => header["signingKey"] = json!("AAAA"),
    }
}

fn change_retention(record: &mut Value, how: usize) {
    let retention = &mut record["additionalEventData"]["retention"];
    match (how, &mut retention["files"]) {
        (0, Value::Array(entries)) => drop(entries.pop()),
        (1, Value::Array(entries)) if !entries.is_empty() => entries[0]["sha256"] = json!("0".repeat(64)),
        (2, Value::Array(entries)) if !entries.is_empty() => entries[0]["last"] = json!("nothing"),
        _ => retention["digests"] = json!([]),
    }
}

/// Changes a member of a digest, and spells it as the journal would.
fn change_digest(dice: &mut Dice, files: &mut Files, name: &str) {
    let mut signed = parsed(&files[name]);
    let digest = &mut signed["digest"];
    match dice.below(7) {
        0 => digest["number"] = json!(digest["number"].as_u64().map(|number| number + 1)),
        1 => digest["head"]["sequence"] = json!(9_999),
        2 => drop(digest.as_object_mut().map(|members| members.remove("previous"))),
        3 => digest["files"] = json!([]),
        4 => digest["more"] = json!("members"),
        5 => digest["time"] = json!("2026-13-01T00:00:00Z"),
        _ => digest["files"] = json!([{"file": 1}]),
    }
    files.insert(name.to_owned(), line_of(&signed));
}

/// Changes the record in this line of this file, and computes the chain anew from there to the end of the journal.
fn rehash(files: &mut Files, from: &str, line: usize, keep_signatures: bool, change: impl FnOnce(&mut Value)) {
    let (mut change, mut hashes) = (Some(change), BTreeMap::<u64, String>::new());
    for name in journal(files).into_iter().skip_while(|name| name != from) {
        let mut all = lines(files, &name);
        let first = if name == from { line } else { 0 };
        for line in all.iter_mut().skip(first) {
            let mut record = parsed(line);
            if let Some(change) = change.take() {
                change(&mut record);
            }
            let integrity = record["integrity"].as_object_mut().expect("integrity is an object");
            let signature = integrity.remove("signature").filter(|_| keep_signatures);
            integrity.remove("hash");
            let sequence = integrity["sequence"].as_u64().expect("a record has a number");
            // What an abandoned file holds too is taken from the file after it, as its header has it.
            if let Some(hash) = hashes.get(&(sequence - 1)) {
                integrity.insert("previousHash".to_owned(), json!(hash));
                if record["stage"] == "segment" {
                    record["segment"]["lastDurable"]["hash"] = json!(hash);
                }
            }
            let hashed = line_of(&record);
            let hash = HEXLOWER.encode(&Sha256::digest(&hashed[..hashed.len() - 1]));
            record["integrity"]["hash"] = json!(hash);
            if let Some(signature) = signature {
                record["integrity"]["signature"] = signature;
            }
            hashes.insert(sequence, hash);
            *line = line_of(&record);
        }
        put(files, &name, &all.concat());
    }
}

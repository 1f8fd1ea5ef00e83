//! Digests against what lies beside them.

use super::*;
use crate::audit::digest::{Digest, DigestName, DigestedFile, Previous, SignedDigest, file_hash};

fn digest(
    number: u64,
    before: Option<&(String, SignedDigest)>,
    file: &(String, Vec<u8>),
    last: ChainHead,
) -> (String, SignedDigest) {
    let digested = DigestedFile {
        file: file.0.clone(),
        sha256: file_hash(&file.1),
        bytes: file.1.len() as u64,
        first_sequence: Some(1),
        last: Some(last),
    };
    let previous = before.map(|(name, signed)| Previous {
        file: name.clone(),
        sha256: file_hash(&signed.to_bytes()),
        signature: None,
    });
    let time = TIME.parse().unwrap();
    let digest = Digest {
        number,
        time,
        made_by: Map::new(),
        previous,
        files: vec![digested],
        through: Some(file.0.clone()),
        head: last,
        signing_key: None,
    };
    (DigestName::new(number, time).as_str().to_owned(), digest.sign(None))
}

#[test]
fn a_later_digest_does_not_speak_for_an_earlier_one_that_knows_another_content() {
    let mut builder = Builder::default();
    let first = builder.segment(Reason::Start, ChainHead::START, 5);
    builder.segment(Reason::Recovery, first[3], 2);
    let mut files = builder.files;
    let good = digest(1, None, &files[0], first[3]);
    // What was never confirmed is no part of the chain: only digests know how it was.
    files[0].1.extend(b"more\n");
    let forged = digest(2, Some(&good), &files[0], first[3]);
    let names = [good.0.clone(), forged.0.clone()];
    files.extend([good, forged].map(|(name, signed)| (name, signed.to_bytes())));
    let report = verified(&files);
    assert_eq!(report.first_bad, None);
    let bad = report.digests.first_bad.unwrap();
    let differs = DigestFault::FileDiffers { name: files[0].0.clone() };
    assert_eq!((bad.file, bad.fault), (Some(names[0].clone()), differs));
}

#[test]
fn a_journal_without_a_right_record_is_cut_off_before_what_a_digest_vouches_for() {
    let mut files = three_segments();
    files.truncate(1);
    let last: Map<String, Value> = serde_json::from_slice(lines(&files[0].1).last().unwrap()).unwrap();
    let head = serde_json::from_value(json!({"sequence": 4, "hash": last["integrity"]["hash"]})).unwrap();
    let mut signed = digest(1, None, &files[0], head).1;
    signed.digest.files.clear();
    let name = DigestName::new(1, TIME.parse().unwrap()).as_str().to_owned();
    files.push((name, signed.to_bytes()));
    assert_eq!(verified(&files).verdict, Verdict::Verified);
    files[0].1[0] = b' ';
    let bad = verified(&files).digests.first_bad.unwrap();
    assert_eq!(bad.fault, DigestFault::CutOff { through: 4, last: 0 });
}

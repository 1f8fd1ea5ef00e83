//! Files that were compressed after they were closed.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn compressed((name, bytes): &(String, Vec<u8>)) -> (String, Vec<u8>) {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes).unwrap();
    (format!("{name}.gz"), packed.finish().unwrap())
}

#[test]
fn a_journal_is_as_whole_as_before_whichever_of_its_files_are_compressed() {
    let plain = three_segments();
    for which in 0..8 {
        let files = plain.iter().enumerate();
        let files: Files =
            files.map(|(index, file)| if which >> index & 1 == 1 { compressed(file) } else { file.clone() }).collect();
        let report = verified(&files);
        assert_eq!((report.verdict, report.records, report.head), (Verdict::Verified, 12, verified(&plain).head));
    }
}

#[test]
fn a_missing_file_is_found_between_compressed_ones() {
    let files: Files = three_segments().iter().map(compressed).collect();
    let missing = vec![files[0].clone(), files[2].clone()];
    let name = three_segments()[1].0.clone();
    assert_eq!(first_bad(&missing), (1, 1, Fault::MissingSegment { name }));
    let mut renamed = files;
    renamed[1].0 = renamed[1].0.replacen("0005-", "0006-", 1);
    assert_eq!(first_bad(&renamed), (1, 1, Fault::NameDiffers));
}

#[test]
fn compressed_data_that_was_changed_or_cut_off_is_found_and_the_other_files_are_read() {
    for tamper in [
        |bytes: &mut Vec<u8>| bytes.truncate(bytes.len() / 2),
        |bytes: &mut Vec<u8>| bytes.truncate(3),
        |bytes: &mut Vec<u8>| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        },
        |bytes: &mut Vec<u8>| *bytes.last_mut().unwrap() ^= 1,
        |bytes: &mut Vec<u8>| bytes.extend(b"more"),
    ] {
        let mut files: Files = three_segments().iter().map(compressed).collect();
        tamper(&mut files[1].1);
        let report = verified(&files);
        let verdicts: Vec<_> = report.files.iter().map(|file| file.verdict).collect();
        assert_eq!(verdicts, [Verdict::Verified, Verdict::Broken, Verdict::Verified], "{:?}", report.first_bad);
    }
}

#[test]
fn a_line_without_end_in_a_small_file_is_not_held() {
    let mut files = three_segments();
    files[2].1 = vec![b' '; crate::audit::scan::LONGEST_LINE * 2];
    let (name, packed) = compressed(&files[2]);
    assert!(packed.len() < 100_000, "{}", packed.len());
    files[2] = (name, packed);
    assert_eq!(first_bad(&files), (2, 1, Fault::LineTooLong));
}

#[test]
fn broken_data_behind_the_last_confirmed_record_is_a_fault_and_no_end() {
    let mut builder = Builder::default();
    let first = builder.segment(Reason::Start, ChainHead::START, 5);
    builder.segment(Reason::Recovery, first[3], 2);
    let mut files = builder.files;
    let (name, mut packed) = compressed(&files[0]);
    *packed.last_mut().unwrap() ^= 1;
    files[0] = (name, packed);
    assert_eq!(first_bad(&files), (0, 5, Fault::NotDecompressed));
}

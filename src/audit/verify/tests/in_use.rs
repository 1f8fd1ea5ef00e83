//! A journal whose files are begun, compressed and removed while it is verified.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

/// Verifies a folder with these files, with which `meanwhile` does something each time when they were listed; also how often
/// that was.
fn verified_while(
    files: &Files,
    mut meanwhile: impl FnMut(&Path, usize),
) -> (Result<VerifyReport, VerifyError>, usize) {
    let (dir, mut times) = (write(files), 0);
    let report = verify_beside(dir.path(), &Witness::default(), &mut || {
        times += 1;
        meanwhile(dir.path(), times);
    });
    (report, times)
}

/// A journal of four segments, in the last of which it says that the first was removed.
fn four_segments() -> Files {
    let mut builder = Builder { files: Vec::new(), ..Builder::default() };
    let first = builder.segment(Reason::Start, ChainHead::START, 3);
    let second = builder.segment(Reason::Rotation, first[3], 3);
    let third = builder.segment(Reason::Rotation, second[3], 3);
    let retention = retention_of(&builder.files);
    builder.segment_of(Reason::Rotation, third[3], &[retention]);
    builder.files
}

#[test]
fn a_file_that_is_compressed_meanwhile_is_read_as_what_it_became() {
    let files = three_segments();
    let (report, times) = verified_while(&files, |folder, _| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(&files[0].1).unwrap();
        fs::write(folder.join(format!("{}.gz", files[0].0)), packed.finish().unwrap()).unwrap();
        fs::remove_file(folder.join(&files[0].0)).unwrap();
    });
    let report = report.unwrap();
    assert_eq!((report.verdict, report.records, times), (Verdict::Verified, 12, 1));
}

#[test]
fn files_that_are_begun_and_removed_meanwhile_are_looked_at_again() {
    let files = four_segments();
    let (report, times) = verified_while(&files[..3].to_vec(), |folder, times| {
        if times == 1 {
            fs::write(folder.join(&files[3].0), &files[3].1).unwrap();
            fs::remove_file(folder.join(&files[0].0)).unwrap();
        }
    });
    let report = report.unwrap();
    assert_eq!((report.verdict, report.first_bad, times), (Verdict::Verified, None, 2));
    assert_eq!((report.files.len(), report.files[0].first_sequence), (3, Some(5)));
}

#[test]
fn a_last_line_that_is_being_written_is_looked_at_again() {
    let files = three_segments();
    let (name, whole) = &files[2];
    let half = lines(whole)[..3].concat();
    for (begun, torn) in [(half.len(), half.len() + 9), (0, 9)] {
        let mut begun_files = files.clone();
        begun_files[2].1.truncate(begun);
        let (report, times) = verified_while(&begun_files, |folder, times| {
            let written = if times == 1 { &whole[..torn] } else { whole };
            fs::write(folder.join(name), written).unwrap();
        });
        let report = report.unwrap();
        assert_eq!((report.verdict, report.records, times), (Verdict::Verified, 12, 2), "{torn} bytes");
    }
}

#[test]
fn what_does_not_hold_in_a_folder_that_stays_as_it_is_is_said_at_once() {
    let torn = |files: &Files| {
        let mut files = files.clone();
        let length = files[2].1.len();
        files[2].1.truncate(length - 1);
        files
    };
    for files in [edited(1, |lines| drop(lines.remove(2))), torn(&three_segments())] {
        let (report, times) = verified_while(&files, |_, _| {});
        assert_eq!((report.unwrap().verdict, times), (Verdict::Broken, 1));
    }
}

#[test]
fn a_digest_that_is_gone_or_new_meanwhile_is_looked_at_again() {
    let files = four_segments();
    let mut with_a_digest = files.clone();
    with_a_digest.push(("digest-000000000001-20261120T100000Z.json".to_owned(), b"half".to_vec()));
    let (report, times) = verified_while(&with_a_digest, |folder, times| {
        if times == 1 {
            fs::remove_file(folder.join(&with_a_digest[4].0)).unwrap();
        }
    });
    let report = report.unwrap();
    assert_eq!((report.verdict, report.digests.count, times), (Verdict::Verified, 0, 2));
}

#[test]
fn a_file_that_is_broken_while_another_part_is_written_is_not_excused() {
    let files = edited(1, |lines| drop(lines.remove(2)));
    let (report, times) = verified_while(&files, |folder, _| {
        let last = folder.join(&files[2].0);
        let torn = [fs::read(&last).unwrap(), b"{".to_vec()].concat();
        fs::write(last, torn).unwrap();
    });
    assert_eq!((report.unwrap().verdict, times), (Verdict::Broken, 1));
}

#[test]
fn a_folder_that_changes_each_time_is_not_looked_at_for_ever() {
    let files = four_segments();
    let (report, times) = verified_while(&files, |folder, times| {
        fs::remove_file(folder.join(&files[times - 1].0)).unwrap();
    });
    let error = report.unwrap_err();
    assert!(matches!(error, VerifyError::Changing(_)) && error.to_string().contains("try again"), "{error}");
    assert_eq!(times, 3);
    let (report, times) = verified_while(&files[1..3].to_vec(), |folder, times| {
        fs::write(folder.join(format!("zzz-{times}.jsonl")), b"{}\n").unwrap();
    });
    assert_eq!((report.unwrap().verdict, times), (Verdict::Broken, 3));
}

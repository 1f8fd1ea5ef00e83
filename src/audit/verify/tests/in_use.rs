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
fn what_does_not_hold_in_a_folder_that_stays_as_it_is_is_said_at_once() {
    let (report, times) = verified_while(&edited(1, |lines| drop(lines.remove(2))), |_, _| {});
    assert_eq!((report.unwrap().verdict, times), (Verdict::Broken, 1));
}

#[test]
fn a_folder_that_changes_each_time_is_not_looked_at_for_ever() {
    let files = four_segments();
    let (report, times) = verified_while(&files, |folder, times| {
        fs::remove_file(folder.join(&files[times - 1].0)).unwrap();
    });
    assert!(matches!(report, Err(VerifyError::Read { .. })), "{report:?}");
    assert_eq!(times, 3);
    let (report, times) = verified_while(&files[1..3].to_vec(), |folder, times| {
        fs::write(folder.join(format!("zzz-{times}.jsonl")), b"{}\n").unwrap();
    });
    assert_eq!((report.unwrap().verdict, times), (Verdict::Broken, 3));
}

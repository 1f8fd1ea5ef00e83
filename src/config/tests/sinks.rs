use super::{MINIMAL, config, parse_with};

const BUCKET: &str =
    "[audit.s3]\nbucket = \"trail\"\naccount = \"111122223333\"\nregion = \"eu-central-1\"\nprefix = \"/a/b/\"\n";

fn faults(text: &str) -> String {
    parse_with(text, &[]).unwrap_err().to_string()
}

#[test]
fn a_bucket_can_have_every_record_and_be_waited_for() {
    let sinks =
        config(&format!("{MINIMAL}durability = \"remote\"\nstdout = true\n{BUCKET}object_lock_days = 7\n")).audit.sinks;
    assert!(sinks.stdout && sinks.remote);
    let bucket = sinks.s3.unwrap();
    assert_eq!((bucket.prefix.as_str(), bucket.region.as_str()), ("a/b", "eu-central-1"));
    assert_eq!((bucket.lock, bucket.compliance), (Some(jiff::SignedDuration::from_hours(7 * 24)), false));
    let none = config(MINIMAL).audit.sinks;
    assert!(!none.stdout && !none.remote && none.s3.is_none());
}

#[test]
fn what_cannot_be_is_said() {
    let remote = faults(&format!("{MINIMAL}durability = \"remote\"\n"));
    assert!(remote.contains("audit.durability: is \"remote\", and there is no bucket"), "{remote}");
    let mode = faults(&format!("{MINIMAL}{BUCKET}object_lock_mode = \"compliance\"\n"));
    assert!(mode.contains("audit.s3.object_lock_mode: is given, and nothing is locked"), "{mode}");
    let several = faults(&format!("{MINIMAL}[audit.s3]\nbucket = \"Trail_\"\nprefix = \"a//b\"\naccount = 1\n"));
    for fault in [
        "audit.s3.bucket: is no bucket's name",
        "audit.s3.prefix: is no prefix of keys",
        "audit.s3.account",
        "audit.s3.region: is required",
    ] {
        assert!(several.contains(fault), "{fault}: {several}");
    }
}

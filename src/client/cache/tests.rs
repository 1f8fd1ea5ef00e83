use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};

use jiff::SignedDuration;

use super::*;
use crate::client::exchange::tests::credentials;

fn now() -> Timestamp {
    "2026-11-27T12:00:00Z".parse().unwrap()
}

fn kept() -> Kept {
    Kept { credentials: credentials("IMGTONE", now() + SignedDuration::from_mins(15)), obtained: now() }
}

fn at() -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("a/b");
    (parent, folder)
}

fn open(folder: &Path) -> Result<Cache, CacheError> {
    Cache::open(folder, &Shape::default().with("url", Some("https://gateway.example/credentials")))
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_is_kept_is_there_again_and_its_owners_alone() {
    let (_parent, folder) = at();
    let cache = open(&folder).unwrap();
    assert!(cache.read(now()).is_none());
    cache.write(&kept()).unwrap();
    cache.write(&kept()).unwrap();
    let read = open(&folder).unwrap().read(now()).unwrap();
    assert_eq!((read.credentials.access_key_id.as_str(), read.obtained), ("IMGTONE", now()));
    assert_eq!(read.credentials.secret_access_key, kept().credentials.secret_access_key);
    assert_eq!(mode(&folder), 0o700);
    let names: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(names, [cache.file("json")], "nothing else is left");
    assert_eq!(mode(&names[0]), 0o600);
    assert!(!names[0].to_str().unwrap().contains("gateway.example"));
}

#[test]
fn a_folder_that_others_can_open_is_refused() {
    let (_parent, folder) = at();
    fs::create_dir_all(&folder).unwrap();
    for bits in [0o755, 0o750, 0o701, 0o720, 0o777] {
        chmod(&folder, bits);
        assert!(matches!(open(&folder), Err(CacheError::Unsafe { .. })), "{bits:o}");
        assert_eq!(mode(&folder), bits, "it is not changed");
    }
    chmod(&folder, 0o700);
    assert!(open(&folder).is_ok());
}

#[test]
fn a_link_or_a_file_in_place_of_the_folder_is_refused() {
    let (parent, folder) = at();
    open(&folder).unwrap();
    let link = parent.path().join("link");
    symlink(&folder, &link).unwrap();
    assert!(matches!(open(&link), Err(CacheError::Unsafe { what: "not a folder", .. })));
    let file = parent.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(open(&file), Err(CacheError::Unsafe { what: "not a folder", .. })));
}

#[test]
fn a_file_that_others_can_open_is_not_believed() {
    let (_parent, folder) = at();
    let cache = open(&folder).unwrap();
    cache.write(&kept()).unwrap();
    for bits in [0o644, 0o640, 0o620, 0o604, 0o601] {
        chmod(&cache.file("json"), bits);
        assert!(cache.read(now()).is_none(), "{bits:o}");
    }
    cache.write(&kept()).unwrap();
    assert!(cache.read(now()).is_some(), "and is replaced");
}

#[test]
fn a_link_in_place_of_the_file_is_neither_read_nor_written_through() {
    let (parent, folder) = at();
    let cache = open(&folder).unwrap();
    cache.write(&kept()).unwrap();
    let elsewhere = parent.path().join("elsewhere");
    fs::rename(cache.file("json"), &elsewhere).unwrap();
    let before = fs::read(&elsewhere).unwrap();
    symlink(&elsewhere, cache.file("json")).unwrap();
    assert!(cache.read(now()).is_none());
    let other = Kept { credentials: credentials("IMGTTWO", now() + SignedDuration::from_mins(15)), obtained: now() };
    cache.write(&other).unwrap();
    assert_eq!(fs::read(&elsewhere).unwrap(), before);
    assert_eq!(cache.read(now()).unwrap().credentials.access_key_id, "IMGTTWO");
}

#[test]
fn a_malformed_file_is_not_believed() {
    let (_parent, folder) = at();
    let cache = open(&folder).unwrap();
    cache.write(&kept()).unwrap();
    let good = fs::read_to_string(cache.file("json")).unwrap();
    let huge = format!("{good}{}", " ".repeat(64 * 1024));
    for bad in [
        "",
        "{}",
        "null",
        &good[..good.len() - 1],
        &good.replace("IMGTONE", "AKIAONE"),
        &good.replace("\"Version\":1", "\"Version\":2"),
        &good.replace("obtained", "Obtained"),
        &good.replacen('{', "{\"more\":1,", 1),
        &good.replace("2026-11-27T12:15:00Z", "2026-11-27T11:59:59Z"),
        &good.replace("2026-11-27T12:00:00Z", "2026-11-27T12:00:01Z"),
        &huge,
    ] {
        assert_ne!(bad, good);
        fs::write(cache.file("json"), bad).unwrap();
        assert!(cache.read(now()).is_none(), "{}", &bad[..bad.len().min(300)]);
    }
    fs::write(cache.file("json"), &good).unwrap();
    assert!(cache.read(now()).is_some());
    fs::write(cache.file("json"), [0xff; 10]).unwrap();
    assert!(cache.read(now()).is_none());
}

#[test]
fn one_at_a_time_has_the_lock() {
    let (_parent, folder) = at();
    let (one, other) = (open(&folder).unwrap(), open(&folder).unwrap());
    let lock = one.try_lock().unwrap();
    assert!(lock.is_some());
    assert!(other.try_lock().unwrap().is_none());
    drop(lock);
    assert!(other.try_lock().unwrap().is_some());
    assert_eq!(mode(&one.file("lock")), 0o600);
}

#[test]
fn another_shape_is_another_place() {
    let shapes = [
        Shape::default(),
        Shape::default().with("a", None),
        Shape::default().with("a", Some("")),
        Shape::default().with("a", Some("b")),
        Shape::default().with("ab", Some("")),
        Shape::default().with("a", Some("b")).with("c", None),
        Shape::default().with("c", None).with("a", Some("b")),
    ];
    let names: std::collections::BTreeSet<String> = shapes.iter().map(Shape::name).collect();
    assert_eq!(names.len(), shapes.len());
    assert!(names.iter().all(|name| name.len() == 64));
}

#[test]
fn the_usual_folder_is_in_the_users_cache() {
    let folder = |variables: &[(&str, &str)]| {
        let environment: BTreeMap<String, String> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        usual_folder(&environment).map(|path| path.to_str().unwrap().to_owned())
    };
    let of = |path: &str| Some(path.to_owned());
    let home = ("HOME", "/home/alice");
    assert_eq!(folder(&[home]), of("/home/alice/.cache/iam-mcp-gateway/credentials"));
    assert_eq!(folder(&[home, ("XDG_CACHE_HOME", "/c")]), of("/c/iam-mcp-gateway/credentials"));
    assert_eq!(folder(&[home, ("XDG_CACHE_HOME", "c")]), of("/home/alice/.cache/iam-mcp-gateway/credentials"));
    assert_eq!(folder(&[("HOME", "")]), None);
    assert_eq!(folder(&[]), None);
}

#[test]
fn no_secret_is_seen_in_debug() {
    let shown = format!("{:?}", kept());
    assert!(!shown.contains(kept().credentials.secret_access_key.expose()), "{shown}");
    assert!(!shown.contains(kept().credentials.session_token.expose()), "{shown}");
}

//! The folder that holds everything of a demo.
//!
//! Keys are written into it, so it must be nobody else's: not a link, owned by who runs the demo, not writable by others,
//! and without links inside. What is found in such a folder was put there by its owner; a folder is a demo's if a demo
//! marked it.

use std::fs::{self, DirEntry, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::random::{Random, uuid};
use crate::tools::text::visible;

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It holds something else.
    #[error("{} is no demo's folder, and not empty; name another with --dir", shown(.0))]
    Foreign(PathBuf),
    /// Others could have put something into it, or read what is written to it.
    #[error(
        "{} is {what}; keys are written into it, so it must be a folder of your own that nobody else can write to: \
         remove it, or name another with --dir",
        shown(path)
    )]
    Unsafe {
        /// The folder, or what is in it.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Another demo runs on it.
    #[error("another demo runs on {}; end it, or name another folder with --dir and another address with --listen", shown(.0))]
    InUse(PathBuf),
    /// The disk says no.
    #[error("{} cannot be {doing}: {error}", shown(path))]
    Io {
        /// What was wanted of it.
        doing: &'static str,
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// A demo's folder, locked for this process.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

/// Marks a folder as a demo's, and is locked while one runs.
const LOCK: &str = "demo.lock";
const MARK: &str = "This folder is written by `iam-mcp-gateway demo`.\n";

/// What an earlier demo left that would be believed until the new one stands there: old keys, an old address.
const STALE: [&str; 6] =
    ["endpoint", "aws-config", "aws-credentials", "sandbox-credentials", "keyring.json", "sealing.key"];

/// Where the callers' commands keep their credentials, which the new demo's keys do not open.
pub(super) const CREDENTIALS_CACHE: &str = "credentials-cache";

impl Folder {
    /// Makes the folder, or takes over one of an earlier demo: its callers' keys, configuration and endpoint are made anew; its
    /// audit journal goes on, and with it the key that signs it and the trail that it is held against. The key that tokens are
    /// sealed with is new too: of the old tokens nobody remembers which were used.
    ///
    /// # Errors
    /// When the folder is something else's or not safe, or cannot be written.
    pub(super) fn take(path: &Path, random: &dyn Random) -> Result<Self, FolderError> {
        match fs::symlink_metadata(path) {
            Ok(found) if !found.is_dir() => {
                return Err(FolderError::Unsafe { path: path.to_owned(), what: "not a folder" });
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
                made.map_err(failed("made", path))?;
            }
            Err(error) => return Err(failed("read", path)(error)),
        }
        // Absolute, so that the commands that are printed work from anywhere.
        let path = path.canonicalize().map_err(failed("read", path))?;
        check_owner(&path, random)?;
        check_content(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o700)).map_err(failed("made private", &path))?;

        let lock = path.join(LOCK);
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&lock);
        let mut file = opened.map_err(failed("opened", &lock))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FolderError::InUse(path)),
            Err(TryLockError::Error(error)) => return Err(failed("locked", &lock)(error)),
        }
        file.set_len(0).and_then(|()| file.write_all(MARK.as_bytes())).map_err(failed("written", &lock))?;
        let folder = Self { path, _lock: file };
        STALE.iter().try_for_each(|name| remove(&folder.file(name)))?;
        let cache = folder.file(CREDENTIALS_CACHE);
        match fs::remove_dir_all(&cache) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed("removed", &cache)(error)),
            _ => {}
        }
        Ok(folder)
    }

    /// A file of the folder.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The folder itself.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A new file that only its owner may read.
    pub(super) fn create(&self, name: &str) -> Result<File, FolderError> {
        let path = self.file(name);
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(failed("written", &path))
    }

    /// Opens a file that only its owner may read, to go on at its end.
    pub(super) fn go_on(&self, name: &str) -> Result<File, FolderError> {
        let path = self.file(name);
        OpenOptions::new().append(true).create(true).mode(0o600).open(&path).map_err(failed("written", &path))
    }

    /// Writes a file that only its owner may read, unless it is there.
    pub(super) fn write_once(&self, name: &str, text: &str) -> Result<(), FolderError> {
        if self.file(name).exists() { Ok(()) } else { self.write(name, text) }
    }

    /// Writes a file that only its owner may read; whoever reads it meanwhile sees the old one or the new one.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), FolderError> {
        let (path, new) = (self.file(name), format!(".{name}.new"));
        remove(&self.file(&new))?;
        let mut file = self.create(&new)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed("written", &path))?;
        fs::rename(self.file(&new), &path).map_err(failed("written", &path))
    }
}

fn shown(path: &Path) -> String {
    visible(&path.display().to_string()).into_owned()
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_owned();
    move |error| FolderError::Io { doing, path, error }
}

fn remove(path: &Path) -> Result<(), FolderError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("removed", path)(error)),
        _ => Ok(()),
    }
}

/// Whether nobody else can write to the folder.
fn check_owner(path: &Path, random: &dyn Random) -> Result<(), FolderError> {
    let found = fs::symlink_metadata(path).map_err(failed("read", path))?;
    let is = |what| Err(FolderError::Unsafe { path: path.to_owned(), what });
    if found.mode() & 0o022 != 0 {
        return is("writable by others than its owner");
    }
    // Who runs this is who owns what it creates.
    let probe = path.join(format!(".demo-{}", uuid(random)));
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&probe);
    let made = made.and_then(|file| file.metadata()).map_err(failed("written", path))?;
    remove(&probe)?;
    if made.uid() != found.uid() {
        return is("somebody else's");
    }
    Ok(())
}

/// Whether the folder is empty or an earlier demo's, without a link that would lead out of it.
fn check_content(path: &Path) -> Result<(), FolderError> {
    let entries: Vec<DirEntry> = fs::read_dir(path).and_then(Iterator::collect).map_err(failed("read", path))?;
    if let Some(link) = entries.iter().find(|entry| !entry.file_type().is_ok_and(|kind| !kind.is_symlink())) {
        return Err(FolderError::Unsafe { path: link.path(), what: "a link" });
    }
    if !entries.is_empty() && !is_marked(&path.join(LOCK)) {
        return Err(FolderError::Foreign(path.to_owned()));
    }
    Ok(())
}

fn is_marked(lock: &Path) -> bool {
    let mut text = String::new();
    let length = u64::try_from(MARK.len()).unwrap_or(u64::MAX);
    File::open(lock).is_ok_and(|file| file.take(length + 1).read_to_string(&mut text).is_ok()) && text == MARK
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::random::SystemRandom;

    fn at() -> (tempfile::TempDir, PathBuf) {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("demo");
        (parent, path)
    }

    fn take(path: &Path) -> Result<Folder, FolderError> {
        Folder::take(path, &SystemRandom)
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_folder_with_something_else_in_it_is_left_alone() {
        let (_parent, path) = at();
        fs::create_dir(&path).unwrap();
        fs::write(path.join("gateway.toml"), super::super::settings::FIRST_LINE).unwrap();
        fs::write(path.join("keyring.json"), "somebody's real keys").unwrap();
        assert!(matches!(take(&path), Err(FolderError::Foreign(_))));
        assert_eq!(fs::read_to_string(path.join("keyring.json")).unwrap(), "somebody's real keys");
        assert_eq!(fs::read_dir(&path).unwrap().count(), 2);
    }

    #[test]
    fn a_second_demo_on_the_same_folder_is_refused_before_it_touches_the_firsts_keys() {
        let (_parent, path) = at();
        let first = take(&path).unwrap();
        first.write("keyring.json", "first").unwrap();
        assert!(matches!(take(&path), Err(FolderError::InUse(_))));
        assert_eq!(fs::read_to_string(first.file("keyring.json")).unwrap(), "first");
        drop(first);
        let second = take(&path).unwrap();
        assert!(!second.file("keyring.json").exists());
    }

    #[test]
    fn folder_and_files_are_their_owners_alone() {
        let (_parent, path) = at();
        let folder = take(&path).unwrap();
        folder.write("aws-credentials", "[admin]\n").unwrap();
        assert_eq!((mode(&path), mode(&folder.file("aws-credentials"))), (0o700, 0o600));
        drop(folder);
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        drop(take(&path).unwrap());
        assert_eq!(mode(&path), 0o700);
    }

    #[test]
    fn a_folder_that_others_can_write_to_is_not_used() {
        let (_parent, path) = at();
        fs::create_dir(&path).unwrap();
        for bits in [0o777, 0o775, 0o757] {
            fs::set_permissions(&path, Permissions::from_mode(bits)).unwrap();
            assert!(matches!(take(&path), Err(FolderError::Unsafe { .. })), "{bits:o}");
        }
        assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
    }

    #[test]
    fn links_lead_nowhere() {
        let (parent, path) = at();
        let victim = parent.path().join("victim");
        fs::write(&victim, "precious").unwrap();
        drop(take(&path).unwrap());
        for name in ["aws-trail.jsonl", ".endpoint.new", "audit", LOCK] {
            let _none = fs::remove_file(path.join(name));
            symlink(&victim, path.join(name)).unwrap();
            assert!(matches!(take(&path), Err(FolderError::Unsafe { what: "a link", .. })), "{name}");
            fs::remove_file(path.join(name)).unwrap();
            fs::write(path.join(LOCK), MARK).unwrap();
        }
        let link = parent.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(matches!(take(&link), Err(FolderError::Unsafe { what: "not a folder", .. })));
        assert_eq!(fs::read_to_string(victim).unwrap(), "precious");
    }

    #[test]
    fn a_name_that_steers_a_terminal_is_shown_and_not_obeyed() {
        let error = FolderError::Foreign(PathBuf::from("/tmp/\u{1b}]0;title\u{7}"));
        assert!(!error.to_string().contains('\u{1b}'), "{error}");
    }
}

//! Where gateway credentials are kept between two runs: a folder of its owner's alone.
//!
//! `credential_process` programs are asked again and again, by several clients at once, and each exchange costs a call of
//! STS. A file holds the credentials of one shape of question ([`Shape`]); who makes new ones holds the lock beside it.
//! Whatever is odd about a file (its mode, its content) makes it worthless, and it is replaced. Whatever is odd about the
//! folder is refused: what is written there could be read, or was put there, by somebody else.

use std::fmt;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::credential_process;
use crate::authn::credentials::GatewayCredentials;
use crate::config::Environment;
use crate::exchange::reply;
use crate::random::{Random, SystemRandom, uuid};
use crate::tools::text::visible;

/// The longest file that is read, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Why nothing can be kept.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// Others could read what is kept there, or put something there.
    #[error(
        "the cache {} is {what}; credentials are kept in it, so it must be a folder of your own that nobody else can read or \
         write: remove it, or name another with --cache-dir",
        shown(path)
    )]
    Unsafe {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The disk says no.
    #[error("the cache {} cannot be {doing} ({error}); name another with --cache-dir, or say --no-cache", shown(path))]
    Io {
        /// What was wanted of it.
        doing: &'static str,
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

fn shown(path: &Path) -> String {
    visible(&path.display().to_string()).into_owned()
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CacheError {
    let path = path.to_owned();
    move |error| CacheError::Io { doing, path, error }
}

/// What shapes credentials: two questions with the same shape have the same answer.
#[derive(Clone, Default)]
pub struct Shape(Sha256);

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shape({})", self.name())
    }
}

impl Shape {
    /// One more thing, by its name; what is not there is another shape than what is empty.
    #[must_use]
    pub fn with(mut self, name: &str, value: Option<&str>) -> Self {
        for text in std::iter::once(name).chain(value) {
            // With their lengths, so that no two lists of things read the same.
            self.0.update((text.len() as u64).to_be_bytes());
            self.0.update(text);
        }
        self.0.update([u8::from(value.is_some())]);
        self
    }

    fn name(&self) -> String {
        HEXLOWER.encode(&self.0.clone().finalize())
    }
}

/// Credentials, and since when they are there.
#[derive(Debug)]
pub struct Kept {
    /// The credentials.
    pub credentials: GatewayCredentials,
    /// When they were had.
    pub obtained: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<'a> {
    obtained: Timestamp,
    #[serde(borrow)]
    credentials: &'a RawValue,
}

/// The place of one shape's credentials.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    name: String,
    owner: u32,
}

/// Whoever has it makes new credentials; it is given back when dropped.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held for its lock")] File);

/// The folder that is used without `--cache-dir`: `$XDG_CACHE_HOME/iam-mcp-gateway/credentials`, or the same in `~/.cache`
/// (<https://specifications.freedesktop.org/basedir/latest/>, by which a relative path counts as none).
#[must_use]
pub fn usual_folder(environment: &dyn Environment) -> Option<PathBuf> {
    let absolute = |name: &str| environment.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    Some(base?.join("iam-mcp-gateway/credentials"))
}

impl Cache {
    /// The place in this folder, which is made if it is not there.
    ///
    /// # Errors
    /// When the folder is not safe, or cannot be made.
    pub fn open(folder: &Path, shape: &Shape) -> Result<Self, CacheError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        if let Err(error) = made
            && error.kind() != io::ErrorKind::AlreadyExists
        {
            return Err(failed("made", folder)(error));
        }
        let found = fs::symlink_metadata(folder).map_err(failed("read", folder))?;
        let is = |what| Err(CacheError::Unsafe { path: folder.to_owned(), what });
        if !found.is_dir() {
            return is("not a folder");
        }
        if found.mode() & 0o077 != 0 {
            return is("open to others than its owner");
        }
        // Who runs this is who owns what it creates.
        let probe = folder.join(format!(".probe-{}", uuid(&SystemRandom)));
        let made = create(&probe).and_then(|file| file.metadata());
        let owner = made.map_err(failed("written", folder))?.uid();
        fs::remove_file(&probe).map_err(failed("written", folder))?;
        if owner != found.uid() {
            return is("somebody else's");
        }
        Ok(Self { folder: folder.to_owned(), name: shape.name(), owner })
    }

    /// What is kept; `None` where nothing is, or nothing that can be believed.
    #[must_use]
    pub fn read(&self, now: Timestamp) -> Option<Kept> {
        let path = self.file("json");
        let is_private = |found: &Metadata| found.is_file() && found.mode() & 0o077 == 0 && found.uid() == self.owner;
        if !fs::symlink_metadata(&path).is_ok_and(|found| is_private(&found)) {
            return None;
        }
        let file = File::open(&path).ok()?;
        let length = file.metadata().ok().filter(|found| is_private(found) && found.len() <= LONGEST)?.len();
        // As large as it gets, so that no copy of it is left behind.
        let mut text = Zeroizing::new(String::with_capacity(usize::try_from(length).ok()? + 1));
        file.take(length).read_to_string(&mut text).ok()?;
        let document: Document<'_> = serde_json::from_str(&text).ok()?;
        let credentials = credential_process::read(document.credentials.get().as_bytes())?;
        let obtained = document.obtained;
        (obtained <= now && obtained < credentials.expires).then_some(Kept { credentials, obtained })
    }

    /// Keeps these. Whoever reads meanwhile sees the old ones or the new ones.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&self, kept: &Kept) -> Result<(), CacheError> {
        self.write_with(kept, &SystemRandom)
    }

    fn write_with(&self, kept: &Kept, random: &dyn Random) -> Result<(), CacheError> {
        let credentials = reply::credential_process(&kept.credentials);
        let credentials = serde_json::from_str(credentials.expose()).expect("it was written as JSON");
        let document = Document { obtained: kept.obtained, credentials };
        let text = Zeroizing::new(serde_json::to_string(&document).expect("a document is always JSON"));
        let (path, new) = (self.file("json"), self.folder.join(format!(".new-{}", uuid(random))));
        let written = create(&new).and_then(|mut file| file.write_all(text.as_bytes()));
        let renamed = written.and_then(|()| fs::rename(&new, &path));
        renamed.map_err(|error| {
            let _none = fs::remove_file(&new);
            failed("written", &path)(error)
        })
    }

    /// The right to make new ones; `None` while another process has it.
    ///
    /// # Errors
    /// When the lock cannot be opened.
    pub fn try_lock(&self) -> Result<Option<Lock>, CacheError> {
        let path = self.file("lock");
        // It stays there: whoever removed it would take it from under somebody who waits for it.
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = opened.map_err(failed("locked", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed("locked", &path)(error)),
        }
    }

    fn file(&self, extension: &str) -> PathBuf {
        self.folder.join(format!("{}.{extension}", self.name))
    }
}

/// A new file that only its owner may read.
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests;

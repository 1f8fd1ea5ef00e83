//! Closed files, compressed.

use std::io;

use flate2::Compression;
use flate2::read::GzEncoder;

use super::closed::Closed;
use super::{Check, KeepingError};
use crate::audit::digest::digests_of;
use crate::audit::files::{COMPRESSED, Hashed, is_compressed, plain};
use crate::audit::folder::{DiskError, Folder};

/// Compresses every closed file that a digest names.
pub(super) fn closed_files(closed: &Closed, open: &str, check: Check<'_>) -> Result<(), KeepingError> {
    let names = closed.folder().names()?;
    let Some(last) = digests_of(&names).pop() else { return Ok(()) };
    let Some(through) = closed.digest(&last)?.0.digest.through else { return Ok(()) };
    let is_due = |file: &&String| !is_compressed(file) && plain(file) <= through.as_str();
    for file in Closed::files(&names, open).iter().filter(is_due) {
        check()?;
        compress(closed.folder(), file)?;
    }
    Ok(())
}

fn compress(folder: &Folder, file: &str) -> Result<(), KeepingError> {
    let failed = || DiskError::when("compressing", file);
    let compressed = format!("{file}{COMPRESSED}");
    let reader = folder.storage.read(&folder.directory.join(file)).map_err(failed())?;
    let mut plain = Hashed::of(reader);
    folder.write_whole(&compressed, &mut GzEncoder::new(&mut plain, Compression::default()))?;
    // Only what reads back as it was replaces it.
    let back = Hashed::of(folder.open(&compressed).map_err(failed())?);
    if back.end().map_err(failed())? != plain.end().map_err(failed())? {
        folder.remove(&compressed)?;
        return Err(failed()(io::Error::other("it does not read back as it was written")).into());
    }
    Ok(folder.remove(file)?)
}

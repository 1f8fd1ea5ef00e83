//! Closed files, compressed.

use std::io;

use flate2::Compression;
use flate2::read::GzEncoder;

use super::digests::closed_files as closed;
use super::{Folder, KeepingError};
use crate::audit::digest::digests_of;
use crate::audit::files::{COMPRESSED, Hashed, is_compressed, plain};

/// Compresses every closed file that a digest names.
pub(super) fn closed_files(
    folder: &Folder,
    open: &str,
    check: &dyn Fn() -> Result<(), KeepingError>,
) -> Result<(), KeepingError> {
    let names = folder.names()?;
    let Some(last) = digests_of(&names).pop() else { return Ok(()) };
    let Some(through) = folder.digest(&last)?.0.digest.through else { return Ok(()) };
    for file in closed(&names, open).iter().filter(|file| !is_compressed(file) && plain(file) <= through.as_str()) {
        check()?;
        folder.compress(file)?;
    }
    Ok(())
}

impl Folder {
    fn compress(&self, file: &str) -> Result<(), KeepingError> {
        let failed = || KeepingError::disk("compressing", file);
        let compressed = format!("{file}{COMPRESSED}");
        let path = self.directory.join(file);
        let reader = self.storage.read(&path).map_err(failed())?;
        let mut plain = Hashed::of(reader);
        self.write_whole(&compressed, &mut GzEncoder::new(&mut plain, Compression::default()))?;
        // Only what reads back as it was replaces it.
        let back = Hashed::of(self.open(&compressed).map_err(failed())?);
        if back.end().map_err(failed())? != plain.end().map_err(failed())? {
            self.storage.remove(&self.directory.join(&compressed)).map_err(failed())?;
            return Err(failed()(io::Error::other("it does not read back as it was written")));
        }
        self.storage.remove(&path).map_err(failed())
    }
}

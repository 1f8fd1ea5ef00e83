//! What lies in a folder, to see whether somebody worked on it while it was verified.

use std::io;
use std::path::Path;

use super::{VerifyError, VerifyReport};
use crate::audit::digest::DigestName;
use crate::audit::files::{of_the_journal, plain};
use crate::audit::scan::Fault;
use crate::audit::segment::EXTENSION;

/// The files of a folder at one moment.
#[derive(Debug)]
pub(super) struct Listing {
    /// Of journal files and digests, in their order.
    pub(super) names: Vec<String>,
    /// How long the newest file is, which may be being written; none if it is gone again.
    newest: Option<u64>,
}

impl Listing {
    /// # Errors
    /// When the folder cannot be read.
    pub(super) fn of(directory: &Path) -> io::Result<Self> {
        let entries = directory.read_dir()?;
        let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        let mut names = names.collect::<io::Result<Vec<_>>>()?;
        names.retain(|name| plain(name).ends_with(EXTENSION) || DigestName::parse(name).is_some());
        names.sort_unstable();
        let newest = of_the_journal(names.clone()).pop();
        let newest = newest.and_then(|name| Some(directory.join(name).metadata().ok()?.len()));
        Ok(Self { names, newest })
    }

    /// Whether a gateway that works on the folder can be why that was `found` which does not hold: since `before` there
    /// are other files, or the newest has grown, whose end was bad.
    pub(super) fn explains(&self, found: &Result<VerifyReport, VerifyError>, before: &Self) -> bool {
        let half_written = || found.as_ref().is_ok_and(is_half_written);
        self.names != before.names || self.newest != before.newest && half_written()
    }
}

/// Whether the first that is bad is what a write under way looks like.
fn is_half_written(report: &VerifyReport) -> bool {
    let newest = report.files.last().and_then(|file| file.bad.as_ref());
    newest.is_some_and(|bad| {
        report.first_bad.as_ref() == Some(bad) && matches!(bad.fault, Fault::TornLastLine | Fault::NoHeader)
    })
}

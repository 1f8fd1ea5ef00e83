//! Syncs of the real binary that fail or do not return, as a test says (`tests/faulty_syncs.c`).

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::prepared::Prepared;
use super::program::{bare, repository};

/// What syncs do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syncs {
    Work,
    /// With an error of the device.
    Fail,
    /// Until they do something else.
    Hang,
}

/// The syncs of one gateway. Declare it before the gateway.
pub(crate) struct FaultySyncs {
    folder: TempDir,
}

impl FaultySyncs {
    /// Syncs that work.
    pub(crate) fn new() -> Self {
        let faulty = Self { folder: tempfile::tempdir().expect("a temporary directory can be made") };
        let mut compiler = bare(PathBuf::from("cc"));
        compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", &faulty.argument("faulty_syncs.so")]);
        let built = compiler.arg(repository().join("tests/faulty_syncs.c")).status().expect("there is a C compiler");
        assert!(built.success());
        faulty
    }

    /// From now on syncs are like this.
    pub(crate) fn turn(&self, syncs: Syncs) {
        let word = match syncs {
            Syncs::Work => "work",
            Syncs::Fail => "fail",
            Syncs::Hang => "hang",
        };
        // Renamed, so that nobody reads half a word.
        fs::write(self.argument("next"), word).expect("the folder is ours");
        fs::rename(self.argument("next"), self.argument("syncs")).expect("the folder is ours");
    }

    fn argument(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("temporary folders have plain names").to_owned()
    }
}

impl Drop for FaultySyncs {
    fn drop(&mut self) {
        // A test that failed leaves no process that cannot end.
        self.turn(Syncs::Work);
    }
}

impl Prepared {
    /// A gateway with these syncs.
    pub(crate) fn syncing_by(self, syncs: &FaultySyncs) -> Self {
        self.variable("LD_PRELOAD", &syncs.argument("faulty_syncs.so"))
            .variable("FAULTY_SYNCS", &syncs.argument("syncs"))
    }
}

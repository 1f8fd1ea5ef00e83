//! A small file system of a test's own, which it fills or makes read-only (`tests/own_disk.sh`).

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::TempDir;

use super::program::{Program, bare, repository};

/// Room for a journal of a test, and little enough to be filled in a moment.
const SIZE: &str = "8m";

/// A file system that only this test sees; it ends with this value, or with the test's process. Declare it before the
/// gateway that writes to it.
pub(crate) struct OwnDisk {
    program: Program,
    root: PathBuf,
    _mounted_at: TempDir,
}

impl OwnDisk {
    /// An empty one.
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let mut command = bare(PathBuf::from("sh"));
        command.arg(repository().join("tests/own_disk.sh")).arg(directory.path()).arg(SIZE);
        let mut program = Program::start("own_disk.sh", &mut command);
        assert_eq!(program.hear(), "mounted");
        let inside = directory.path().strip_prefix("/").expect("temporary folders have absolute names");
        let root = Path::new("/proc").join(program.id().to_string()).join("root").join(inside);
        Self { program, root, _mounted_at: directory }
    }

    /// A file or folder on it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Leaves no room on it.
    pub(crate) fn fill(&self) {
        let mut ballast = File::create_new(self.ballast()).expect("the file system is ours");
        let block = [0; 4096];
        let full = std::iter::repeat_with(|| ballast.write_all(&block)).find_map(Result::err);
        assert_eq!(full.map(|error| error.kind()), Some(ErrorKind::StorageFull));
    }

    /// Makes room again.
    pub(crate) fn make_room(&self) {
        fs::remove_file(self.ballast()).expect("it was filled before");
    }

    /// Nothing can be created or removed on it. What is open stays writable, as it does when the permissions of its
    /// directory are taken away.
    pub(crate) fn make_read_only(&mut self) {
        self.obey("read-only");
        let refused = File::create_new(self.path("refused")).map_err(|error| error.kind());
        assert_eq!(refused.err(), Some(ErrorKind::ReadOnlyFilesystem));
    }

    /// What is read-only can be written again.
    pub(crate) fn make_writable(&mut self) {
        self.obey("writable");
    }

    fn obey(&mut self, command: &str) {
        self.program.say(&json!(command));
        assert_eq!(self.program.hear(), "done");
    }

    fn ballast(&self) -> PathBuf {
        self.path("ballast")
    }
}

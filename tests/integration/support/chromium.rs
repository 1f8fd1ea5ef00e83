//! A headless Chromium of Debian's, as `./tests/run` unpacked it, which looks at a page.

use std::path::Path;

use serde_json::Value;

use super::program::{Program, installed};

/// What it saw of the page, as `report_page.py` says it; its screenshots are left in the folder.
pub(crate) fn look_at(page: &Path, folder: &Path) -> Value {
    looked(page, folder, &[])
}

/// Its errors and its first paint alone.
pub(crate) fn paint(page: &Path, folder: &Path) -> Value {
    looked(page, folder, &["--paint-only"])
}

fn looked(page: &Path, folder: &Path, options: &[&str]) -> Value {
    let browser = installed("chromium").join("unpacked/usr/lib/chromium/chromium-headless-shell");
    let paths = [&browser, page, folder].map(|path| path.to_str().expect("these paths are plain"));
    let mut program = Program::python("report_page.py", &[&paths[..], options].concat(), &[]);
    let said = program.hear();
    program.finish();
    said
}

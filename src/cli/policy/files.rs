//! The files that the commands read.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

/// The most of a file of cases, or of a request, that is read, in bytes.
const LARGEST_INPUT: u64 = 64 * 1024 * 1024;

/// The text of a file, or of standard input for `-`.
pub(super) fn input(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let read = if is_stdin(path) {
        io::stdin().lock().take(LARGEST_INPUT + 1).read_to_string(&mut text)
    } else {
        let file = fs::File::open(path).map_err(|error| unreadable(&error))?;
        file.take(LARGEST_INPUT + 1).read_to_string(&mut text)
    };
    let read = read.map_err(|error| unreadable(&error))?;
    if u64::try_from(read).unwrap_or(u64::MAX) > LARGEST_INPUT {
        return Err(format!("has more than {LARGEST_INPUT} bytes"));
    }
    Ok(text)
}

/// Whether standard input is meant.
pub(super) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn unreadable(error: &io::Error) -> String {
    format!("cannot be read: {error}")
}

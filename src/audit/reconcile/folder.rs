//! CloudTrail's log files in a folder.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use futures_util::future::{LocalBoxFuture, ready};

use super::log_file::{Wanted, events, wanted};
use super::range::Range;
use super::source::{CloudTrail, Given, Take};

/// How many folders deep files are looked for; a bucket's layout has nine.
const DEEPEST: usize = 32;

/// A folder with CloudTrail's log files, in it and below, such as a copy of a trail's bucket; or one file. Blocks.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder or file at `path`.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    fn read_all(&self, range: &Range, take: Take<'_>) -> Given {
        let mut given = Given::default();
        match fs::metadata(&self.0) {
            Ok(found) if found.is_dir() => walk(&self.0, DEEPEST, range, &mut given, take),
            Ok(_) => file(&self.0, &mut given, take),
            Err(error) => given.unread(self.name(), &error),
        }
        if given == Given::default() {
            given.unread(self.name(), &"there is no CloudTrail log file in it (.json, .json.gz)");
        }
        given
    }
}

impl CloudTrail for Folder {
    fn name(&self) -> String {
        self.0.display().to_string()
    }

    fn read<'a>(&'a self, range: &'a Range, take: Take<'a>) -> LocalBoxFuture<'a, Given> {
        Box::pin(ready(self.read_all(range, take)))
    }
}

fn walk(folder: &Path, depth: usize, range: &Range, given: &mut Given, take: Take<'_>) {
    let mut entries: Vec<PathBuf> = match fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>())
    {
        Ok(entries) => entries,
        Err(error) => return given.unread(folder.display().to_string(), &error),
    };
    entries.sort_unstable();
    for path in entries {
        let name = path.display().to_string();
        let is_link = path.is_symlink();
        match fs::metadata(&path) {
            // It may lead in a circle, or anywhere.
            Ok(found) if found.is_dir() && is_link => {
                given.unread(name, &"it is a link to a folder, which is not followed: name that folder as well");
            }
            Ok(found) if found.is_dir() && depth == 0 => given.unread(name, &"it lies too deep"),
            Ok(found) if found.is_dir() => walk(&path, depth - 1, range, given, take),
            Ok(_) if wanted(&name, range) == Wanted::Yes => file(&path, given, take),
            Ok(_) => given.left_out += 1,
            Err(error) => given.unread(name, &error),
        }
    }
}

fn file(path: &Path, given: &mut Given, take: Take<'_>) {
    given.read += 1;
    let name = path.display().to_string();
    let read = File::open(path).and_then(|file| events(&name, file, &mut |event| take(event, &name)));
    if let Err(error) = read {
        given.unread(name, &error);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use jiff::Timestamp;

    use super::*;

    const ALL: Range = Range { from: None, to: Timestamp::MAX };

    fn read(path: &Path) -> (Vec<(String, String)>, Given) {
        let mut taken = Vec::new();
        let folder = Folder::new(path.to_owned());
        let mut take = |event: &str, file: &str| taken.push((event.to_owned(), file.to_owned()));
        let given = folder.read(&ALL, &mut take).now_or_never().unwrap();
        (taken, given)
    }

    #[test]
    fn files_are_found_in_folders_below_and_named() {
        let home = tempfile::tempdir().unwrap();
        let day = home.path().join("AWSLogs/1/CloudTrail/us-east-1/2026/11/20");
        fs::create_dir_all(&day).unwrap();
        fs::write(day.join("b.json"), r#"{"Records":[1]}"#).unwrap();
        fs::write(home.path().join("a.json"), r#"{"Records":[2]}"#).unwrap();
        fs::write(home.path().join("README.md"), "notes").unwrap();
        let (taken, given) = read(home.path());
        let deep = day.join("b.json").display().to_string();
        let flat = home.path().join("a.json").display().to_string();
        assert_eq!(taken, [("1".to_owned(), deep.clone()), ("2".to_owned(), flat)]);
        assert_eq!((given.read, given.left_out, given.unread.len()), (2, 1, 0));
        assert_eq!(read(Path::new(&deep)).0.len(), 1, "a file is one, too");
    }

    #[test]
    fn what_cannot_be_read_is_named_and_the_rest_is_read() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("a.json"), "{").unwrap();
        fs::write(home.path().join("b.json"), r#"{"Records":[2]}"#).unwrap();
        std::os::unix::fs::symlink(home.path(), home.path().join("circle")).unwrap();
        std::os::unix::fs::symlink("nowhere", home.path().join("gone.json")).unwrap();
        let (taken, given) = read(home.path());
        assert_eq!(taken.len(), 1);
        let unread: Vec<&str> = given.unread.iter().filter_map(|unread| unread.name.rsplit('/').next()).collect();
        assert_eq!(unread, ["a.json", "circle", "gone.json"]);
    }

    #[test]
    fn a_folder_without_log_files_is_no_source() {
        let home = tempfile::tempdir().unwrap();
        assert!(read(home.path()).1.unread[0].error.contains("no CloudTrail log file"));
        assert_eq!(read(&home.path().join("missing")).1.unread.len(), 1);
    }
}

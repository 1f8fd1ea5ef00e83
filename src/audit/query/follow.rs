//! Following a journal that is being written.

use std::fmt;
use std::io::{self, BufRead};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::filter::Filter;
use super::found::Found;
use super::lines::{Line, Lines};
use super::search::{Search, Seen, search};
use super::sources::open_either;
use super::{QueryError, Summary, sources};
use crate::audit::files::{journal_files, plain};

/// A reader that goes on where it was, from file to file.
pub struct Follower<'a> {
    search: Search<'a>,
    /// The journal's folder; none for a single file.
    folder: Option<PathBuf>,
    /// The name of the file that is read, without what compression adds.
    name: String,
    lines: Lines<Box<dyn BufRead + Send>>,
    scratch: Vec<u8>,
    summary: Summary,
}

impl fmt::Debug for Follower<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower").field("folder", &self.folder).field("name", &self.name).finish_non_exhaustive()
    }
}

impl<'a> Follower<'a> {
    /// Reads what is there, and gives the last `limit` records of it that `filter` asks for to `each`, oldest first.
    ///
    /// # Errors
    /// When there is no journal, or its last file cannot be read.
    pub fn begin(
        path: &Path,
        filter: &'a Filter,
        limit: usize,
        each: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Self, QueryError> {
        let mut earlier = sources(path, &Filter::default())?.files;
        let last = earlier.pop().ok_or_else(|| QueryError::NoJournal(path.to_owned()))?;
        let failed = |source| QueryError::Read { path: last.path.clone(), source };
        let mut follower = Self {
            search: Search::of(filter),
            folder: path.is_dir().then(|| path.to_owned()),
            name: plain(&last.path.file_name().unwrap_or_default().to_string_lossy()).to_owned(),
            lines: Lines::of(open_either(&last.path).map_err(failed)?),
            scratch: Vec::new(),
            summary: Summary { files: 1, ..Summary::default() },
        };
        let mut found = Found::default();
        let _all = follower
            .read(&mut |line| {
                found.push(line);
                found.bound(limit);
                ControlFlow::Continue(())
            })
            .map_err(failed)?;
        found.keep_last(limit);
        let mut flow = ControlFlow::Continue(());
        if found.len() < limit {
            let before = search(&earlier, &follower.search, Some(limit - found.len()), &mut |line| {
                flow = each(line);
                flow
            });
            follower.summary.add(before);
        }
        if flow.is_continue() {
            let _enough = found.lines().try_for_each(each);
        }
        Ok(follower)
    }

    /// Gives what was written since to `each`; whether that wants more.
    ///
    /// # Errors
    /// When the folder or its newest file cannot be read.
    pub fn poll(&mut self, each: &mut dyn FnMut(&str) -> ControlFlow<()>) -> io::Result<ControlFlow<()>> {
        loop {
            // A file gets nothing more once there is a next one, so it is read after that was looked for.
            let next = self.next_file()?;
            if self.read(each)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            let Some((name, path)) = next else { return Ok(ControlFlow::Continue(())) };
            if self.lines.is_torn() {
                self.summary.no_records += 1;
            }
            self.lines = Lines::of(open_either(&path)?);
            self.summary.files += 1;
            self.name = name;
        }
    }

    /// What was looked at so far.
    #[must_use]
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    fn next_file(&self) -> io::Result<Option<(String, PathBuf)>> {
        let Some(folder) = &self.folder else { return Ok(None) };
        let names = journal_files(folder)?;
        let next = names.into_iter().find(|name| plain(name) > self.name.as_str());
        Ok(next.map(|name| (plain(&name).to_owned(), folder.join(name))))
    }

    fn read(&mut self, each: &mut dyn FnMut(&str) -> ControlFlow<()>) -> io::Result<ControlFlow<()>> {
        while let Some(line) = self.lines.next()? {
            let Line::Whole(line) = line else {
                self.summary.no_records += 1;
                continue;
            };
            match self.search.look(line, None, &mut self.scratch) {
                Seen::Other | Seen::Unconfirmed => self.summary.records += 1,
                Seen::Foreign => self.summary.no_records += 1,
                Seen::Asked(line) => {
                    self.summary.records += 1;
                    self.summary.found += 1;
                    if each(line).is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

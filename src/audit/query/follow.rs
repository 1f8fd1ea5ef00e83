//! Following a journal that is being written.

use std::fmt;
use std::io::{self, BufRead};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::filter::Filter;
use super::found::Found;
use super::lines::{Line, Lines};
use super::search::{Search, Seen, search};
use super::sources::{Source, confirmed_before};
use super::{QueryError, Summary, Unread, sources};
use crate::audit::files::{journal_files, open_either, plain};

/// A reader that goes on where it was, from file to file.
pub struct Follower {
    search: Search,
    /// The journal's folder; none for a single file.
    folder: Option<PathBuf>,
    /// The name of the file that is read, without what compression adds.
    name: String,
    lines: Lines<Box<dyn BufRead + Send>>,
    scratch: Vec<u8>,
    summary: Summary,
}

/// How far a file was read.
enum Read {
    /// To its present end.
    All,
    /// Up to what is not durable yet.
    NotYet,
    /// Up to where nobody wants more.
    Enough,
}

impl fmt::Debug for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower").field("folder", &self.folder).field("name", &self.name).finish_non_exhaustive()
    }
}

impl Follower {
    /// Reads what is there, and gives the last `limit` records of it that `filter` asks for to `each`, oldest first.
    ///
    /// # Errors
    /// When there is no journal, its last file cannot be read, or no thread can be begun to read the others.
    pub fn begin(
        path: &Path,
        filter: &Filter,
        limit: usize,
        each: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Self, QueryError> {
        let mut earlier = sources(path, &Filter::default())?.files;
        let last = earlier.pop().ok_or_else(|| QueryError::NoJournal(path.to_owned()))?;
        let failed = |source| QueryError::Read { path: last.path.clone(), source };
        let mut follower = Self::at(path, &last, filter)?;
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
            })
            .map_err(|source| QueryError::Read { path: path.to_owned(), source })?;
            follower.summary.add(before);
        }
        if flow.is_continue() {
            let _enough = found.lines().try_for_each(each);
        }
        Ok(follower)
    }

    /// Begins before everything that is there and may lie in the time that `filter` asks for: [`Self::poll_through`] gives
    /// it, and then what comes. Files that cannot be opened are in the summary.
    ///
    /// # Errors
    /// When there is no journal, or none of its files can be opened.
    pub fn from_the_oldest(path: &Path, filter: &Filter) -> Result<Self, QueryError> {
        let mut unread = Vec::new();
        for source in sources(path, filter)?.files {
            match Self::at(path, &source, filter) {
                Err(QueryError::Read { path, source }) => unread.push(Unread { path, error: source }),
                begun => {
                    return begun.map(|mut follower| {
                        follower.summary.unread = unread;
                        follower
                    });
                }
            }
        }
        Err(match unread.pop() {
            Some(Unread { path, error }) => QueryError::Read { path, source: error },
            None => QueryError::NoJournal(path.to_owned()),
        })
    }

    fn at(path: &Path, source: &Source, filter: &Filter) -> Result<Self, QueryError> {
        let failed = |error| QueryError::Read { path: source.path.clone(), source: error };
        Ok(Self {
            search: Search::of(filter),
            folder: path.is_dir().then(|| path.to_owned()),
            name: plain(&source.path.file_name().unwrap_or_default().to_string_lossy()).to_owned(),
            lines: Lines::of(open_either(&source.path).map_err(failed)?),
            scratch: Vec::new(),
            summary: Summary { files: 1, ..Summary::default() },
        })
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

    /// Gives what was written since to `each`, as far as it is durable: no record beyond `through`, which must have been
    /// told before this is called. What a failed write left, and the next file holds again, is not given. A file that
    /// cannot be read, and that others follow, is left and is in the summary. Whether more is wanted.
    ///
    /// # Errors
    /// When the folder or its newest file cannot be read; the next call goes on from there.
    pub fn poll_through(
        &mut self,
        through: u64,
        each: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> io::Result<ControlFlow<()>> {
        loop {
            // The writer begins the next file after a failure before it tells what is durable in that. So whatever of this
            // file comes within `through` is durable, if there is no next one, and else the next one's header knows.
            let next = self.next_file()?;
            let confirmed = next.as_ref().and_then(|(_, next)| confirmed_before(&self.path(), next));
            match self.read_through(through, confirmed, each) {
                Ok(Read::Enough) => return Ok(ControlFlow::Break(())),
                Ok(Read::NotYet) => return Ok(ControlFlow::Continue(())),
                Ok(Read::All) => {}
                Err(error) if next.is_some() => self.summary.unread.push(Unread { path: self.path(), error }),
                Err(error) => return Err(error),
            }
            let Some((name, path)) = next else { return Ok(ControlFlow::Continue(())) };
            match open_either(&path) {
                Ok(reader) => self.lines = Lines::of(reader),
                Err(error) if self.is_followed(&name)? => {
                    self.summary.unread.push(Unread { path, error });
                    self.lines = Lines::of(Box::new(io::empty()));
                }
                Err(error) => return Err(error),
            }
            self.summary.files += 1;
            self.name = name;
        }
    }

    /// Whether the folder has a file after the one of this name.
    fn is_followed(&self, name: &str) -> io::Result<bool> {
        let Some(folder) = &self.folder else { return Ok(false) };
        Ok(journal_files(folder)?.iter().any(|other| plain(other) > name))
    }

    fn read_through(
        &mut self,
        through: u64,
        confirmed: Option<u64>,
        each: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> io::Result<Read> {
        let known = confirmed.filter(|last| *last <= through);
        while let Some(line) = self.lines.next()? {
            let Line::Whole(line) = line else {
                self.summary.no_records += 1;
                continue;
            };
            match self.search.look(line, known.or(Some(through)), &mut self.scratch) {
                Seen::Unconfirmed if known.is_none() => {
                    self.lines.put_back();
                    return Ok(Read::NotYet);
                }
                Seen::Unconfirmed => self.summary.unconfirmed += 1,
                Seen::Other => self.summary.records += 1,
                Seen::Foreign => self.summary.no_records += 1,
                Seen::Asked(line) => {
                    self.summary.records += 1;
                    self.summary.found += 1;
                    if each(line).is_break() {
                        return Ok(Read::Enough);
                    }
                }
            }
        }
        Ok(Read::All)
    }

    /// The file that is read; for a single one its name alone, which no other follows.
    fn path(&self) -> PathBuf {
        self.folder.as_deref().unwrap_or(Path::new("")).join(&self.name)
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

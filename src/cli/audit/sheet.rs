//! Many lines to standard output: in large pieces, and no further once nobody reads them.

use std::io::{self, BufWriter, Stdout, Write};
use std::ops::ControlFlow;

use anstream::AutoStream;

use crate::audit::query::Summary;
use crate::cli::{Failure, Outcome, out};
use crate::tools::text::visible;

/// Where the lines go.
#[derive(Debug)]
pub(super) struct Sheet<W: Write> {
    to: BufWriter<W>,
    failed: Option<io::Error>,
}

impl Sheet<AutoStream<Stdout>> {
    /// Standard output, with colours where they are wanted.
    pub(super) fn styled() -> Self {
        Self::on(anstream::stdout())
    }
}

impl Sheet<Stdout> {
    /// Standard output, for what has no colours.
    pub(super) fn plain() -> Self {
        Self::on(io::stdout())
    }
}

impl<W: Write> Sheet<W> {
    pub(super) fn on(to: W) -> Self {
        Self { to: BufWriter::with_capacity(64 * 1024, to), failed: None }
    }

    /// Writes a text; whether more is wanted.
    pub(super) fn text(&mut self, text: &str) -> ControlFlow<()> {
        let written = self.to.write_all(text.as_bytes());
        self.note(written)
    }

    /// Writes a line.
    pub(super) fn line(&mut self, text: &str) -> ControlFlow<()> {
        let written = self.to.write_all(text.as_bytes()).and_then(|()| self.to.write_all(b"\n"));
        self.note(written)
    }

    /// Shows what was written.
    pub(super) fn flush(&mut self) -> ControlFlow<()> {
        let flushed = self.to.flush();
        self.note(flushed)
    }

    /// Shows the rest.
    ///
    /// # Errors
    /// When not everything could be written. A closed pipe is nobody's mistake.
    pub(super) fn end(mut self) -> Result<(), Failure> {
        let _noted = self.flush();
        match self.failed {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::from(format!("standard output cannot be written: {error}")))
            }
            _ => Ok(()),
        }
    }

    fn note(&mut self, written: io::Result<()>) -> ControlFlow<()> {
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failed.get_or_insert(error);
                ControlFlow::Break(())
            }
        }
    }
}

/// Says on standard error what was passed over, and what could not be read.
pub(super) fn tell(summary: &Summary) -> Outcome {
    let note = |text: &str| out::note(&format!("{} {text}", out::styled(out::CAUTION, "note:")));
    if summary.no_records > 0 {
        note(&format!("{} line(s) are no records: `audit verify` says what is wrong with them", summary.no_records));
    }
    if summary.unconfirmed > 0 {
        let lines = summary.unconfirmed;
        note(&format!("{lines} matching line(s) of a failed write, which were never confirmed, are left out"));
    }
    for unread in &summary.unread {
        let path = unread.path.display().to_string();
        out::error(&format!("{} cannot be read to its end: {}", visible(&path), unread.error));
    }
    if summary.unread.is_empty() { Outcome::Done } else { Outcome::Failed }
}

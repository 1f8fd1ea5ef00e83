//! `audit tail`

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::filters::{self, Filters};
use super::sheet::{Sheet, tell};
use super::table::Table;
use crate::audit::query::Follower;
use crate::cli::{Failure, Outcome, out};
use crate::clock::{Clock, SystemClock};

/// How often is looked for new records.
const INTERVAL: Duration = Duration::from_millis(250);

/// Follow a journal that is being written.
#[derive(Debug, Args)]
#[command(after_help = format!("Example:\n  \
    iam-mcp-gateway audit tail /var/lib/iam-mcp-gateway/audit --decision deny\n\n\
    It goes on with the next file when the journal does. After a failure of the disk the journal writes again what it\n\
    could not confirm, and that is shown again.\n\n{}\n\n\
    Ctrl-C ends it, and so does a closed pipe.\n\
    Exit codes: 0 ok, 1 the journal cannot be read, 2 wrong usage.", filters::HELP))]
pub(super) struct Tail {
    /// A journal's folder, or one of its files.
    path: PathBuf,
    /// How many of the records that are there are shown first.
    #[arg(long, value_name = "N", default_value_t = 10)]
    lines: usize,
    /// Print the whole records, a line of JSON each.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    filters: Box<Filters>,
}

/// Runs the command.
///
/// # Errors
/// When there is no journal, it cannot be read any more, or the filters mean nothing.
pub(super) fn run(command: &Tail) -> Result<Outcome, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // From here on, so that one that comes early ends it in order, too.
        let mut interrupt = signal(SignalKind::interrupt())?;
        let interrupted = async move { interrupt.recv().await };
        if command.json {
            follow(command, Json(Sheet::plain()), interrupted).await
        } else {
            follow(command, Rows(Table::default(), Sheet::styled()), interrupted).await
        }
    })
}

/// How records are shown.
trait Show {
    fn record(&mut self, line: &str) -> ControlFlow<()>;
    fn flush(&mut self) -> ControlFlow<()>;
    fn end(self) -> Result<(), Failure>;
}

struct Json<W: Write>(Sheet<W>);
struct Rows<W: Write>(Table, Sheet<W>);

impl<W: Write> Show for Json<W> {
    fn record(&mut self, line: &str) -> ControlFlow<()> {
        self.0.line(&out::escaped(line))
    }

    fn flush(&mut self) -> ControlFlow<()> {
        self.0.flush()
    }

    fn end(self) -> Result<(), Failure> {
        self.0.end()
    }
}

impl<W: Write> Show for Rows<W> {
    fn record(&mut self, line: &str) -> ControlFlow<()> {
        self.0.add(line, &mut self.1)
    }

    fn flush(&mut self) -> ControlFlow<()> {
        self.0.settle(&mut self.1)?;
        self.1.flush()
    }

    fn end(self) -> Result<(), Failure> {
        self.1.end()
    }
}

/// Shows records until `interrupted`, or until nobody reads them.
async fn follow<T>(
    command: &Tail,
    mut show: impl Show,
    interrupted: impl Future<Output = T>,
) -> Result<Outcome, Failure> {
    let filter = command.filters.filter(SystemClock.now())?;
    let mut follower = Follower::begin(&command.path, &filter, command.lines, &mut |line| show.record(line))?;
    let following = async {
        while show.flush().is_continue() {
            tokio::time::sleep(INTERVAL).await;
            if follower.poll(&mut |line| show.record(line))?.is_break() {
                break;
            }
        }
        Ok::<(), io::Error>(())
    };
    tokio::select! {
        ended = following => ended.map_err(|error| Failure::from(format!("the journal cannot be read: {error}")))?,
        _ = interrupted => {}
    }
    show.end()?;
    Ok(tell(follower.summary()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::{Arc, Mutex};

    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        tail: Tail,
    }

    /// What was written, readable meanwhile.
    #[derive(Debug, Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn record(sequence: u64) -> String {
        format!("{{\"integrity\":{{\"sequence\":{sequence}}},\"stage\":\"read\"}}\n")
    }

    fn command(path: &std::path::Path) -> Tail {
        Line::parse_from(["x".as_ref(), path.as_os_str(), "--lines".as_ref(), "2".as_ref()]).tail
    }

    #[tokio::test(start_paused = true)]
    async fn new_records_are_shown_as_they_come_also_out_of_the_next_file() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("journal-1.jsonl", &(record(1) + &record(2) + &record(3)));
        let shown = Shared::default();
        let now_shown = || String::from_utf8(shown.0.lock().unwrap().clone()).unwrap();
        let command = command(folder.path());
        let steps = async {
            tokio::time::sleep(INTERVAL / 2).await;
            assert_eq!(now_shown(), record(2) + &record(3));
            write("journal-2.jsonl", &record(4));
            tokio::time::sleep(INTERVAL).await;
            assert_eq!(now_shown(), record(2) + &record(3) + &record(4));
        };
        let outcome = follow(&command, Json(Sheet::on(shown.clone())), steps).await.unwrap();
        assert_eq!(outcome, Outcome::Done);
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_pipe_ends_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("journal-1.jsonl"), record(1)).unwrap();
        let command = command(folder.path());
        let never = std::future::pending::<()>();
        let outcome = follow(&command, Rows(Table::default(), Sheet::on(Closed)), never).await.unwrap();
        assert_eq!(outcome, Outcome::Done);
    }
}

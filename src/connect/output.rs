//! Standard output: whole lines, one after the other.

use std::io::{self, Write};

use tokio::sync::mpsc::Receiver;

/// Writes each line as it comes, until there are no more. Blocks, so it has a thread of its own: a client that does not
/// read must not keep the process from ending.
///
/// # Errors
/// When the output is gone.
pub fn write(mut lines: Receiver<String>, mut output: impl Write) -> io::Result<()> {
    while let Some(mut line) = lines.blocking_recv() {
        line.push('\n');
        output.write_all(line.as_bytes())?;
        output.flush()?;
    }
    Ok(())
}

//! A stdio MCP server that signs each message and forwards it to a gateway, for clients that only speak stdio.
//!
//! Nothing is kept but what makes a message whole: the revision that was agreed on, and which tools only read. A lost
//! gateway is an error of the requests that needed it; the next one finds it again.

pub mod answer;
pub mod bridge;
pub mod era;
pub mod failure;
pub mod forward;
pub mod gateway;
pub mod input;
pub mod message;
pub mod output;
pub mod sse;
#[cfg(test)]
mod tests;
pub mod tools;
pub mod transport;

use std::io::{Read, Write};
use std::sync::Arc;

use tokio::sync::mpsc::channel;
use tokio::sync::oneshot;

use bridge::{Bridge, Say};
use forward::Forwarder;
use transport::Transport;

/// How many lines wait for the thread that reads or writes them.
const LINES: usize = 64;

/// Serves a client until its input has ended and what it asked for is answered, or its output is gone.
///
/// # Errors
/// When no thread can be had.
pub async fn serve(
    transport: Arc<dyn Transport>,
    read_only: bool,
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    say: Say,
) -> std::io::Result<()> {
    let (to_bridge, from_client) = channel(LINES);
    let (to_client, lines) = channel(LINES);
    let (written, all_written) = oneshot::channel();
    std::thread::Builder::new().name("input".to_owned()).spawn(move || {
        if let Err(error) = input::read(input, &to_bridge) {
            say(&format!("standard input cannot be read: {error}"));
        }
    })?;
    std::thread::Builder::new().name("output".to_owned()).spawn(move || {
        // A client that has gone is nobody's mistake.
        let _gone = output::write(lines, output);
        let _ended = written.send(());
    })?;
    let forwarder = Arc::new(Forwarder::new(transport, to_client, read_only));
    let mut all_written = all_written;
    tokio::select! {
        // With the bridge ends the last sender of lines.
        () = Bridge::new(forwarder, say).run(from_client) => {}
        _gone = &mut all_written => return Ok(()),
    }
    let _gone = all_written.await;
    Ok(())
}

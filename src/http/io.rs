//! The deadlines of a connection that hyper does not have.
//!
//! hyper's header timeout runs from the end of the last reply, so it must be as long as a connection may idle; it gives
//! no shorter time to a head that has begun, and closes without a word. And hyper waits for ever for a peer that does not
//! read its reply.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::settings::ServerLimits;
use super::waiting::{Line, Seat};

/// The most that is read and thrown away after the server has closed its side.
const LINGER_BYTES: usize = 4 * 1024 * 1024;

const HEAD_TIMEOUT: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// What a connection is doing, as told by both its ends: [`Deadlines`] sees bytes, the service sees requests.
///
/// `Opened` and nothing received; `Waiting` for another request. The first byte makes either `Head`, the complete head
/// makes it `Busy`, and the end of the reply makes it `Waiting`. A connection that says nothing costs a place like any
/// other, so the deadline of its first head runs from the start; between requests, being silent is what keep-alive is
/// for. Bytes that arrive while it is busy (the body, or a pipelined request) start no deadline; a
/// pipelined head that then stays incomplete is left to the idle timeout, or to its next byte.
///
/// What it waits for is told to its [`Seat`]: there `Waiting` begins when the reply has left for the network.
#[derive(Debug, Clone)]
pub(crate) struct Phase(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    doing: AtomicU8,
    seat: Seat,
}

const OPENED: u8 = 0;
const WAITING: u8 = 1;
const HEAD: u8 = 2;
const BUSY: u8 = 3;

/// The time from a request's head to the end of its reply.
#[derive(Debug)]
pub(crate) struct Busy(Phase);

impl Phase {
    /// Of a connection that was just opened.
    pub(crate) fn new(seat: Seat) -> Self {
        Self(Arc::new(Inner { doing: AtomicU8::new(OPENED), seat }))
    }

    /// A head is complete.
    pub(crate) fn busy(&self) -> Busy {
        self.set(BUSY);
        self.seat().in_flight();
        Busy(self.clone())
    }

    /// The body of the request has been waited for as long as most take: nothing is done for it yet.
    pub(crate) fn body_is_slow(&self) {
        self.seat().body_is_slow();
    }

    /// It has come, or is not waited for any more.
    pub(crate) fn body_has_come(&self) {
        self.seat().in_flight();
    }

    /// Where the connection waits for heads.
    pub(crate) fn seat(&self) -> &Seat {
        &self.0.seat
    }

    /// Whether a head is probably on its way: the first one of a connection, or a later one of which a part has come.
    pub(crate) fn expects_head(&self) -> bool {
        matches!(self.seat().waits_for(), Some(Line::First | Line::Begun))
    }

    fn get(&self) -> u8 {
        self.0.doing.load(Ordering::Relaxed)
    }

    fn set(&self, doing: u8) {
        self.0.doing.store(doing, Ordering::Relaxed);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.set(WAITING);
    }
}

/// A connection that fails when a head takes too long, or when the peer takes no byte of its reply.
#[derive(Debug)]
pub(crate) struct Deadlines<T> {
    io: T,
    phase: Phase,
    limits: ServerLimits,
    head: Timer,
    write: Timer,
    linger: Timer,
    lingered: usize,
    /// Whether bytes of a reply may still be on their way, so that a 408 would end up in their middle. hyper flushes
    /// before it reads the next head, but nothing promises that it always will.
    unflushed: bool,
    ended: bool,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Deadlines<T> {
    pub(crate) fn new(io: T, phase: Phase, limits: ServerLimits) -> Self {
        let [head, write, linger] = [Timer::default(), Timer::default(), Timer::default()];
        Self { io, phase, limits, head, write, linger, lingered: 0, unflushed: false, ended: false }
    }

    /// Answers 408 if that can be done at once and would be understood. Where no request was begun there is nothing to
    /// answer: a client about to begin one would take it for that one's reply.
    fn head_timeout(&mut self, phase: u8, context: &mut Context<'_>) -> io::Error {
        if phase == OPENED {
            // Nothing was said that could still be on its way.
            self.ended = true;
        } else if !self.unflushed {
            // 74 bytes fit into the buffer of any socket that has nothing else to send.
            let _ = Pin::new(&mut self.io).poll_write(context, HEAD_TIMEOUT);
            let _ = Pin::new(&mut self.io).poll_flush(context);
        }
        io::Error::new(io::ErrorKind::TimedOut, "the head of a request took too long")
    }

    /// Tells the seat what is waited for. Called at every pause of the connection, so it costs next to nothing where
    /// nothing has changed; a head that is there at once is no wait.
    fn tell_seat(&self, phase: u8, nothing_to_read: bool) {
        match phase {
            WAITING if nothing_to_read && !self.unflushed => self.phase.seat().is_idle(),
            HEAD if nothing_to_read => self.phase.seat().has_begun(),
            _ => {}
        }
    }

    /// The result of a write, or an error when writing has been impossible for too long.
    fn watch_write<R>(&mut self, result: Poll<io::Result<R>>, context: &mut Context<'_>) -> Poll<io::Result<R>> {
        if result.is_ready() {
            self.write.stop();
            return result;
        }
        ready!(self.write.poll(self.limits.write_stall, context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the peer does not read its reply")))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for Deadlines<T> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let result = Pin::new(&mut this.io).poll_read(context, buffer);
        let received = buffer.filled().len() > before;
        if result.is_ready() && !received {
            this.ended = true;
            return result;
        }
        let phase = match this.phase.get() {
            OPENED | WAITING if received => {
                this.phase.set(HEAD);
                HEAD
            }
            phase => phase,
        };
        this.tell_seat(phase, result.is_pending());
        if matches!(phase, WAITING | BUSY) {
            this.head.stop();
            return result;
        }
        // hyper reads until nothing is there or the head is complete, so the time runs from the first byte (of a first
        // head, from hyper's first look for it) for every head that is not there at once, and does not stop for one that
        // dribbles in.
        if result.is_pending() && this.head.poll(this.limits.head, context).is_ready() {
            return Poll::Ready(Err(this.head_timeout(phase, context)));
        }
        result
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Deadlines<T> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.unflushed = true;
        let result = Pin::new(&mut this.io).poll_write(context, bytes);
        this.watch_write(result, context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.unflushed = true;
        let result = Pin::new(&mut this.io).poll_write_vectored(context, bytes);
        this.watch_write(result, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.io).poll_flush(context);
        this.unflushed &= !matches!(result, Poll::Ready(Ok(())));
        // The last of a reply may leave long after hyper has looked in vain for the next head.
        this.tell_seat(this.phase.get(), true);
        this.watch_write(result, context)
    }

    /// Closes the sending side, then throws away what still arrives, for a while.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.phase.seat().is_ending();
        if !this.linger.runs() {
            let result = Pin::new(&mut this.io).poll_shutdown(context);
            ready!(this.watch_write(result, context))?;
        }
        let mut discarded = [0; 4096];
        while !this.ended && this.lingered < LINGER_BYTES && this.linger.poll(this.limits.linger, context).is_pending()
        {
            let mut buffer = ReadBuf::new(&mut discarded);
            let read = ready!(Pin::new(&mut this.io).poll_read(context, &mut buffer));
            this.ended = read.is_err() || buffer.filled().is_empty();
            this.lingered += buffer.filled().len();
        }
        Poll::Ready(Ok(()))
    }
}

/// A deadline that runs from when it is first waited for: a head that is there at once never sets a timer.
#[derive(Debug, Default)]
struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    fn poll(&mut self, limit: Duration, context: &mut Context<'_>) -> Poll<()> {
        self.0.get_or_insert_with(|| Box::pin(sleep(limit))).as_mut().poll(context)
    }

    fn runs(&self) -> bool {
        self.0.is_some()
    }

    fn stop(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::Instant;

    use super::*;
    use crate::http::waiting::Room;

    fn opened() -> Phase {
        Phase::new(Room::new(1).enter())
    }

    async fn time_out_after(reply: &[u8]) -> String {
        let (mut client, server) = duplex(1024);
        let mut connection = Deadlines::new(server, opened(), ServerLimits::default());
        connection.write_all(reply).await.unwrap();
        client.write_all(b"POST").await.unwrap();
        let mut received = [0; 4];
        connection.read_exact(&mut received).await.unwrap();
        assert_eq!(connection.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(connection);
        let mut sent = String::new();
        client.read_to_string(&mut sent).await.unwrap();
        sent
    }

    #[tokio::test(start_paused = true)]
    async fn a_408_is_never_written_into_an_unfinished_reply() {
        assert_eq!(time_out_after(b"").await.as_bytes(), HEAD_TIMEOUT);
        assert_eq!(time_out_after(b"HTTP/1.1 200 O").await, "HTTP/1.1 200 O");
    }

    #[tokio::test(start_paused = true)]
    async fn lingering_ends_by_itself() {
        let (mut client, server) = duplex(1024);
        let mut connection = Deadlines::new(server, opened(), ServerLimits::default());
        let started = Instant::now();
        let closing = tokio::spawn(async move { connection.shutdown().await });
        client.write_all(&[0; 10_000]).await.unwrap();
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0, "the client sees the end at once");
        assert_eq!(started.elapsed(), Duration::ZERO);
        closing.await.unwrap().unwrap();
        assert_eq!(started.elapsed(), ServerLimits::default().linger);
    }

    #[tokio::test(start_paused = true)]
    async fn lingering_ends_when_the_peer_closes_or_sends_too_much() {
        let (client, server) = duplex(1024);
        drop(client);
        let started = Instant::now();
        Deadlines::new(server, opened(), ServerLimits::default()).shutdown().await.unwrap();
        assert_eq!(started.elapsed(), Duration::ZERO);

        let (mut client, server) = duplex(64 * 1024);
        tokio::spawn(async move { while client.write_all(&[0; 64 * 1024]).await.is_ok() {} });
        Deadlines::new(server, opened(), ServerLimits::default()).shutdown().await.unwrap();
        assert_eq!(started.elapsed(), Duration::ZERO);
    }
}

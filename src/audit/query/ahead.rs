//! Reading ahead in a thread of its own: decompressing takes longer than what is done with the text, and need not wait
//! for it.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// What is read at once.
const BLOCK: usize = 256 * 1024;
/// How many blocks may wait.
const WAITING: usize = 2;

/// Gives what another reader gives, which works in a thread. That ends when this is dropped, or after the first error.
/// A thread that ends without a word is an error, too: what it gave must not be taken for everything.
#[derive(Debug)]
pub(super) struct Ahead {
    blocks: Receiver<io::Result<Vec<u8>>>,
    block: Vec<u8>,
    /// How much of the block was given.
    given: usize,
    is_over: bool,
}

impl Ahead {
    /// Begins to read.
    ///
    /// # Errors
    /// When no thread can be begun.
    pub(super) fn of(reader: impl Read + Send + 'static) -> io::Result<Self> {
        let (to, blocks) = sync_channel(WAITING);
        thread::Builder::new().spawn(move || read(reader, &to))?;
        Ok(Self { blocks, block: Vec::new(), given: 0, is_over: false })
    }
}

/// Tells blocks; an empty one is the end.
fn read(mut reader: impl Read, to: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut block = Vec::with_capacity(BLOCK);
        let read = reader.by_ref().take(BLOCK as u64).read_to_end(&mut block);
        let is_end = block.is_empty();
        // What was read before an error is given before it.
        if !(is_end && read.is_err()) && to.send(Ok(block)).is_err() {
            return;
        }
        if let Err(error) = read {
            let _gone = to.send(Err(error));
            return;
        }
        if is_end {
            return;
        }
    }
}

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.block.len() && !self.is_over {
            let told = self.blocks.recv().unwrap_or_else(|_| Err(io::Error::other("reading it was given up")));
            (self.block, self.given) = (told?, 0);
            self.is_over = self.block.is_empty();
        }
        let given = buffer.len().min(self.block.len() - self.given);
        buffer[..given].copy_from_slice(&self.block[self.given..self.given + given]);
        self.given += given;
        Ok(given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives so many bytes, then an error.
    struct Failing(usize);

    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let given = self.0.min(buffer.len());
            self.0 -= given;
            if given == 0 { Err(io::Error::other("broken")) } else { Ok(given) }
        }
    }

    #[test]
    fn everything_is_given_in_its_order() {
        for length in [0, 1, BLOCK, 3 * BLOCK + 7] {
            let text: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let mut read = Vec::new();
            Ahead::of(io::Cursor::new(text.clone())).unwrap().read_to_end(&mut read).unwrap();
            assert!(read == text, "{length}");
        }
    }

    #[test]
    fn an_error_comes_after_what_was_read_before_it() {
        let (mut read, mut ahead) = (Vec::new(), Ahead::of(Failing(BLOCK + 5)).unwrap());
        assert_eq!(ahead.read_to_end(&mut read).unwrap_err().to_string(), "broken");
        assert_eq!(read.len(), BLOCK + 5);
    }

    /// Gives one byte, then panics.
    struct Panicking(bool);

    impl Read for Panicking {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            assert!(!std::mem::replace(&mut self.0, true), "a decompressor's defect");
            buffer[0] = b'x';
            Ok(1)
        }
    }

    #[test]
    fn a_thread_that_panics_is_an_error_and_no_end() {
        let mut ahead = Ahead::of(Panicking(false)).unwrap();
        assert_eq!(ahead.read_to_end(&mut Vec::new()).unwrap_err().to_string(), "reading it was given up");
    }

    /// Tells when it is dropped, which is when its thread has ended.
    struct Endless(SyncSender<()>);

    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            buffer.fill(b'x');
            Ok(buffer.len())
        }
    }

    impl Drop for Endless {
        fn drop(&mut self) {
            let _listens = self.0.send(());
        }
    }

    #[test]
    fn the_thread_ends_when_nobody_wants_more() {
        let (ended, told) = sync_channel(1);
        let mut ahead = Ahead::of(Endless(ended)).unwrap();
        ahead.read_exact(&mut [0; 10]).unwrap();
        drop(ahead);
        told.recv().unwrap();
    }
}

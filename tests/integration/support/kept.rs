//! A connection that is kept for one request after the other.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::http::{Answer, connect};

/// A connection to a gateway.
pub(crate) struct Kept(TcpStream);

impl Kept {
    /// Opens one.
    pub(crate) fn open(address: SocketAddr) -> Self {
        Self(connect(address))
    }

    /// Sends a request, such as [`Request::kept_bytes`](super::http::Request::kept_bytes), and reads its answer.
    ///
    /// # Errors
    /// When the connection ends before the answer does.
    pub(crate) fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.0.write_all(request)?;
        let (mut bytes, mut part) = (Vec::new(), [0; 8192]);
        while !Answer::is_whole(&bytes) {
            match self.0.read(&mut part)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                count => bytes.extend_from_slice(&part[..count]),
            }
        }
        Ok(Answer::parse(&bytes))
    }
}

//! A TCP proxy before several servers: each connection goes to the next one.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// A running proxy; it accepts nothing any more once this value is gone.
pub(crate) struct RoundRobin {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl RoundRobin {
    /// Starts it before these.
    pub(crate) fn before(servers: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let ended = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&ended);
        let accepting = std::thread::spawn(move || {
            let connections = listener.incoming().map_while(Result::ok).take_while(|_| !told.load(Ordering::SeqCst));
            for (client, server) in connections.zip(servers.iter().cycle()) {
                let server = TcpStream::connect(server).expect("the server listens");
                let (to_server, to_client) = (twin(&client, &server), twin(&server, &client));
                std::thread::spawn(move || pass(to_server));
                std::thread::spawn(move || pass(to_client));
            }
        });
        Self { address, ended, accepting: Some(accepting) }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for RoundRobin {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // One more connection, so that it sees that it has ended.
        let _woken = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ended = accepting.join();
        }
    }
}

fn twin(from: &TcpStream, to: &TcpStream) -> (TcpStream, TcpStream) {
    let cloned = |stream: &TcpStream| stream.try_clone().expect("a socket has a second handle");
    (cloned(from), cloned(to))
}

/// Passes on what comes, until one of the two ends.
fn pass((mut from, mut to): (TcpStream, TcpStream)) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _gone = to.shutdown(Shutdown::Write);
}

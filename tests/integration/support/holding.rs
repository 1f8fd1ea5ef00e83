//! A relay in front of a Valkey that keeps one question to itself, and whoever asked it waiting.

use std::io::{Read, Write, copy};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Bounds the wait for the question.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running relay. It lives as long as the test's process.
pub(crate) struct Holding {
    address: SocketAddr,
    armed: Arc<AtomicBool>,
    held: Receiver<()>,
}

impl Holding {
    /// Starts one that lets everything pass until it is told to hold: then the first question with this word in it, and all
    /// that follow on the same connection.
    pub(crate) fn before(server: SocketAddr, word: &'static str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (tell, held) = channel();
        let tell = Arc::new(Mutex::new(Some(tell)));
        let armed = Arc::new(AtomicBool::new(false));
        let holds = Arc::clone(&armed);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (tell, holds) = (Arc::clone(&tell), Arc::clone(&holds));
                let server = TcpStream::connect(server).expect("the server is there");
                let (mut answers, mut back) = (clone(&server), clone(&client));
                std::thread::spawn(move || copy(&mut answers, &mut back));
                std::thread::spawn(move || pass(client, server, (word, &holds), &tell));
            }
        });
        Self { address, armed, held }
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Has the next question with the word held.
    pub(crate) fn hold(&self) {
        self.armed.store(true, Ordering::SeqCst);
    }

    /// Waits until the question was asked.
    pub(crate) fn wait(&self) {
        self.held.recv_timeout(PATIENCE).expect("the question is asked");
    }
}

/// Passes on until the word comes; only the first connection with it is held.
fn pass(
    mut client: TcpStream,
    mut server: TcpStream,
    (word, holds): (&str, &AtomicBool),
    tell: &Mutex<Option<Sender<()>>>,
) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(read @ 1..) = client.read(&mut bytes) {
        let has_word = bytes[..read].windows(word.len()).any(|part| part == word.as_bytes());
        if has_word
            && holds.load(Ordering::SeqCst)
            && let Some(tell) = tell.lock().expect("nobody panics with it").take()
        {
            let _nobody_waits = tell.send(());
            // Neither answered nor closed: the asker finds out by its own patience.
            let _rest = copy(&mut client, &mut std::io::sink());
            return;
        }
        if server.write_all(&bytes[..read]).is_err() {
            return;
        }
    }
}

fn clone(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a socket can be cloned")
}

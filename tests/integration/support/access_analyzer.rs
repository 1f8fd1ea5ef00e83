//! A stand-in for IAM Access Analyzer, whose answers are JSON: one answer for all requests.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

/// A running stand-in; its thread ends with the process of the tests.
pub(crate) struct AccessAnalyzer {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// `POST /policy/validation?maxResults=100`
    pub(crate) line: String,
    /// The Authorization header.
    pub(crate) authorization: String,
    pub(crate) body: Value,
}

impl AccessAnalyzer {
    /// One that answers so; an error's code goes with its status.
    pub(crate) fn answering(status: u16, error: &str, body: &Value) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let received = Arc::new(Mutex::new(Vec::new()));
        let body = body.to_string();
        let error = if error.is_empty() { String::new() } else { format!("x-amzn-ErrorType: {error}\r\n") };
        let answer = format!(
            "HTTP/1.1 {status} x\r\n{error}x-amzn-RequestId: 00000000-0000-4000-8000-00000000000a\r\n\
             content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let kept = Arc::clone(&received);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that went away is no fault of the stand-in.
                if let Some(request) = read(&stream) {
                    kept.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                    let _gone = (&stream).write_all(answer.as_bytes());
                }
            }
        });
        Self { address, received }
    }

    /// The endpoint.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it received.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn read(stream: &TcpStream) -> Option<Received> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut authorization, mut length) = (String::new(), String::new(), 0);
    reader.read_line(&mut line).ok()?;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().ok()?,
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => value.clone_into(&mut authorization),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let line = line.rsplit_once(' ').map_or_else(String::new, |(line, _)| line.to_owned());
    Some(Received { line, authorization, body: serde_json::from_slice(&body).ok()? })
}

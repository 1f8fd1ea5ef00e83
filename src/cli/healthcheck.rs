//! `healthcheck`

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::{Failure, Outcome, out};

/// Ask a running gateway whether it lives; for container health checks, where there is no shell and no curl.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  iam-mcp-gateway healthcheck\n  \
    iam-mcp-gateway healthcheck --address 127.0.0.1:8080 --path /readyz")]
pub struct Healthcheck {
    /// Where the gateway listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    address: SocketAddr,
    /// `/healthz`: the process lives; `/readyz`: this replica can answer.
    #[arg(long, value_name = "PATH", default_value = "/healthz", value_parser = ["/healthz", "/readyz"])]
    path: String,
    /// Seconds to wait for the answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=60))]
    timeout: u64,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// When nobody answers.
pub fn run(command: &Healthcheck) -> Result<Outcome, Failure> {
    let answer = ask(command.address, &command.path, Duration::from_secs(command.timeout));
    let healthy = matches!(answer, Ok(200));
    if command.json {
        let error = answer.as_ref().err().map(ToString::to_string);
        out::json(&json!({"healthy": healthy, "status": answer.as_ref().ok(), "error": error}));
    } else {
        match answer {
            Ok(200) => out::line(&format!("{} {}", out::styled(out::GOOD, "healthy:"), command.address)),
            Ok(status) => {
                out::line(&format!("{} {} answers {status}", out::styled(out::BAD, "unhealthy:"), command.address));
            }
            Err(error) => out::line(&format!("{} {}: {error}", out::styled(out::BAD, "unhealthy:"), command.address)),
        }
    }
    Ok(if healthy { Outcome::Done } else { Outcome::Failed })
}

/// The status of a GET, with as little as it takes: an image's health check runs every few seconds.
fn ask(address: SocketAddr, path: &str, timeout: Duration) -> std::io::Result<u16> {
    let mut stream = TcpStream::connect_timeout(&address, timeout)?;
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(timeout))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = [0u8; 16];
    let mut length = 0;
    while length < 12 {
        match stream.read(&mut answer[length..])? {
            0 => break,
            read => length += read,
        }
    }
    let status = std::str::from_utf8(&answer[..length])
        .ok()
        .and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
    status.ok_or_else(|| std::io::Error::new(std::io::ErrorKind::InvalidData, "the answer is not HTTP/1.1"))
}

//! `audit key`

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use data_encoding::BASE64;
use serde_json::json;
use zeroize::Zeroizing;

use crate::audit::SigningKey;
use crate::cli::{Failure, Outcome, out};
use crate::config::{KEY_BYTES, read_signing_seed};
use crate::random::{Random, SystemRandom};
use crate::tools::text::visible;

/// Make the key that signs a journal, or show the public half of one that is there.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  iam-mcp-gateway audit key --file /etc/iam-mcp-gateway/audit-signing.key > audit.pub\n\n\
    A file that is not there is made, for its owner alone; one that is there is never changed. It holds 32 bytes in\n\
    base64, the seed of an Ed25519 key: `[audit] signing_key` names it. What is printed is the public key, for\n\
    `audit verify --public-key`: keep it where the gateway cannot write."
)]
pub(super) struct Key {
    /// The key's file.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// When the file cannot be made or read, or is no key.
pub(super) fn run(command: &Key) -> Result<Outcome, Failure> {
    let made = make(&command.file)?;
    let seed = read_signing_seed(&command.file, true)?;
    let public = SigningKey::from_seed(&seed).public();
    if command.json {
        out::json(&json!({"publicKey": public, "made": made}));
    } else {
        out::line(&public.to_string());
        if made {
            out::note(&format!("made {}", visible(&command.file.display().to_string())));
        }
    }
    Ok(Outcome::Done)
}

/// Makes the file, unless it is there. Returns whether it was made.
fn make(path: &Path) -> Result<bool, Failure> {
    let failed = |error| Failure::from(format!("{} cannot be made: {error}", path.display()));
    let mut file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => return Err(failed(error)),
    };
    let mut seed = Zeroizing::new([0; KEY_BYTES]);
    SystemRandom.fill(&mut *seed);
    let text = Zeroizing::new(BASE64.encode(&*seed));
    file.write_all(text.as_bytes())
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync_all())
        .map_err(failed)?;
    Ok(true)
}

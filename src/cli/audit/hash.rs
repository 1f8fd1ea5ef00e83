//! `audit hash`

use std::io::{self, Read};
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::audit::HashKey;
use crate::cli::{Failure, Outcome, out};
use crate::config::{HashKeyFile, read_hash_key_file};

/// The most that is read: no request is longer.
const LONGEST: u64 = 64 * 1024 * 1024;

/// Compute what stands in a journal in the place of a secret that you hold.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  iam-mcp-gateway audit hash --key /etc/iam-mcp-gateway/audit-hash.key < leaked-password\n  \
    iam-mcp-gateway audit query /var/lib/iam-mcp-gateway/audit --json | grep 5d1f0c...\n\n\
    For journals that are written with `[audit] secrets = \"hash\"`. The value comes on standard input alone, since the\n\
    arguments of a process can be seen by others. It is a text, without the line break at its end; with --value-is-json\n\
    it is JSON, such as a number. Records name the key beside the hash: hashes under another key are not found."
)]
pub(super) struct HashOptions {
    /// The file of the key, as `[audit] hash_key` names it.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Read the value as JSON, not as a text.
    #[arg(long)]
    value_is_json: bool,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// When the key cannot be read, or standard input is no such value.
pub(super) fn run(command: &HashOptions) -> Result<Outcome, Failure> {
    // Whoever looks for a value need not be the gateway.
    let key = HashKeyFile { file: command.key.clone(), group_readable: true };
    let key = HashKey::new(&*read_hash_key_file(&key)?);
    let hash = key.hash(&value(command.value_is_json)?);
    if command.json {
        out::json(&json!({"hmacSha256": hash, "key": key.id()}));
    } else {
        out::line(&hash);
        out::note(&format!("under the key {}", key.id()));
    }
    Ok(Outcome::Done)
}

fn value(is_json: bool) -> Result<Value, Failure> {
    let mut given = Zeroizing::new(Vec::new());
    io::stdin().lock().take(LONGEST + 1).read_to_end(&mut given)?;
    if given.len() as u64 > LONGEST {
        return Err(Failure::usage(format!("standard input is longer than {LONGEST} bytes")));
    }
    if is_json {
        // Where it is wrong, and not what stands there.
        return serde_json::from_slice(&given).map_err(|error| {
            Failure::usage(format!("standard input is no JSON (line {}, column {})", error.line(), error.column()))
        });
    }
    let text = std::str::from_utf8(&given).map_err(|_| Failure::usage("standard input is no UTF-8 text"))?;
    let text = text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n')).unwrap_or(text);
    if text.is_empty() {
        return Err(Failure::usage("standard input is empty; give the value there: audit hash --key FILE < value"));
    }
    Ok(text.into())
}

//! `keyring add|list|disable`

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Failure, Outcome, out};
use crate::authn::keyring::{KeyInfo, KeyStatus, KeyUses, KeyringEditor, KeyringError, KeyringFile, NewKey};
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, ProcessEnvironment};
use crate::random::SystemRandom;

/// Add, list and disable the keys that clients sign with.
#[derive(Debug, Args)]
#[command(after_help = "A running gateway takes the change within a second or two; nothing needs a restart.")]
pub struct Keyring {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Make a key; its secret is printed once, here.
    #[command(after_help = "Example:\n  iam-mcp-gateway keyring add --config gateway.toml --caller alice \
        --person alice@example.com --environment dev --expires-in 90d")]
    Add(Add),
    /// List the keys, without their secrets.
    #[command(after_help = "Example:\n  iam-mcp-gateway keyring list --config gateway.toml --json")]
    List {
        #[command(flatten)]
        at: At,
        /// Answer in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make a key useless.
    #[command(after_help = "Example:\n  iam-mcp-gateway keyring disable --config gateway.toml IMGKEXAMPLE234567ABC")]
    Disable {
        #[command(flatten)]
        at: At,
        /// The key's access key id.
        access_key_id: String,
        /// Answer in JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
struct Add {
    #[command(flatten)]
    at: At,
    /// Who will sign with it: a name of your own choice, such as alice or ci/deploy.
    #[arg(long)]
    caller: String,
    /// The stable identity of the human behind it; leave it out for machines.
    #[arg(long)]
    person: Option<String>,
    /// An environment that it is good for; may be given several times.
    #[arg(long = "environment", required = true, value_name = "NAME")]
    environments: Vec<String>,
    /// What it is good for: calls, approvals, or both, which it is without. Whoever approves should have a key for approvals
    /// alone, kept where no agent can read it: an agent that has it approves its own person's colleagues' plans.
    #[arg(long = "use", value_name = "USE", value_parser = ["calls", "approvals"])]
    uses: Vec<String>,
    /// When it expires: a number of days or hours, such as 90d or 8h.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    expires_in: Option<SignedDuration>,
    /// The name of the profile that is printed.
    #[arg(long, value_name = "NAME", default_value = "iam-mcp", value_parser = profile)]
    profile: String,
    /// A line about it.
    #[arg(long)]
    description: Option<String>,
    /// Answer in JSON, as `credential_process` programs do.
    #[arg(long)]
    json: bool,
}

/// Which keyring.
#[derive(Debug, Args)]
struct At {
    /// The keyring's file.
    #[arg(long, value_name = "FILE", required_unless_present = "config", conflicts_with = "config")]
    file: Option<PathBuf>,
    /// The gateway's configuration, which names the keyring and the environments.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// What is wrong with the keyring, the configuration or the new key.
pub fn run(command: Keyring) -> Result<Outcome, Failure> {
    match command.command {
        Subcommands::Add(add) => run_add(add),
        Subcommands::List { at, json } => list(&at, json),
        Subcommands::Disable { at, access_key_id, json } => disable(&at, &access_key_id, json),
    }
}

fn open(at: &At) -> Result<(KeyringEditor, Option<Config>), Failure> {
    let (file, config) = match (&at.file, &at.config) {
        (Some(file), _) => (KeyringFile::new(file), None),
        (None, Some(path)) => {
            let config = Config::load(path, &ProcessEnvironment).map_err(Failure::configuration)?.config;
            let file = KeyringFile::new(&config.sigv4.keyring).allow_group_read(config.sigv4.keyring_group_readable);
            (file, Some(config))
        }
        (None, None) => {
            return Err(Failure::usage(
                "give --config with the gateway's configuration, or --file with the keyring itself",
            ));
        }
    };
    Ok((KeyringEditor::new(file, Arc::new(SystemClock), Arc::new(SystemRandom)), config))
}

fn failure(error: KeyringError) -> Failure {
    match error {
        KeyringError::Unwritable { .. } | KeyringError::NoSuchKey | KeyringError::RandomRepeats => Failure::from(error),
        error => Failure::configuration(error),
    }
}

fn run_add(add: Add) -> Result<Outcome, Failure> {
    let (editor, config) = open(&add.at)?;
    if let Some(config) = &config {
        for name in &add.environments {
            if config.environments.get(name).is_none() {
                let known: Vec<&str> = config.environments.iter().map(|e| e.name.as_str()).collect();
                return Err(Failure::usage(format!("there is no environment {name}; there are: {}", known.join(", "))));
            }
        }
    }
    let now = SystemClock.now();
    let expires_at = add.expires_in.map(|after| now.checked_add(after)).transpose().map_err(Failure::usage)?;
    let uses = match add.uses.is_empty() {
        true => KeyUses::ALL,
        false => KeyUses::of_words(add.uses.iter().map(String::as_str))
            .map_err(|rule| Failure::usage(format!("the uses of a key {rule}")))?,
    };
    let new = NewKey {
        caller: add.caller,
        person: add.person,
        environments: add.environments,
        uses,
        expires_at,
        description: add.description,
    };
    let added = editor.add(new).map_err(|error| match error {
        // The file is right without the new key, so it is the new key that is wrong.
        KeyringError::Faults(_) if editor.list().is_ok() => Failure::usage(error),
        error => failure(error),
    })?;
    let id = &added.info.access_key_id;
    if add.json {
        out::json(&json!({
            "Version": 1, "AccessKeyId": id, "SecretAccessKey": added.secret.expose(), "Expiration": expires_at.map(|time| time.to_string()),
        }));
        return Ok(Outcome::Done);
    }
    out::note(&out::styled(out::FAINT, "For ~/.aws/credentials of the client; the secret is not shown again:"));
    out::line(&format!(
        "[{}]\naws_access_key_id = {id}\naws_secret_access_key = {}",
        add.profile,
        added.secret.expose()
    ));
    Ok(Outcome::Done)
}

fn list(at: &At, json: bool) -> Result<Outcome, Failure> {
    let keys = open(at)?.0.list().map_err(failure)?;
    if json {
        out::json(&keys);
        return Ok(Outcome::Done);
    }
    let now = SystemClock.now();
    for key in &keys {
        out::line(&describe(key, now));
    }
    if keys.is_empty() {
        out::note("there are no keys; make one with keyring add");
    }
    Ok(Outcome::Done)
}

fn describe(key: &KeyInfo, now: Timestamp) -> String {
    let expired = key.expires_at.is_some_and(|expires| expires <= now);
    let status = match key.status {
        KeyStatus::Inactive => out::styled(out::FAINT, "inactive"),
        KeyStatus::Active if expired => out::styled(out::BAD, "expired "),
        KeyStatus::Active => out::styled(out::GOOD, "active  "),
    };
    let person = key.person.as_deref().map(|person| format!(" ({person})")).unwrap_or_default();
    let expires = key.expires_at.map(|expires| format!(", expires {expires:.0}")).unwrap_or_default();
    let only = match key.uses.are_all() {
        true => String::new(),
        false => format!(", only for {}", key.uses.words().collect::<Vec<_>>().join(", ")),
    };
    format!("{}  {status}  {}{person} in {}{only}{expires}", key.access_key_id, key.caller, key.environments.join(", "))
}

fn disable(at: &At, access_key_id: &str, json: bool) -> Result<Outcome, Failure> {
    let was_active = open(at)?.0.disable(access_key_id).map_err(failure)?;
    if json {
        out::json(&json!({"AccessKeyId": access_key_id, "WasActive": was_active}));
    } else if was_active {
        out::line(&format!("{access_key_id} is inactive now"));
    } else {
        out::line(&format!("{access_key_id} was inactive already"));
    }
    Ok(Outcome::Done)
}

/// A name that stands in a credentials file as it is.
pub(super) fn profile(text: &str) -> Result<String, String> {
    let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if fits { Ok(text.to_owned()) } else { Err("write 1-64 letters, digits or any of -_.".to_owned()) }
}

/// `90d` or `8h`.
fn duration(text: &str) -> Result<SignedDuration, String> {
    const FORM: &str = "write a number of days or hours, such as 90d or 8h";
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or(FORM)?;
    let number: i64 = number.parse().ok().filter(|number| (1..=100_000).contains(number)).ok_or(FORM)?;
    match unit {
        "d" => Ok(SignedDuration::from_hours(24 * number)),
        "h" => Ok(SignedDuration::from_hours(number)),
        _ => Err(FORM.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_days_or_hours() {
        assert_eq!(duration("90d"), Ok(SignedDuration::from_hours(2160)));
        assert_eq!(duration("8h"), Ok(SignedDuration::from_hours(8)));
        for wrong in ["", "d", "8", "-1d", "0h", "1w", "8ä", "99999999d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}

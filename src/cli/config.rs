//! `config check`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Failure, Outcome, out};
use crate::authn::keyring::{Keyring, KeyringFile};
use crate::authorize::{DocumentFaults, Documents};
use crate::config::{
    Config as Configuration, DocumentPattern, FetchedSecrets, Loaded, ProcessEnvironment, Sealing, SealingKeyEntry,
    SealingKeyPlace, Warning, read_hash_key, read_sealing_keys, read_signing_seed,
};

/// Check a configuration.
#[derive(Debug, Args)]
pub struct Config {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Say everything that is wrong with a configuration file, at once.
    #[command(after_help = "Example:\n  iam-mcp-gateway config check --config gateway.toml\n\n\
        Exit codes: 0 the configuration can be served, 64 it cannot.")]
    Check {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Answer in JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// None of its own: a bad configuration is an outcome.
pub fn run(command: Config) -> Result<Outcome, Failure> {
    let Subcommands::Check { config: path, json } = command.command;
    let Loaded { config, mut warnings } = match Configuration::load(&path, &ProcessEnvironment) {
        Ok(loaded) => loaded,
        Err(faults) => {
            if json {
                out::json(&json!({"ok": false, "faults": faults.faults, "warnings": [], "files": []}));
            } else {
                out::line(&faults.to_string());
                let count = faults.faults.len();
                out::line(&out::styled(out::BAD, &format!("{} cannot be served: {count} fault(s)", path.display())));
            }
            return Ok(Outcome::BadConfiguration);
        }
    };
    let mut files = faults_of_files(&config);
    let (faults, asked) = endpoint_policies(&config);
    files.extend(faults);
    warnings.extend(asked.into_iter().map(|(subject, message)| Warning { subject, message }));
    if json {
        let warnings: Vec<_> =
            warnings.iter().map(|warning| json!({"subject": warning.subject, "message": warning.message})).collect();
        out::json(&json!({
            "ok": files.is_empty(), "faults": [], "warnings": warnings, "files": files, "digest": config.digest,
        }));
    } else {
        for warning in &warnings {
            let head = out::styled(out::CAUTION, "warning:");
            out::line(&format!("{head} {}: {}", warning.subject, warning.message));
        }
        for fault in &files {
            out::line(&format!("{} {fault}", out::styled(out::BAD, "error:")));
        }
        summary(&config, files.is_empty());
    }
    Ok(if files.is_empty() { Outcome::Done } else { Outcome::BadConfiguration })
}

/// What is wrong with the files that the configuration names.
fn faults_of_files(config: &Configuration) -> Vec<String> {
    let keyring = KeyringFile::new(&config.sigv4.keyring).allow_group_read(config.sigv4.keyring_group_readable);
    let mut faults: Vec<String> = Keyring::open(keyring).err().map(|error| error.to_string()).into_iter().collect();
    // Secrets are the gateway's own role's to read, and whoever checks a configuration may be somebody else.
    let in_files = |entry: &&SealingKeyEntry| matches!(entry.place, SealingKeyPlace::File(_));
    let keys = config.sealing.keys.iter().filter(in_files).cloned().collect();
    let sealing = Sealing { keys, ..config.sealing.clone() };
    let sealing = read_sealing_keys(&sealing, &FetchedSecrets::new()).unwrap_or_else(|error| {
        faults.push(error.to_string());
        Vec::new()
    });
    if let Some(file) = &config.audit.signing_key
        && let Err(error) = read_signing_seed(file, config.audit.signing_key_group_readable)
    {
        faults.push(error.to_string());
    }
    if let Err(error) = read_hash_key(config, &sealing) {
        faults.push(error.to_string());
    }
    faults
}

/// What is wrong with the endpoint policies, and what to know about them.
fn endpoint_policies(config: &Configuration) -> (Vec<String>, Vec<(String, String)>) {
    match Documents::load(config) {
        Ok(documents) => (Vec::new(), documents.warnings),
        Err(DocumentFaults(faults)) => (faults, Vec::new()),
    }
}

fn list(patterns: &[DocumentPattern]) -> String {
    patterns.iter().map(DocumentPattern::as_str).collect::<Vec<_>>().join(", ")
}

/// Who may prove themselves, by what.
fn proofs(config: &Configuration) {
    let exchange = &config.exchange;
    if exchange.is_on(&config.issuers) {
        out::line(&format!("exchange      for {}", exchange.audience));
    }
    for account in exchange.caller_identity.iter().flat_map(|proofs| &proofs.accounts) {
        out::line(&format!("  caller-identity  {account}"));
    }
    for issuer in &exchange.web_identity {
        out::line(&format!("  web-identity     {}  {}", issuer.account, issuer.issuer.as_str()));
    }
    for issuer in &config.issuers {
        let uses = [("exchange", issuer.exchange), ("bearer", issuer.bearer)];
        let uses: Vec<&str> = uses.into_iter().filter_map(|(name, is)| is.then_some(name)).collect();
        out::line(&format!("issuer        {}  {}  ({})", issuer.name, issuer.url.as_str(), uses.join(", ")));
    }
    if let Some(bearer) = &config.bearer {
        out::line(&format!("bearer        {}/mcp", bearer.url));
    }
    if !config.revoked.is_empty() {
        out::line(&format!("revoked       {}", config.revoked.len()));
    }
}

fn summary(config: &Configuration, ok: bool) {
    out::line(&format!(
        "gateway       {}{}",
        config.gateway.name.as_str(),
        if config.gateway.read_only { " (read-only)" } else { "" }
    ));
    out::line(&format!("listens on    {}", config.listen.address));
    for environment in config.environments.iter() {
        let accounts: Vec<&str> = environment.accounts.iter().map(|account| account.as_str()).collect();
        out::line(&format!("environment   {} ({})", environment.name.as_str(), accounts.join(", ")));
        if !environment.policies.is_empty() {
            out::line(&format!("  policies    {}", list(&environment.policies)));
        }
        for mapping in config.role_mappings.iter().filter(|mapping| mapping.environment == environment.name) {
            out::line(&format!("  {}  ->  {}  {}", mapping.id, mapping.role_arn, mapping.access.as_str()));
        }
    }
    proofs(config);
    for (what, patterns) in [("policies", &config.policy.documents), ("shadow", &config.policy.shadow)] {
        if !patterns.is_empty() {
            out::line(&format!("{what:<13} {}", list(patterns)));
        }
    }
    out::line(&format!("digest        {}", config.digest));
    if ok {
        out::line(&out::styled(out::GOOD, "the configuration can be served"));
    } else {
        out::line(&out::styled(out::BAD, "the configuration cannot be served before its files are right"));
    }
}

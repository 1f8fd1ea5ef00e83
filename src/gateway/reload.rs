//! New versions of the keyring and the configuration, taken while the gateway runs.
//!
//! Both files are looked at every second and on SIGHUP. Looking, rather than asking the kernel to tell: Kubernetes swaps
//! symbolic links, and network file systems tell nothing. A bad new version is refused, loudly, and the old one stays;
//! each reload, and each refusal, is a record.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use super::assemble::Gateway;
use super::log::LogLevel;
use crate::audit::{Event, Journal, JournalState, Stage};
use crate::authn::keyring::{Keyring, Reload};
use crate::config::{Config, Environment, Log};
use crate::current::Current;
use crate::http::Readiness;
use crate::mcp::road::InForce;
use crate::mcp::trail::Stationery;
use crate::random::uuid;

/// How often the files are looked at.
pub const EVERY: Duration = Duration::from_secs(1);

/// Keeps a running gateway up to date.
#[derive(Debug)]
pub struct Reloader {
    path: PathBuf,
    environment: Arc<dyn Environment>,
    in_force: Arc<Current<InForce>>,
    keyring: Arc<Keyring>,
    journal: Journal,
    stationery: Stationery,
    audit_readiness: Readiness,
    log_level: LogLevel,
    seen: Option<[u8; 32]>,
}

impl Reloader {
    /// A reloader for the gateway that was started from the configuration at `path`, with these variables over it and logs at
    /// `log_level`.
    #[must_use]
    pub fn new(gateway: &Gateway, path: PathBuf, environment: Arc<dyn Environment>, log_level: LogLevel) -> Self {
        let seen = fingerprint(&path);
        Self {
            path,
            environment,
            in_force: Arc::clone(&gateway.in_force),
            keyring: Arc::clone(&gateway.keyring),
            journal: gateway.journal.clone(),
            stationery: gateway.stationery.clone(),
            audit_readiness: gateway.audit_readiness.clone(),
            log_level,
            seen,
        }
    }

    /// Looks every second, and whenever `now` is notified, until it is dropped.
    pub async fn run(mut self, now: Arc<Notify>) {
        loop {
            // The files are small; reading them off the runtime's threads keeps a slow disk out of everybody's way.
            let looked = tokio::task::spawn_blocking(move || {
                self.look();
                self
            });
            match looked.await {
                Ok(back) => self = back,
                Err(error) => {
                    tracing::error!(%error, "looking for new versions broke off: nothing is reloaded any more");
                    return;
                }
            }
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = now.notified() => tracing::info!("looking for new versions as asked"),
            }
        }
    }

    /// Looks once.
    pub fn look(&mut self) {
        self.look_at_keyring();
        self.look_at_configuration();
        match self.journal.state() {
            JournalState::Unavailable { .. } => self.audit_readiness.not_ready("the audit journal takes no records"),
            // While outcomes are held reads go through, so this replica can answer.
            JournalState::Available | JournalState::Holding { .. } => self.audit_readiness.ready(),
        }
    }

    fn look_at_keyring(&self) {
        match self.keyring.reload_if_changed() {
            Reload::Unchanged | Reload::Refused { repeated: true, .. } => {}
            Reload::Reloaded(changes) => {
                tracing::info!(
                    added = changes.added.len(),
                    removed = changes.removed.len(),
                    changed = changes.changed.len(),
                    "the keyring was reloaded"
                );
                let details = json!({
                    "added": changes.added, "removed": changes.removed, "changed": changes.changed,
                    "digest": self.keyring.digest(),
                });
                self.record("ReloadKeyring", None, details);
            }
            Reload::Refused { error, repeated: false } => {
                tracing::error!(%error, "the new keyring is refused; the old one stays in force");
                self.record("ReloadKeyring", Some((error.code(), error.to_string())), json!({}));
            }
        }
    }

    fn look_at_configuration(&mut self) {
        let found = fingerprint(&self.path);
        if found == self.seen {
            return;
        }
        self.seen = found;
        let new = match Config::load(&self.path, &*self.environment) {
            Ok(loaded) => loaded.config,
            Err(faults) => {
                tracing::error!(%faults, "the new configuration is refused; the old one stays in force");
                self.record("ReloadConfiguration", Some(("BadConfiguration", faults.to_string())), json!({}));
                return;
            }
        };
        let in_force = self.in_force.get();
        let old = &in_force.config;
        if new.digest == old.digest {
            return;
        }
        let later = old.reloadable_difference(&new);
        if !later.is_empty() {
            tracing::warn!(sections = later.join(", "), "these changes take effect at the next start");
        }
        // What cannot change while running stays as it was started, so that the records tell what is in force.
        let merged = Config {
            gateway: crate::config::Gateway { name: old.gateway.name.clone(), read_only: new.gateway.read_only },
            role_mappings: new.role_mappings,
            protect: new.protect,
            log: Log { format: old.log.format, level: new.log.level },
            digest: new.digest.clone(),
            ..old.clone()
        };
        tracing::info!(digest = merged.digest, read_only = merged.gateway.read_only, "the configuration was reloaded");
        let details = json!({
            "previousConfiguration": old.digest, "readOnly": merged.gateway.read_only, "atNextStart": later,
        });
        self.log_level.set(merged.log.level);
        self.in_force.set(InForce::new(merged));
        self.record("ReloadConfiguration", None, details);
    }

    fn record(&self, name: &'static str, error: Option<(&str, String)>, details: serde_json::Value) {
        let in_force = self.in_force.get();
        let mut event = Event::new(
            in_force.config.gateway.name.as_str(),
            name,
            Stage::Reload,
            self.stationery.clock.now(),
            uuid(&*self.stationery.random),
        );
        if let Some((code, message)) = error {
            event.error_code = Some(code.to_owned());
            event.error_message = Some(message);
        }
        event.response_elements = details;
        event.additional_event_data.insert("configuration".into(), in_force.config.digest.as_str().into());
        let record = event.into_record().expect("an event is an object without integrity");
        if let Err(failure) = self.journal.note(record) {
            tracing::warn!(%failure, "a reload could not be recorded");
        }
    }
}

/// A hash of the file's content; `None` while it cannot be read.
fn fingerprint(path: &std::path::Path) -> Option<[u8; 32]> {
    std::fs::read(path).ok().map(|content| Sha256::digest(content).into())
}

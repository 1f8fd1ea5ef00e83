//! New versions of the keyring, the configuration and the endpoint policies, taken while the gateway runs.
//!
//! The files are looked at every second and on SIGHUP. Looking, rather than asking the kernel to tell: Kubernetes swaps
//! symbolic links, and network file systems tell nothing. A bad new version is refused, loudly, and the old one stays;
//! each reload, and each refusal, is a record, which waits in the journal while that cannot be written.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use super::assemble::Gateway as Running;
use super::journal::journal_context;
use super::log::LogLevel;
use super::merge::{digest_of_both, merge};
use super::secrets::SecretReader;
use crate::audit::{Event, Journal, JournalState, Stage};
use crate::authn::keyring::{Keyring, Reload};
use crate::authorize::{DocumentFaults, DocumentFiles, Documents};
use crate::config::{Config, Environment, Gateway, SealingKeyFaults, SealingKeyPlace, read_sealing_keys};
use crate::current::Current;
use crate::http::{Alarm, Readiness};
use crate::mcp::road::InForce;
use crate::mcp::trail::Stationery;
use crate::random::uuid;
use crate::sealing::{Keyset, SharedKeyset};

/// How often the files are looked at.
pub const EVERY: Duration = Duration::from_secs(1);

/// How long after it was asked in vain Secrets Manager is asked for sealing keys again.
const SECRETS_AGAIN: SignedDuration = SignedDuration::from_secs(30);

/// Keeps a running gateway up to date.
#[derive(Debug)]
pub struct Reloader {
    path: PathBuf,
    environment: Arc<dyn Environment>,
    in_force: Arc<Current<InForce>>,
    keyring: Arc<Keyring>,
    keyset: SharedKeyset,
    secret_reader: SecretReader,
    journal: Journal,
    stationery: Stationery,
    audit_readiness: Readiness,
    policy_alarm: Alarm,
    configuration_alarm: Alarm,
    log_level: LogLevel,
    /// The fingerprint of the endpoint policies that were last looked at, good or bad.
    seen_documents: String,
    /// What was last looked at; none before the first look, which so finds what changed while the gateway started.
    seen: Option<[u8; 32]>,
    /// The digest of the last good version of the file.
    file_digest: String,
    /// A configuration that was refused for its policies alone, and their fingerprint: it is looked at again when they change.
    refused: Option<(Config, String)>,
    /// Why a configuration was refused whose sealing keys could not be read.
    unread_keys: Option<UnreadKeys>,
}

/// Sealing keys that could not be read.
#[derive(Debug)]
struct UnreadKeys {
    /// When to look again.
    again: Timestamp,
    /// What was told of it.
    faults: String,
}

impl Reloader {
    /// A reloader for the gateway that was started from the configuration at `path`, with these variables over it and logs at
    /// `log_level`.
    #[must_use]
    pub fn new(gateway: &Running, path: PathBuf, environment: Arc<dyn Environment>, log_level: LogLevel) -> Self {
        let file_digest = gateway.in_force.get().config.digest.clone();
        Self {
            path,
            environment,
            in_force: Arc::clone(&gateway.in_force),
            keyring: Arc::clone(&gateway.keyring),
            keyset: Arc::clone(&gateway.keyset),
            secret_reader: gateway.secret_reader.clone(),
            journal: gateway.journal.clone(),
            stationery: gateway.stationery.clone(),
            audit_readiness: gateway.audit_readiness.clone(),
            policy_alarm: gateway.policy_alarm.clone(),
            configuration_alarm: gateway.configuration_alarm.clone(),
            log_level,
            seen_documents: gateway.in_force.get().authorizer.documents().digest.clone(),
            seen: None,
            file_digest,
            refused: None,
            unread_keys: None,
        }
    }

    /// Looks every second, and whenever `now` is notified, until it is dropped.
    pub async fn run(mut self, now: Arc<Notify>) {
        loop {
            // The files are small; reading them off the runtime's threads keeps a slow disk out of everybody's way.
            let looked = tokio::task::spawn_blocking(move || {
                if catch_unwind(AssertUnwindSafe(|| self.look())).is_err() {
                    // What was in force stays; the next look may go better, and must not pass over what was seen by this.
                    self.seen = None;
                    tracing::error!("looking for new versions broke off; it is tried again");
                }
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
        self.look_at_documents();
        match self.journal.state() {
            JournalState::Unavailable { .. } => self.audit_readiness.not_ready("the audit journal takes no records"),
            // While outcomes are held, or not where they have to be, reads go through, so this replica can answer.
            JournalState::Available | JournalState::Holding { .. } | JournalState::NotRemote { .. } => {
                self.audit_readiness.ready();
            }
        }
    }

    fn look_at_keyring(&self) {
        let previous = self.keyring.digest();
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
                    "previous": previous, "digest": self.keyring.digest(),
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
        let refused = self.refused.as_ref();
        let policies_changed =
            refused.is_some_and(|(config, policies)| DocumentFiles::read(config).fingerprint() != policies);
        let now = self.stationery.clock.now();
        let keys_again = self.unread_keys.as_ref().is_some_and(|unread| now >= unread.again);
        if found == self.seen && !policies_changed && !keys_again {
            return;
        }
        let told = self.unread_keys.take().filter(|_| found == self.seen).map(|unread| unread.faults);
        let is_new = found != self.seen;
        self.seen = found;
        self.refused = None;
        let new = match Config::load(&self.path, &*self.environment) {
            Ok(loaded) => {
                for warning in loaded.warnings.iter().filter(|_| is_new) {
                    tracing::warn!(subject = %warning.subject, "of the new configuration: {}", warning.message);
                }
                loaded.config
            }
            Err(faults) => {
                tracing::error!(%faults, "the new configuration is refused; the old one stays in force");
                self.refuse_configuration("BadConfiguration", faults.to_string(), false);
                return;
            }
        };
        if new.digest == self.file_digest {
            if self.configuration_alarm.quiet() {
                tracing::warn!("the configuration on the disk is the one in force again");
                self.record("ReloadConfiguration", None, json!({"unchanged": true}));
            }
            return;
        }
        let in_force = self.in_force.get();
        let old = &in_force.config;
        let keyset = match self.new_keyset(old, &new) {
            Ok(keyset) => keyset,
            Err(faults) => {
                let takes_away = self.take_away(&in_force, &new);
                self.refuse_sealing_keys(&new, faults.to_string(), told.as_deref(), takes_away);
                return;
            }
        };
        let mut later = old.reloadable_difference(&new);
        let merged = merge(old, &new, &mut later);
        let files = DocumentFiles::read(&merged);
        let (documents, of_shadow) = match Documents::after(in_force.authorizer.documents(), &merged, &files) {
            Ok((documents, of_shadow)) => (Arc::new(documents), of_shadow),
            Err(faults) => {
                let takes_away = self.take_away(&in_force, &merged);
                tracing::error!(
                    %faults, takes_away,
                    "the new configuration is refused for its policies; the old one stays in force, but for read_only and [[revoked]]"
                );
                self.refuse_configuration("BadPolicies", faults.to_string(), takes_away);
                self.refused = Some((merged, files.fingerprint().to_owned()));
                return;
            }
        };
        warn_of(&documents);
        if !later.is_empty() {
            tracing::warn!(sections = later.join(", "), "these changes take effect at the next start");
        }
        tracing::info!(digest = merged.digest, read_only = merged.gateway.read_only, "the configuration was reloaded");
        let details = json!({
            "previousConfiguration": old.digest, "file": new.digest, "readOnly": merged.gateway.read_only,
            "atNextStart": later, "previousPolicies": in_force.authorizer.documents().digest, "policies": documents.digest,
        });
        self.seen_documents = files.fingerprint().to_owned();
        self.judge_shadow(of_shadow);
        if self.configuration_alarm.quiet() {
            tracing::warn!("the configuration on the disk is in force again");
        }
        self.file_digest = new.digest;
        self.log_level.set(merged.log.level);
        if let Some(keyset) = keyset {
            self.keyset.set(keyset);
        }
        self.put_in_force(merged, documents);
        self.record("ReloadConfiguration", None, details);
    }

    /// The keys of the new configuration, where it names others than the old one; those that are left out open nothing any
    /// more.
    fn new_keyset(&self, old: &Config, new: &Config) -> Result<Option<Keyset>, SealingKeyFaults> {
        if old.sealing == new.sealing {
            return Ok(None);
        }
        let keys = read_sealing_keys(&new.sealing, &self.secret_reader.fetch_blocking(&new.sealing))?;
        let keyset = Keyset::new(old.gateway.name.as_str(), &keys, &self.stationery.random);
        keyset.revoke(|id| new.revoked.cover_key(id));
        Ok(Some(keyset))
    }

    /// What a version that cannot be taken takes away all the same: its switch is thrown, and its revocations hold beside
    /// those in force. Whether there was anything.
    fn take_away(&mut self, in_force: &InForce, new: &Config) -> bool {
        let old = &in_force.config;
        let revoked = old.revoked.and(&new.revoked);
        let read_only = old.gateway.read_only || new.gateway.read_only;
        if revoked == old.revoked && read_only == old.gateway.read_only {
            return false;
        }
        let gateway = Gateway { read_only, ..old.gateway.clone() };
        let config = Config { gateway, revoked, digest: digest_of_both(&old.digest, &new.digest), ..old.clone() };
        // No file has this digest, so whichever comes next is looked at: the old one, too.
        self.file_digest.clone_from(&config.digest);
        self.put_in_force(config, Arc::clone(in_force.authorizer.documents()));
        true
    }

    /// The keys may come to stand there later, and the file not change any more: it is looked at again, and told of again
    /// when there is something else to tell.
    fn refuse_sealing_keys(&mut self, new: &Config, faults: String, told: Option<&str>, takes_away: bool) {
        let are_secret = new.sealing.keys.iter().any(|entry| matches!(entry.place, SealingKeyPlace::Secret(_)));
        let pause = if are_secret { SECRETS_AGAIN } else { SignedDuration::ZERO };
        if told != Some(&faults) {
            tracing::error!(
                %faults, takes_away,
                "the new configuration is refused for its sealing keys; the old one stays in force, but for read_only and [[revoked]]"
            );
            self.refuse_configuration("BadSealingKeys", faults.clone(), takes_away);
        }
        self.unread_keys = Some(UnreadKeys { again: self.stationery.clock.now() + pause, faults });
    }

    /// The endpoint policies of the configuration in force. A bad new version leaves the old one in force, and an alarm
    /// stands until it is mended.
    fn look_at_documents(&mut self) {
        let in_force = self.in_force.get();
        let files = DocumentFiles::read(&in_force.config);
        if files.fingerprint() == self.seen_documents {
            return;
        }
        self.seen_documents = files.fingerprint().to_owned();
        let previous = in_force.authorizer.documents().digest.clone();
        match Documents::after(in_force.authorizer.documents(), &in_force.config, &files) {
            Ok((documents, of_shadow)) => {
                warn_of(&documents);
                tracing::info!(digest = documents.digest, files = documents.files, "the policies were reloaded");
                let details = json!({"previous": previous, "policies": documents.digest, "files": documents.files});
                self.put_in_force(in_force.config.clone(), Arc::new(documents));
                let fault = of_shadow.as_ref().map(|faults| ("BadShadowPolicies", faults.to_string()));
                self.judge_shadow(of_shadow);
                self.record("ReloadPolicies", fault, details);
            }
            Err(faults) => {
                tracing::error!(%faults, "the new policies are refused; the old ones stay in force");
                self.policy_alarm
                    .raise(format!("the policies on the disk are refused, older ones are in force: {faults}"));
                self.record("ReloadPolicies", Some(("BadPolicies", faults.to_string())), json!({"inForce": previous}));
            }
        }
    }

    /// The policies that are enforced were taken; whether those that are tried out could be as well.
    fn judge_shadow(&self, faults: Option<DocumentFaults>) {
        match faults {
            Some(faults) => {
                tracing::error!(%faults, "the new shadow policies are refused; the old ones go on being tried");
                self.policy_alarm
                    .raise(format!("the shadow policies on the disk are refused, older ones are tried: {faults}"));
            }
            None if self.policy_alarm.quiet() => tracing::warn!("the policies on the disk are in force again"),
            None => {}
        }
    }

    /// From here on calls are judged by these, and every record names them: also those of the journal itself.
    fn put_in_force(&self, config: Config, documents: Arc<Documents>) {
        let context = journal_context(&config);
        self.keyset.get().revoke(|id| config.revoked.cover_key(id));
        self.in_force.set(InForce::new(config, documents));
        self.journal.configured(context);
    }

    /// `takes_away`: whether its revocations, or its switch, hold all the same.
    fn refuse_configuration(&self, code: &str, faults: String, takes_away: bool) {
        self.configuration_alarm
            .raise(format!("the configuration on the disk is refused, an older one is in force: {faults}"));
        let config = &self.in_force.get().config;
        let details = match takes_away {
            true => json!({"readOnly": config.gateway.read_only, "revocations": config.revoked.len()}),
            false => json!({}),
        };
        self.record("ReloadConfiguration", Some((code, faults)), details);
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
            event.fail(code, &message);
        }
        event.response_elements = details;
        event.additional_event_data.insert("configuration".into(), in_force.config.digest.as_str().into());
        let policies = in_force.authorizer.documents().digest.as_str();
        event.additional_event_data.insert("policies".into(), policies.into());
        // It was done whether or not there can be a record of it now, so that is not lost.
        if let Err(failure) = self.journal.note_or_keep(event.into_record_cut()) {
            tracing::warn!(%failure, "a reload could not be recorded");
        }
    }
}

/// Says what to know about policies before they are relied on.
pub(super) fn warn_of(documents: &Documents) {
    for (file, warning) in &documents.warnings {
        tracing::warn!(file, "{warning}");
    }
}

/// A hash of the file's content; `None` while it cannot be read.
fn fingerprint(path: &std::path::Path) -> Option<[u8; 32]> {
    std::fs::read(path).ok().map(|content| Sha256::digest(content).into())
}

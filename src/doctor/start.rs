//! The examination that `serve` makes by itself: once, behind its start, and summed up in the log.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;

use super::examination::Examination;
use super::examiner::Examiner;
use super::finding::{Counts, Finding, Status, Subject};
use super::{findings, records};
use crate::audit::Journal;
use crate::config::Config;
use crate::current::Current;
use crate::gateway::Gateway;
use crate::mcp::road::InForce;
use crate::mcp::trail::Stationery;
use crate::random::Random;
use crate::tools::text::visible;

/// Over how long replicas that start together spread their examinations.
const SPREAD: Duration = Duration::from_secs(60);

/// What an examination behind the start needs of the gateway. It shares no queue and no connection with callers' calls.
#[derive(Debug)]
pub struct Start {
    in_force: Arc<Current<InForce>>,
    journal: Journal,
    stationery: Stationery,
    own_credentials: Option<SharedCredentialsProvider>,
}

impl Start {
    /// For this gateway, with these credentials as its own; without any they are found where AWS's tools look.
    #[must_use]
    pub fn of(gateway: &Gateway, own_credentials: Option<SharedCredentialsProvider>) -> Self {
        Self {
            in_force: Arc::clone(&gateway.in_force),
            journal: gateway.journal.clone(),
            stationery: gateway.stationery.clone(),
            own_credentials,
        }
    }

    /// Waits a little, looks, records what was asked, and logs what was found. Nothing that happens here ends the gateway.
    pub async fn run(self) {
        let in_force = self.in_force.get();
        tokio::time::sleep(delay(&in_force.config, &*self.stationery.random)).await;
        let config = &in_force.config;
        let examiner = Examiner::new(config, self.own_credentials.clone(), Arc::clone(&self.stationery.clock)).await;
        let examination = examiner.examine(config, None).await;
        for record in records(&examination, &self.stationery, &in_force) {
            // It was asked whether or not there can be a record of it now, and is no reload, of which some are kept.
            if let Err(failure) = self.journal.note(record) {
                tracing::warn!(%failure, "an examination could not be recorded");
            }
        }
        log(&examination, &findings(&examination));
    }
}

/// How long an examination waits after the start. An AWS on this machine has no other replicas to ask it.
#[must_use]
pub fn delay(config: &Config, random: &dyn Random) -> Duration {
    if config.aws.sts_endpoint.is_some() {
        return Duration::ZERO;
    }
    let mut bytes = [0; 2];
    random.fill(&mut bytes);
    SPREAD * u32::from(u16::from_be_bytes(bytes)) / u32::from(u16::MAX)
}

fn log(examination: &Examination, found: &[Finding]) {
    if examination.is_blind() {
        let why = found.first().map(|finding| finding.evidence.as_str()).unwrap_or_default();
        tracing::warn!(why = %visible(why), "what the gateway stands on at AWS could not be looked at; see `doctor`");
        return;
    }
    for finding in found.iter().filter(|finding| finding.status == Status::Problem) {
        let what = match &finding.subject {
            Subject::Gateway => "the gateway's own identity".to_owned(),
            Subject::Mapping { mapping, .. } => mapping.clone(),
            Subject::Role { role_arn, .. } => role_arn.to_string(),
            Subject::Account { account } => account.to_string(),
        };
        // What AWS says may hold an attacker's words.
        let evidence = visible(&finding.evidence);
        let (code, expected) = (finding.code, finding.expected);
        tracing::warn!(code, expected, what, %evidence, "`doctor` found a problem, and tells how it is mended");
    }
    let Counts { ok, unknown, warning, problem } = Counts::of(found);
    tracing::info!(ok, unknown, warnings = warning, problems = problem, "looked at what the gateway stands on at AWS");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;

    #[derive(Debug)]
    struct Fixed(u8);

    impl Random for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    fn config(aws: &str) -> Config {
        let text = format!(
            "[gateway]\nname = \"iam-mcp.example.internal\"\n[[environment]]\nname = \"dev\"\naccounts = [\"123456789012\"]\n\
             [[role_mapping]]\nenvironment = \"dev\"\ncaller = \"alice\"\nrole_arn = \"arn:aws:iam::123456789012:role/a\"\n\
             access = \"read-only\"\n[policy]\nwithout_documents = \"allow\"\n[sigv4]\nkeyring = \"k\"\n[audit]\ndirectory = \"a\"\n{aws}"
        );
        let nothing = BTreeMap::<String, String>::new();
        Config::parse(&text, Path::new("gateway.toml"), &nothing).unwrap_or_else(|faults| panic!("{faults}")).config
    }

    #[test]
    fn replicas_spread_over_a_minute_and_a_sandbox_is_asked_at_once() {
        let config_of_aws = config("");
        assert_eq!(delay(&config_of_aws, &Fixed(0)), Duration::ZERO);
        assert_eq!(delay(&config_of_aws, &Fixed(0xff)), SPREAD);
        let half = delay(&config_of_aws, &Fixed(0x80));
        assert!(half > SPREAD * 49 / 100 && half < SPREAD * 51 / 100, "{half:?}");
        let local =
            config("[aws]\nsts_endpoint = \"http://127.0.0.1:4100\"\niam_endpoint = \"http://127.0.0.1:4100\"\n");
        assert_eq!(delay(&local, &Fixed(0xff)), Duration::ZERO);
    }
}

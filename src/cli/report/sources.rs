//! Where the account is read from: files, or AWS.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use serde_json::Value;

use super::account;
use crate::arn::{Partition, Region};
use crate::cli::Failure;
use crate::config::LoopbackUrl;
use crate::posture::Snapshot;
use crate::posture::snapshot;

/// Where the account is read from.
#[derive(Debug, Args)]
#[command(next_help_heading = "The account")]
pub(super) struct SourceOptions {
    /// Read it from what `aws iam get-account-authorization-details` printed, and ask nobody.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// With --from: the credential report, as `aws iam get-credential-report --query Content --output text | base64 -d`
    /// prints it.
    #[arg(long, value_name = "FILE", requires = "from")]
    credential_report: Option<PathBuf>,
    /// A region of the partition that the account is in.
    #[arg(long, value_name = "REGION", conflicts_with = "from")]
    region: Option<Region>,
    /// Ask IAM and STS on this machine instead of AWS's, for tests: http://127.0.0.1:PORT.
    #[arg(long, value_name = "URL", value_parser = endpoint, conflicts_with = "from")]
    endpoint_url: Option<LoopbackUrl>,
}

/// The account.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) snapshot: Snapshot,
    pub(super) no_credential_report: Option<String>,
}

impl SourceOptions {
    pub(super) fn read(&self, now: &Timestamp) -> Result<Read, Failure> {
        match &self.from {
            Some(details) => from_files(details, self.credential_report.as_deref(), *now),
            None => {
                let partition = self.region.as_ref().map_or(Partition::Aws, Partition::of);
                account::read(partition, self.endpoint_url.as_ref())
            }
        }
    }
}

fn from_files(details: &Path, report: Option<&Path>, now: Timestamp) -> Result<Read, Failure> {
    let faulty = |path: &Path, error: String| Failure::from(format!("{}: {error}", path.display()));
    let read = |path: &Path| fs::read_to_string(path).map_err(|error| faulty(path, error.to_string()));
    let json: Value = serde_json::from_str(&read(details)?).map_err(|error| faulty(details, error.to_string()))?;
    let mut snapshot = Snapshot::from_details(&json, now).map_err(|error| faulty(details, error.to_string()))?;
    let Some(path) = report else {
        let no_credential_report = Some("no --credential-report was given".to_owned());
        return Ok(Read { snapshot, no_credential_report });
    };
    let rows = snapshot::report(&read(path)?).map_err(|error| faulty(path, error.to_string()))?;
    // Of another account it would say that nobody has any credentials.
    let prefix = format!("arn:{}:iam::{}:", snapshot.account.partition, snapshot.account.id);
    if !rows.iter().any(|row| row.arn.starts_with(&prefix)) {
        return Err(faulty(path, format!("it tells nothing of account {}", snapshot.account.id)));
    }
    let mut by_arn: HashMap<_, _> = rows.into_iter().map(|row| (row.arn, (row.root, row.credentials))).collect();
    for user in &mut snapshot.users {
        user.credentials = by_arn.remove(&user.identity.arn).map(|(_, credentials)| credentials);
    }
    snapshot.root = by_arn.into_values().find(|(root, _)| *root).map(|(_, credentials)| credentials);
    Ok(Read { snapshot, no_credential_report: None })
}

fn endpoint(text: &str) -> Result<LoopbackUrl, String> {
    text.parse().map_err(|error| format!("it {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DETAILS: &str = r#"{"UserDetailList": [{"UserName": "bob", "UserId": "AIDA1",
        "Arn": "arn:aws:iam::123456789012:user/bob"}]}"#;

    const REPORT: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,mfa_active,\
        access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_service,\
        access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_service\n\
        <root_account>,arn:aws:iam::123456789012:root,2020-01-01T00:00:00Z,not_supported,N/A,not_supported,true,false,N/A,\
        N/A,N/A,false,N/A,N/A,N/A\n\
        bob,arn:aws:iam::123456789012:user/bob,2026-01-02T03:04:05Z,true,N/A,N/A,false,false,N/A,N/A,N/A,false,N/A,N/A,N/A";

    #[test]
    fn files_are_read_and_one_that_is_missing_or_faulty_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let written = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let (details, report) = (written("details.json", DETAILS), written("report.csv", REPORT));
        let now = Timestamp::UNIX_EPOCH;
        let read = from_files(&details, Some(&report), now).unwrap();
        assert_eq!(read.no_credential_report, None);
        assert!(read.snapshot.users[0].credentials.as_ref().unwrap().password);
        assert!(read.snapshot.root.unwrap().mfa);
        let without = from_files(&details, None, now).unwrap();
        assert!(without.no_credential_report.is_some() && without.snapshot.users[0].credentials.is_none());
        for (details, report, says) in [
            (folder.path().join("none.json"), None, "none.json"),
            (written("odd.json", "[]"), None, "odd.json: there are no UserDetailList"),
            (details.clone(), Some(written("odd.csv", "a,b")), "odd.csv: it tells nothing of account 123456789012"),
            (details.clone(), Some(written("torn.csv", "a,b\n1,2")), "torn.csv: the report has no column"),
            (details, Some(written("other.csv", &REPORT.replace("123", "999"))), "other.csv: it tells nothing of"),
        ] {
            let failure = from_files(&details, report.as_deref(), now).unwrap_err();
            assert!(failure.message.contains(says), "{}", failure.message);
        }
    }
}

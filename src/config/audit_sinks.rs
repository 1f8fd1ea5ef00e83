//! Where audit records go beside the journal: `[audit] stdout`, `[audit.s3]`, and whether a write waits for it.

use std::time::Duration;

use jiff::SignedDuration;

use super::section::{Item, Section};
use super::sink::Problem;
use crate::arn::{AccountId, Region};

/// Where records go beside the journal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sinks {
    /// Whether they are written to standard output.
    pub stdout: bool,
    /// The bucket they are stored in.
    pub s3: Option<S3>,
    /// Whether a record counts as durable only when the bucket has it.
    pub remote: bool,
}

/// `[audit.s3]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3 {
    /// The bucket's name.
    pub bucket: String,
    /// The account that has to own it.
    pub account: AccountId,
    /// Its region.
    pub region: Region,
    /// What keys begin with, without slashes at its ends.
    pub prefix: String,
    /// How long records are gathered for an object.
    pub gather: Duration,
    /// How long nobody can remove or replace an object (Object Lock).
    pub lock: Option<SignedDuration>,
    /// Whether not even the account's root can lift that.
    pub compliance: bool,
}

pub(super) fn read(section: &Section<'_>) -> Sinks {
    let stdout = section.boolean("stdout", false);
    let s3 = section.optional("s3").and_then(|item| item.table(bucket)).flatten();
    let remote = section.choice("durability", &[("local", false), ("remote", true)], false);
    if remote && section.optional("s3").is_none() {
        let problem = Problem::conflict("is \"remote\", and there is no bucket that could have the records");
        section.fault_at("durability", problem.remedy("add [audit.s3], or write durability = \"local\""));
    }
    Sinks { stdout, s3, remote }
}

fn bucket(section: &Section<'_>) -> Option<S3> {
    let bucket = section.required("bucket", "write the bucket's name").and_then(|item| item.check(bucket_name));
    let account = section
        .required("account", "write the account that owns the bucket, in quotes: no other one's is written to")
        .and_then(|item| item.parse());
    let region = section.required("region", "write the bucket's region").and_then(|item| item.parse());
    let prefix = section.optional("prefix").and_then(|item| item.check(prefix)).unwrap_or_default();
    let gather =
        section.integer::<u64>("gather_seconds", 1..=3600, 60, "what the bucket lacks after a machine is lost");
    let days = section.optional("object_lock_days");
    let days = days.and_then(|item| item.integer::<u32>(1..=36_500, "nobody can shorten it"));
    let mode = section.optional("object_lock_mode");
    let compliance = mode.as_ref().and_then(|item| item.choice(&[("governance", false), ("compliance", true)]));
    if let (Some(item), None) = (&mode, days) {
        without_days(item);
    }
    Some(S3 {
        bucket: bucket?,
        account: account?,
        region: region?,
        prefix,
        gather: Duration::from_secs(gather),
        lock: days.map(|days| SignedDuration::from_hours(i64::from(days) * 24)),
        compliance: compliance.unwrap_or(false),
    })
}

fn without_days(item: &Item<'_>) {
    let problem = Problem::conflict("is given, and nothing is locked");
    item.fault(problem.remedy("write object_lock_days, or leave object_lock_mode out"));
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
fn bucket_name(text: &str) -> Result<String, Problem> {
    let is_edge = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let bytes = text.as_bytes();
    let fits = (3..=63).contains(&bytes.len())
        && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'))
        && is_edge(bytes.first())
        && is_edge(bytes.last());
    if fits { Ok(text.to_owned()) } else { Err(Problem::invalid("is no bucket's name").remedy("3-63 of a-z 0-9 . -")) }
}

fn prefix(text: &str) -> Result<String, Problem> {
    let trimmed = text.trim_matches('/');
    let is_possible = |byte: u8| byte.is_ascii_alphanumeric() || b"!-_.*'()/".contains(&byte);
    let fits = trimmed.len() <= 200 && trimmed.bytes().all(is_possible) && !trimmed.contains("//");
    match fits {
        true => Ok(trimmed.to_owned()),
        false => {
            Err(Problem::invalid("is no prefix of keys")
                .remedy("at most 200 of A-Z a-z 0-9 ! - _ . * \' ( ) and single /"))
        }
    }
}

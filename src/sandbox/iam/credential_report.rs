//! The credential report: a table of all users and the state of their credentials.
//!
//! GenerateCredentialReport starts one (`STARTED`). It is being made until somebody asks for it to be generated again
//! (`COMPLETE`) or a second has passed, good for four hours, and then expired; generating starts a new one.

use std::borrow::Cow;

use data_encoding::BASE64;
use jiff::{SignedDuration, Timestamp};

use super::{Answer, Guarded, Operation};
use crate::sandbox::account::{AccessKey, Account, CredentialReport, KeyStatus, SigningCertificate, User};
use crate::sandbox::call::Call;
use crate::sandbox::error::ServiceError;
use crate::sandbox::xml::Xml;

/// How long a report is in the making.
const MAKING: SignedDuration = SignedDuration::from_secs(1);

/// How long a report is good
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>).
const GOOD: SignedDuration = SignedDuration::from_hours(4);

/// The columns, in AWS's order.
const COLUMNS: [&str; 22] = [
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
];

/// What stands in a cell that has nothing to tell.
const NOT_APPLICABLE: &str = "N/A";
const NOT_SUPPORTED: &str = "not_supported";
const NO_INFORMATION: &str = "no_information";

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "GenerateCredentialReport" => generate,
        "GetCredentialReport" => get,
        _ => return None,
    })
}

fn generate(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let account = guarded.open(call)?;
    let csv = csv(account);
    let mut xml = Xml::new();
    match &mut account.credential_report {
        Some(report) if !is_expired(report, call.now) => {
            report.ready = report.ready.min(call.now);
            xml.text("State", "COMPLETE");
        }
        report => {
            *report = Some(CredentialReport { csv, ready: call.now + MAKING });
            xml.text("State", "STARTED").text("Description", "No report exists. Starting a new report generation task");
        }
    }
    Ok(xml)
}

fn get(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let account = guarded.open(call)?;
    // AWS tells these three by their codes alone.
    let report = match &account.credential_report {
        None => return Err(ServiceError::other("ReportNotPresent", 410, "")),
        Some(report) if is_expired(report, call.now) => return Err(ServiceError::other("ReportExpired", 410, "")),
        Some(report) if call.now < report.ready => return Err(ServiceError::other("ReportInProgress", 404, "")),
        Some(report) => report,
    };
    let mut xml = Xml::new();
    xml.text("Content", &BASE64.encode(report.csv.as_bytes()))
        .text("ReportFormat", "text/csv")
        .time("GeneratedTime", report.ready);
    Ok(xml)
}

fn is_expired(report: &CredentialReport, now: Timestamp) -> bool {
    now.duration_since(report.ready) > GOOD
}

fn csv(account: &Account) -> String {
    let mut rows = vec![COLUMNS.map(str::to_owned).to_vec(), root(account)];
    rows.extend(account.users.iter().map(|user| row(account, user)));
    let lines: Vec<String> =
        rows.iter().map(|row| row.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",")).collect();
    lines.join("\n")
}

/// A cell as RFC 4180 has it: names of users can hold a comma.
fn quoted(cell: &str) -> Cow<'_, str> {
    if cell.contains(',') { Cow::Owned(format!("\"{cell}\"")) } else { Cow::Borrowed(cell) }
}

/// The root user, who has a password and nothing else.
fn root(account: &Account) -> Vec<String> {
    let root = &account.root;
    let mut cells = vec![
        "<root_account>".to_owned(),
        account.arn("root"),
        time(root.created),
        NOT_SUPPORTED.to_owned(),
        root.password_last_used.map_or_else(|| NO_INFORMATION.to_owned(), time),
        NOT_SUPPORTED.to_owned(),
        NOT_SUPPORTED.to_owned(),
        root.mfa_active.to_string(),
    ];
    cells.extend([None, None].into_iter().flat_map(key));
    cells.extend([None, None].into_iter().flat_map(certificate));
    cells
}

fn row(account: &Account, user: &User) -> Vec<String> {
    let mut cells = vec![user.name.clone(), account.arn(&user.resource()), time(user.created)];
    cells.extend(password(account, user));
    cells.push((!user.mfa_devices.is_empty()).to_string());
    let mut keys: Vec<&AccessKey> = user.access_keys.iter().collect();
    keys.sort_by_key(|key| key.created);
    let mut certificates: Vec<&SigningCertificate> = user.signing_certificates.iter().collect();
    certificates.sort_by_key(|certificate| certificate.uploaded);
    cells.extend((0..2).flat_map(|place| key(keys.get(place).copied())));
    cells.extend((0..2).flat_map(|place| certificate(certificates.get(place).copied())));
    cells
}

/// Whether there is a password, when it was last used, last changed, and when it must be changed next.
fn password(account: &Account, user: &User) -> [String; 4] {
    let Some(profile) = &user.login_profile else {
        return ["false", NOT_APPLICABLE, NOT_APPLICABLE, NOT_APPLICABLE].map(str::to_owned);
    };
    let changed = user.password_changed.unwrap_or(profile.created);
    let max_age = account.password_policy.as_ref().and_then(|policy| policy.max_age);
    let next = max_age.map(|days| changed + SignedDuration::from_hours(24 * i64::from(days)));
    [
        "true".to_owned(),
        user.password_last_used.map_or_else(|| NO_INFORMATION.to_owned(), time),
        time(changed),
        next.map_or_else(|| NOT_APPLICABLE.to_owned(), time),
    ]
}

/// Whether a key is active, since when it is there, and its last use: when, in which region, of which service.
fn key(key: Option<&AccessKey>) -> [String; 5] {
    let na = || NOT_APPLICABLE.to_owned();
    let used = key.and_then(|key| key.last_used.as_ref());
    [
        key.is_some_and(|key| key.status == KeyStatus::Active).to_string(),
        key.map_or_else(na, |key| time(key.created)),
        used.map_or_else(na, |used| time(used.at)),
        used.map_or_else(na, |used| used.region.clone()),
        used.map_or_else(na, |used| used.service.clone()),
    ]
}

/// Whether a certificate is active, and since when it is there.
fn certificate(certificate: Option<&SigningCertificate>) -> [String; 2] {
    [
        certificate.is_some_and(|certificate| certificate.status == KeyStatus::Active).to_string(),
        certificate.map_or_else(|| NOT_APPLICABLE.to_owned(), |certificate| time(certificate.uploaded)),
    ]
}

/// A time as the report has it, which is not as the rest of IAM has it.
fn time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

#[cfg(test)]
mod tests;

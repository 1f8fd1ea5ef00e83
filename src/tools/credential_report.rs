//! The credential report: AWS makes it in the background and hands it out for four hours.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>

use aws_sdk_iam::types::ReportStateType;
use aws_smithy_types::DateTime;

use super::ToolError;
use super::patience::Patience;
use crate::iam::reads::{GENERATE_CREDENTIAL_REPORT, GET_CREDENTIAL_REPORT};
use crate::iam::{Action, AwsFailure, DeclaredCall, Reader, Resource};
use crate::posture::snapshot::{ReportRow, report};

/// The actions that [`credential_report`] takes.
pub const ACTIONS: [Action; 2] = [GENERATE_CREDENTIAL_REPORT, GET_CREDENTIAL_REPORT];

/// The code for a report that AWS has not made yet.
pub const NOT_READY: &str = "CredentialReportNotReady";

/// A report as AWS handed it out.
#[derive(Debug)]
pub struct CredentialReport {
    /// When AWS made it: it hands out the same one for four hours.
    pub generated: Option<DateTime>,
    /// Its rows, the root user's first.
    pub rows: Vec<ReportRow>,
}

/// The calls that [`credential_report`] makes. IAM authorizes both on no resource.
/// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>.
#[must_use]
pub fn declared() -> Vec<DeclaredCall> {
    ACTIONS.map(|action| DeclaredCall::new(action, Resource::All)).into()
}

/// What the account's credential report says of each user.
///
/// # Errors
/// What [`fetch`] has.
pub async fn credential_report(reader: &Reader) -> Result<Vec<ReportRow>, ToolError> {
    fetch(reader).await.map(|report| report.rows)
}

/// The account's credential report: one that AWS has, or else a new one, which is waited for.
///
/// ```text
/// generate -> STARTED, INPROGRESS -> wait, generate
/// generate -> COMPLETE -> get -> the report
///                         get -> ReportInProgress, ReportNotPresent, ReportExpired -> wait, generate
/// ```
///
/// # Errors
/// `CredentialReportNotReady` where AWS does not get there in time; AWS's refusals; a report that cannot be read.
pub async fn fetch(reader: &Reader) -> Result<CredentialReport, ToolError> {
    let mut patience = Patience::begin();
    loop {
        if generate(reader).await?
            && let Some(report) = get(reader).await?
        {
            return Ok(report);
        }
        if !patience.wait().await {
            return Err(not_ready());
        }
    }
}

/// Asks for a report; whether there is one.
async fn generate(reader: &Reader) -> Result<bool, AwsFailure> {
    let request = reader.iam().generate_credential_report();
    let answer = reader.read(GENERATE_CREDENTIAL_REPORT, &Resource::All, Box::pin(request.send())).await?;
    Ok(answer.state() == Some(&ReportStateType::Complete))
}

/// The report; `None` where AWS has none any more, or none yet.
async fn get(reader: &Reader) -> Result<Option<CredentialReport>, AwsFailure> {
    let request = reader.iam().get_credential_report();
    let answer = match reader.read(GET_CREDENTIAL_REPORT, &Resource::All, Box::pin(request.send())).await {
        Ok(answer) => answer,
        Err(failure) if is_awaited(&failure) => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let unreadable = || AwsFailure::unreadable(GET_CREDENTIAL_REPORT.as_str(), "*");
    let content = answer.content().map(AsRef::as_ref).unwrap_or_default();
    let text = str::from_utf8(content).map_err(|_| unreadable())?;
    let rows = report(text).map_err(|fault| {
        tracing::warn!(%fault, "AWS's credential report could not be read");
        unreadable()
    })?;
    Ok(Some(CredentialReport { generated: answer.generated_time().copied(), rows }))
}

fn is_awaited(failure: &AwsFailure) -> bool {
    ["ReportInProgress", "ReportNotPresent", "ReportExpired"].contains(&failure.code.as_str())
}

fn not_ready() -> ToolError {
    ToolError::gateway(NOT_READY, "AWS is still making the account's credential report")
        .on(GENERATE_CREDENTIAL_REPORT.as_str(), "*")
        .hint("AWS goes on making it: call again in a minute")
        .retryable()
}

#[cfg(test)]
mod tests;

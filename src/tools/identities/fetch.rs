//! A snapshot of the account, read with as few calls as it has pages of a thousand.

pub(super) mod pages;

use std::collections::HashMap;

use jiff::Timestamp;

use self::pages::Pages;
use crate::iam::reads::{
    GENERATE_CREDENTIAL_REPORT, GET_ACCOUNT_AUTHORIZATION_DETAILS, GET_ACCOUNT_SUMMARY, GET_CREDENTIAL_REPORT,
};
use crate::iam::{Action, AwsFailure, DeclaredCall, Reader, Resource};
use crate::posture::Snapshot;
use crate::posture::snapshot::ReportRow;
use crate::tools::ToolError;
use crate::tools::credential_report::credential_report;

/// The actions of [`declared`] without the credential report.
pub const ACTIONS: &[Action] = &[GET_ACCOUNT_AUTHORIZATION_DETAILS, GET_ACCOUNT_SUMMARY];

/// The actions of [`declared`] with it.
pub const ACTIONS_WITH_REPORT: &[Action] =
    &[GET_ACCOUNT_AUTHORIZATION_DETAILS, GET_ACCOUNT_SUMMARY, GENERATE_CREDENTIAL_REPORT, GET_CREDENTIAL_REPORT];

/// The most that IAM answers in one page.
const PAGE: i32 = 1000;

/// What is counted where progress is told.
const ITEMS: &str = "users, groups, roles and policies read";

/// What was read.
#[derive(Debug)]
pub struct Fetched {
    /// The account.
    pub snapshot: Snapshot,
    /// Why the credential report could not be had, where it was asked for.
    pub no_report: Option<ToolError>,
}

/// The calls that [`snapshot`] makes. IAM authorizes each of them on no resource. The account's numbers are asked for only
/// where somebody hears of progress, and can be done without, as the report can.
/// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>.
#[must_use]
pub fn declared(report: bool) -> Vec<DeclaredCall> {
    let actions = if report { ACTIONS_WITH_REPORT } else { ACTIONS };
    let call = |action: &Action| {
        let call = DeclaredCall::new(*action, Resource::All);
        if *action == GET_ACCOUNT_AUTHORIZATION_DETAILS { call } else { call.optional() }
    };
    actions.iter().map(call).collect()
}

/// The account as it is now; with its credential `report`, where that can be had.
///
/// # Errors
/// AWS's refusals of its authorization details.
pub async fn snapshot(reader: &Reader, report: bool) -> Result<Snapshot, ToolError> {
    fetch(reader, report).await.map(|fetched| fetched.snapshot)
}

/// The same, which says why there is no report.
///
/// # Errors
/// As [`snapshot`].
pub async fn fetch(reader: &Reader, report: bool) -> Result<Fetched, ToolError> {
    let rows = async {
        // AWS makes it in the background, while the pages are read.
        let rows = if report { Some(credential_report(reader).await) } else { None };
        Ok::<_, AwsFailure>(rows.transpose())
    };
    let (mut snapshot, rows) = tokio::try_join!(details(reader, reader.now()), rows)?;
    let no_report = match rows {
        Ok(rows) => {
            add(&mut snapshot, rows.unwrap_or_default());
            None
        }
        Err(error) => Some(error),
    };
    Ok(Fetched { snapshot, no_report })
}

/// All pages.
async fn details(reader: &Reader, taken: Timestamp) -> Result<Snapshot, AwsFailure> {
    let total = if reader.is_heard() { total(reader).await } else { None };
    let mut pages = Pages::of(reader.account().clone(), taken);
    let mut marker = None;
    loop {
        let request = reader.iam().get_account_authorization_details().max_items(PAGE).set_marker(marker.take());
        let action = GET_ACCOUNT_AUTHORIZATION_DETAILS;
        let page = reader.read(action, &Resource::All, Box::pin(request.send())).await?;
        marker = page.marker().filter(|_| page.is_truncated()).map(ToOwned::to_owned);
        pages.add(&page)?;
        let done = pages.items();
        // What was made since it was counted is read too.
        reader.tell(done, total.map(|total| total.max(done)), ITEMS);
        if marker.is_none() {
            return Ok(pages.finished());
        }
    }
}

/// How many items there are to read, if AWS says so.
async fn total(reader: &Reader) -> Option<usize> {
    use aws_sdk_iam::types::SummaryKeyType::{Groups, Policies, Roles, Users};
    let request = reader.iam().get_account_summary();
    let answer = reader.read(GET_ACCOUNT_SUMMARY, &Resource::All, Box::pin(request.send())).await.ok()?;
    let numbers = answer.summary_map()?;
    [Users, Groups, Roles, Policies].iter().map(|key| usize::try_from(*numbers.get(key)?).ok()).sum()
}

/// Adds what the report says of each user. Of one that was made after the report, which may be four hours old, it says
/// nothing.
fn add(snapshot: &mut Snapshot, rows: Vec<ReportRow>) {
    let rows = rows.into_iter().map(|row| (row.arn, (row.root, row.credentials)));
    let mut by_arn: HashMap<_, _> = rows.collect();
    for user in &mut snapshot.users {
        user.credentials = by_arn.remove(&user.identity.arn).map(|(_, credentials)| credentials);
    }
    snapshot.root = by_arn.into_values().find(|(root, _)| *root).map(|(_, credentials)| credentials);
}

#[cfg(test)]
mod tests;

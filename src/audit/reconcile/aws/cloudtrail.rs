//! LookupEvents.

use aws_sdk_cloudtrail::Client;
use aws_smithy_types::DateTime;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{Access, settings};
use crate::audit::reconcile::history::{Found, LookUp};
use crate::iam::AwsFailure;

const ACTION: &str = "cloudtrail:LookupEvents";

/// AWS's CloudTrail in one region.
#[derive(Debug, Clone)]
pub struct AwsCloudTrail(Client);

impl AwsCloudTrail {
    /// CloudTrail, as `access` says. Nothing is sent yet.
    #[must_use]
    pub fn new(access: &Access) -> Self {
        // Whoever asks keeps to CloudTrail's pace, which retries of the SDK's own would break.
        Self(Client::new(&access.sdk(&settings(1))))
    }
}

impl LookUp for AwsCloudTrail {
    fn page(&self, from: Timestamp, to: Timestamp, next: Option<String>) -> BoxFuture<'_, Result<Found, AwsFailure>> {
        let request = self
            .0
            .lookup_events()
            .start_time(DateTime::from_secs(from.as_second()))
            .end_time(DateTime::from_secs(to.as_second()))
            .max_results(50)
            .set_next_token(next);
        Box::pin(async move {
            let answer = request.send().await.map_err(|error| AwsFailure::of(ACTION, "*".to_owned(), &error))?;
            let events = answer.events().iter().map(|event| event.cloud_trail_event().map(str::to_owned)).collect();
            Ok(Found { events, next: answer.next_token().map(str::to_owned) })
        })
    }
}

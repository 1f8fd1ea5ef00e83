//! CloudTrail's event history: LookupEvents
//! (<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>), answered from the trail.
//!
//! Events are there at once, where AWS's take minutes, and it is asked as often as anybody likes. As with AWS, an event is in
//! the history of the region that its request was signed for.

mod question;
mod shown;
#[cfg(test)]
mod tests;

use serde_json::json;

use self::question::Question;
use super::account::Account;
use super::call::{Answered, Call, Performed};
use super::context;
use super::denial::denied;
use super::error::ServiceError;
use super::judges::Judges;
use super::trail::Trail;
use crate::policy::Verdict;

/// One operation.
pub(super) type Operation = fn(&Account, &Trail, &Call<'_>) -> Result<Performed, ServiceError>;

/// The operation of this name, if the sandbox has it.
pub(super) fn operation(action: &str) -> Option<Operation> {
    match action {
        "LookupEvents" => Some(look_up),
        _ => None,
    }
}

fn look_up(account: &Account, trail: &Trail, call: &Call<'_>) -> Result<Performed, ServiceError> {
    let question = Question::read(call.fields)?;
    permitted(account, call)?;
    let (events, next) = trail.look_back(question.before, question.most, |event| question.wants(event, call.region));
    let mut answer = json!({"Events": events.iter().map(shown::event).collect::<Vec<_>>()});
    if let Some(next) = next {
        answer["NextToken"] = question.token(next).into();
    }
    Ok(Performed { body: Answered::Json(answer), response_elements: None })
}

/// Whether the caller's policies allow it. It is about no resource.
fn permitted(account: &Account, call: &Call<'_>) -> Result<(), ServiceError> {
    let action = "cloudtrail:LookupEvents";
    let context = context::of_call(account, call);
    let verdict = Judges::of(account, call.identity).map(|judges| judges.verdict(action, "*", &context));
    match verdict.is_some_and(Verdict::is_allowed) {
        true => Ok(()),
        false => Err(denied(call.identity, action, "*", verdict)),
    }
}

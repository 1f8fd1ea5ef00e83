//! The simulators, and the condition keys that policies ask for.
//!
//! - <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>
//! - <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html>
//! - <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForPrincipalPolicy.html>
//! - <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForCustomPolicy.html>
//!
//! As AWS's simulator, this one knows of the request only what it is given: neither the principal's name and tags nor the
//! time are condition keys of a simulation. It has no table of the resources that actions can be on, so the name of a
//! result of several resources is `*`, as AWS's is for actions without a form of their own.

mod answer;
mod context_keys;
mod decide;
mod parameters;
mod positions;
mod source;
mod subject;

use super::guarded::Guarded;
use super::{Answer, Operation};
use crate::sandbox::call::Call;
use crate::sandbox::error::ServiceError;

use self::decide::Simulation;
use self::parameters::Parameters;
use self::source::read_all;
use self::subject::Subject;

/// The operations of this folder.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "SimulatePrincipalPolicy" => principal,
        "SimulateCustomPolicy" => custom,
        "GetContextKeysForPrincipalPolicy" => context_keys::principal,
        "GetContextKeysForCustomPolicy" => context_keys::custom,
        _ => return None,
    })
}

fn principal(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let parameters = Parameters::of_principal(call)?;
    let account = guarded.open(call)?;
    let subject = Subject::of(account, parameters.source_arn.unwrap_or_default())?;
    let mut identity = subject.policies;
    identity.extend(read_all("PolicyInputList", &parameters.policies)?);
    let boundary = match parameters.boundary()? {
        Some(given) => Some(given),
        None => subject.boundary,
    };
    if parameters.resource_policy.is_some() && parameters.caller_arn.is_none() && !subject.is_user {
        return Err(ServiceError::invalid_input(
            "CallerArn is required when ResourcePolicy is given and PolicySourceArn is not the ARN of an IAM user.",
        ));
    }
    let arn = parameters.source_arn.filter(|_| subject.is_user || subject.is_role);
    answer::pages(&Simulation::new(account, &parameters, identity, boundary.as_deref(), arn)?, &parameters)
}

fn custom(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let parameters = Parameters::of_custom(call)?;
    let account = guarded.open(call)?;
    let identity = read_all("PolicyInputList", &parameters.policies)?;
    if parameters.resource_policy.is_some() && parameters.caller_arn.is_none() {
        return Err(ServiceError::invalid_input("CallerArn is required when ResourcePolicy is given."));
    }
    let boundary = parameters.boundary()?;
    answer::pages(&Simulation::new(account, &parameters, identity, boundary.as_deref(), None)?, &parameters)
}

#[cfg(test)]
mod tests;

//! The one place through which every authenticated call goes.

use super::call::{Answered, Call, Performed};
use super::error::ServiceError;
use super::service::Service;
use super::state::State;
use super::trail::Trail;
use super::{cloudtrail, iam, sts};

/// Performs an authenticated call.
///
/// Each service judges its own calls, by the caller's policies: IAM before an operation is given the account
/// ([`iam::Guarded`]), STS an AssumeRole by the role's trust policy, too, and a
/// GetWebIdentityToken by those of the caller alone, as CloudTrail does; GetCallerIdentity is everybody's.
///
/// # Errors
/// The service's refusal, after which nothing has changed.
pub(super) fn perform(
    state: &mut State,
    trail: &Trail,
    service: Service,
    call: &Call<'_>,
) -> Result<Performed, ServiceError> {
    let none = || no_operation(call.action, service.version());
    match service {
        Service::Iam => {
            let operation = iam::operation(call.action).ok_or_else(none)?;
            let xml = operation(iam::Guarded::new(&mut state.account), call)?;
            Ok(Performed { body: Answered::Xml(xml), response_elements: None })
        }
        Service::Sts => sts::operation(call.action).ok_or_else(none)?(state, call),
        Service::CloudTrail => cloudtrail::operation(call.action).ok_or_else(none)?(&state.account, trail, call),
    }
}

/// 400: an operation that neither service has, or the sandbox does not.
pub(super) fn no_operation(action: &str, version: &str) -> ServiceError {
    let shown = |text: &str| text.chars().take(128).collect::<String>();
    let (action, version) = (shown(action), shown(version));
    ServiceError::other("InvalidAction", 400, format!("Could not find operation {action} for version {version}"))
}

//! The one place through which every authenticated call goes.

use super::call::{Call, Performed};
use super::error::ServiceError;
use super::service::Service;
use super::state::State;
use super::{iam, sts};

/// Performs an authenticated call.
///
/// STS judges its own calls: AssumeRole fully, by the role's trust policy and the caller's policies. IAM's operations are
/// not judged by policies yet: whoever has a working key of the account may call them, whatever its policies say.
///
/// # Errors
/// The service's refusal, after which nothing has changed.
pub(super) fn perform(state: &mut State, service: Service, call: &Call<'_>) -> Result<Performed, ServiceError> {
    let none = || no_operation(call.action, service.version());
    match service {
        Service::Iam => {
            let operation = iam::operation(call.action).ok_or_else(none)?;
            let xml = operation(&mut state.account, call)?;
            Ok(Performed { xml, response_elements: None })
        }
        Service::Sts => sts::operation(call.action).ok_or_else(none)?(state, call),
    }
}

/// 400: an operation that neither service has, or the sandbox does not.
pub(super) fn no_operation(action: &str, version: &str) -> ServiceError {
    let shown = |text: &str| text.chars().take(128).collect::<String>();
    let (action, version) = (shown(action), shown(version));
    ServiceError::other("InvalidAction", 400, format!("Could not find operation {action} for version {version}"))
}

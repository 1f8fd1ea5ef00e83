//! STS's operations, after <https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html>.

mod assume_role;
mod caller_identity;
mod constraint;
pub(super) mod session;
#[cfg(test)]
mod tests;
mod web_identity_token;

use super::call::Call;
use super::call::Performed;
use super::error::ServiceError;
use super::state::State;

/// One operation.
pub(super) type Operation = fn(&mut State, &Call<'_>) -> Result<Performed, ServiceError>;

/// The operation of this name, if the sandbox has it.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "AssumeRole" => assume_role::assume_role,
        "GetCallerIdentity" => caller_identity::get,
        "GetWebIdentityToken" => web_identity_token::get,
        _ => return None,
    })
}

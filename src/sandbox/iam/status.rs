//! The status of keys and certificates, as requests set it.

use crate::sandbox::account::KeyStatus;
use crate::sandbox::error::ServiceError;
use crate::sandbox::input::Input;

/// Reads `Status`, which must be there.
pub(super) fn read<'a>(input: &Input<'a>) -> &'a str {
    input.required_choice("Status", &["Active", "Inactive", "Expired"])
}

/// The status that a request may set: what expires does so by itself.
///
/// # Errors
/// When it is `Expired`.
pub(super) fn settable(status: &str) -> Result<KeyStatus, ServiceError> {
    match status {
        "Active" => Ok(KeyStatus::Active),
        "Inactive" => Ok(KeyStatus::Inactive),
        _ => Err(ServiceError::invalid_input("A status can only be set to Active or Inactive.")),
    }
}

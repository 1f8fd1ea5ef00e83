//! GetCallerIdentity.

use crate::sandbox::call::{Answered, Call, Performed};
use crate::sandbox::error::ServiceError;
use crate::sandbox::state::State;
use crate::sandbox::xml::Xml;

/// Who called. No policy can forbid to ask this
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>).
pub(super) fn get(state: &mut State, call: &Call<'_>) -> Result<Performed, ServiceError> {
    let mut xml = Xml::new();
    xml.text("Arn", call.identity.arn()).text("UserId", call.identity.user_id()).value("Account", state.account.id);
    Ok(Performed { body: Answered::Xml(xml), response_elements: None })
}

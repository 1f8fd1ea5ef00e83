//! Who may approve, as configuration and keyring have it now.

use jiff::Timestamp;

use crate::authn::Caller;
use crate::authn::keyring::{Key, Keyring};
use crate::authorize::map;
use crate::config::Config;
use crate::mcp::confirm::{Approver, persons, refusals};
use crate::tools::ToolError;

/// Whether an approval still counts: its key is good, the same caller's, and this caller may approve.
///
/// # Errors
/// `ApproverGone` or `ApprovalInvalid`.
pub(super) fn still_may(
    config: &Config,
    keyring: &Keyring,
    environment: &str,
    approver: &Approver,
    now: Timestamp,
) -> Result<(), ToolError> {
    let key = keyring.lookup(&approver.access_key_id);
    let is_good = |key: &Key| is_good(key, environment, now) && **key.caller() == approver.caller;
    if !key.is_some_and(|key| is_good(&key)) {
        return Err(refusals::approver_gone());
    }
    match may_approve(config, environment, &approver.caller) {
        true => Ok(()),
        false => Err(refusals::approval_invalid("whoever approved it may not approve any more")),
    }
}

/// Whether some key is another person's than the caller's who may approve in this environment.
pub(super) fn is_there_another(
    config: &Config,
    keyring: &Keyring,
    environment: &str,
    caller: &Caller,
    now: Timestamp,
) -> bool {
    keyring.keys().iter().any(|key| {
        is_good(key, environment, now)
            && persons::are_different(caller, key.caller())
            && may_approve(config, environment, key.caller())
    })
}

fn is_good(key: &Key, environment: &str, now: Timestamp) -> bool {
    key.info().uses.approvals && key.info().is_good_for(environment, now)
}

fn may_approve(config: &Config, environment: &str, approver: &Caller) -> bool {
    map(config, Some(environment), approver).is_ok_and(|mapped| mapped.mapping.confirming.may_approve)
}

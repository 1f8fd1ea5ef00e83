//! Whether a caller may call an operation of IAM.
//!
//! What each operation needs is the [`table`]: actions, the [`resource`] of each, and the condition [`keys`] that come
//! with it. The [`Judges`] decide.

mod keys;
mod resource;
mod table;
#[cfg(test)]
mod tests;

use crate::sandbox::account::Account;
use crate::sandbox::call::Call;
use crate::sandbox::context;
use crate::sandbox::denial::denied;
use crate::sandbox::error::ServiceError;
use crate::sandbox::judges::Judges;
use keys::Key;
use resource::On;

/// One action that has to be allowed.
#[derive(Debug)]
struct Need {
    action: String,
    on: On,
    keys: &'static [Key],
}

/// Judges the call, whose parameters are well-formed.
///
/// # Errors
/// When the caller may not; and when a parameter that says what it is about is none of the kind, which is told to
/// everybody since it follows from the request alone.
pub(super) fn authorize(account: &Account, call: &Call<'_>) -> Result<(), ServiceError> {
    let refused = |action: &str, resource: &str, verdict| denied(call.identity, action, resource, verdict);
    let action = format!("iam:{}", call.action);
    // An operation that nobody wrote a rule for is nobody's to call.
    let rule = table::rule(call.action).ok_or_else(|| refused(&action, "*", None))?;
    let (judges, of_call) = (Judges::of(account, call.identity), context::of_call(account, call));
    for need in rule.needs(call) {
        let resource = need.on.resource(account, call)?;
        let judges = judges.as_ref().ok_or_else(|| refused(&need.action, resource.told(), None))?;
        let mut context = of_call.clone();
        resource.describe(&mut context);
        for key in need.keys {
            key.set(&mut context, account, call, &resource)?;
        }
        let verdict = judges.verdict(&need.action, &resource.arn, &context);
        if !verdict.is_allowed() {
            return Err(refused(&need.action, resource.told(), Some(verdict)));
        }
    }
    Ok(())
}

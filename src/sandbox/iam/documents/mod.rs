//! What IAM says of a policy document that somebody wants to store.
//!
//! The faults are looked for in the order in which AWS tells them, and told in its words: people search for them.
//! Grammar: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.
//!
//! What [`crate::policy`] cannot read is refused, too, so that the account holds no document that cannot be evaluated.
//! AWS takes some of it: `null` among resources, an operator that compares no key, an ARN of three parts.

mod actions;
mod identity;
mod principals;
mod resources;
mod trust;

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::policy::{Document, FaultCode, PolicyKind};
use crate::sandbox::account::Account;
use crate::sandbox::error::ServiceError;

/// A fault, in AWS's words.
type Fault = Cow<'static, str>;

/// An object of the document.
type Object = Map<String, Value>;

/// Judges a document that becomes an inline policy.
///
/// # Errors
/// MalformedPolicyDocument.
pub(super) fn inline(document: &str) -> Result<(), ServiceError> {
    judge(&Purpose::Inline, document)
}

/// Judges a document that becomes a version of a managed policy.
///
/// # Errors
/// MalformedPolicyDocument.
pub(super) fn managed(document: &str) -> Result<(), ServiceError> {
    judge(&Purpose::Managed, document)
}

/// Judges a document that becomes a role's trust policy.
///
/// # Errors
/// MalformedPolicyDocument; LimitExceeded when it is too long.
pub(super) fn trust(account: &Account, document: &str) -> Result<(), ServiceError> {
    judge(&Purpose::Trust(account), document)?;
    if size(document) > MOST_TRUST {
        return Err(super::names::over_quota("ACLSizePerRole", MOST_TRUST));
    }
    Ok(())
}

/// The size that counts against quotas: characters that are no white space
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
pub(super) fn size(document: &str) -> usize {
    document.chars().filter(|c| !c.is_ascii_whitespace()).count()
}

/// The most characters of a trust policy.
const MOST_TRUST: usize = 2048;

/// What a document is for.
enum Purpose<'a> {
    Inline,
    Managed,
    /// Principals of the account itself must exist.
    Trust(&'a Account),
}

fn judge(purpose: &Purpose<'_>, document: &str) -> Result<(), ServiceError> {
    match purpose {
        Purpose::Inline => identity::judge(document, false),
        Purpose::Managed => identity::judge(document, true),
        Purpose::Trust(account) => trust::judge(account, document),
    }
    .map_err(ServiceError::malformed_policy)
}

/// What keeps a document from being read.
fn faults(kind: PolicyKind, document: &str) -> Vec<FaultCode> {
    let faults = Document::parse(kind, document).err();
    faults.into_iter().flat_map(|faults| faults.faults).map(|fault| fault.code).collect()
}

/// The statements of a document: one, or a list of them.
fn statements(document: &Object) -> Option<Vec<&Object>> {
    match document.get("Statement")? {
        Value::Object(one) => Some(vec![one]),
        Value::Array(list) if !list.is_empty() => list.iter().map(Value::as_object).collect(),
        _ => None,
    }
}

/// A text, or a list of texts.
fn texts(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(one) => Some(vec![one]),
        Value::Array(list) => list.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

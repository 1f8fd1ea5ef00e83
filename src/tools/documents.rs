//! Policy documents among a call's arguments: an object or JSON text, read strictly before AWS is asked anything.

use serde_json::Value;

use super::arguments::{Arguments, type_of};
use super::error::ToolError;
use crate::policy::{Document, Faults, PolicyKind};

/// IAM's limit on a document in a request, in characters, white space included.
/// Source: `policyDocumentType` of <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html>.
const LONGEST: usize = 131_072;

/// How many faults an error names: more than anybody mends at once.
const MOST_FAULTS: usize = 100;

/// The code of the error for documents that cannot be read.
pub const MALFORMED: &str = "MalformedPolicyDocument";

/// The document as JSON text: a text as it was given, an object written out.
#[must_use]
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// Checks what IAM wants of a document's form; what it says is [`parse`]'s matter.
pub(super) fn check(value: &Value) -> Result<(), String> {
    if !matches!(value, Value::String(_) | Value::Object(_)) {
        return Err(format!("must be a policy document, an object or JSON text, not {}", type_of(value)));
    }
    let text = text(value);
    if text.is_empty() || text.chars().count() > LONGEST {
        return Err(format!("must be a policy document of 1-{LONGEST} characters"));
    }
    // IAM refuses the rest of Unicode with words that do not say where it stands.
    match text.chars().find(|c| !matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}')) {
        Some(other) => Err(format!(
            "must be a policy document of Latin-1 characters, as IAM takes; it has U+{:04X}",
            u32::from(other)
        )),
        None => Ok(()),
    }
}

/// How much of a document IAM stores, in characters without white space.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    most: usize,
    of: &'static str,
}

impl Quota {
    /// All inline policies of a user together.
    pub const INLINE_OF_USER: Self = Self { most: 2_048, of: "the inline policies of a user" };
    /// All inline policies of a role together.
    pub const INLINE_OF_ROLE: Self = Self { most: 10_240, of: "the inline policies of a role" };
    /// All inline policies of a group together.
    pub const INLINE_OF_GROUP: Self = Self { most: 5_120, of: "the inline policies of a group" };
    /// A managed policy.
    pub const MANAGED: Self = Self { most: 6_144, of: "a managed policy" };
    /// A trust policy: an account begins with less and can be given more; IAM refuses what is over the account's own quota.
    pub const TRUST: Self = Self { most: 8_192, of: "a trust policy" };
}

/// The one document of the parameter `name`, as JSON text; empty where it was not given.
#[must_use]
pub fn one(arguments: &Arguments, name: &str) -> String {
    arguments.documents(name).pop().unwrap_or_default()
}

/// Reads the one document of the parameter `name`, which is to be stored.
///
/// # Errors
/// `MalformedPolicyDocument` as [`parse`] has it; `LimitExceeded` where IAM stores no document of that size.
pub fn parse_one(arguments: &Arguments, name: &str, kind: PolicyKind, quota: Quota) -> Result<(), ToolError> {
    parse(arguments, name, kind)?;
    let size = one(arguments, name).chars().filter(|character| !character.is_whitespace()).count();
    if size <= quota.most {
        return Ok(());
    }
    let message = format!("{name}: has {size} characters without white space; {} may have {}", quota.of, quota.most);
    Err(ToolError::gateway("LimitExceeded", message).parameter(name).hint("split it, or say less"))
}

/// Reads the documents of the parameter `name`, a document or a list of them.
///
/// # Errors
/// `MalformedPolicyDocument`, which lists every fault of every document, each with the document's place in the list and
/// its JSON path.
pub fn parse(arguments: &Arguments, name: &str, kind: PolicyKind) -> Result<Vec<Document>, ToolError> {
    let (mut read, mut faults) = (Vec::new(), Vec::new());
    for (index, text) in arguments.documents(name).iter().enumerate() {
        match Document::parse(kind, text) {
            Ok(document) => read.push(document),
            Err(found) => faults.extend(listed(&format!("{name}[{index}]"), &found)),
        }
    }
    if faults.is_empty() {
        return Ok(read);
    }
    let recorded = format!("{name}: {} fault(s)", faults.len());
    if faults.len() > MOST_FAULTS {
        let more = faults.split_off(MOST_FAULTS).len();
        faults.push(format!("and {more} more"));
    }
    Err(ToolError::gateway(MALFORMED, faults.join("; "))
        // The faults quote the documents.
        .recorded_as(recorded)
        .parameter(name)
        .hint("correct every fault; validate_policy explains one document at a time"))
}

/// Whether the value can be read as a policy of any kind.
#[must_use]
pub(super) fn is_policy(value: &Value) -> bool {
    let text = text(value);
    [PolicyKind::Identity, PolicyKind::Trust, PolicyKind::Resource]
        .into_iter()
        .any(|kind| Document::parse(kind, &text).is_ok())
}

fn listed(document: &str, faults: &Faults) -> Vec<String> {
    let mut listed: Vec<String> = faults.faults.iter().map(|fault| format!("{document} {fault}")).collect();
    if faults.more > 0 {
        listed.push(format!("{document} has {} more faults", faults.more));
    }
    listed
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_is_kept_as_it_was_and_an_object_is_written_out() {
        assert_eq!(text(&json!("{ }")), "{ }");
        assert_eq!(text(&json!({"Version": "2012-10-17"})), r#"{"Version":"2012-10-17"}"#);
    }

    #[test]
    fn what_iam_would_refuse_as_a_text_is_refused_here() {
        for wrong in [json!(1), json!([]), json!(""), json!("\u{3042}"), json!({"Sid": "\u{202e}"})] {
            assert!(check(&wrong).unwrap_err().contains("must be a policy document"), "{wrong}");
        }
        assert_eq!(check(&json!({"Version": "2012-10-17"})), Ok(()));
    }
}

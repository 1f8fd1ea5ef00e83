//! Resources: ARNs, case-sensitive, in which `*` and `?` stand for anything, slashes and colons included.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>

use thiserror::Error;

use super::budget::{LONGEST_TEXT, Scope, Undecided};
use super::context::Context;
use super::target::Target;
use super::template::{Part, Pattern, Reading, parts};
use super::variable::Malformed;
use crate::arn::Partition;
use crate::hidden::has_hidden;

/// A resource as policies name it.
#[derive(Debug, Clone)]
pub(super) struct ResourcePattern {
    text: Box<str>,
    pattern: Pattern,
}

/// Why a text names no resource.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum NotAResource {
    #[error("a resource is an ARN, which begins with arn:, or * for all")]
    Form,
    #[error("an ARN has six parts, arn:partition:service:region:account:resource; write them all, or end with *")]
    Short,
    #[error("the partition {0:?} is unknown")]
    Partition(String),
    #[error("the ARN names no service")]
    Service,
    #[error("a resource has no blanks at its ends and no characters that nobody sees")]
    Hidden,
    #[error("a variable may stand only behind the fifth colon of an ARN")]
    EarlyVariable,
    #[error(transparent)]
    Variable(#[from] Malformed),
}

impl ResourcePattern {
    pub(super) fn new(text: &str, variables: bool) -> Result<Self, NotAResource> {
        let parts = parts(text, Reading { variables, wildcards: true })?;
        if text != "*" {
            check(text, &parts)?;
        }
        Ok(Self { text: text.into(), pattern: Pattern::new(parts) })
    }

    /// As it is written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether a variable of it has no value in this request.
    pub(super) fn is_unset(&self, context: &Context) -> bool {
        self.pattern.is_unset(context)
    }

    /// Whether all that `target` could be is meant, or nothing of it.
    pub(super) fn matches(&self, target: Target<'_>, scope: Scope<'_>) -> Result<bool, Undecided> {
        if target.length() > LONGEST_TEXT { Err(Undecided) } else { self.pattern.matches_target(target, scope) }
    }
}

fn check(text: &str, parts: &[Part]) -> Result<(), NotAResource> {
    if has_hidden(text) {
        return Err(NotAResource::Hidden);
    }
    let mut components = text.splitn(6, ':');
    if components.next() != Some("arn") {
        return Err(NotAResource::Form);
    }
    let mut colons = 0;
    for part in parts {
        match part {
            Part::Text(text) => colons += text.matches(':').count(),
            Part::Variable(_) if colons < 5 => return Err(NotAResource::EarlyVariable),
            _ => {}
        }
    }
    match (components.clone().count(), components.clone().last()) {
        (5, Some(resource)) if !resource.is_empty() => {}
        (1..5, Some(last)) if last.ends_with('*') => {}
        _ => return Err(NotAResource::Short),
    }
    let is_wild = |text: &str| text.contains(['*', '?']);
    if let Some(partition) = components.next()
        && !is_wild(partition)
        && partition.parse::<Partition>().is_err()
    {
        return Err(NotAResource::Partition(partition.to_owned()));
    }
    match components.next() {
        Some("") => Err(NotAResource::Service),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::budget::Budget;

    #[test]
    fn an_arn_or_all_and_nothing_else() {
        for text in [
            "*",
            "arn:aws:iam::123456789012:user/*",
            "arn:aws:s3:::a b",
            "arn:*",
            "arn:aws*",
            "arn:aws:iam::*",
            "arn:a?s:x::::",
        ] {
            assert!(ResourcePattern::new(text, true).is_ok(), "{text}");
        }
        for (text, reason) in [
            ("", NotAResource::Form),
            ("user/alice", NotAResource::Form),
            ("**", NotAResource::Form),
            ("ARN:aws:s3:::a", NotAResource::Form),
            ("arn", NotAResource::Short),
            ("arn:aws:iam::123456789012", NotAResource::Short),
            ("arn:aws:iam::123456789012:", NotAResource::Short),
            ("arn:aws-mars:iam::123456789012:user/a", NotAResource::Partition("aws-mars".into())),
            ("arn:aws::us-east-1:123456789012:user/a", NotAResource::Service),
            ("arn:aws:s3:::a\n", NotAResource::Hidden),
            ("arn:aws:s3:::a ", NotAResource::Hidden),
            (" arn:aws:s3:::a", NotAResource::Hidden),
            ("arn:aws:s3:::a\u{200b}b", NotAResource::Hidden),
            ("arn:aws:s3:::a\u{202e}b", NotAResource::Hidden),
            ("arn:aws:iam::${aws:PrincipalAccount}:user/a", NotAResource::EarlyVariable),
            ("arn:aws:s3:::${x", NotAResource::Variable(Malformed::Unclosed)),
        ] {
            assert_eq!(ResourcePattern::new(text, true).unwrap_err(), reason, "{text}");
        }
    }

    #[test]
    fn before_variables_existed_they_were_text() {
        let old = ResourcePattern::new("arn:aws:s3:::${aws:username}", false).unwrap();
        assert!(!old.is_unset(&Context::new()));
        let scope = Scope { context: &Context::new(), budget: &Budget::new(100) };
        assert_eq!(old.matches("arn:aws:s3:::${aws:username}".into(), scope), Ok(true));
    }
}

//! What an ARN is that a report is asked about.

use super::{ARN, job};
use crate::iam::{Account, DeclaredCall, EntityKind, Resource, reads};
use crate::posture::snapshot::SERVICE_LINKED_PATH;
use crate::tools::holder::{GROUP, Holder, ROLE, USER};
use crate::tools::{ToolError, managed};

/// What a report is about, as far as its policies can be changed.
#[derive(Debug)]
pub(super) enum Subject<'a> {
    /// A user, group or role of this name.
    Holder(&'static Holder, &'a str),
    /// A managed policy of the account's own.
    Policy(&'a str),
    /// A managed policy of AWS's own, or a role of one of its services.
    OfAws,
}

impl<'a> Subject<'a> {
    /// What this ARN names, and what IAM calls it.
    ///
    /// # Errors
    /// `ValidationError` where it is another account's.
    pub(super) fn of(account: &Account, arn: &'a str) -> Result<(Self, EntityKind), ToolError> {
        let of_kind = |kind: EntityKind| arn.strip_prefix(&account.prefix_of(kind));
        let name = |rest: &'a str| rest.rsplit('/').next().unwrap_or(rest);
        for holder in [&USER, &GROUP, &ROLE] {
            if let Some(rest) = of_kind(holder.kind) {
                let is_aws = holder.kind == EntityKind::Role
                    && SERVICE_LINKED_PATH.strip_prefix('/').is_some_and(|path| rest.starts_with(path));
                let subject = if is_aws { Self::OfAws } else { Self::Holder(holder, name(rest)) };
                return Ok((subject, holder.kind));
            }
        }
        if of_kind(EntityKind::Policy).is_some() {
            return Ok((Self::Policy(arn), EntityKind::Policy));
        }
        if arn.starts_with(&account.prefix_of_aws_policies()) {
            return Ok((Self::OfAws, EntityKind::Policy));
        }
        Err(ToolError::gateway("ValidationError", format!("arn: is not of account {}", account.id))
            .parameter(ARN.name)
            .hint("whoami tells which account your calls are for"))
    }

    /// Every call that a report about it, and a suggestion, can lead to.
    pub(super) fn declared(&self, account: &Account, arn: &str) -> Vec<DeclaredCall> {
        let mut calls = job::declared(arn, &Resource::claimed(account, arn)).to_vec();
        match self {
            Self::Holder(holder, name) => {
                calls.extend([
                    holder.on(holder.list_attached, name),
                    holder.on(holder.list_inline, name),
                    holder.on(holder.get_inline, name).with_found("PolicyName"),
                ]);
                if holder.kind == EntityKind::User {
                    calls.push(holder.on(reads::LIST_GROUPS_FOR_USER, name));
                }
                calls.extend(managed::declared_found());
            }
            Self::Policy(arn) => calls.extend(managed::declared(arn)),
            Self::OfAws => {}
        }
        calls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_account_can_change_is_read_for_a_suggestion() {
        let account = Account { partition: "aws".parse().unwrap(), id: "123456789012".parse().unwrap() };
        let calls = |arn: &str| {
            Subject::of(&account, arn).map(|(subject, kind)| (kind.as_str(), subject.declared(&account, arn).len()))
        };
        for (resource, expected) in [
            ("123456789012:user/team/bob", ("user", 10)),
            ("123456789012:group/crew", ("group", 9)),
            ("123456789012:role/app", ("role", 9)),
            ("123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS", ("role", 2)),
            ("123456789012:policy/team/reports", ("policy", 4)),
            ("aws:policy/ReadOnlyAccess", ("policy", 2)),
        ] {
            assert_eq!(calls(&format!("arn:aws:iam::{resource}")).unwrap(), expected, "{resource}");
        }
        for foreign in ["arn:aws:iam::999999999999:user/bob", "arn:aws-cn:iam::123456789012:user/bob"] {
            let error = calls(foreign).unwrap_err();
            assert_eq!((error.code.as_str(), error.parameter.as_deref()), ("ValidationError", Some("arn")));
        }
    }
}

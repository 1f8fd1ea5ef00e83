//! What is asked of the policies of the mapped role.

use crate::iam::{Account, DeclaredCall, Member};

/// An action with what it acts on, and what else is known of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// The action, and what it acts on.
    pub(super) on: (String, String),
    /// The condition keys that the request itself has.
    pub(super) keys: Vec<(String, String)>,
    /// Whether it is made only where something is found.
    pub(super) if_found: bool,
}

impl Asked {
    /// What a tool declares. Condition keys of IAM's actions:
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>.
    pub(super) fn of(call: &DeclaredCall, account: &Account) -> Self {
        let of_member = |(name, key): (&str, &str)| match call.member(name) {
            Some(Member::Is(value)) => Some((key.to_owned(), value.clone())),
            _ => None,
        };
        let mut keys: Vec<(String, String)> =
            [("PolicyArn", "iam:PolicyARN"), ("PermissionsBoundary", "iam:PermissionsBoundary")]
                .into_iter()
                .filter_map(of_member)
                .collect();
        keys.extend(call.tags.iter().map(|(key, value)| (format!("aws:RequestTag/{key}"), value.clone())));
        let is_found = |member: &Member| !matches!(member, Member::Is(_));
        Self {
            on: (call.action.as_str().to_owned(), call.resource.display(account)),
            keys,
            if_found: call.members.iter().any(|(_, member)| is_found(member)),
        }
    }

    /// What AWS has refused.
    pub(super) fn refused(on: (String, String)) -> Self {
        Self { on, keys: Vec::new(), if_found: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::{Action, Resource};

    #[test]
    fn keys_that_the_request_has_are_known() {
        let account = crate::tools::testing::facts("alice").account;
        let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess";
        let call = DeclaredCall::new(Action::new("iam:AttachUserPolicy"), Resource::user("bob"))
            .with("UserName", "bob")
            .with("PolicyArn", arn);
        let asked = Asked::of(&call, &account);
        assert_eq!(asked.keys, [("iam:PolicyARN".to_owned(), arn.to_owned())]);
        assert!(!asked.if_found);
        assert!(Asked::of(&call.with_found("X"), &account).if_found);
    }
}

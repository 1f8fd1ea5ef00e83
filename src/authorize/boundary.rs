//! The permissions boundary that a role mapping requires on everything that is created.
//!
//! Whoever may create users and roles gives away no more than the boundary says, as long as everything created has it and
//! keeps it. The tools set it; here it is judged, whatever tool asks.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate>

use crate::arn::PolicyArn;
use crate::iam::{Account, DeclaredCall, Member};
use crate::tools::ToolError;

/// Refuses calls that create a principal without the boundary `required`, or take it from one.
///
/// # Errors
/// `PermissionsBoundaryRequired`.
pub fn check(required: Option<&PolicyArn>, account: &Account, writes: &[DeclaredCall]) -> Result<(), ToolError> {
    let Some(required) = required.map(ToString::to_string) else { return Ok(()) };
    match writes.iter().find(|call| !keeps(call, &required)) {
        None => Ok(()),
        Some(call) => Err(ToolError::gateway(
            "PermissionsBoundaryRequired",
            format!(
                "users and roles created with this role mapping have the permissions boundary {required}, and keep it"
            ),
        )
        .on(call.action.as_str(), call.resource.display(account))
        .hint("leave permissions_boundary out: the gateway sets it")),
    }
}

fn keeps(call: &DeclaredCall, required: &str) -> bool {
    match call.action.operation() {
        "CreateUser" | "CreateRole" | "PutUserPermissionsBoundary" | "PutRolePermissionsBoundary" => {
            matches!(call.member("PermissionsBoundary"), Some(Member::Is(boundary)) if boundary == required)
        }
        // Service-linked roles take none.
        "CreateServiceLinkedRole" | "DeleteUserPermissionsBoundary" | "DeleteRolePermissionsBoundary" => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::{Action, EntityKind, Resource};

    const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/bounded";
    const WIDE: &str = "arn:aws:iam::123456789012:policy/wide";

    fn code(operation: &'static str, kind: EntityKind, boundary: Option<&str>) -> &'static str {
        let account = Account { partition: "aws".parse().unwrap(), id: "123456789012".parse().unwrap() };
        let call = DeclaredCall::new(Action::new(operation), Resource::named(kind, "bob"));
        let call = boundary.into_iter().fold(call, |call, boundary| call.with("PermissionsBoundary", boundary));
        match check(Some(&BOUNDARY.parse().unwrap()), &account, std::slice::from_ref(&call)) {
            Ok(()) => "passed",
            Err(refused) => {
                assert!(check(None, &account, &[call]).is_ok(), "without a required boundary nothing is refused");
                assert_eq!(
                    (refused.code.as_str(), refused.action.as_deref()),
                    ("PermissionsBoundaryRequired", Some(operation))
                );
                "refused"
            }
        }
    }

    #[test]
    fn every_way_to_a_principal_without_the_boundary_is_refused() {
        let ways = [
            ("iam:CreateUser", EntityKind::User),
            ("iam:CreateRole", EntityKind::Role),
            ("iam:CreateServiceLinkedRole", EntityKind::Role),
            ("iam:PutUserPermissionsBoundary", EntityKind::User),
            ("iam:PutRolePermissionsBoundary", EntityKind::Role),
            ("iam:DeleteUserPermissionsBoundary", EntityKind::User),
            ("iam:DeleteRolePermissionsBoundary", EntityKind::Role),
        ];
        for (operation, kind) in ways {
            for boundary in [None, Some(WIDE), Some("ARN:aws:iam::123456789012:policy/bounded"), Some("")] {
                assert_eq!(code(operation, kind, boundary), "refused", "{operation} {boundary:?}");
            }
        }
    }

    #[test]
    fn what_has_the_boundary_passes_and_so_does_what_it_is_not_about() {
        for operation in ["iam:CreateUser", "iam:CreateRole", "iam:PutUserPermissionsBoundary"] {
            assert_eq!(code(operation, EntityKind::User, Some(BOUNDARY)), "passed", "{operation}");
        }
        assert_eq!(code("iam:CreateGroup", EntityKind::Group, None), "passed");
        assert_eq!(code("iam:DeleteUser", EntityKind::User, None), "passed");
    }

    #[test]
    fn a_boundary_that_only_aws_will_tell_is_none() {
        let account = Account { partition: "aws".parse().unwrap(), id: "123456789012".parse().unwrap() };
        let call = DeclaredCall::new(Action::new("iam:CreateUser"), Resource::user("bob"));
        let call = call.with_found("PermissionsBoundary");
        assert!(check(Some(&BOUNDARY.parse().unwrap()), &account, &[call]).is_err());
    }
}

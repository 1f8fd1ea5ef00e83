//! Roles that may be handed to any service.

use super::deputy::narrows;
use super::document::{Document, Statement, Text};
use super::patterns::{is_wide, names_action};
use super::{Finding, Severity};

/// Looks at each statement that allows it, by its name, on named roles: any role is a way to more, which is a finding of its
/// own, as everything of IAM is.
pub(super) fn find(document: &Document, found: &mut Vec<Finding>) {
    let named = document.statements.iter().filter(|statement| {
        statement.allows && !statement.actions.negated && !is_wide(&statement.resources) && !says_to_whom(statement)
    });
    found.extend(named.flat_map(|statement| &statement.actions.items).filter(is_pass_role).map(|action| {
        let explanation =
            "lets its holder hand these roles to any service that they trust, not only to the one that is meant";
        let remedy = "name the service in iam:PassedToService, with StringEquals";
        Finding::new("PassRoleWithoutService", Severity::Low, &action.path, explanation, remedy)
    }));
}

fn is_pass_role(action: &&Text) -> bool {
    action.text.to_ascii_lowercase().starts_with("iam:pass") && names_action(&action.text, "iam:passrole")
}

fn says_to_whom(statement: &Statement) -> bool {
    statement.conditions.iter().any(|condition| condition.is_on("iam:PassedToService") && narrows(condition))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::codes;
    use crate::policy::PolicyKind;

    #[test]
    fn named_roles_are_handed_to_named_services() {
        let mut statement = json!({
            "Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::123456789012:role/app",
        });
        let has =
            |statement: &serde_json::Value| codes(PolicyKind::Identity, statement).contains(&"PassRoleWithoutService");
        assert!(has(&statement));
        statement["Condition"] = json!({"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}});
        assert!(!has(&statement));
        statement["Condition"] = json!({"StringLike": {"iam:PassedToService": "*"}});
        assert!(has(&statement), "any service");
        statement["Action"] = json!("iam:GetRole");
        assert!(!has(&statement));
    }
}

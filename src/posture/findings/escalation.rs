//! Allows by which a principal gets more than it was given.

use std::collections::BTreeMap;

use super::document::{Document, Statement};
use super::escalations::{Escalation, OF_IAM, OF_PASS_ROLE, OF_RUNNING_CODE};
use super::patterns::{is_everything, is_wide, place_of_action, reaches};
use super::{Finding, Severity};

/// How many ways one finding spells out.
const SPELLED_OUT: usize = 12;

/// What one place of the document opens.
struct Opened {
    ways: Vec<String>,
    severity: Severity,
}

/// The code of each family's findings, its ways, and what closes them.
pub(super) const FAMILIES: [(&str, &[Escalation], &str); 3] = [
    (
        "PrivilegeEscalation",
        OF_IAM,
        "name the users, roles, groups or policies as Resource, demand a permissions boundary \
         (iam:PermissionsBoundary), and deny changes of one's own",
    ),
    (
        "PassRoleEscalation",
        OF_PASS_ROLE,
        "name the roles that may be passed as Resource of iam:PassRole and the service in iam:PassedToService",
    ),
    ("RunningCodeEscalation", OF_RUNNING_CODE, "name the functions, instances or endpoints as Resource"),
];

/// Looks for each way whether the statements that allow, taken together, open it. One finding for each place and family:
/// whoever narrows the place closes all of them.
pub(super) fn find(document: &Document, found: &mut Vec<Finding>) {
    for (code, escalations, remedy) in FAMILIES {
        let mut opened: BTreeMap<&str, Opened> = BTreeMap::new();
        for escalation in escalations {
            let Some((place, severity)) = opens(document, escalation) else { continue };
            let way = format!("{} ({})", escalation.how, escalation.actions.join(" with "));
            let at = opened.entry(place).or_insert(Opened { ways: Vec::new(), severity });
            at.ways.push(way);
            at.severity = at.severity.min(severity);
        }
        found.extend(opened.into_iter().map(|(place, opened)| {
            let count = opened.ways.len();
            let mut ways = opened.ways;
            ways.truncate(SPELLED_OUT);
            let mut explanation = format!("lets its holder {}", ways.join("; "));
            if count > SPELLED_OUT {
                explanation.push_str(&format!("; and {} more", count - SPELLED_OUT));
            }
            Finding::new(code, opened.severity, place, explanation, remedy)
        }));
    }
}

/// Where the first action of a way is allowed, if all of them are.
///
/// A statement that allows everything is left out: that finding says it already.
fn opens<'d>(document: &'d Document, escalation: &Escalation) -> Option<(&'d str, Severity)> {
    let mut first = None;
    let mut severity = Severity::High;
    for action in escalation.actions {
        if document.statements.iter().any(|statement| denies_always(statement, action)) {
            return None;
        }
        let allowed = document
            .statements
            .iter()
            .filter(|statement| statement.allows && reaches(statement, action))
            .filter_map(|statement| Some((place_of_action(statement, action)?, statement)))
            .min_by_key(|(_, statement)| weight(statement))?;
        severity = severity.max(weight(allowed.1));
        first.get_or_insert(allowed);
    }
    let (place, statement) = first?;
    (!is_administrator(statement)).then_some((place, severity))
}

/// A condition or a resource that is named keeps the worst away, perhaps.
fn weight(statement: &Statement) -> Severity {
    if is_wide(&statement.resources) && statement.conditions.is_empty() { Severity::High } else { Severity::Medium }
}

fn is_administrator(statement: &Statement) -> bool {
    let everything = |text: &str| matches!(text, "*" | "*:*");
    statement.actions.negated && is_wide(&statement.resources)
        || statement.actions.items.iter().any(|item| everything(&item.text)) && is_wide(&statement.resources)
}

fn denies_always(statement: &Statement, action: &str) -> bool {
    let everywhere = !statement.resources.negated && statement.resources.items.iter().any(|r| is_everything(&r.text));
    !statement.allows && statement.conditions.is_empty() && everywhere && place_of_action(statement, action).is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::{codes, found};
    use super::*;
    use crate::policy::PolicyKind;

    fn allow(action: &Value, resource: &str) -> Value {
        json!({"Effect": "Allow", "Action": action, "Resource": resource})
    }

    fn found_in(statements: &[Value]) -> Vec<Finding> {
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        let mut found = found(PolicyKind::Identity, &document);
        found.retain(|finding| finding.code.ends_with("Escalation"));
        found
    }

    #[test]
    fn every_way_is_found_by_its_own_actions_and_by_nothing_less() {
        for escalation in OF_IAM.iter().chain(OF_PASS_ROLE).chain(OF_RUNNING_CODE) {
            let found = found_in(&[allow(&json!(escalation.actions), "*")]);
            assert!(found.iter().any(|one| one.explanation.contains(escalation.how)), "{escalation:?}: {found:?}");
            for left_out in escalation.actions {
                let rest: Vec<_> = escalation.actions.iter().filter(|action| *action != left_out).collect();
                if !rest.is_empty() {
                    let way = escalation.actions.join(" with ");
                    let found = found_in(&[allow(&json!(rest), "*")]);
                    assert!(!found.iter().any(|one| one.explanation.contains(&way)), "{escalation:?}");
                }
            }
        }
    }

    #[test]
    fn the_actions_of_a_way_may_stand_in_several_statements() {
        let found = found_in(&[allow(&json!("ec2:RunInstances"), "*"), allow(&json!("iam:PassRole"), "*")]);
        assert_eq!((found.len(), found[0].code), (1, "PassRoleEscalation"));
        assert_eq!((found[0].path.as_str(), found[0].severity), ("$.Statement[1].Action", Severity::High));
    }

    #[test]
    fn a_pattern_that_opens_many_ways_is_one_finding() {
        let mut found = found_in(&[allow(&json!(["iam:*"]), "*")]);
        found.retain(|finding| finding.code == "PrivilegeEscalation");
        assert_eq!(found.len(), 1);
        assert!(found[0].explanation.contains("iam:createpolicyversion"), "{}", found[0].explanation);
        assert!(found[0].explanation.contains("more"), "{}", found[0].explanation);
        assert!(found_in(&[allow(&json!("iam:*Policy*"), "*")])[0].explanation.contains("iam:attachrolepolicy"));
    }

    #[test]
    fn what_is_named_or_conditioned_weighs_less() {
        let named = found_in(&[allow(&json!("iam:AttachUserPolicy"), "arn:aws:iam::123456789012:user/app")]);
        assert_eq!(named[0].severity, Severity::Medium);
        let mut conditioned = allow(&json!("iam:AttachUserPolicy"), "*");
        conditioned["Condition"] = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
        assert_eq!(found_in(&[conditioned])[0].severity, Severity::Medium);
    }

    #[test]
    fn what_is_denied_always_and_everywhere_is_not_open() {
        let deny = |condition: Value| {
            let mut deny = json!({"Effect": "Deny", "Action": "iam:Attach*", "Resource": "*"});
            if !condition.is_null() {
                deny["Condition"] = condition;
            }
            deny
        };
        let attach = || allow(&json!("iam:AttachUserPolicy"), "*");
        assert!(found_in(&[attach(), deny(Value::Null)]).is_empty());
        assert_eq!(found_in(&[attach(), deny(json!({"Bool": {"aws:SecureTransport": "false"}}))]).len(), 1);
    }

    #[test]
    fn everything_is_said_once() {
        let codes = codes(PolicyKind::Identity, &allow(&json!("*"), "*"));
        assert_eq!(codes, ["AdministratorAccess"]);
        let not_action =
            json!({"Effect": "Allow", "NotAction": "s3:*", "Resource": "arn:aws:iam::123456789012:user/app"});
        assert!(!found_in(&[not_action]).is_empty());
    }
}

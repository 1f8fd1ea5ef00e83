//! Conditions that hold more often than they seem to.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>

use super::document::{Condition, Document, Statement};
use super::{Finding, Severity};

/// Keys with several values, in lower case.
const MULTI_VALUED: [&str; 10] = [
    "aws:tagkeys",
    "aws:calledvia",
    "aws:principalorgpaths",
    "aws:sourceorgpaths",
    "aws:resourceorgpaths",
    "aws:vpceorgpaths",
    "aws:principalservicenameslist",
    "dynamodb:attributes",
    "dynamodb:leadingkeys",
    "sts:transitivetagkeys",
];

/// Looks at each condition.
pub(super) fn find(document: &Document, found: &mut Vec<Finding>) {
    for statement in &document.statements {
        for condition in &statement.conditions {
            found.extend(for_all_values(statement, condition));
            found.extend(without_set(statement, condition));
            found.extend(principal_tag(statement, condition));
            found.extend(mfa(statement, condition));
            found.extend(mcp(condition));
        }
    }
}

/// A missing key satisfies ForAllValues, so it allows whoever sends none.
fn for_all_values(statement: &Statement, condition: &Condition) -> Option<Finding> {
    let demanded = statement.conditions.iter().any(|other| {
        other.base() == "Null" && other.is_on(&condition.key) && other.values.iter().all(|value| value.text == "false")
    });
    (statement.allows && condition.operator.starts_with("ForAllValues:") && !demanded).then(|| {
        Finding::new(
            "ForAllValuesWithoutNullCheck",
            Severity::High,
            &condition.path,
            format!("a request without {} satisfies ForAllValues, and is allowed", condition.key),
            format!("demand the key as well: \"Null\": {{\"{}\": \"false\"}}", condition.key),
        )
    })
}

/// A key with several values under an operator for one.
fn without_set(statement: &Statement, condition: &Condition) -> Option<Finding> {
    let multi = MULTI_VALUED.contains(&condition.key.to_ascii_lowercase().as_str());
    if !multi || condition.operator.starts_with("For") || condition.base() == "Null" {
        return None;
    }
    let severity = if statement.allows { Severity::Medium } else { Severity::High };
    Some(Finding::new(
        "SetOperatorMissing",
        severity,
        &condition.path,
        format!(
            "{} can have several values, and {} compares one: how it comes out is not defined",
            condition.key, condition.operator
        ),
        "write ForAnyValue: or ForAllValues: in front of the operator, whichever is meant",
    ))
}

fn principal_tag(statement: &Statement, condition: &Condition) -> Option<Finding> {
    let is_tag = condition.key.to_ascii_lowercase().starts_with("aws:principaltag/");
    (statement.allows && is_tag && condition.base() != "Null").then(|| {
        Finding::new(
            "AllowByPrincipalTag",
            Severity::Medium,
            &condition.path,
            format!(
                "who may tag users, roles or sessions ({}) decides who is allowed",
                "iam:TagUser, iam:TagRole, sts:TagSession"
            ),
            "keep these actions with this key (aws:TagKeys) from everybody but those who assign the tag",
        )
    })
}

/// The key for MFA is missing from requests with long-term keys.
fn mfa(statement: &Statement, condition: &Condition) -> Option<Finding> {
    if !condition.is_on("aws:MultiFactorAuthPresent") || condition.base() != "Bool" {
        return None;
    }
    let (wants, if_exists) = (condition.values.first()?.text == "true", condition.operator.ends_with("IfExists"));
    match (statement.allows, wants, if_exists) {
        (true, true, true) => Some(Finding::new(
            "MfaIfExists",
            Severity::High,
            &condition.path,
            "requests with long-term access keys have no aws:MultiFactorAuthPresent, and IfExists lets them pass without \
             a second factor",
            "write Bool instead of BoolIfExists",
        )),
        (false, false, false) => Some(Finding::new(
            "MfaDenyMissesKeys",
            Severity::Medium,
            &condition.path,
            "requests with long-term access keys have no aws:MultiFactorAuthPresent, so this does not deny them",
            "write BoolIfExists instead of Bool",
        )),
        _ => None,
    }
}

/// The MCP keys are AWS's own: a policy that means this gateway has to ask for its tags.
fn mcp(condition: &Condition) -> Option<Finding> {
    (condition.is_on("aws:ViaAWSMCPService") || condition.is_on("aws:CalledViaAWSMCP")).then(|| {
        Finding::new(
            "McpKeyOfAwsOnly",
            Severity::Low,
            &condition.path,
            format!("AWS sets {} for its own MCP servers only; calls through this gateway do not have it", condition.key),
            "ask for aws:PrincipalTag/ViaAWSMCPService or aws:PrincipalTag/CalledViaAWSMCP as well, which the gateway's \
             sessions carry",
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::codes;
    use crate::policy::PolicyKind;

    fn of(effect: &str, condition: &Value) -> Vec<&'static str> {
        let statement =
            json!({"Effect": effect, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": condition});
        codes(PolicyKind::Identity, &statement)
    }

    #[test]
    fn for_all_values_lets_requests_without_the_key_pass() {
        let condition = json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}});
        assert_eq!(of("Allow", &condition), ["ForAllValuesWithoutNullCheck"]);
        assert_eq!(of("Deny", &condition), [] as [&str; 0]);
        let mut checked = condition;
        checked["Null"] = json!({"AWS:tagkeys": "false"});
        assert_eq!(of("Allow", &checked), [] as [&str; 0]);
    }

    #[test]
    fn a_key_with_several_values_needs_a_set_operator() {
        for effect in ["Allow", "Deny"] {
            assert_eq!(of(effect, &json!({"StringEquals": {"aws:TagKeys": "a"}})), ["SetOperatorMissing"]);
            assert_eq!(of(effect, &json!({"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}})), [] as [&str; 0]);
        }
        assert_eq!(of("Allow", &json!({"StringEquals": {"aws:RequestTag/a": "a"}})), [] as [&str; 0]);
    }

    #[test]
    fn what_a_tag_allows_its_writers_allow() {
        let condition = json!({"StringEquals": {"aws:PrincipalTag/team": "a"}});
        assert_eq!(of("Allow", &condition), ["AllowByPrincipalTag"]);
        assert_eq!(of("Deny", &condition), [] as [&str; 0]);
    }

    #[test]
    fn long_term_keys_have_no_second_factor() {
        let mfa = |operator: &str, value: &str| json!({operator: {"aws:MultiFactorAuthPresent": value}});
        assert_eq!(of("Allow", &mfa("BoolIfExists", "true")), ["MfaIfExists"]);
        assert_eq!(of("Deny", &mfa("Bool", "false")), ["MfaDenyMissesKeys"]);
        assert_eq!(of("Allow", &mfa("Bool", "true")), [] as [&str; 0]);
        assert_eq!(of("Deny", &mfa("BoolIfExists", "false")), [] as [&str; 0]);
    }

    #[test]
    fn the_mcp_keys_are_awss_own() {
        assert_eq!(of("Deny", &json!({"Bool": {"aws:ViaAWSMCPService": "true"}})), ["McpKeyOfAwsOnly"]);
    }
}

//! Conditions that hold more often than they seem to.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>

use super::document::{Condition, Document, Statement};
use super::{Finding, Severity};

/// Keys with several values, in lower case.
const MULTI_VALUED: [&str; 17] = [
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
    "kms:encryptioncontextkeys",
    "kms:grantoperations",
    "route53:changeresourcerecordsetsactions",
    "route53:changeresourcerecordsetsnormalizedrecordnames",
    "route53:changeresourcerecordsetsrecordtypes",
    "ses:recipients",
    "cognito-identity.amazonaws.com:amr",
];

/// Keys that every request has, in lower case: what lets requests without them pass lets none.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.
const ALWAYS_THERE: [&str; 9] = [
    "aws:currenttime",
    "aws:epochtime",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principaltype",
    "aws:requestedregion",
    "aws:securetransport",
    "aws:userid",
    "aws:viaawsservice",
];

/// Looks at each condition.
pub(super) fn find(document: &Document, found: &mut Vec<Finding>) {
    for statement in &document.statements {
        for condition in &statement.conditions {
            found.extend(for_all_values(statement, condition));
            found.extend(without_set(statement, condition));
            found.extend(principal_tag(statement, condition));
            found.extend(without_key(statement, condition));
            found.extend(mfa(statement, condition));
            found.extend(mcp(condition));
        }
    }
}

/// A missing key satisfies ForAllValues, so it allows whoever sends none.
fn for_all_values(statement: &Statement, condition: &Condition) -> Option<Finding> {
    (statement.allows && condition.operator.starts_with("ForAllValues:") && !is_demanded(statement, condition)).then(
        || {
            Finding::new(
                "ForAllValuesWithoutNullCheck",
                Severity::High,
                &condition.path,
                format!("a request without {} satisfies ForAllValues, and is allowed", condition.key),
                format!("demand the key as well: \"Null\": {{\"{}\": \"false\"}}", condition.key),
            )
        },
    )
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

/// What lets requests without the key pass, in a statement that allows.
fn without_key(statement: &Statement, condition: &Condition) -> Option<Finding> {
    let key = condition.key.to_ascii_lowercase();
    let any = condition.operator.starts_with("ForAnyValue:");
    let passes = condition.operator.ends_with("IfExists") || condition.is_negated() && !any;
    if !statement.allows || !passes || ALWAYS_THERE.contains(&key.as_str()) || is_demanded(statement, condition) {
        return None;
    }
    let mfa = key == "aws:multifactorauthpresent";
    let such = if mfa { ", which those with long-term access keys are" } else { "" };
    Some(Finding::new(
        "AllowWithoutKey",
        if mfa { Severity::High } else { Severity::Medium },
        &condition.path,
        format!("{} lets requests without {} pass{such}", condition.operator, condition.key),
        format!(
            "name the values that are allowed, without IfExists, or demand the key: \"Null\": {{\"{}\": \"false\"}}",
            condition.key
        ),
    ))
}

/// The key for MFA is missing from requests with long-term keys, which a deny on `false` then misses.
fn mfa(statement: &Statement, condition: &Condition) -> Option<Finding> {
    let of_mfa = condition.is_on("aws:MultiFactorAuthPresent") && condition.operator == "Bool";
    let wants_none = condition.values.first().is_some_and(|value| value.text == "false");
    (!statement.allows && of_mfa && wants_none).then(|| {
        Finding::new(
            "MfaDenyMissesKeys",
            Severity::Medium,
            &condition.path,
            "requests with long-term access keys have no aws:MultiFactorAuthPresent, so this does not deny them",
            "write BoolIfExists instead of Bool",
        )
    })
}

/// Whether another condition of the statement demands that the key is there.
fn is_demanded(statement: &Statement, condition: &Condition) -> bool {
    statement.conditions.iter().any(|other| {
        other.base() == "Null" && other.is_on(&condition.key) && other.values.iter().all(|value| value.text == "false")
    })
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
    fn any_value_that_is_another_is_one_that_is_there() {
        let any = json!({"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["a"]}});
        assert_eq!(of("Allow", &any), [] as [&str; 0]);
        let plain = json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}});
        assert_eq!(of("Allow", &plain), ["AllowWithoutKey"]);
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
        assert_eq!(of("Allow", &mfa("BoolIfExists", "true")), ["AllowWithoutKey"]);
        assert_eq!(of("Deny", &mfa("Bool", "false")), ["MfaDenyMissesKeys"]);
        assert_eq!(of("Allow", &mfa("Bool", "true")), [] as [&str; 0]);
        assert_eq!(of("Deny", &mfa("BoolIfExists", "false")), [] as [&str; 0]);
    }

    #[test]
    fn what_lets_requests_without_the_key_pass_allows_them() {
        for condition in [
            json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}),
            json!({"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}),
        ] {
            assert_eq!(of("Allow", &condition), ["AllowWithoutKey"], "{condition}");
            assert_eq!(of("Deny", &condition), [] as [&str; 0], "{condition}");
            let mut demanded = condition;
            demanded["Null"] = json!({"aws:sourcevpce": "false"});
            assert_eq!(of("Allow", &demanded), [] as [&str; 0], "{demanded}");
        }
        assert_eq!(of("Allow", &json!({"StringNotEquals": {"aws:RequestedRegion": "x"}})), [] as [&str; 0]);
    }

    #[test]
    fn the_mcp_keys_are_awss_own() {
        assert_eq!(of("Deny", &json!({"Bool": {"aws:ViaAWSMCPService": "true"}})), ["McpKeyOfAwsOnly"]);
    }
}

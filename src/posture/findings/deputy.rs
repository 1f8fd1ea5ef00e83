//! Trust policies by which the wrong ones get in: everybody, other accounts' customers, other customers of a service.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>

use super::document::{Condition, Document, Principal, Statement};
use super::{Finding, Severity};

/// Keys that say which account, organization or principal may come.
const WHO: [&str; 5] =
    ["aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:PrincipalAccount", "aws:PrincipalArn", "aws:userid"];
/// Keys that say of which organization.
const ORGANIZATION: [&str; 2] = ["aws:PrincipalOrgID", "aws:PrincipalOrgPaths"];
/// Keys that say for which resource, account or organization a service acts.
const SOURCES: [&str; 4] = ["aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths"];

/// Services that act for the account alone that passed them the role, so that nobody else's request reaches it.
const ACT_FOR_THEIR_OWN: [&str; 3] = ["ec2.amazonaws.com", "lambda.amazonaws.com", "edgelambda.amazonaws.com"];

/// Looks at each statement that allows.
pub(super) fn find(document: &Document, account: Option<&str>, found: &mut Vec<Finding>) {
    for statement in document.statements.iter().filter(|statement| statement.allows) {
        found.extend(statement.all_but.iter().map(|path| all_but(path)));
        let principals = statement.principals.iter();
        found.extend(principals.filter_map(|principal| match principal.kind.as_str() {
            "AWS" if principal.name.text == "*" => everybody(statement, principal),
            "AWS" => foreign(statement, principal, account?),
            "Service" => service(statement, principal),
            _ => None,
        }));
    }
}

/// Whether a condition of the statement demands one of `keys`, with something that not everybody has.
pub(super) fn demands(statement: &Statement, keys: &[&str]) -> bool {
    statement.conditions.iter().any(|condition| keys.iter().any(|key| condition.is_on(key)) && narrows(condition))
}

/// Whether a condition lets only some values pass, and not a request without the key.
pub(super) fn narrows(condition: &Condition) -> bool {
    // `Null: false` only demands that there is a value, which may be any.
    condition.base() != "Null"
        && !condition.passes_without_key()
        && !condition.values.iter().any(|value| is_anything(&value.text) && is_pattern(condition))
}

/// Whether a condition compares with patterns.
pub(super) fn is_pattern(condition: &Condition) -> bool {
    condition.base().ends_with("Like") || condition.base().starts_with("Arn")
}

fn is_anything(value: &str) -> bool {
    !value.is_empty() && value.chars().all(|character| "*?:".contains(character) || character.is_whitespace())
        || is_of_any_account(value)
        // Any organization, and any owner of a repository.
        || value.starts_with("o-*")
        || value.starts_with("o-?")
        || value.starts_with("*/")
}

/// Whether it is a pattern of ARNs of whatever account.
fn is_of_any_account(value: &str) -> bool {
    let mut parts = value.splitn(6, ':');
    parts.next() == Some("arn") && parts.nth(3).is_some_and(|account| account.contains(['*', '?']))
}

fn everybody(statement: &Statement, principal: &Principal) -> Option<Finding> {
    if demands(statement, &WHO) {
        return None;
    }
    let external = demands(statement, &["sts:ExternalId"]);
    let (severity, what) = match (statement.conditions.is_empty(), external) {
        (true, _) => (Severity::Critical, "anybody with an AWS account can assume the role"),
        (false, true) => (Severity::High, "whoever knows the external id can assume the role, which is no secret"),
        (false, false) => {
            (Severity::High, "anybody with an AWS account for whom the condition holds can assume the role")
        }
    };
    let remedy = "name the principals or accounts, or demand aws:PrincipalOrgID or aws:PrincipalArn with StringEquals or \
                  ArnEquals";
    Some(Finding::new("AnyoneCanAssume", severity, &principal.name.path, what, remedy))
}

fn all_but(path: &str) -> Finding {
    let what = "everybody whom the statement does not name can assume the role, anonymous requests included";
    let remedy = "name under Principal who may assume it; what is denied to others is a statement of its own";
    Finding::new("NotPrincipalAllows", Severity::Critical, path, what, remedy)
}

fn foreign(statement: &Statement, principal: &Principal, account: &str) -> Option<Finding> {
    let name = principal.name.text.as_str();
    let (own, whole) = match name.split(':').nth(4) {
        Some(own) => (own, name.ends_with(":root")),
        None => (name, true),
    };
    let is_account = own.len() == 12 && own.bytes().all(|byte| byte.is_ascii_digit());
    // That the account's own principals come says nothing of whom they come for.
    if !is_account || own == account || demands(statement, &["sts:ExternalId"]) || demands(statement, &ORGANIZATION) {
        return None;
    }
    let who = if whole { "everybody whom account" } else { "a principal of account" };
    let lets = if whole { " lets" } else { "" };
    Some(Finding::new(
        "ForeignAccountWithoutExternalId",
        if whole { Severity::High } else { Severity::Medium },
        &principal.name.path,
        format!(
            "{who} {own}{lets} can assume the role; a provider that serves several customers can be tricked into \
                 using it for another one"
        ),
        "demand an sts:ExternalId that the provider chose for you, or aws:PrincipalOrgID if the account is one of your \
         organization's; name the role that comes rather than its account",
    ))
}

fn service(statement: &Statement, principal: &Principal) -> Option<Finding> {
    if demands(statement, &SOURCES) {
        return None;
    }
    let name = principal.name.text.as_str();
    let own = ACT_FOR_THEIR_OWN.contains(&name);
    let explanation = if own {
        format!("{name} acts with the role for whoever may pass it (iam:PassRole), in this account")
    } else {
        format!(
            "{name} may use the role at the request of another account's resource, if its owner learns the role's ARN"
        )
    };
    let remedy = if own {
        "say who may pass the role, by Resource and iam:PassedToService of iam:PassRole"
    } else {
        "demand aws:SourceArn (the resource) or aws:SourceAccount (this account), if the service sets them"
    };
    let severity = if own { Severity::Low } else { Severity::Medium };
    Some(Finding::new("ServiceWithoutSource", severity, &principal.name.path, explanation, remedy))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::{ACCOUNT, codes, found};
    use super::*;
    use crate::policy::PolicyKind;

    fn trusting(principal: &Value, condition: &Value) -> Value {
        let mut statement = json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
        if !condition.is_null() {
            statement["Condition"] = condition.clone();
        }
        statement
    }

    fn of(principal: &Value, condition: &Value) -> Vec<&'static str> {
        codes(PolicyKind::Trust, &trusting(principal, condition))
    }

    fn severity(principal: &Value, condition: &Value) -> Severity {
        let document = json!({"Version": "2012-10-17", "Statement": [trusting(principal, condition)]});
        found(PolicyKind::Trust, &document)[0].severity
    }

    #[test]
    fn a_pattern_of_every_account_narrows_nothing() {
        let vendor = json!({"AWS": "arn:aws:iam::999999999999:root"});
        for condition in [
            json!({"StringEquals": {"aws:PrincipalAccount": "999999999999"}}),
            json!({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::999999999999:role/vendor"}}),
        ] {
            assert_eq!(of(&vendor, &condition), ["ForeignAccountWithoutExternalId"], "{condition}");
        }
        let trail = json!({"Service": "cloudtrail.amazonaws.com"});
        let source = |arn: &str| json!({"ArnLike": {"aws:SourceArn": arn}});
        assert_eq!(of(&trail, &source("arn:aws:cloudtrail:*:*:trail/*")), ["ServiceWithoutSource"]);
        assert_eq!(of(&trail, &source("arn:aws:cloudtrail:*:123456789012:trail/*")), [] as [&str; 0]);
    }

    /// IAM stores no such policy any more, so it is a fault; one that was stored before is found all the same.
    #[test]
    fn everybody_but_a_few_is_everybody() {
        let of = |effect: &str| {
            let statement =
                json!({"Effect": effect, "NotPrincipal": {"AWS": "999999999999"}, "Action": "sts:AssumeRole"});
            let document = json!({"Version": "2012-10-17", "Statement": [statement]});
            super::super::of(PolicyKind::Trust, &document.to_string(), Some(ACCOUNT))
        };
        let found = of("Allow");
        assert_eq!((found[0].code, found[0].severity), ("NotPrincipalAllows", Severity::Critical));
        assert_eq!(found[0].path, "$.Statement[0].NotPrincipal");
        assert_eq!(of("Deny"), []);
    }

    #[test]
    fn everybody_is_too_many() {
        for principal in [json!("*"), json!({"AWS": "*"}), json!({"AWS": ["*"]})] {
            assert_eq!(of(&principal, &Value::Null), ["AnyoneCanAssume"], "{principal}");
            assert_eq!(severity(&principal, &Value::Null), Severity::Critical);
        }
        let everybody = json!({"AWS": "*"});
        for condition in [
            json!({"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}),
            json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/ci-*"}}),
        ] {
            assert_eq!(of(&everybody, &condition), [] as [&str; 0], "{condition}");
        }
        for condition in [
            json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdefghij"}}),
            json!({"StringLike": {"aws:PrincipalArn": "*"}}),
            json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}),
            json!({"StringLike": {"aws:PrincipalOrgID": "o-*"}}),
            json!({"StringNotEquals": {"aws:PrincipalAccount": "999999999999"}}),
            json!({"StringEquals": {"sts:ExternalId": "x1"}}),
        ] {
            assert!(of(&everybody, &condition).contains(&"AnyoneCanAssume"), "{condition}");
        }
    }

    #[test]
    fn another_account_needs_an_external_id_or_an_organization() {
        let provider = json!({"AWS": "arn:aws:iam::999999999999:root"});
        assert_eq!(of(&provider, &Value::Null), ["ForeignAccountWithoutExternalId"]);
        assert_eq!(severity(&provider, &Value::Null), Severity::High);
        assert_eq!(of(&json!({"AWS": "999999999999"}), &Value::Null), ["ForeignAccountWithoutExternalId"]);
        let role = json!({"AWS": "arn:aws:iam::999999999999:role/vendor"});
        assert_eq!(severity(&role, &Value::Null), Severity::Medium);
        assert_eq!(of(&provider, &json!({"StringEquals": {"sts:ExternalId": "a-1"}})), [] as [&str; 0]);
        assert!(!of(&provider, &json!({"StringLike": {"sts:ExternalId": "*"}})).is_empty());
        for own in ["123456789012", "arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:user/a"] {
            assert_eq!(of(&json!({"AWS": own}), &Value::Null), [] as [&str; 0], "{own}");
        }
    }

    #[test]
    fn a_service_says_for_whom_it_acts() {
        let service = json!({"Service": "cloudtrail.amazonaws.com"});
        assert_eq!(of(&service, &Value::Null), ["ServiceWithoutSource"]);
        assert_eq!(severity(&service, &Value::Null), Severity::Medium);
        assert_eq!(of(&service, &json!({"StringEquals": {"aws:SourceAccount": "123456789012"}})), [] as [&str; 0]);
        assert_eq!(severity(&json!({"Service": "ec2.amazonaws.com"}), &Value::Null), Severity::Low);
    }
}

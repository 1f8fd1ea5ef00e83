//! Conditions that never hold, or always do.

use super::document::{Condition, Document, Statement, Text};
use super::{Finding, Severity};

/// Looks at each condition.
pub(super) fn find(document: &Document, found: &mut Vec<Finding>) {
    for statement in &document.statements {
        if document.is_old {
            found.extend(old_variables(statement));
        }
        for condition in &statement.conditions {
            let values = condition.values.iter();
            found.extend(values.filter_map(|value| literal_wildcard(statement, condition, value)));
            found.extend(anything(statement, condition));
            found.extend(malformed(statement, condition));
            found.extend(address(statement, condition));
            found.extend(contradicted(statement, condition));
        }
    }
}

/// What a statement that never applies does: an allow too few is noticed, a deny too few is not.
fn never(statement: &Statement) -> (Severity, &'static str) {
    if statement.allows {
        (Severity::Low, "so the statement allows nothing")
    } else {
        (Severity::High, "so the statement denies nothing")
    }
}

fn old_variables(statement: &Statement) -> Vec<Finding> {
    let values = statement.conditions.iter().flat_map(|condition| &condition.values);
    let texts = statement.resources.items.iter().chain(values);
    texts
        .filter(|text| text.text.contains("${"))
        .map(|text| {
            let (severity, so) = never(statement);
            Finding::new(
                "VariableInOldVersion",
                severity.min(Severity::Medium),
                &text.path,
                format!(
                    "in Version 2008-10-17, or without any, {} is plain text and matches nothing real, {so}",
                    text.text
                ),
                "write \"Version\": \"2012-10-17\"",
            )
        })
        .collect()
}

/// A wildcard under an operator that has none.
fn literal_wildcard(statement: &Statement, condition: &Condition, value: &Text) -> Option<Finding> {
    let equals = matches!(
        condition.base(),
        "StringEquals" | "StringNotEquals" | "StringEqualsIgnoreCase" | "StringNotEqualsIgnoreCase"
    );
    let plain = value.text.replace("${*}", "").replace("${?}", "");
    if !equals || !plain.contains('*') {
        return None;
    }
    let (severity, explanation) = if condition.is_negated() {
        let effect = if statement.allows { "allows" } else { "denies" };
        let severity = if statement.allows { Severity::High } else { Severity::Low };
        (severity, format!("{} takes {} literally, so it {effect} nearly everything", condition.operator, value.text))
    } else {
        let (severity, so) = never(statement);
        (severity, format!("{} takes {} literally, which no request has, {so}", condition.operator, value.text))
    };
    let like = condition.operator.replace("Equals", "Like").replace("IgnoreCase", "");
    Some(Finding::new("LiteralWildcard", severity, &value.path, explanation, format!("write {like}")))
}

/// A value that every value of the key fits.
fn anything(statement: &Statement, condition: &Condition) -> Option<Finding> {
    let fits_all = |value: &&Text| match condition.base() {
        "StringLike" | "StringNotLike" => is_stars(&value.text),
        "ArnLike" | "ArnEquals" | "ArnNotLike" | "ArnNotEquals" => {
            value.text.strip_prefix("arn:").is_some_and(is_stars)
        }
        "IpAddress" | "NotIpAddress" => value.text.ends_with("/0"),
        _ => false,
    };
    let value = condition.values.iter().find(fits_all)?;
    let (code, severity, what) = match (condition.is_negated(), statement.allows) {
        (true, _) => ("NeverMatches", never(statement).0, "so the condition holds only for requests without the key"),
        (false, true) => ("AlwaysMatches", Severity::High, "so the condition limits nothing"),
        (false, false) => ("AlwaysMatches", Severity::Low, "so everything with the key is denied"),
    };
    Some(Finding::new(
        code,
        severity,
        &value.path,
        format!("every value of {} fits {}, {what}", condition.key, value.text),
        "name the values that are meant; where the key only has to be there, write Null with false",
    ))
}

/// Nothing but wildcards, colons between them aside.
fn is_stars(text: &str) -> bool {
    text.contains('*') && text.bytes().all(|byte| matches!(byte, b'*' | b':'))
}

/// Values that the key never has.
fn malformed(statement: &Statement, condition: &Condition) -> Option<Finding> {
    let key = condition.key.to_ascii_lowercase();
    let (fits, what): (fn(&str) -> bool, &str) = match key.as_str() {
        "aws:principalaccount" | "aws:sourceaccount" | "aws:resourceaccount" => (is_account, "twelve digits"),
        "aws:principalorgid" | "aws:sourceorgid" | "aws:resourceorgid" => {
            (is_organization, "o- and 10-32 letters or digits")
        }
        _ => return None,
    };
    let exact = condition.base() == "StringEquals";
    let never_fits = condition.values.iter().all(|value| !value.text.contains(['$', '*']) && !fits(&value.text));
    (exact && never_fits).then(|| {
        let (severity, so) = never(statement);
        let explanation = format!("{} is {what}, which no value here is, {so}", condition.key);
        Finding::new("NeverMatches", severity, &condition.path, explanation, "correct the value")
    })
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_organization(text: &str) -> bool {
    text.strip_prefix("o-")
        .is_some_and(|id| (10..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// AWS sees public addresses; private ones come in `aws:VpcSourceIp`, through a VPC endpoint.
fn address(statement: &Statement, condition: &Condition) -> Option<Finding> {
    if !condition.is_on("aws:SourceIp") || !matches!(condition.base(), "IpAddress" | "NotIpAddress") {
        return None;
    }
    let private = condition.values.iter().all(|value| is_private(&value.text));
    private.then(|| {
        let (severity, so) = if condition.is_negated() {
            (Severity::Medium, "so the condition holds for everybody")
        } else {
            never(statement)
        };
        Finding::new(
            "NeverMatches",
            severity,
            &condition.path,
            format!("AWS sees the public address of a caller in aws:SourceIp, never a private one, {so}"),
            "name public networks; behind a VPC endpoint, compare aws:VpcSourceIp together with aws:SourceVpc",
        )
    })
}

fn is_private(text: &str) -> bool {
    let address = text.split('/').next().and_then(|address| address.parse().ok());
    match address {
        Some(std::net::IpAddr::V4(address)) => address.is_private() || address.is_loopback() || address.is_link_local(),
        Some(std::net::IpAddr::V6(address)) => address.is_unique_local() || address.is_loopback(),
        None => false,
    }
}

/// A key that must be missing and equal something, or equal a value and not.
fn contradicted(statement: &Statement, condition: &Condition) -> Option<Finding> {
    let must_be_missing = condition.base() == "Null" && condition.values.iter().all(|value| value.text == "true");
    let set = |operator: &str| operator.split_once(':').map(|(set, _)| set.to_owned());
    let texts = |condition: &Condition| condition.values.iter().map(|value| value.text.clone()).collect::<Vec<_>>();
    let against = statement.conditions.iter().find(|other| {
        if !other.is_on(&condition.key) || std::ptr::eq(*other, condition) {
            return false;
        }
        let demands = other.base() != "Null" && !other.passes_without_key();
        let negation = condition.base().replace("Not", "") == other.base() && condition.is_negated();
        let excluded = texts(condition);
        let excludes_all = negation
            && set(&condition.operator).is_none()
            && set(&other.operator).is_none()
            && texts(other).iter().all(|value| excluded.contains(value));
        (must_be_missing && demands) || (excludes_all && !other.operator.ends_with("IfExists"))
    })?;
    let (severity, so) = never(statement);
    Some(Finding::new(
        "NeverMatches",
        severity,
        &condition.path,
        format!("contradicts the condition at {}, {so}", against.path),
        "all conditions of a statement have to hold at once: split the statement, or leave one of them out",
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::{codes, found};
    use super::*;
    use crate::policy::PolicyKind;

    fn of(effect: &str, condition: &Value) -> Vec<&'static str> {
        let statement =
            json!({"Effect": effect, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": condition});
        codes(PolicyKind::Identity, &statement)
    }

    #[test]
    fn variables_are_text_in_the_old_version() {
        let statement =
            json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username}"});
        for version in [json!("2008-10-17"), Value::Null] {
            let mut document = json!({"Statement": [statement]});
            if !version.is_null() {
                document["Version"] = version;
            }
            let found = found(PolicyKind::Identity, &document);
            assert_eq!((found.len(), found[0].code), (1, "VariableInOldVersion"));
        }
        assert_eq!(codes(PolicyKind::Identity, &statement), [] as [&str; 0]);
    }

    #[test]
    fn a_star_under_string_equals_is_a_star() {
        assert_eq!(of("Deny", &json!({"StringEquals": {"aws:userid": "AROA*"}})), ["LiteralWildcard"]);
        assert_eq!(of("Allow", &json!({"StringNotEquals": {"aws:userid": "AROA*"}})), ["LiteralWildcard"]);
        for fine in [json!({"StringLike": {"aws:userid": "AROA*"}}), json!({"StringEquals": {"aws:userid": "${*}"}})] {
            assert_eq!(of("Deny", &fine), [] as [&str; 0]);
        }
    }

    #[test]
    fn values_that_a_key_never_has_are_found() {
        for condition in [
            json!({"StringEquals": {"aws:PrincipalAccount": "1234"}}),
            json!({"StringEquals": {"aws:PrincipalOrgID": "123456789012"}}),
            json!({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.168.1.1"]}}),
            json!({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            json!({"Null": {"aws:userid": "true"}, "StringEquals": {"aws:userid": "a"}}),
            json!({"StringEquals": {"aws:userid": "a"}, "StringNotEquals": {"aws:userid": ["a", "b"]}}),
        ] {
            assert_eq!(of("Deny", &condition), ["NeverMatches"], "{condition}");
        }
        for fine in [
            json!({"StringEquals": {"aws:PrincipalAccount": ["1234", "123456789012"]}}),
            json!({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
            json!({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "203.0.113.0/24"]}}),
            json!({"Null": {"aws:userid": "false"}, "StringEquals": {"aws:userid": "a"}}),
            json!({"StringLike": {"aws:userid": "a*"}, "StringNotLike": {"aws:userid": "ab*"}}),
        ] {
            assert_eq!(of("Deny", &fine), [] as [&str; 0], "{fine}");
        }
    }

    #[test]
    fn what_everything_fits_is_no_condition() {
        for condition in [
            json!({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/0"]}}),
            json!({"StringLike": {"aws:userid": "*"}}),
            json!({"ArnLike": {"aws:SourceArn": "arn:*:*:*:*:*"}}),
        ] {
            assert_eq!(of("Allow", &condition), ["AlwaysMatches"], "{condition}");
        }
        assert_eq!(of("Deny", &json!({"StringNotLike": {"aws:userid": "*"}})), ["NeverMatches"]);
        assert_eq!(of("Allow", &json!({"StringLike": {"aws:userid": "*:alice"}})), [] as [&str; 0]);
    }

    #[test]
    fn a_deny_that_never_denies_is_worse() {
        let condition = json!({"StringEquals": {"aws:PrincipalAccount": "1"}});
        let severity = |effect: &str| {
            let statement = json!({"Effect": effect, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b", "Condition": condition});
            found(PolicyKind::Identity, &json!({"Version": "2012-10-17", "Statement": statement}))[0].severity
        };
        assert_eq!((severity("Allow"), severity("Deny")), (Severity::Low, Severity::High));
    }
}

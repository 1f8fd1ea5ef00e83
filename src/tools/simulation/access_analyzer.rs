//! What IAM Access Analyzer says of a document, where the caller's role may ask it.

use std::time::Duration;

use aws_sdk_accessanalyzer::types::{
    Location, PathElement, PolicyType, ValidatePolicyFinding, ValidatePolicyResourceType,
};
use serde_json::{Value, json};

use super::VALIDATE_POLICY;
use crate::iam::{AwsFailure, Reader, Resource, Sent};
use crate::json_path::member;
use crate::policy::PolicyKind;
use crate::tools::ToolError;

/// How long it is waited for: what the gateway says itself should not wait for a service that a VPC may have no way to.
const PATIENCE: Duration = Duration::from_secs(10);

/// Pages that are read at most, of a hundred findings each.
const MOST_PAGES: usize = 5;

/// Its findings; or that there are none to be had, and why, which is no error: the gateway's own answer stands without.
///
/// # Errors
/// Only where the gateway made a mistake: a call that was not declared.
pub(super) async fn validate(reader: &Reader, kind: PolicyKind, document: &str) -> Result<Value, ToolError> {
    let Some(client) = reader.access_analyzer() else {
        return Ok(unavailable(
            "the gateway's IAM is not AWS's own here and no access_analyzer_endpoint is configured, or no endpoint policy \
             allows access-analyzer:ValidatePolicy",
        ));
    };
    match tokio::time::timeout(PATIENCE, pages(reader, client, kind, document)).await {
        Ok(Ok(findings)) => Ok(json!({"available": true, "findings": findings})),
        Ok(Err(failure)) if failure.code == "UndeclaredAwsCall" => Err(failure.into()),
        Ok(Err(failure)) => Ok(unavailable(&reason(&failure))),
        Err(_) => Ok(unavailable(&format!("it did not answer within {} seconds", PATIENCE.as_secs()))),
    }
}

fn unavailable(reason: &str) -> Value {
    json!({"available": false, "reason": reason})
}

fn reason(failure: &AwsFailure) -> String {
    match failure.code.as_str() {
        "AccessDenied" | "AccessDeniedException" => {
            format!("the caller's role, or a policy that bounds it, does not allow {}", failure.action)
        }
        code if failure.sent == Sent::Refused => format!("it refused with {code}: {}", failure.message),
        code => format!("{code}: {}", failure.message),
    }
}

async fn pages(
    reader: &Reader,
    client: &aws_sdk_accessanalyzer::Client,
    kind: PolicyKind,
    document: &str,
) -> Result<Vec<Value>, AwsFailure> {
    let (policy_type, resource_type) = match kind {
        PolicyKind::Trust => (PolicyType::ResourcePolicy, Some(ValidatePolicyResourceType::RoleTrust)),
        _ => (PolicyType::IdentityPolicy, None),
    };
    let mut findings = Vec::new();
    let mut next = None;
    for _ in 0..MOST_PAGES {
        let request = client
            .validate_policy()
            .policy_document(document)
            .policy_type(policy_type.clone())
            .set_validate_policy_resource_type(resource_type.clone())
            .max_results(100)
            .set_next_token(next.take());
        let page = reader.read(VALIDATE_POLICY, &Resource::All, Box::pin(request.send())).await?;
        findings.extend(page.findings().iter().map(shown));
        next = page.next_token().map(ToOwned::to_owned);
        if next.is_none() {
            break;
        }
    }
    Ok(findings)
}

/// A finding in AWS's field names; its places as JSON paths.
fn shown(finding: &ValidatePolicyFinding) -> Value {
    json!({
        "findingType": finding.finding_type().as_str(),
        "issueCode": finding.issue_code(),
        "findingDetails": finding.finding_details(),
        "learnMoreLink": finding.learn_more_link(),
        "locations": finding.locations().iter().map(place).collect::<Vec<_>>(),
    })
}

fn place(location: &Location) -> String {
    location.path().iter().fold("$".to_owned(), |path, step| match step {
        PathElement::Index(index) => format!("{path}[{index}]"),
        PathElement::Key(name) | PathElement::Value(name) => member(&path, name),
        // A part of the text that the path has come to.
        _ => path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_places_are_json_paths() {
        let path = vec![
            PathElement::Value("Statement".into()),
            PathElement::Index(0),
            PathElement::Value("Condition".into()),
            PathElement::Key("ForAllValues:StringEquals".into()),
        ];
        let span = aws_sdk_accessanalyzer::types::Span::builder();
        let position =
            || aws_sdk_accessanalyzer::types::Position::builder().line(1).column(0).offset(0).build().unwrap();
        let span = span.start(position()).end(position()).build();
        let location = Location::builder().set_path(Some(path)).span(span).build().unwrap();
        assert_eq!(place(&location), "$.Statement[0].Condition['ForAllValues:StringEquals']");
    }
}

//! Managed policies, as tools read them.

use aws_sdk_iam::types;
use serde_json::Value;

use super::pages::all_pages;
use crate::iam::{AwsFailure, DeclaredCall, EntityKind, Reader, Resource, reads, shape};

/// A managed policy; one that was created moments ago is waited for.
///
/// # Errors
/// The read's failure; where IAM knows no such policy, it names it and the account. `ValidationError` where the policy has
/// another ARN.
pub async fn policy(reader: &Reader, arn: &str) -> Result<types::Policy, AwsFailure> {
    let resource = &Resource::Arn(arn.to_owned());
    let once = || async {
        let request = reader.iam().get_policy().policy_arn(arn);
        let answer = reader.read(reads::GET_POLICY, resource, Box::pin(request.send())).await?;
        let policy = answer.policy().cloned();
        policy
            .ok_or_else(|| AwsFailure::unreadable(reads::GET_POLICY.as_str(), arn))
            .and_then(|policy| called(policy, arn))
    };
    let found = reader.settled(EntityKind::Policy, name_in(arn), once).await;
    found.map_err(|failure| failure.naming("managed policy", arn, reader.account()))
}

/// The policy, if it has this ARN to the letter. IAM finds one in any letter case; what was judged is the ARN as it was
/// given, and policies compare ARNs to the letter.
fn called(policy: types::Policy, arn: &str) -> Result<types::Policy, AwsFailure> {
    match policy.arn() {
        Some(real) if real == arn => Ok(policy),
        Some(real) => Err(AwsFailure::spelled_otherwise(reads::GET_POLICY.as_str(), arn, real)),
        None => Err(AwsFailure::unreadable(reads::GET_POLICY.as_str(), arn)),
    }
}

/// One version of a managed policy; that of a policy which was created moments ago is waited for.
///
/// # Errors
/// The read's failure; where IAM knows no such version, it names it, the policy and the account.
pub async fn version(reader: &Reader, arn: &str, version: &str) -> Result<types::PolicyVersion, AwsFailure> {
    let resource = &Resource::Arn(arn.to_owned());
    let once = || async {
        let request = reader.iam().get_policy_version().policy_arn(arn).version_id(version);
        let answer = reader.read(reads::GET_POLICY_VERSION, resource, Box::pin(request.send())).await?;
        let found = answer.policy_version().cloned();
        found.ok_or_else(|| AwsFailure::unreadable(reads::GET_POLICY_VERSION.as_str(), arn))
    };
    reader
        .settled(EntityKind::Policy, name_in(arn), once)
        .await
        .map_err(|failure| failure.naming(&format!("version {version} of the managed policy"), arn, reader.account()))
}

/// The document that is in force.
///
/// # Errors
/// The first read that fails.
pub async fn document(reader: &Reader, arn: &str) -> Result<Value, AwsFailure> {
    let policy = policy(reader, arn).await?;
    let default = policy.default_version_id().unwrap_or_default();
    let version = version(reader, arn, default).await?;
    Ok(version.document().map_or(Value::Null, shape::policy_document))
}

/// All versions, without their documents; those of a policy that was created moments ago are waited for.
///
/// # Errors
/// The read's failure; where IAM knows no such policy, it names it and the account.
pub async fn versions(reader: &Reader, arn: &str) -> Result<Vec<types::PolicyVersion>, AwsFailure> {
    let resource = &Resource::Arn(arn.to_owned());
    let request = || reader.iam().list_policy_versions().policy_arn(arn);
    let once = || all_pages!(reader, reads::LIST_POLICY_VERSIONS, resource, request(), versions);
    let found = reader.settled(EntityKind::Policy, name_in(arn), once).await;
    found.map_err(|failure| failure.naming("managed policy", arn, reader.account()))
}

/// The policy's name, by which new ones are remembered.
fn name_in(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The reads of [`document`] for the policy of this ARN.
#[must_use]
pub fn declared(arn: &str) -> [DeclaredCall; 2] {
    let resource = || Resource::Arn(arn.to_owned());
    [
        DeclaredCall::new(reads::GET_POLICY, resource()).with("PolicyArn", arn),
        DeclaredCall::new(reads::GET_POLICY_VERSION, resource()).with("PolicyArn", arn).with_found("VersionId"),
    ]
}

/// The reads of [`document`] for whatever policies are found, the account's own and AWS's.
#[must_use]
pub fn declared_found() -> [DeclaredCall; 4] {
    let own = || Resource::Any(EntityKind::Policy);
    let policy = |resource| DeclaredCall::new(reads::GET_POLICY, resource).with_found("PolicyArn");
    let version = |resource| {
        DeclaredCall::new(reads::GET_POLICY_VERSION, resource).with_found("PolicyArn").with_found("VersionId")
    };
    [policy(own()), version(own()), policy(Resource::AnyOfAws), version(Resource::AnyOfAws)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::{ErrorStage, ToolError};

    #[test]
    fn a_policy_is_named_as_iam_names_it() {
        let real = "arn:aws:iam::123456789012:policy/team/Reports";
        let policy = || types::Policy::builder().arn(real).build();
        assert_eq!(called(policy(), real).unwrap().arn(), Some(real));
        let refused = ToolError::from(called(policy(), &real.to_lowercase()).unwrap_err());
        assert_eq!((refused.code.as_str(), refused.stage), ("ValidationError", ErrorStage::Gateway));
        assert!(refused.message.contains(real), "{}", refused.message);
        assert_eq!(called(types::Policy::builder().build(), real).unwrap_err().code, "AwsAnswerUnreadable");
    }
}

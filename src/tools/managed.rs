//! Managed policies, as tools read them.

use aws_sdk_iam::types;
use serde_json::Value;

use super::pages::all_pages;
use crate::iam::{AwsFailure, DeclaredCall, EntityKind, Reader, Resource, reads, shape};

/// A managed policy; one that was created moments ago is waited for.
///
/// # Errors
/// The read's failure; where IAM knows no such policy, it names it and the account.
pub async fn policy(reader: &Reader, arn: &str) -> Result<types::Policy, AwsFailure> {
    let resource = &Resource::Arn(arn.to_owned());
    let once = || async {
        let request = reader.iam().get_policy().policy_arn(arn);
        let answer = reader.read(reads::GET_POLICY, resource, Box::pin(request.send())).await?;
        answer.policy().cloned().ok_or_else(|| AwsFailure::unreadable(reads::GET_POLICY.as_str(), arn))
    };
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let found = reader.settled(EntityKind::Policy, name, once).await;
    found.map_err(|failure| failure.naming("managed policy", arn, reader.account()))
}

/// One version of a managed policy.
///
/// # Errors
/// The read's failure.
pub async fn version(reader: &Reader, arn: &str, version: &str) -> Result<types::PolicyVersion, AwsFailure> {
    let resource = &Resource::Arn(arn.to_owned());
    let request = reader.iam().get_policy_version().policy_arn(arn).version_id(version);
    let answer = reader.read(reads::GET_POLICY_VERSION, resource, Box::pin(request.send())).await;
    let answer = answer.map_err(|failure| {
        failure.naming(&format!("version {version} of the managed policy"), arn, reader.account())
    })?;
    let found = answer.policy_version().cloned();
    found.ok_or_else(|| AwsFailure::unreadable(reads::GET_POLICY_VERSION.as_str(), arn))
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

/// All versions, without their documents.
///
/// # Errors
/// The read's failure.
pub async fn versions(reader: &Reader, arn: &str) -> Result<Vec<types::PolicyVersion>, AwsFailure> {
    let resource = &Resource::Arn(arn.to_owned());
    let request = || reader.iam().list_policy_versions().policy_arn(arn);
    all_pages!(reader, reads::LIST_POLICY_VERSIONS, resource, request(), versions).await
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

//! What is no request that could be judged.

use super::{Case, Gives, Refused, User, check, invalid, no};

/// What is no request.
const CONSTRAINTS: &[Case] = &[
    (
        User("alice"),
        "open",
        &[("RoleSessionName", "a")],
        invalid(
            "1 validation error detected: Value 'a' at 'roleSessionName' failed to satisfy constraint: Member must have \
         length greater than or equal to 2",
        ),
    ),
    (
        User("alice"),
        "open",
        &[("RoleSessionName", "a b")],
        invalid(
            "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy \
         regular expression pattern: [\\w+=,.@-]*",
        ),
    ),
    (
        User("alice"),
        "open",
        &[("RoleSessionName", "größe")],
        invalid(
            "1 validation error detected: Value 'größe' at 'roleSessionName' failed to satisfy constraint: Member must \
         satisfy regular expression pattern: [\\w+=,.@-]*",
        ),
    ),
    (
        User("alice"),
        "open",
        &[("SourceIdentity", "aws:x")],
        invalid(
            "1 validation error detected: Value 'aws:x' at 'sourceIdentity' failed to satisfy constraint: Member must \
         satisfy regular expression pattern: [\\w+=,.@-]*",
        ),
    ),
    (
        User("alice"),
        "open",
        &[("ExternalId", "x")],
        invalid(
            "1 validation error detected: Value 'x' at 'externalId' failed to satisfy constraint: Member must have length \
         greater than or equal to 2",
        ),
    ),
    (
        User("alice"),
        "open",
        &[("ExternalId", "a;b"), ("DurationSeconds", "1")],
        invalid(
            "2 validation errors detected: Value '1' at 'durationSeconds' failed to satisfy constraint: Member must have \
         value greater than or equal to 900; Value 'a;b' at 'externalId' failed to satisfy constraint: Member must \
         satisfy regular expression pattern: [\\w+=,.@:\\/-]*",
        ),
    ),
    (User("alice"), "open", &[("RoleArn", "arn:aws:iam::123456789012:user/alice")], invalid("Request ARN is invalid")),
    (
        User("alice"),
        "open",
        &[("RoleArn", "arn:aws:sts::123456789012:assumed-role/open/x")],
        invalid("Request ARN is invalid"),
    ),
    (
        User("alice"),
        "open",
        &[("RoleArn", "open")],
        invalid(
            "1 validation error detected: Value 'open' at 'roleArn' failed to satisfy constraint: Member must have length \
         greater than or equal to 20",
        ),
    ),
    (
        User("alice"),
        "open",
        &[("Tags.member.1.Key", "a")],
        invalid(
            "1 validation error detected: Value null at 'tags.1.member.value' failed to satisfy constraint: Member must not \
         be null",
        ),
    ),
    (
        User("alice"),
        "open",
        &[("SerialNumber", "arn:aws:iam::123456789012:mfa/alice"), ("TokenCode", "123456")],
        no(
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid \
         and associated with this user.",
        ),
    ),
    (
        User("alice"),
        "open",
        &[("Policy", "{")],
        Refused(400, "MalformedPolicyDocument", "This policy contains invalid Json"),
    ),
    (
        User("alice"),
        "open",
        &[("Policy", r#"{"Version":"2012-10-17","Statement":[{"Effect":"Maybe"}]}"#)],
        Refused(400, "MalformedPolicyDocument", "Syntax errors in policy."),
    ),
    (
        User("alice"),
        "open",
        &[("PolicyArns.member.1.arn", "arn:aws:iam::123456789012:policy/none")],
        invalid("The policy arn:aws:iam::123456789012:policy/none does not exist or is not attachable."),
    ),
    (User("alice"), "open", &[("MinimumSessionTokenSize", "4096")], Gives(&[("SessionTokenSize", "4096")])),
    (User("alice"), "open", &[("MinimumSessionTokenSize", "4096")], Gives(&[("SessionTokenUtilization", "100")])),
    (
        User("alice"),
        "open",
        &[("MinimumSessionTokenSize", "4097")],
        invalid(
            "1 validation error detected: Value '4097' at 'minimumSessionTokenSize' failed to satisfy constraint: Member must \
         have value less than or equal to 4096",
        ),
    ),
    (
        User("alice"),
        "open",
        &[("ProvidedContexts.member.1.ContextAssertion", "abcd")],
        invalid("No context provider is known here, so no context can be provided."),
    ),
];

#[tokio::test]
async fn constraints() {
    check(CONSTRAINTS).await;
}

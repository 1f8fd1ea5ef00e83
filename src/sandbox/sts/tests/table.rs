//! AssumeRole, case by case, through the endpoint.

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::fixture;
use crate::sandbox::door::testing::{RawReply, Served, keys};

/// Who asks.
#[derive(Debug, Clone, Copy)]
enum By {
    /// A user, by its key.
    User(&'static str),
    /// A task, by the role that its container service gave it.
    Task(&'static str),
    /// The session `first` of a role, which alice assumed with these parameters.
    First(&'static str, Fields),
}

use By::{First, Task, User};

type Fields = &'static [(&'static str, &'static str)];

/// What comes of it: texts of elements, or status, code and message, in which `{me}` stands for who asks and `{role}` for
/// the role's ARN.
#[derive(Debug, Clone, Copy)]
enum Then {
    Gives(Fields),
    Refused(u16, &'static str, &'static str),
}

use Then::{Gives, Refused};

const YES: Then = Gives(&[]);

/// Not allowed to do this.
const fn no(message: &'static str) -> Then {
    Refused(403, "AccessDenied", message)
}

const NO_ASSUME: Then = no("User: {me} is not authorized to perform: sts:AssumeRole on resource: {role}");
const NO_TAGS: Then = no("User: {me} is not authorized to perform: sts:TagSession on resource: {role}");
const NO_SOURCE: Then = no("User: {me} is not authorized to perform: sts:SetSourceIdentity on resource: {role}");

const fn invalid(message: &'static str) -> Then {
    Refused(400, "ValidationError", message)
}

const fn wrong_value(message: &'static str) -> Then {
    Refused(400, "InvalidParameterValue", message)
}

const TEAM: Fields = &[("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "ops")];
const PROJECT: Fields = &[("Tags.member.1.Key", "project"), ("Tags.member.1.Value", "apollo")];
const PROJECT_ON: Fields =
    &[("Tags.member.1.Key", "Project"), ("Tags.member.1.Value", "apollo"), ("TransitiveTagKeys.member.1", "project")];
const MCP: Fields = &[("Tags.member.1.Key", "ViaAWSMCPService"), ("Tags.member.1.Value", "true")];
const SOURCE: Fields = &[("SourceIdentity", "ann@example.com")];
const NONE: Fields = &[];
/// A session policy that lets nothing of STS through.
const ONLY_IAM: Fields =
    &[("Policy", r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"}]}"#)];
const NO_STS_ARN: Fields = &[("PolicyArns.member.1.arn", "arn:aws:iam::123456789012:policy/no-sts")];
const ALL_STS_ARN: Fields = &[("PolicyArns.member.1.arn", "arn:aws:iam::123456789012:policy/all-sts")];

/// Who, the role, with what, and what then.
type Case = (By, &'static str, Fields, Then);

/// Who may, by the trust policy and by the policies of who asks.
const PERMISSION: &[Case] = &[
    (User("alice"), "open", NONE, Gives(&[("Arn", "arn:aws:sts::123456789012:assumed-role/open/test")])),
    (User("alice"), "open", NONE, Gives(&[("AssumedRoleId", "AROAOPENAAAAAAAAAAAAA:test")])),
    (User("alice"), "open", NONE, Gives(&[("Expiration", "2026-03-01T13:00:00Z")])),
    (User("alice"), "no-such-role", NONE, NO_ASSUME),
    (User("alice"), "Open", NONE, NO_ASSUME),
    (User("bob"), "open", NONE, NO_ASSUME),
    (User("dave"), "open", NONE, NO_ASSUME),
    (User("erin"), "open", NONE, NO_ASSUME),
    (User("frank"), "open", NONE, YES),
    (User("grace"), "open", NONE, YES),
    (User("heidi"), "open", NONE, NO_ASSUME),
    (User("heidi"), "dev", NONE, YES),
    (Task("gateway"), "open", NONE, YES),
    (Task("bounded"), "open", NONE, NO_ASSUME),
    (User("alice"), "account-id", NONE, YES),
    (User("bob"), "account-id", NONE, NO_ASSUME),
    // Whom a trust policy names needs no policy of its own, but what denies it still counts.
    (User("bob"), "bob-by-name", NONE, YES),
    (User("bob"), "bob-by-name", TEAM, YES),
    (User("alice"), "bob-by-name", NONE, NO_ASSUME),
    (User("bob"), "anybody", NONE, YES),
    (User("dave"), "dave-by-name", NONE, NO_ASSUME),
    // A boundary does not bound what a trust policy gives a user by name.
    (User("erin"), "erin-by-name", NONE, YES),
    (Task("gateway"), "gateway-by-name", NONE, YES),
    (Task("open"), "gateway-by-name", NONE, NO_ASSUME),
    (First("open", NONE), "session-by-name", NONE, YES),
    (First("long", NONE), "session-by-name", NONE, NO_ASSUME),
    (User("alice"), "not-alice", NONE, NO_ASSUME),
    (User("frank"), "not-alice", NONE, YES),
    (User("alice"), "another-account", NONE, NO_ASSUME),
    (User("alice"), "for-ecs", NONE, NO_ASSUME),
    // What narrows a session narrows what it may assume.
    (First("open", ONLY_IAM), "open", NONE, NO_ASSUME),
    (First("open", NO_STS_ARN), "open", NONE, NO_ASSUME),
    (First("open", ALL_STS_ARN), "open", NONE, YES),
    (First("gateway", ONLY_IAM), "gateway-by-name", NONE, NO_ASSUME),
    (First("open", ONLY_IAM), "session-by-name", NONE, YES),
    // Nor are they told which policies there are.
    (User("bob"), "open", &[("PolicyArns.member.1.arn", "arn:aws:iam::123456789012:policy/none")], NO_ASSUME),
];

/// Conditions of trust policies.
const CONDITIONS: &[Case] = &[
    (User("alice"), "external-id", NONE, NO_ASSUME),
    (User("alice"), "external-id", &[("ExternalId", "guild-8")], NO_ASSUME),
    (User("alice"), "external-id", &[("ExternalId", "guild-7")], YES),
    (User("alice"), "own-session-name", NONE, NO_ASSUME),
    (User("alice"), "own-session-name", &[("RoleSessionName", "alice")], YES),
    (Task("gateway"), "own-session-name", &[("RoleSessionName", "gateway")], NO_ASSUME),
    (User("alice"), "source-identity-of-staff", NONE, NO_ASSUME),
    (User("alice"), "source-identity-of-staff", &[("SourceIdentity", "ann")], NO_ASSUME),
    (User("alice"), "source-identity-of-staff", SOURCE, Gives(&[("SourceIdentity", "ann@example.com")])),
    (User("alice"), "team-ops", NONE, NO_ASSUME),
    (Task("gateway"), "team-ops", NONE, YES),
    // A session's tag counts, and stands over the role's.
    (First("open", TEAM), "team-ops", NONE, YES),
    (First("gateway", &[("Tags.member.1.Key", "TEAM"), ("Tags.member.1.Value", "dev")]), "team-ops", NONE, NO_ASSUME),
    (User("alice"), "project-tag", NONE, NO_ASSUME),
    (User("alice"), "project-tag", PROJECT, YES),
    (User("alice"), "known-tags", PROJECT, YES),
    (User("alice"), "known-tags", MCP, NO_ASSUME),
    (User("alice"), "transitive-project", PROJECT, NO_ASSUME),
    (User("alice"), "transitive-project", PROJECT_ON, YES),
    (User("alice"), "from-here", NONE, YES),
    (User("alice"), "from-elsewhere", NONE, NO_ASSUME),
    // The region that the request is signed for.
    (User("alice"), "region-here", NONE, YES),
    (User("alice"), "region-elsewhere", NONE, NO_ASSUME),
    (User("alice"), "until-noon", NONE, NO_ASSUME),
    (User("alice"), "until-one", NONE, YES),
    (User("alice"), "mfa", NONE, NO_ASSUME),
    (User("alice"), "mfa-if-asked", NONE, YES),
    (Task("gateway"), "mfa-if-asked", NONE, NO_ASSUME),
    (User("alice"), "tls", NONE, YES),
    (Task("gateway"), "mcp", MCP, YES),
    (Task("gateway"), "mcp", TEAM, NO_ASSUME),
    (User("alice"), "mcp", MCP, NO_ASSUME),
];

/// Tags and source identities, which have actions of their own, and what of them a chain keeps.
const TAGS_AND_SOURCES: &[Case] = &[
    (User("alice"), "assume-only", NONE, YES),
    (User("alice"), "assume-only", TEAM, NO_TAGS),
    (User("alice"), "assume-only", SOURCE, NO_SOURCE),
    (User("alice"), "without-source-identity", TEAM, YES),
    (User("alice"), "without-source-identity", SOURCE, NO_SOURCE),
    (User("carol"), "open", NONE, YES),
    (User("carol"), "open", TEAM, NO_TAGS),
    (User("carol"), "open", SOURCE, NO_SOURCE),
    (First("open", PROJECT), "assume-only", NONE, YES),
    (First("open", PROJECT_ON), "assume-only", NONE, NO_TAGS),
    (
        First("open", PROJECT_ON),
        "open",
        PROJECT,
        wrong_value(
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the \
         calling session.",
        ),
    ),
    (First("open", PROJECT_ON), "open", TEAM, YES),
    (First("open", SOURCE), "without-source-identity", NONE, NO_SOURCE),
    (First("open", SOURCE), "open", NONE, Gives(&[("SourceIdentity", "ann@example.com")])),
    (First("open", SOURCE), "open", SOURCE, Gives(&[("SourceIdentity", "ann@example.com")])),
    (First("open", SOURCE), "open", &[("SourceIdentity", "bea@example.com")], NO_SOURCE),
    (
        User("alice"),
        "open",
        &[
            ("Tags.member.1.Key", "a"),
            ("Tags.member.1.Value", ""),
            ("Tags.member.2.Key", "A"),
            ("Tags.member.2.Value", ""),
        ],
        wrong_value("Duplicate tag keys found. Please note that Tag keys are case insensitive."),
    ),
    (
        User("alice"),
        "open",
        &[("Tags.member.1.Key", "AWS:x"), ("Tags.member.1.Value", "")],
        wrong_value("Tag keys that begin with aws: are reserved: AWS:x"),
    ),
    (
        User("alice"),
        "open",
        &[("TransitiveTagKeys.member.1", "project")],
        wrong_value("The specified transitive tag key must be included in the requested tags."),
    ),
];

/// How long.
const DURATIONS: &[Case] = &[
    (User("alice"), "open", &[("DurationSeconds", "900")], Gives(&[("Expiration", "2026-03-01T12:15:00Z")])),
    (
        User("alice"),
        "open",
        &[("DurationSeconds", "899")],
        invalid(
            "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have \
         value greater than or equal to 900",
        ),
    ),
    (
        User("alice"),
        "open",
        &[("DurationSeconds", "43201")],
        invalid(
            "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have \
         value less than or equal to 43200",
        ),
    ),
    (
        User("alice"),
        "open",
        &[("DurationSeconds", "3601")],
        invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role."),
    ),
    (User("alice"), "long", &[("DurationSeconds", "7200")], Gives(&[("Expiration", "2026-03-01T14:00:00Z")])),
    (
        User("alice"),
        "long",
        &[("DurationSeconds", "7201")],
        invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role."),
    ),
    // Who may not assume the role does not learn its maximum.
    (User("bob"), "open", &[("DurationSeconds", "3601")], NO_ASSUME),
    (Task("gateway"), "long", &[("DurationSeconds", "3600")], YES),
    (
        Task("gateway"),
        "long",
        &[("DurationSeconds", "3601")],
        invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"),
    ),
];

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

async fn check(cases: &[Case]) {
    let served = Served::start(fixture::account()).await;
    let mut wrong = Vec::new();
    for case in cases {
        if let Err(how) = run(&served, case).await {
            wrong.push(format!("{case:?}: {how}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

async fn run(served: &Served, (by, role, fields, then): &Case) -> Result<(), String> {
    let (me, credentials) = match *by {
        User(name) => (format!("arn:aws:iam::123456789012:user/{name}"), keys(name)),
        Task(role) => {
            let credentials = served.sandbox.role_credentials(role).provide_credentials().await.unwrap();
            let who = served.sts(credentials.clone()).get_caller_identity().send().await.unwrap();
            (who.arn().unwrap().to_owned(), credentials)
        }
        First(role, fields) => {
            let fields: Vec<_> = fields.iter().copied().chain([("RoleSessionName", "first")]).collect();
            let first = assume(served, &keys("alice"), role, &fields).await;
            assert_eq!(first.status, 200, "{first:?}");
            (first.text("Arn").to_owned(), credentials(&first))
        }
    };
    let reply = assume(served, &credentials, role, fields).await;
    match *then {
        Gives(texts) => {
            let same = texts.iter().all(|(element, text)| reply.text(element) == *text);
            if reply.status == 200 && same { Ok(()) } else { Err(format!("{reply:?}")) }
        }
        Refused(status, code, message) => {
            let message = message.replace("{me}", &me).replace("{role}", &arn(role));
            let got = (reply.status, reply.text("Code"), unescaped(reply.text("Message")));
            if got == (status, code, message) { Ok(()) } else { Err(format!("{got:?}")) }
        }
    }
}

fn arn(role: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{role}")
}

async fn assume(served: &Served, credentials: &Credentials, role: &str, fields: &[(&str, &str)]) -> RawReply {
    let role = arn(role);
    let defaults = [("RoleArn", role.as_str()), ("RoleSessionName", "test")];
    let given = |name: &str| fields.iter().any(|(field, _)| *field == name);
    let mut body = "Action=AssumeRole&Version=2011-06-15".to_owned();
    for (name, value) in defaults.iter().filter(|(name, _)| !given(name)).chain(fields) {
        body.push_str(&format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
    }
    served.request("sts", &body, credentials).send().await
}

fn credentials(reply: &RawReply) -> Credentials {
    let token = reply.text("SessionToken").to_owned();
    Credentials::new(reply.text("AccessKeyId"), reply.text("SecretAccessKey"), Some(token), None, "test")
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[tokio::test]
async fn who_may_assume_a_role() {
    check(PERMISSION).await;
}

#[tokio::test]
async fn conditions_of_trust_policies() {
    check(CONDITIONS).await;
}

#[tokio::test]
async fn tags_and_source_identities() {
    check(TAGS_AND_SOURCES).await;
}

#[tokio::test]
async fn durations() {
    check(DURATIONS).await;
}

#[tokio::test]
async fn constraints() {
    check(CONSTRAINTS).await;
}

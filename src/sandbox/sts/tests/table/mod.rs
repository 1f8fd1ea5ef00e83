//! AssumeRole, case by case, through the endpoint: how a case is written and run. The cases are in the files below.

mod constraints;
mod durations;
mod permission;
mod tags_and_sources;

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

macro_rules! refused {
    ($action:literal, $why:literal) => {
        no(concat!("User: {me} is not authorized to perform: sts:", $action, " on resource: {role}", $why))
    };
}

/// The role forbids it, or is not there.
const NO_ASSUME: Then = refused!("AssumeRole", "");
const NO_TAGS: Then = refused!("TagSession", "");
const NO_SOURCE: Then = refused!("SetSourceIdentity", "");
/// The caller's own policies are to blame.
const NO_POLICY: Then = refused!("AssumeRole", " because no identity-based policy allows the sts:AssumeRole action");
const NO_POLICY_FOR_TAGS: Then =
    refused!("TagSession", " because no identity-based policy allows the sts:TagSession action");
const NO_POLICY_FOR_SOURCE: Then =
    refused!("SetSourceIdentity", " because no identity-based policy allows the sts:SetSourceIdentity action");
const NO_BOUNDARY: Then = refused!("AssumeRole", " because no permissions boundary allows the sts:AssumeRole action");
const NO_SESSION_POLICY: Then = refused!("AssumeRole", " because no session policy allows the sts:AssumeRole action");
const DENY: Then = refused!("AssumeRole", " with an explicit deny in an identity-based policy");

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

//! Who may call which operation of IAM: the account that the tests take place in, and how they ask.

mod coverage;
mod keys;
mod layers;
mod operations;
mod order;
mod seeded;
mod simulations;

use std::sync::Arc;

use serde_json::{Value, json};

use super::authorize;
use crate::sandbox::account::{Group, Tags};
use crate::sandbox::call::Call;
use crate::sandbox::error::ServiceError;
use crate::sandbox::identity::Identity;
use crate::sandbox::input::Fields as Parameters;
use crate::sandbox::sts::session::AssumedRole;
use crate::sandbox::testing::{Bench, TRUST};

/// What stands before the resource part of the account's ARNs.
const HERE: &str = "arn:aws:iam::123456789012:";
const CALLER: &str = "arn:aws:iam::123456789012:user/caller";
const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/Limit";

type Fields = &'static [(&'static str, &'static str)];

/// An account with
/// - user `caller`, who calls and may nothing, and whose tag is `Via=nothing`;
/// - user `bob`, group `crew`, role `runner` and instance profile `box`, all under `/team/` and with the tag `Env=dev`
///   (groups have none); `Limit` is the boundary of bob and runner; the one credential of bob is for CodeCommit;
/// - managed policies `Limit` and `/team/Rules`, the latter with the tag, as have an MFA device and two providers.
fn bench() -> Bench {
    let mut bench = Bench::new();
    let limit = bench.managed_policy("Limit");
    bench.managed_policy_at(&format!("{HERE}policy/team/Rules"));
    let tags = [("Tags.member.1.Key", "Env"), ("Tags.member.1.Value", "dev")];
    let mut made = |action: &str, fields: &[(&str, &str)]| {
        let fields: Vec<_> = fields.iter().chain(&tags).copied().collect();
        bench.ok(action, &fields)
    };
    let team = ("Path", "/team/");
    let bounded = ("PermissionsBoundary", limit.as_str());
    made("CreateUser", &[("UserName", "bob"), team, bounded]);
    made("CreateRole", &[("RoleName", "runner"), team, bounded, ("AssumeRolePolicyDocument", TRUST)]);
    made("CreateInstanceProfile", &[("InstanceProfileName", "box"), team]);
    made("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "phone")]);
    made("CreateOpenIDConnectProvider", &[("Url", "https://id.example.com")]);
    made("TagPolicy", &[("PolicyArn", "arn:aws:iam::123456789012:policy/team/Rules")]);
    bench.account.groups.insert(Group::new("crew", "/team/", "AGPACREW".into(), bench.now));
    let credential = [("UserName", "bob"), ("ServiceName", "codecommit.amazonaws.com")];
    let credential = bench.ok("CreateServiceSpecificCredential", &credential);
    bench.account.users.get_mut("bob").unwrap().service_specific_credentials[0].id = "ACCABOBAAAAAAAAAAAAA".into();
    assert!(credential.get("ServiceSpecificCredentialId").is_some());
    bench.ok("CreateAccessKey", &[("UserName", "bob")]);
    bench.account.users.get_mut("bob").unwrap().access_keys[0].id = "AKIABOBAAAAAAAAAAAAA".into();
    bench.ok("CreateUser", &[("UserName", "caller")]);
    bench.account.users.get_mut("caller").unwrap().tags = Tags::from_iter([("Via", "nothing")]);
    bench
}

/// A policy document.
fn document(statements: &[Value]) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

fn allow(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn deny(action: &str, resource: &str) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": resource})
}

/// With a condition.
fn when(mut statement: Value, operator: &str, key: &str, values: &[&str]) -> Value {
    statement["Condition"] = json!({operator: {key: values}});
    statement
}

/// Gives the caller these statements and no others.
fn permit(bench: &mut Bench, statements: &[Value]) {
    let caller = bench.account.users.get_mut("caller").unwrap();
    caller.policies.inline = [("own".to_owned(), document(statements))].into();
}

/// Lets a session of the role `runner` call, shaped by `shape`; answers its ARN.
fn call_as_session(bench: &mut Bench, shape: impl FnOnce(&mut AssumedRole)) -> String {
    call_as(bench, "runner", shape)
}

/// The same of any role.
fn call_as(bench: &mut Bench, role: &str, shape: impl FnOnce(&mut AssumedRole)) -> String {
    let role = bench.account.roles.get(role).unwrap();
    let lasts = jiff::SignedDuration::from_hours(1);
    let mut session = AssumedRole::plain(&bench.account, role, "me", bench.now, lasts);
    shape(&mut session);
    let arn = session.arn.clone();
    bench.identity = Identity::AssumedRole(Arc::new(session));
    arn
}

/// What AWS says, or nothing if the call got past its judges.
fn refusal(bench: &mut Bench, action: &str, fields: &[(&str, &str)]) -> Option<String> {
    let before = format!("{:?}", bench.account);
    let error = bench.run_judged(action, fields).err()?;
    assert_eq!(format!("{:?}", bench.account), before, "{action} was refused and changed the account");
    (error.code == "AccessDenied").then(|| error.message.into_owned())
}

/// What the judges alone say of a call, whether there is such an operation or not.
fn judged(bench: &Bench, action: &str, fields: &[(&str, &str)]) -> Result<(), ServiceError> {
    let fields = Parameters::new(fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect());
    let call = Call {
        action,
        fields: &fields,
        identity: &bench.identity,
        now: bench.now,
        random: &crate::random::SystemRandom,
        region: "us-east-1",
        source_ip: std::net::Ipv4Addr::LOCALHOST.into(),
        user_agent: None,
    };
    authorize(&bench.account, &call)
}

/// `User: ... is not authorized to perform: ... on resource: ...`, of the caller.
fn said(action: &str, resource: &str, why: &str) -> Option<String> {
    Some(format!("User: {CALLER} is not authorized to perform: {action} on resource: {resource}{why}"))
}

fn no_policy(action: &str) -> String {
    format!(" because no identity-based policy allows the {action} action")
}

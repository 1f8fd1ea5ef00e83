use jiff::SignedDuration;

use crate::sandbox::account::Account;
use crate::sandbox::identity::Identity;
use crate::sandbox::testing::{Bench, Reply, TRUST};

const BOB: &str = "arn:aws:iam::123456789012:user/bob";
const APP: &str = "arn:aws:iam::123456789012:role/app";
const TEAM: &str = "arn:aws:iam::123456789012:group/team";

fn document(actions: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":[{actions}],"Resource":"*"}}]}}"#)
}

/// Bob may use S3 himself and SQS by his group; the role may use EC2.
fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.ok("CreateUser", &[("UserName", "bob")]);
    bench.ok("CreateUser", &[("UserName", "ann")]);
    bench.ok("CreateGroup", &[("GroupName", "team")]);
    for name in ["ann", "bob"] {
        bench.ok("AddUserToGroup", &[("GroupName", "team"), ("UserName", name)]);
    }
    bench.ok("CreateRole", &[("RoleName", "app"), ("AssumeRolePolicyDocument", TRUST)]);
    for (action, name, service) in [
        ("PutUserPolicy", ("UserName", "bob"), "\"s3:Get*\""),
        ("PutGroupPolicy", ("GroupName", "team"), "\"sqs:*\""),
        ("PutRolePolicy", ("RoleName", "app"), "\"ec2:RunInstances\""),
    ] {
        bench.ok(action, &[name, ("PolicyName", "p"), ("PolicyDocument", &document(service))]);
    }
    bench
}

fn note(account: &mut Account, user: &str, service: &str, at: jiff::Timestamp) {
    account.user_mut(user).unwrap().service_uses.note(service, "eu-west-1", at);
}

fn generate(bench: &mut Bench, arn: &str) -> String {
    bench.ok("GenerateServiceLastAccessedDetails", &[("Arn", arn)]).get("JobId").unwrap()
}

fn report(bench: &mut Bench, arn: &str) -> Reply {
    let job = generate(bench, arn);
    bench.ok("GetServiceLastAccessedDetails", &[("JobId", &job)]);
    bench.ok("GetServiceLastAccessedDetails", &[("JobId", &job)])
}

#[test]
fn a_job_is_in_progress_at_first_and_then_completed() {
    let mut bench = bench();
    let job = generate(&mut bench, APP);
    assert_eq!(job.len(), 36);
    let of = [("JobId", job.as_str())];
    let start = "<JobType>SERVICE_LEVEL</JobType><JobCreationDate>2026-03-01T12:00:00Z</JobCreationDate>";
    assert_eq!(
        bench.ok("GetServiceLastAccessedDetails", &of).0,
        format!(
            "<JobStatus>IN_PROGRESS</JobStatus>{start}<ServicesLastAccessed></ServicesLastAccessed>\
             <IsTruncated>false</IsTruncated>"
        )
    );
    bench.now += SignedDuration::from_secs(2);
    assert_eq!(
        bench.ok("GetServiceLastAccessedDetails", &of).0,
        format!(
            "<JobStatus>COMPLETED</JobStatus>{start}<JobCompletionDate>2026-03-01T12:00:00Z</JobCompletionDate>\
             <IsTruncated>false</IsTruncated><ServicesLastAccessed><member><ServiceName>Amazon EC2</ServiceName>\
             <ServiceNamespace>ec2</ServiceNamespace><TotalAuthenticatedEntities>0</TotalAuthenticatedEntities></member>\
             </ServicesLastAccessed>"
        )
    );
}

#[test]
fn a_user_is_told_of_all_that_it_may_use_and_when_it_did() {
    let mut bench = bench();
    let key = bench.ok("CreateAccessKey", &[("UserName", "bob")]).get("AccessKeyId").unwrap();
    let now = bench.now;
    // Noted by the key alone, as an account may be that was written down by hand.
    let user = bench.account.user_mut("bob").unwrap();
    user.note_use(&key, "s3", "us-east-1", now);
    user.service_uses = Default::default();
    note(&mut bench.account, "bob", "kms", now);
    let told = report(&mut bench, BOB);
    assert_eq!(told.all("ServiceNamespace"), ["s3", "sqs"], "what it may not use is not told, used or not");
    assert_eq!(
        told.get("member").unwrap(),
        format!(
            "<ServiceName>Amazon S3</ServiceName><LastAuthenticated>2026-03-01T12:00:00Z</LastAuthenticated>\
             <LastAuthenticatedEntity>{BOB}</LastAuthenticatedEntity>\
             <LastAuthenticatedRegion>us-east-1</LastAuthenticatedRegion><ServiceNamespace>s3</ServiceNamespace>\
             <TotalAuthenticatedEntities>1</TotalAuthenticatedEntities>"
        )
    );
}

#[test]
fn a_group_is_told_of_the_member_who_came_last_and_how_many_did() {
    let mut bench = bench();
    let now = bench.now;
    note(&mut bench.account, "bob", "sqs", now - SignedDuration::from_hours(2));
    note(&mut bench.account, "ann", "sqs", now - SignedDuration::from_hours(1));
    let told = report(&mut bench, TEAM);
    assert_eq!(told.all("ServiceNamespace"), ["sqs"]);
    assert_eq!(told.get("LastAuthenticatedEntity").unwrap(), "arn:aws:iam::123456789012:user/ann");
    assert_eq!(told.get("LastAuthenticated").unwrap(), "2026-03-01T11:00:00Z");
    assert_eq!(told.get("TotalAuthenticatedEntities").unwrap(), "2");
}

#[test]
fn a_policy_is_told_of_those_it_is_attached_to_directly_or_by_a_group() {
    let mut bench = bench();
    let arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    let of = ("PolicyArn", arn);
    bench.ok("AttachGroupPolicy", &[("GroupName", "team"), of]);
    bench.ok("AttachRolePolicy", &[("RoleName", "app"), of]);
    let now = bench.now;
    note(&mut bench.account, "ann", "s3", now - SignedDuration::from_hours(1));
    bench.account.role_mut("app").unwrap().note_use("s3", "eu-west-1", now);
    let told = report(&mut bench, arn);
    assert_eq!(told.all("ServiceNamespace"), ["s3", "s3-object-lambda"]);
    assert_eq!(told.get("LastAuthenticatedEntity").unwrap(), APP);
    assert_eq!(told.all("TotalAuthenticatedEntities"), ["2", "0"]);
}

#[test]
fn what_is_longer_ago_than_four_hundred_days_is_forgotten() {
    let mut bench = bench();
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    let now = bench.now;
    note(&mut bench.account, "bob", "s3", now - days(401));
    note(&mut bench.account, "bob", "sqs", now - days(400));
    let told = report(&mut bench, BOB);
    assert_eq!(told.all("TotalAuthenticatedEntities"), ["0", "1"]);
    assert_eq!(told.all("LastAuthenticated").len(), 1);
}

#[test]
fn a_report_is_told_in_pages() {
    let mut bench = bench();
    let job = generate(&mut bench, BOB);
    bench.ok("GetServiceLastAccessedDetails", &[("JobId", &job)]);
    let pages = bench.pages("GetServiceLastAccessedDetails", &[("JobId", &job)], 1, "ServiceNamespace");
    assert_eq!(pages, [["s3"], ["sqs"]]);
    bench.refused("GetServiceLastAccessedDetails", &[("JobId", &job), ("Marker", "!")], "ValidationError");
}

#[test]
fn a_report_of_actions_says_so() {
    let mut bench = bench();
    let fields = [("Arn", APP), ("Granularity", "ACTION_LEVEL")];
    let job = bench.ok("GenerateServiceLastAccessedDetails", &fields).get("JobId").unwrap();
    let told = bench.ok("GetServiceLastAccessedDetails", &[("JobId", &job)]);
    assert_eq!(told.get("JobType").unwrap(), "ACTION_LEVEL");
    bench.refused("GenerateServiceLastAccessedDetails", &[("Arn", APP), ("Granularity", "ALL")], "ValidationError");
}

#[test]
fn a_job_is_for_who_asked_and_for_a_day() {
    let mut bench = bench();
    let job = generate(&mut bench, APP);
    let of = [("JobId", job.as_str())];
    let asked = bench.identity.clone();
    bench.identity = Identity::AssumedRole(bench.session("app", "session"));
    let message = bench.refused("GetServiceLastAccessedDetails", &of, "NoSuchEntity");
    assert_eq!(message, format!("The job with id {job} cannot be found."));
    bench.identity = asked;
    bench.ok("GetServiceLastAccessedDetails", &of);
    bench.now += SignedDuration::from_hours(25);
    generate(&mut bench, APP);
    bench.refused("GetServiceLastAccessedDetails", &of, "NoSuchEntity");
    bench.refused("GetServiceLastAccessedDetails", &[("JobId", "short")], "ValidationError");
}

#[test]
fn an_entity_that_is_not_there_is_told_from_an_arn_that_is_none() {
    let mut bench = bench();
    for (arn, code) in [
        ("arn:aws:iam::123456789012:user/gone", "NoSuchEntity"),
        ("arn:aws:iam::123456789012:policy/gone", "NoSuchEntity"),
        ("arn:aws:s3:::a-bucket-of-mine", "InvalidInput"),
        ("a-user-of-a-long-name", "InvalidInput"),
        ("short", "ValidationError"),
    ] {
        bench.refused("GenerateServiceLastAccessedDetails", &[("Arn", arn)], code);
    }
}

use data_encoding::BASE64;
use jiff::SignedDuration;

use crate::sandbox::account::{KeyStatus, SigningCertificate};
use crate::sandbox::testing::Bench;

const COLUMNS: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
    password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
    access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
    access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
    cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

const NOON: &str = "2026-03-01T12:00:00+00:00";

/// The report, line by line.
fn report(bench: &mut Bench) -> Vec<String> {
    bench.ok("GenerateCredentialReport", &[]);
    bench.ok("GenerateCredentialReport", &[]);
    let content = bench.ok("GetCredentialReport", &[]).get("Content").unwrap();
    let csv = String::from_utf8(BASE64.decode(content.as_bytes()).unwrap()).unwrap();
    csv.split('\n').map(str::to_owned).collect()
}

#[test]
fn a_report_is_started_and_is_complete_when_one_asks_again() {
    let mut bench = Bench::new();
    bench.refused("GetCredentialReport", &[], "ReportNotPresent");
    assert_eq!(
        bench.ok("GenerateCredentialReport", &[]).0,
        "<State>STARTED</State><Description>No report exists. Starting a new report generation task</Description>"
    );
    bench.refused("GetCredentialReport", &[], "ReportInProgress");
    assert_eq!(bench.ok("GenerateCredentialReport", &[]).0, "<State>COMPLETE</State>");
    let got = bench.ok("GetCredentialReport", &[]);
    assert_eq!(got.get("ReportFormat").unwrap(), "text/csv");
    assert_eq!(got.get("GeneratedTime").unwrap(), "2026-03-01T12:00:00Z");
}

#[test]
fn a_report_is_complete_by_itself_after_a_second() {
    let mut bench = Bench::new();
    bench.ok("GenerateCredentialReport", &[]);
    bench.now += SignedDuration::from_secs(1);
    assert_eq!(bench.ok("GetCredentialReport", &[]).get("GeneratedTime").unwrap(), "2026-03-01T12:00:01Z");
}

#[test]
fn a_report_is_good_for_four_hours() {
    let mut bench = Bench::new();
    report(&mut bench);
    bench.ok("CreateUser", &[("UserName", "late")]);
    bench.now += SignedDuration::from_hours(4);
    assert_eq!(report(&mut bench).len(), 2, "the old one still, without the new user");
    bench.now += SignedDuration::from_secs(1);
    bench.refused("GetCredentialReport", &[], "ReportExpired");
    assert_eq!(bench.ok("GenerateCredentialReport", &[]).get("State").unwrap(), "STARTED");
    assert_eq!(report(&mut bench).len(), 3);
}

#[test]
fn the_root_user_stands_first_in_the_columns_of_aws() {
    let lines = report(&mut Bench::new());
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0], COLUMNS);
    assert_eq!(
        lines[1],
        "<root_account>,arn:aws:iam::123456789012:root,2020-01-01T00:00:00+00:00,not_supported,no_information,\
         not_supported,not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
    );
}

#[test]
fn a_user_without_credentials_has_none_of_them() {
    let mut bench = Bench::new();
    bench.ok("CreateUser", &[("UserName", "bob"), ("Path", "/team/")]);
    assert_eq!(
        report(&mut bench)[2],
        format!(
            "bob,arn:aws:iam::123456789012:user/team/bob,{NOON},false,N/A,N/A,N/A,false,false,N/A,N/A,N/A,N/A,\
             false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
        )
    );
}

#[test]
fn every_credential_of_a_user_is_told() {
    let mut bench = Bench::new();
    let bob = ("UserName", "bob");
    bench.ok("CreateUser", &[bob]);
    bench.ok("CreateLoginProfile", &[bob, ("Password", "correct-Horse-1")]);
    let codes = [("AuthenticationCode1", "111111"), ("AuthenticationCode2", "222222")];
    bench.ok("EnableMFADevice", &[bob, ("SerialNumber", "GAHT12345678"), codes[0], codes[1]]);
    let first = bench.ok("CreateAccessKey", &[bob]).get("AccessKeyId").unwrap();
    bench.now += SignedDuration::from_hours(1);
    let second = bench.ok("CreateAccessKey", &[bob]).get("AccessKeyId").unwrap();
    bench.ok("UpdateAccessKey", &[bob, ("AccessKeyId", &second), ("Status", "Inactive")]);
    let now = bench.now;
    let user = bench.account.user_mut("bob").unwrap();
    user.note_use(&first, "s3", "eu-west-1", now);
    user.password_last_used = Some(now);
    let (id, body, status) = ("ID".to_owned(), String::new(), KeyStatus::Inactive);
    user.signing_certificates.push(SigningCertificate { id, body, status, uploaded: now });
    let one = "2026-03-01T13:00:00+00:00";
    assert_eq!(
        report(&mut bench)[2],
        format!(
            "bob,arn:aws:iam::123456789012:user/bob,{NOON},true,{one},{NOON},N/A,true,true,{NOON},{one},eu-west-1,s3,\
             false,{one},N/A,N/A,N/A,false,{one},false,N/A"
        )
    );
}

#[test]
fn a_password_that_ages_is_due_from_its_last_change() {
    let mut bench = Bench::new();
    let bob = ("UserName", "bob");
    bench.ok("CreateUser", &[bob]);
    bench.ok("CreateLoginProfile", &[bob, ("Password", "correct-Horse-1")]);
    bench.ok("UpdateAccountPasswordPolicy", &[("MaxPasswordAge", "30")]);
    bench.now += SignedDuration::from_hours(24);
    bench.ok("UpdateLoginProfile", &[bob, ("Password", "another-Horse-2")]);
    assert!(
        report(&mut bench)[2]
            .contains(",true,no_information,2026-03-02T12:00:00+00:00,2026-04-01T12:00:00+00:00,false,")
    );
}

#[test]
fn a_name_with_a_comma_is_quoted() {
    let mut bench = Bench::new();
    bench.ok("CreateUser", &[("UserName", "b,o")]);
    assert!(report(&mut bench)[2].starts_with("\"b,o\",\"arn:aws:iam::123456789012:user/b,o\","));
}

use data_encoding::BASE64;

use super::*;
use crate::iam::testing::{Answer, Scripted};

const CSV: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,mfa_active,\
    access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_service,\
    access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_service\n\
    bob,arn:aws:iam::123456789012:user/bob,2024-02-01T10:00:00+00:00,false,N/A,N/A,false,false,N/A,N/A,N/A,false,N/A,N/A,N/A";

fn state(state: &str) -> Answer {
    Ok(format!("<State>{state}</State>"))
}

fn content(bytes: &[u8]) -> Answer {
    let content = BASE64.encode(bytes);
    Ok(format!("<Content>{content}</Content><GeneratedTime>2026-03-01T12:00:00Z</GeneratedTime>"))
}

fn aws(generated: Vec<Answer>, got: Vec<Answer>) -> Scripted {
    Scripted::default().answering("GenerateCredentialReport", generated).answering("GetCredentialReport", got)
}

#[tokio::test(start_paused = true)]
async fn a_report_that_is_there_is_had_at_once() {
    let aws = aws(vec![state("COMPLETE")], vec![content(CSV.as_bytes())]);
    let report = fetch(&aws.reader(declared())).await.unwrap();
    assert_eq!((report.rows.len(), &*report.rows[0].user), (1, "bob"));
    assert_eq!(report.generated.map(|time| time.secs()), Some(1_772_366_400));
    assert_eq!(aws.operations(), ["GenerateCredentialReport", "GetCredentialReport"]);
}

#[tokio::test(start_paused = true)]
async fn a_report_is_waited_for_until_it_is_complete() {
    let aws = aws(
        vec![state("STARTED"), state("INPROGRESS"), state("COMPLETE")],
        vec![Err("ReportInProgress"), Err("ReportExpired"), Err("ReportNotPresent"), content(CSV.as_bytes())],
    );
    let rows = credential_report(&aws.reader(declared())).await.unwrap();
    assert_eq!(rows.len(), 1);
    let (generated, got): (Vec<_>, Vec<_>) =
        aws.operations().into_iter().partition(|operation| operation == "GenerateCredentialReport");
    assert_eq!((generated.len(), got.len()), (6, 4), "what expired meanwhile is generated anew");
}

#[tokio::test(start_paused = true)]
async fn one_that_is_not_made_in_time_can_be_asked_for_again() {
    let began = tokio::time::Instant::now();
    let aws = aws(vec![state("STARTED"), state("INPROGRESS")], vec![]);
    let error = fetch(&aws.reader(declared())).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retryable), (NOT_READY, true));
    assert_eq!(error.action.as_deref(), Some("iam:GenerateCredentialReport"));
    assert!(began.elapsed().as_secs() < 21, "within what a call has");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_awss_is_the_answer() {
    let refused = |generated, got| async move { fetch(&aws(generated, got).reader(declared())).await.unwrap_err() };
    let error = refused(vec![Err("AccessDenied")], vec![]).await;
    assert_eq!((error.code.as_str(), error.action.as_deref()), ("AccessDenied", Some("iam:GenerateCredentialReport")));
    let error = refused(vec![state("COMPLETE")], vec![Err("AccessDenied")]).await;
    assert_eq!((error.code.as_str(), error.action.as_deref()), ("AccessDenied", Some("iam:GetCredentialReport")));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_no_report() {
    for bytes in [&b"user,arn\nbob"[..], b"", b"\xff\xfe"] {
        let aws = aws(vec![state("COMPLETE")], vec![content(bytes)]);
        let error = fetch(&aws.reader(declared())).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.retryable), ("AwsAnswerUnreadable", true), "{bytes:?}");
    }
}

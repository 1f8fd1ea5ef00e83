//! Readings of answers that STS may well give.

use super::*;

#[tokio::test]
async fn an_answer_with_a_declaration_and_without_a_request_id_is_read() {
    let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                <GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
                <GetCallerIdentityResult><UserId>AROAEXAMPLEROLE000001:alice</UserId><Account>123456789012</Account>\
                <Arn>arn:aws:sts::123456789012:assumed-role/Developer/alice</Arn></GetCallerIdentityResult>\
                </GetCallerIdentityResponse>";
    let answer = Answer { status: 200, content_type: Some("application/xml; charset=utf-8".into()), body: body.into() };
    let proven = answered(Ok(answer)).await.expect("a true answer");
    assert_eq!(proven.caller.name, "assumed-role/Developer/alice");
    assert!(!proven.details.contains_key("stsRequestId"));
}

#[tokio::test]
async fn half_of_an_answer_is_none_wherever_it_is_cut() {
    let whole = told_of_alice();
    let end = whole.body.iter().rposition(|byte| *byte == b'>').expect("it is XML");
    for length in 0..end {
        let cut = Answer { body: whole.body[..length].to_vec(), ..whole.clone() };
        assert_eq!(code(&answered(Ok(cut)).await), "sts_answer_malformed", "{length}");
    }
}

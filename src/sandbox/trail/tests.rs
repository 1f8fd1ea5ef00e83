//! Tests of the trail, of calls that came through the endpoint.

use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_sts::types::Tag;
use serde_json::{Value, json};

use super::{Event, MOST};
use crate::sandbox::door::testing::{ALL_OF_IAM, Served, account, add_role, keys};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},
    "Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]}]}"#;

async fn served() -> Served {
    let mut account = account();
    let role = add_role(&mut account, "admin", TRUST);
    "/ops/".clone_into(&mut role.path);
    role.policies.inline.insert("iam".into(), ALL_OF_IAM.into());
    Served::start(account).await
}

/// The only event so far after `skip`, as JSON, with its ids taken out.
fn only(served: &Served, skip: usize) -> Value {
    let events = served.sandbox.trail().events();
    assert_eq!(events.len(), skip + 1);
    let mut event = serde_json::to_value(&events[skip]).unwrap();
    for id in ["requestID", "eventID"] {
        assert_eq!(event[id].take().as_str().unwrap().len(), 36);
    }
    event
}

#[tokio::test]
async fn an_assumed_role_is_recorded_as_cloudtrail_does() {
    let served = served().await;
    let answer = served
        .sts(keys("alice"))
        .assume_role()
        .role_arn("arn:aws:iam::123456789012:role/ops/admin")
        .role_session_name("me")
        .source_identity("ann@example.com")
        .tags(Tag::builder().key("Project").value("apollo").build().unwrap())
        .transitive_tag_keys("Project")
        .duration_seconds(900)
        .send()
        .await
        .unwrap();
    let mut event = only(&served, 0);
    assert!(event["userAgent"].take().as_str().unwrap().contains("aws-sdk-rust"));
    let id = answer.credentials().unwrap().access_key_id();
    assert_eq!(
        event,
        json!({
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "IAMUser",
                "principalId": "AIDAALICEAAAAAAAAAAAA",
                "arn": "arn:aws:iam::123456789012:user/alice",
                "accountId": "123456789012",
                "accessKeyId": "AKIAALICEAAAAAAAAAAA",
                "userName": "alice",
            },
            "eventTime": "2026-03-01T12:00:00Z",
            "eventSource": "sts.amazonaws.com",
            "eventName": "AssumeRole",
            "awsRegion": "eu-central-1",
            "sourceIPAddress": "127.0.0.1",
            "userAgent": null,
            "requestParameters": {
                "roleArn": "arn:aws:iam::123456789012:role/ops/admin",
                "roleSessionName": "me",
                "sourceIdentity": "ann@example.com",
                "durationSeconds": 900,
                "tags": [{"key": "Project", "value": "apollo"}],
                "transitiveTagKeys": ["Project"],
                "principalTags": {"Project": "apollo"},
            },
            "responseElements": {
                "credentials": {"accessKeyId": id, "expiration": "2026-03-01T12:15:00Z"},
                "assumedRoleUser": {
                    "assumedRoleId": "AROAADMINAAAAAAAAAAAA:me",
                    "arn": "arn:aws:sts::123456789012:assumed-role/admin/me",
                },
                "sourceIdentity": "ann@example.com",
                "packedPolicySize": 2,
            },
            "requestID": null,
            "eventID": null,
            "readOnly": true,
            "resources": [{
                "ARN": "arn:aws:iam::123456789012:role/ops/admin",
                "accountId": "123456789012",
                "type": "AWS::IAM::Role",
            }],
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": "123456789012",
            "eventCategory": "Management",
        })
    );

    let given = answer.credentials().unwrap();
    let token = Some(given.session_token().to_owned());
    let session = aws_credential_types::Credentials::new(id, given.secret_access_key(), token, None, "test");
    served.clock.advance(jiff::SignedDuration::from_secs(9));
    served.iam(session.clone()).get_user().user_name("nobody").send().await.unwrap_err();
    let event = only(&served, 1);
    assert_eq!(
        event["userIdentity"],
        json!({
            "type": "AssumedRole",
            "principalId": "AROAADMINAAAAAAAAAAAA:me",
            "arn": "arn:aws:sts::123456789012:assumed-role/admin/me",
            "accountId": "123456789012",
            "accessKeyId": id,
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": "AROAADMINAAAAAAAAAAAA",
                    "arn": "arn:aws:iam::123456789012:role/ops/admin",
                    "accountId": "123456789012",
                    "userName": "admin",
                },
                "sourceIdentity": "ann@example.com",
                "attributes": {"creationDate": "2026-03-01T12:00:00Z", "mfaAuthenticated": "false"},
            },
        })
    );
    assert_eq!(event["eventTime"], "2026-03-01T12:00:09Z");
    assert_eq!((&event["eventSource"], &event["awsRegion"]), (&json!("iam.amazonaws.com"), &json!("us-east-1")));
    assert_eq!(event["errorCode"], "NoSuchEntityException");
    assert_eq!(event["errorMessage"], "The user with name nobody cannot be found.");
    assert_eq!(event["requestParameters"], json!({"userName": "nobody"}));
    assert_eq!((&event["responseElements"], &event["readOnly"]), (&Value::Null, &json!(true)));

    served.sts(session).get_caller_identity().send().await.unwrap();
    assert_eq!(only(&served, 2)["requestParameters"], Value::Null);
}

#[tokio::test]
async fn tags_that_a_session_hands_on_are_told_with_what_it_assumes() {
    let served = served().await;
    let admin = "arn:aws:iam::123456789012:role/ops/admin";
    let first = served
        .sts(keys("alice"))
        .assume_role()
        .role_arn(admin)
        .role_session_name("me")
        .tags(Tag::builder().key("Project").value("apollo").build().unwrap())
        .tags(Tag::builder().key("Stage").value("one").build().unwrap())
        .transitive_tag_keys("project")
        .send()
        .await
        .unwrap();
    let given = first.credentials().unwrap();
    let token = Some(given.session_token().to_owned());
    let session =
        aws_credential_types::Credentials::new(given.access_key_id(), given.secret_access_key(), token, None, "test");
    served.sts(session).assume_role().role_arn(admin).role_session_name("me").send().await.unwrap();
    assert_eq!(only(&served, 1)["requestParameters"]["incomingTransitiveTags"], json!({"Project": "apollo"}));
}

#[tokio::test]
async fn a_refused_role_is_recorded_with_the_code_and_no_credentials() {
    let served = served().await;
    let assume = served.sts(keys("alice")).assume_role().role_arn("arn:aws:iam::123456789012:role/none");
    assume.role_session_name("me").send().await.unwrap_err();
    let event = only(&served, 0);
    assert_eq!(event["errorCode"], "AccessDenied");
    assert_eq!(event["responseElements"], Value::Null);
}

#[tokio::test]
async fn a_refused_operation_of_iam_is_recorded_with_who_may_not_do_what() {
    let served = served().await;
    served.sandbox.0.state().account.users.get_mut("alice").unwrap().policies.inline.clear();
    let refused = served.iam(keys("alice")).delete_user().user_name("bob").send().await.unwrap_err();
    let said = "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: iam:DeleteUser on resource: \
                arn:aws:iam::123456789012:user/bob because no identity-based policy allows the iam:DeleteUser action";
    let refused = refused.into_service_error();
    assert_eq!((refused.meta().code(), refused.meta().message()), (Some("AccessDenied"), Some(said)));
    let event = only(&served, 0);
    assert_eq!((&event["eventName"], &event["errorCode"]), (&json!("DeleteUser"), &json!("AccessDenied")));
    assert_eq!((&event["errorMessage"], &event["responseElements"]), (&json!(said), &Value::Null));
    assert_eq!(event["requestParameters"], json!({"userName": "bob"}));
}

#[tokio::test]
async fn a_device_code_stands_nowhere_in_the_event_of_a_refusal() {
    let served = served().await;
    let assume = served.sts(keys("alice")).assume_role().role_arn("arn:aws:iam::123456789012:role/ops/admin");
    let refused = assume.role_session_name("me").token_code("7654321").send().await.unwrap_err().into_service_error();
    let event = only(&served, 0);
    assert_eq!((event["errorMessage"].as_str(), refused.meta().message()), {
        let said = "1 validation error detected: Value at 'tokenCode' failed to satisfy constraint: Member must \
                        have length less than or equal to 6";
        (Some(said), Some(said))
    });
    assert!(!event.to_string().contains("7654321"), "{event}");
}

#[tokio::test]
async fn an_event_stays_small_whatever_is_sent() {
    let served = served().await;
    let large = 900 * 1024;
    let many = |name: &str, value: &str| -> String {
        (1..=450).map(|index| format!("&{}={value}", name.replace('#', &index.to_string()))).collect()
    };
    let (tags, names) = (many("Tags.member.#.Key", &"k".repeat(900)), many(&format!("{}#", "n".repeat(900)), ""));
    let bodies = [
        format!("sts Action=AssumeRole&RoleArn={}", "x".repeat(large)),
        format!("sts Action=AssumeRole&RoleSessionName={}", "%00".repeat(large / 3)),
        format!("sts Action=AssumeRole{tags}{}", many("Tags.member.#.Value", "v")),
        format!("sts Action=AssumeRole&DurationSeconds={}", "9".repeat(large)),
        format!("sts Action=AssumeRole{names}"),
        format!("sts Action={}", "A".repeat(large)),
        format!("iam Action=CreatePolicy&PolicyDocument={}", "%22".repeat(large / 3)),
        format!("iam Action=CreateUser{tags}"),
        format!("iam Action=GetUser&{}=", "n".repeat(large)),
        format!("iam Action=DeleteServiceLinkedRole&RoleName={}", "%E2%82%AC".repeat(large / 9)),
    ];
    for (index, body) in bodies.iter().enumerate() {
        let (service, body) = body.split_once(' ').unwrap();
        let version = if service == "iam" { "2010-05-08" } else { "2011-06-15" };
        let mut request = served.request(service, &format!("Version={version}&{body}"), &keys("alice"));
        request.headers.push(("user-agent".into(), "\"".repeat(8_000)));
        request.send().await;
        let event = only(&served, index).to_string();
        assert!(event.len() <= 64 * 1024, "{}: {}", event.len(), &event[..300]);
    }
}

#[tokio::test]
async fn whoever_reads_along_is_woken_for_each_new_event() {
    let served = served().await;
    let sts = served.sts(keys("alice"));
    sts.get_caller_identity().send().await.unwrap();
    let mut reader = served.sandbox.trail().subscribe();
    let (read, ()) = tokio::join!(reader.next(), async {
        sts.get_caller_identity().send().await.unwrap();
    });
    assert_eq!(read.len(), 1, "what was there before is not read again");
    sts.get_caller_identity().send().await.unwrap();
    sts.get_caller_identity().send().await.unwrap();
    let read = reader.next().await;
    assert_eq!(read.len(), 2);
    assert_eq!(served.sandbox.trail().events().last(), read.last());
}

#[tokio::test]
async fn the_oldest_events_make_room() {
    let served = served().await;
    served.sts(keys("alice")).get_caller_identity().send().await.unwrap();
    let trail = served.sandbox.trail();
    let event = |name: &str| Event { event_name: name.to_owned(), ..trail.events()[0].clone() };
    let (template, mut reader) = (event("Later"), trail.subscribe());
    for _ in 0..MOST - 1 {
        trail.keep(template.clone());
    }
    assert_eq!(reader.next().await.len(), MOST - 1);
    trail.keep(event("Last"));
    let events = trail.events();
    assert_eq!((events.len(), events[0].event_name.as_str()), (MOST, "Later"));
    assert_eq!(reader.next().await, [events[MOST - 1].clone()]);
    for _ in 0..MOST + 5 {
        trail.keep(template.clone());
    }
    assert_eq!(reader.next().await.len(), MOST, "a reader that is too slow misses the oldest");
}

#[tokio::test]
async fn uses_of_keys_and_roles_are_noted() {
    let served = served().await;
    served.sts(keys("alice")).get_caller_identity().send().await.unwrap();
    served.clock.advance(jiff::SignedDuration::from_mins(1));
    let role = served.sandbox.role_credentials("admin").provide_credentials().await.unwrap();
    served.iam(role).list_users().send().await.unwrap();
    let state = served.sandbox.0.state();
    let key = state.account.users.get("alice").unwrap().access_keys[0].last_used.clone().unwrap();
    assert_eq!(
        (key.at.to_string().as_str(), &*key.region, &*key.service),
        ("2026-03-01T12:00:00Z", "eu-central-1", "sts")
    );
    let role = state.account.roles.get("admin").unwrap().last_used.clone().unwrap();
    assert_eq!((role.at.to_string().as_str(), &*role.region), ("2026-03-01T12:01:00Z", "us-east-1"));
}

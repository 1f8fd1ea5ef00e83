//! What strangers and thieves get.

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use jiff::SignedDuration;

use crate::sandbox::account::KeyStatus;
use crate::sandbox::door::testing::{RawReply, RawRequest, Served, account, add_role, key_id, keys};

const WHO: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// A sandbox with user alice and roles one and two.
async fn served() -> Served {
    let mut account = account();
    add_role(&mut account, "one", "{}");
    add_role(&mut account, "two", "{}");
    Served::start(account).await
}

async fn session(served: &Served, role: &str) -> Credentials {
    served.sandbox.role_credentials(role).provide_credentials().await.unwrap()
}

/// Sends it, and sees that it is refused so.
#[track_caller]
fn refused(reply: &RawReply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.text("Code")), (status, code), "{reply:?}");
    assert!(reply.body.starts_with("<ErrorResponse"), "{reply:?}");
    let id = reply.text("RequestId");
    assert!(id.len() == 36 && reply.head.contains(&format!("x-amzn-requestid: {id}")), "{reply:?}");
}

async fn with_token(served: &Served, id_and_secret: &Credentials, token: Option<&str>) -> RawReply {
    let (id, secret) = (id_and_secret.access_key_id(), id_and_secret.secret_access_key());
    let credentials = Credentials::new(id, secret, token.map(ToOwned::to_owned), None, "test");
    served.request("sts", WHO, &credentials).send().await
}

#[tokio::test]
async fn what_is_signed_well_is_answered_with_the_request_s_id() {
    let served = served().await;
    let reply = served.request("sts", WHO, &keys("alice")).send().await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(reply.body.starts_with(r#"<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">"#));
    assert!(reply.head.contains(&format!("x-amzn-requestid: {}", reply.text("RequestId"))), "{reply:?}");
    assert!(reply.head.contains("content-type: text/xml"), "{reply:?}");
    // By the sandbox's clock, which an SDK compares its own with.
    assert!(reply.head.contains("date: sun, 01 mar 2026 12:00:00 gmt"), "{reply:?}");
    let other = served.request("sts", WHO, &keys("alice")).send().await;
    assert_ne!(reply.text("RequestId"), other.text("RequestId"));
}

#[tokio::test]
async fn a_request_that_nobody_signed_is_refused() {
    let request = served().await.request("sts", WHO, &keys("alice"));
    let reply = request.clone().changed("authorization", |_| None).send().await;
    refused(&reply, 403, "MissingAuthenticationToken");
    for authorization in [
        "",
        "Bearer abc",
        "Basic YTpi",
        "AWS AKIAALICEAAAAAAAAAAA:abc",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=a",
    ] {
        let reply = request.clone().changed("authorization", |_| Some(authorization.to_owned())).send().await;
        refused(&reply, 400, "IncompleteSignature");
        assert!(authorization.is_empty() || !reply.body.contains("YTpi"), "{reply:?}");
    }
    let reply = request.clone().changed("x-amz-date", |_| None).send().await;
    refused(&reply, 400, "IncompleteSignature");
}

#[tokio::test]
async fn two_authorizations_are_none() {
    let served = served().await;
    let request = served.request("sts", WHO, &keys("alice"));
    let second = request.headers.iter().find(|(name, _)| name == "authorization").unwrap().1.clone();
    refused(&request.with("authorization", &second).send().await, 400, "IncompleteSignature");
}

#[tokio::test]
async fn a_signature_in_the_query_string_is_refused_by_its_name() {
    let served = served().await;
    let mut request = served.request("sts", "", &keys("alice"));
    request.line = format!("GET /?{WHO}&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00 HTTP/1.1");
    let reply = request.changed("authorization", |_| None).send().await;
    refused(&reply, 400, "IncompleteSignature");
    assert!(reply.text("Message").contains("in the Authorization header"), "{reply:?}");
}

#[tokio::test]
async fn a_key_that_is_unknown_inactive_or_deleted_is_no_key() {
    let served = served().await;
    refused(&served.request("sts", WHO, &keys("mallory")).send().await, 403, "InvalidClientTokenId");
    served.sandbox.0.state().account.users.get_mut("alice").unwrap().access_keys[0].status = KeyStatus::Inactive;
    assert!(served.sandbox.user_keys("alice").is_none());
    let reply = served.request("sts", WHO, &keys("alice")).send().await;
    refused(&reply, 403, "InvalidClientTokenId");
    assert_eq!(reply.text("Message"), "The security token included in the request is invalid.");
    served.sandbox.0.state().account.users.get_mut("alice").unwrap().access_keys.clear();
    refused(&served.request("sts", WHO, &keys("alice")).send().await, 403, "InvalidClientTokenId");
}

#[tokio::test]
async fn the_root_user_s_key_is_one_only_when_it_was_given_and_goes_with_no_token() {
    let served = served().await;
    assert!(served.sandbox.0.state().root_key.is_none());
    let (id, secret) = served.sandbox.root_keys();
    let root = Credentials::new(&id, secret.expose(), None, None, "test");
    let reply = served.request("sts", WHO, &root).send().await;
    assert_eq!(reply.text("Arn"), "arn:aws:iam::123456789012:root", "{reply:?}");
    assert_eq!(served.sandbox.root_keys().0, id);
    let token = session(&served, "one").await.session_token().unwrap().to_owned();
    refused(&with_token(&served, &root, Some(&token)).await, 403, "InvalidClientTokenId");
    let wrong = Credentials::new(id, "another-secret", None, None, "test");
    refused(&served.request("sts", WHO, &wrong).send().await, 403, "SignatureDoesNotMatch");
    let assume = "Action=AssumeRole&Version=2011-06-15&RoleSessionName=me&RoleArn=arn:aws:iam::123456789012:role/one";
    let reply = served.request("sts", assume, &root).send().await;
    refused(&reply, 403, "AccessDenied");
    assert_eq!(reply.text("Message"), "Roles may not be assumed by root accounts.");
}

#[tokio::test]
async fn a_wrong_secret_is_told_so_and_no_more() {
    let served = served().await;
    let wrong = Credentials::new(key_id("alice"), "another-secret", None, None, "test");
    let reply = served.request("sts", WHO, &wrong).send().await;
    refused(&reply, 403, "SignatureDoesNotMatch");
    assert!(reply.text("Message").starts_with("The request signature we calculated does not match"), "{reply:?}");
    assert!(!reply.body.contains("made-up-secret") && !reply.body.contains("Canonical"), "{reply:?}");
}

#[tokio::test]
async fn a_request_of_another_time_is_refused() {
    let served = served().await;
    let request = served.request("sts", WHO, &keys("alice"));
    served.clock.advance(SignedDuration::from_mins(15));
    assert_eq!(request.send().await.status, 200);
    served.clock.advance(SignedDuration::from_secs(1));
    let reply = request.send().await;
    refused(&reply, 403, "SignatureDoesNotMatch");
    assert!(reply.text("Message").starts_with("Signature expired: 20260301T120000Z is now earlier than"), "{reply:?}");
    served.clock.advance(-SignedDuration::from_mins(31));
    let reply = request.send().await;
    assert!(reply.text("Message").starts_with("Signature not yet current: "), "{reply:?}");
}

#[tokio::test]
async fn a_session_token_must_be_the_session_s_own() {
    let served = served().await;
    let (one, two) = (session(&served, "one").await, session(&served, "two").await);
    let token = one.session_token().unwrap();
    assert_eq!(with_token(&served, &one, Some(token)).await.status, 200);
    let altered = |at: usize| {
        let mut bytes = token.as_bytes().to_vec();
        bytes[at] ^= 1;
        String::from_utf8(bytes).unwrap()
    };
    let last = token.len() - 1;
    for bad in [
        None,
        Some(&*altered(0)),
        Some(&*altered(last)),
        Some(&token[..last]),
        Some(&format!("{token}A")),
        two.session_token(),
        Some("x"),
    ] {
        refused(&with_token(&served, &one, bad).await, 403, "InvalidClientTokenId");
    }
    // Nor does a token make a user's key a session's.
    refused(&with_token(&served, &keys("alice"), Some(token)).await, 403, "InvalidClientTokenId");
    // Whoever has the token and not the secret, has nothing.
    let stolen = Credentials::new(one.access_key_id(), two.secret_access_key(), None, None, "test");
    refused(&with_token(&served, &stolen, Some(token)).await, 403, "SignatureDoesNotMatch");
}

#[tokio::test]
async fn a_session_token_counts_only_if_it_is_signed_and_single() {
    let served = served().await;
    let one = session(&served, "one").await;
    let bare = Credentials::new(one.access_key_id(), one.secret_access_key(), None, None, "test");
    let unsigned = served.request("sts", WHO, &bare).with("x-amz-security-token", one.session_token().unwrap());
    let reply = unsigned.send().await;
    refused(&reply, 403, "SignatureDoesNotMatch");
    assert_eq!(reply.text("Message"), "'x-amz-security-token' must be a 'SignedHeader' in the AWS Authorization.");
    let twice = served.request("sts", WHO, &one).with("x-amz-security-token", one.session_token().unwrap());
    refused(&twice.send().await, 400, "IncompleteSignature");
}

#[tokio::test]
async fn a_session_ends_with_its_time_and_with_its_role() {
    let served = served().await;
    let (one, two) = (session(&served, "one").await, session(&served, "two").await);
    {
        let account = &mut served.sandbox.0.state().account;
        account.roles.remove("two");
        add_role(account, "two", "{}").id = "AROANEWROLEOFSAMENAME".into();
    }
    refused(&served.request("sts", WHO, &two).send().await, 403, "InvalidClientTokenId");
    served.sandbox.0.state().account.roles.remove("two");
    refused(&served.request("sts", WHO, &two).send().await, 403, "InvalidClientTokenId");

    served.clock.advance(SignedDuration::from_hours(6) - SignedDuration::from_secs(1));
    assert_eq!(served.request("sts", WHO, &one).send().await.status, 200);
    served.clock.advance(SignedDuration::from_secs(1));
    let reply = served.request("sts", WHO, &one).send().await;
    refused(&reply, 403, "ExpiredToken");
    assert_eq!(reply.text("Message"), "The security token included in the request is expired");
    // That it is over, only its owner is told.
    let guess = Credentials::new(one.access_key_id(), "guess", one.session_token().map(Into::into), None, "test");
    refused(&served.request("sts", WHO, &guess).send().await, 403, "SignatureDoesNotMatch");
}

#[tokio::test]
async fn a_signature_for_one_service_is_none_for_the_other() {
    let served = served().await;
    let list = "Action=ListUsers&Version=2010-05-08";
    let for_sts = served.request("sts", list, &keys("alice"));
    let reply = for_sts.send().await;
    refused(&reply, 400, "InvalidAction");
    assert_eq!(reply.text("Message"), "Could not find operation ListUsers for version 2010-05-08");
    let rescoped = for_sts.changed("authorization", |value| Some(value.replace("/sts/", "/iam/")));
    refused(&rescoped.send().await, 403, "SignatureDoesNotMatch");
    refused(&served.request("iam", WHO, &keys("alice")).send().await, 400, "InvalidAction");
    refused(&served.request("s3", list, &keys("alice")).send().await, 403, "SignatureDoesNotMatch");
    assert_eq!(served.request("iam", list, &keys("alice")).send().await.status, 200);
}

#[tokio::test]
async fn the_scope_must_be_one_where_the_service_answers() {
    let served = served().await;
    let list = "Action=ListUsers&Version=2010-05-08";
    let scoped = |service: &str, region: &str, body: &str| {
        let mut request = served.request(service, body, &keys("alice"));
        request.headers.retain(|(name, _)| !matches!(name.as_str(), "authorization" | "x-amz-date"));
        request.sign(service, region, &keys("alice"), crate::sandbox::door::testing::noon());
        request
    };
    refused(&scoped("iam", "eu-central-1", list).send().await, 403, "SignatureDoesNotMatch");
    refused(&scoped("sts", "nowhere", WHO).send().await, 403, "SignatureDoesNotMatch");
    assert_eq!(scoped("sts", "ap-southeast-4", WHO).send().await.status, 200);
    for (from, to) in [("aws4_request", "aws5_request"), ("/20260301/", "/20260302/")] {
        let request = scoped("sts", "us-east-1", WHO).changed("authorization", |value| Some(value.replace(from, to)));
        refused(&request.send().await, 403, "SignatureDoesNotMatch");
    }
}

#[tokio::test]
async fn nothing_of_a_signed_request_can_be_changed() {
    let served = served().await;
    let request = served.request("iam", "Action=CreateUser&Version=2010-05-08&UserName=eve", &keys("alice"));
    let mut body = request.clone();
    body.body = b"Action=DeleteUser&Version=2010-05-08&UserName=eve".to_vec();
    let mut method = request.clone();
    method.line = "PUT / HTTP/1.1".into();
    let mut path = request.clone();
    path.line = "POST /other HTTP/1.1".into();
    let host = request.clone().changed("host", |_| Some("iam.amazonaws.com".into()));
    let kind = request.clone().changed("content-type", |_| Some("application/json".into()));
    for spoiled in [body, method, path, host, kind] {
        refused(&spoiled.send().await, 403, "SignatureDoesNotMatch");
    }
    assert!(served.sandbox.0.state().account.users.get("eve").is_none());
    assert!(served.sandbox.trail().events().is_empty(), "what nobody is known to have sent is not recorded");
}

#[tokio::test]
async fn a_parameter_that_stands_there_twice_is_refused() {
    let served = served().await;
    for body in [
        "Action=ListUsers&Action=DeleteUser&Version=2010-05-08&UserName=alice",
        "Action=DeleteUser&Version=2010-05-08&UserName=nobody&UserName=alice",
        "Action=DeleteUser&Version=2010-05-08&UserName=nobody&%55serName=alice",
    ] {
        refused(&served.request("iam", body, &keys("alice")).send().await, 404, "MalformedQueryString");
    }
    assert!(served.sandbox.0.state().account.users.get("alice").is_some());
}

#[tokio::test]
async fn what_is_no_request_of_the_query_protocol_is_refused() {
    let served = served().await;
    let signed = |line: &str, content_type: &str, body: &[u8]| {
        let mut request: RawRequest = served.request("iam", "", &keys("alice"));
        request.headers.truncate(1);
        request.headers.push(("content-type".into(), content_type.into()));
        (request.line, request.body) = (line.into(), body.to_vec());
        request.sign("iam", "us-east-1", &keys("alice"), crate::sandbox::door::testing::noon());
        request
    };
    const FORM: &str = "application/x-www-form-urlencoded";
    const LIST: &[u8] = b"Action=ListUsers&Version=2010-05-08";
    for (line, content_type, body, status, code) in [
        ("POST / HTTP/1.1", "application/json", &br#"{"Action":"ListUsers"}"#[..], 404, "UnknownOperationException"),
        ("POST / HTTP/1.1", FORM, b"Action=ListUsers&Version=2010-05-08&UserName=%ff", 404, "MalformedQueryString"),
        ("POST / HTTP/1.1", FORM, b"\xff\xfe", 404, "MalformedQueryString"),
        ("POST / HTTP/1.1", FORM, b"", 400, "MissingAction"),
        ("POST / HTTP/1.1", FORM, b"Action=&Version=2010-05-08", 400, "MissingAction"),
        ("POST / HTTP/1.1", FORM, b"Action=ListUsers", 400, "InvalidAction"),
        ("POST / HTTP/1.1", FORM, b"Action=ListUsers&Version=2011-06-15", 400, "InvalidAction"),
        ("POST / HTTP/1.1", FORM, b"Action=MineBitcoin&Version=2010-05-08", 400, "InvalidAction"),
        ("POST / HTTP/1.1", FORM, b"Action=listUsers&Version=2010-05-08", 400, "InvalidAction"),
        ("POST /elsewhere HTTP/1.1", FORM, LIST, 404, "UnknownOperationException"),
        ("POST /?Action=DeleteUser HTTP/1.1", FORM, LIST, 404, "MalformedQueryString"),
        ("DELETE / HTTP/1.1", FORM, LIST, 404, "UnknownOperationException"),
    ] {
        refused(&signed(line, content_type, body).send().await, status, code);
    }
    let reply = signed("GET /?Action=ListUsers&Version=2010-05-08 HTTP/1.1", "text/plain", b"").send().await;
    assert_eq!(reply.status, 200, "{reply:?}");
}

#[tokio::test]
async fn a_body_without_end_is_not_read() {
    let served = served().await;
    let mut request = served.request("iam", "Action=ListUsers&Version=2010-05-08", &keys("alice"));
    request.body = vec![b'a'; 1024 * 1024 + 1];
    let reply = request.send().await;
    refused(&reply, 413, "RequestEntityTooLarge");
    assert!(reply.head.contains("connection: close"), "{reply:?}");
}

#[tokio::test]
async fn only_loopback_is_served() {
    let served = served().await;
    let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let refused = served.sandbox.serve(listener, crate::http::Drain::new()).await;
    assert!(matches!(refused, Err(crate::sandbox::SandboxError::NotLoopback(_))));
}

#[tokio::test]
async fn nothing_that_is_printed_shows_a_secret() {
    let served = served().await;
    let one = session(&served, "one").await;
    let body = "Action=CreateLoginProfile&Version=2010-05-08&UserName=alice&Password=hunter2-hunter2";
    served.request("iam", body, &one).send().await;
    let events = serde_json::to_string(&served.sandbox.trail().events()).unwrap();
    let printed = format!("{:?} {events}", served.sandbox);
    assert!(events.contains("CreateLoginProfile") && events.contains(one.access_key_id()), "{events}");
    for secret in [one.secret_access_key(), one.session_token().unwrap(), "made-up-secret-of-alice", "hunter2-hunter2"]
    {
        assert!(!printed.contains(secret), "{secret}");
    }
}

//! Replicas that share a bucket: what one that died left is settled by another, over the requests that S3 knows.

use std::io::Write;
use std::path::Path;

use iam_mcp_gateway::audit::sinks::{S3Shelf, Shelf};

use jiff::SignedDuration;
use serde_json::json;
use tokio::runtime::Runtime;

use super::remote::{PATIENT, prepared_at};
use super::{assert_verifies, has_alarm};
use crate::support::bucket::{Buckets, PLAIN};
use crate::support::command::run;
use crate::support::faulty::NEW_USER;
use crate::support::gateway::{ACCOUNT, TestGateway};
use crate::support::http::connect;
use crate::support::waiting::{eventually, now};

/// More than S3 lists at once.
const MANY: usize = 1100;
/// Where the gateway may remove something, too.
const ONE: &str = "AWSLogs/123456789012/McpGateway/eu-central-1/replicas/one";

fn keys_under(shelf: &S3Shelf, prefix: &str) -> Vec<String> {
    let runtime = Runtime::new().expect("there is a thread to spare");
    let (mut keys, mut after) = (Vec::new(), String::new());
    loop {
        let page = runtime.block_on(shelf.list(prefix, &after)).expect("the bucket is there");
        keys.extend(page.objects.into_iter().map(|object| object.key));
        match keys.last() {
            Some(last) if page.more => after.clone_from(last),
            _ => return keys,
        }
    }
}

fn started(buckets: &Buckets, key: &Path) -> TestGateway {
    prepared_at(buckets, buckets.url(), PATIENT).set("audit.signing_key", &format!("{key:?}")).start()
}

#[test]
fn what_a_killed_replica_left_in_the_bucket_is_settled_by_another() {
    let mut buckets = Buckets::start();
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let key = folder.path().join("audit.key");
    assert_eq!(run(&["audit", "key", "--file", key.to_str().expect("plain names")]).code, 0);
    let mut dying = started(&buckets, &key);
    dying.aws().queue("CreateUser", &[json!({"hold": true, "result": NEW_USER})]);
    let (_, request) = dying.writing_call("alice", "create_user", json!({"user_name": "dave"}));
    let mut client = connect(dying.address());
    client.write_all(&request.bytes()).expect("the gateway listens");
    eventually("AWS is asked", || (dying.received("CreateUser").len() == 1).then_some(()));
    dying.signal("KILL");
    assert_eq!(dying.wait(), None, "a killed process has no code");
    let intents = dying.records("intent");
    let intent = intents.last().expect("its folder still tells what the bucket should");
    let day = now().strftime("%Y/%m/%d").to_string();
    let junk = |number: usize| {
        let time = now().strftime("%Y%m%dT%H%MZ");
        format!("AWSLogs/{ACCOUNT}/McpGateway/{}/{day}/{ACCOUNT}_McpGateway_{time}_{number:08}", buckets.region())
    };
    let junk: Vec<String> = (0..MANY).map(junk).collect();
    buckets.fill(PLAIN, &junk);
    buckets.age(PLAIN, SignedDuration::from_mins(6));

    let mut other = started(&buckets, &key);
    let unknown = eventually("the other says that the outcome is not known", || {
        other.records("outcome").into_iter().find(|record| record["errorCode"] == "OutcomeUnknown")
    });
    assert_eq!(unknown["additionalEventData"]["intentEventID"], intent["eventID"]);
    assert_eq!(unknown["requestID"], intent["requestID"]);
    assert_eq!(unknown["additionalEventData"]["lookFor"]["eventNames"], json!(["CreateUser"]));
    let shelf = S3Shelf::new(&buckets.access(), PLAIN.to_owned(), ACCOUNT.to_owned());
    let replicas = format!("AWSLogs/{ACCOUNT}/McpGateway/{}/replicas/", buckets.region());
    eventually("its heartbeat and the claim are gone", || (keys_under(&shelf, &replicas).len() == 1).then_some(()));
    assert!(!has_alarm(&other, "s3"));
    other.stop();
    assert_verifies(&other);
    assert!(keys_under(&shelf, &replicas).is_empty(), "who ends in order takes its heartbeat away");
}

#[test]
fn the_bucket_is_asked_as_replicas_need_it() {
    let mut buckets = Buckets::start();
    let keys: Vec<String> = (0..MANY).map(|number| format!("shelf/{number:08}")).collect();
    buckets.fill(PLAIN, &keys);
    let shelf = S3Shelf::new(&buckets.access(), PLAIN.to_owned(), ACCOUNT.to_owned());
    assert_eq!(keys_under(&shelf, "shelf/"), keys);
    Runtime::new().expect("there is a thread to spare").block_on(async {
        let after = shelf.list("shelf/", &keys[MANY - 3]).await.expect("the bucket is there");
        assert_eq!((after.objects.len(), after.more, &after.objects[0].key), (2, false, &keys[MANY - 2]));
        let before = now() - SignedDuration::from_secs(2);
        assert!(shelf.put(ONE, b"1".to_vec(), true).await.expect("it may be stored"), "there was none");
        assert!(!shelf.put(ONE, b"2".to_vec(), true).await.expect("it is asked"), "there is one");
        assert_eq!(shelf.get(ONE).await.expect("it is there"), b"1");
        let first = shelf.list(ONE, "").await.expect("the bucket is there").objects.remove(0);
        assert!(first.stored >= before && first.stored <= now(), "the bucket says when it was stored");
        assert!(shelf.put(ONE, b"3".to_vec(), false).await.expect("it may be replaced"));
        let second = shelf.list(ONE, "").await.expect("the bucket is there").objects.remove(0);
        assert_ne!(first.tag, second.tag);
        assert!(!shelf.remove(ONE, Some(&first.tag)).await.expect("it is asked"), "it is another by now");
        assert_eq!(shelf.get(ONE).await.expect("it is still there"), b"3");
        assert!(shelf.remove(ONE, Some(&second.tag)).await.expect("it may be removed"));
        assert!(shelf.remove(ONE, Some(&second.tag)).await.expect("it is asked"), "it is not there any more");
        assert!(shelf.remove(ONE, None).await.expect("it is asked"));
        let denied = shelf.remove(&keys[0], None).await.expect_err("it is no heartbeat").to_string();
        assert!(denied.contains("AccessDenied") && denied.contains("s3:DeleteObject"), "{denied}");
        let missing = shelf.get(ONE).await.expect_err("it was removed").to_string();
        assert!(missing.contains("NoSuchKey") && missing.contains("s3:GetObject"), "{missing}");
    });
}

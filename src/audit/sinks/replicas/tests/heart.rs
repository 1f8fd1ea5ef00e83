//! What a replica says of itself, and when it writes.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_replica_that_ends_in_order_leaves_nothing_to_look_for() {
    let bucket = bucket();
    let one = One::begin(&bucket, 1).await;
    let permit = one.intent("a").await;
    one.settle(permit, "a").await;
    let One { journal, shipper, replicas, .. } = one;
    journal.close().await.unwrap();
    let all_is_shipped = shipper.end().await;
    replicas.end(all_is_shipped).await;
    assert_eq!(heartbeats(&bucket), 0);
}

#[tokio::test(start_paused = true)]
async fn before_its_first_heartbeat_is_stored_a_replica_writes_nothing() {
    let bucket = bucket();
    *bucket.denied.lock().unwrap() = Some("/replicas/");
    let one = One::begin(&bucket, 1).await;
    let record = |fields: Value| Record::from_fields(&fields).unwrap();
    let intent = || Intent {
        record: record(json!({"stage": "intent", "eventID": "a"})),
        if_lost: record(json!({"stage": "outcome"})),
        if_not_forwarded: record(json!({"stage": "outcome"})),
    };
    let refused = one.journal.intent(intent()).await.unwrap_err();
    assert_eq!(refused.reason, crate::audit::UnavailableReason::RemoteFailed);
    assert_eq!(*one.told.lock().unwrap(), ["AccessDenied"]);
    *bucket.denied.lock().unwrap() = None;
    pass(&bucket, 1).await;
    drop(one.journal.intent(intent()).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_claims_no_more_than_the_bucket_shows() {
    let bucket = bucket();
    let one = One::begin(&bucket, 1).await;
    pass(&bucket, 1).await;
    let permit = one.intent("a").await;
    *bucket.denied.lock().unwrap() = Some(".json.gz");
    let outcome = json!({"stage": "outcome", "additionalEventData": {"intentEventID": "a"}});
    assert!(one.journal.outcome(permit, Record::from_fields(&outcome).unwrap()).await.is_err(), "it is held");
    pass(&bucket, 3).await;
    one.dies(vec![]);
    *bucket.denied.lock().unwrap() = None;
    bucket.clock.advance(SignedDuration::from_mins(6));
    assert_eq!(One::begin(&bucket, 2).await.unknown(), ["a"], "its outcome died with the disk");
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_ends_with_a_write_under_way_leaves_its_heartbeat() {
    let bucket = bucket();
    let one = One::begin(&bucket, 1).await;
    let permit = one.intent("a").await;
    let One { replicas, .. } = one;
    replicas.end(true).await;
    assert_eq!(heartbeats(&bucket), 1);
    std::mem::forget(permit);
}

#[tokio::test(start_paused = true)]
async fn a_replica_whose_heartbeats_are_not_stored_any_more_stops_writing_before_it_is_taken_for_dead() {
    let bucket = bucket();
    let one = One::begin(&bucket, 1).await;
    let permit = one.intent("a").await;
    one.settle(permit, "a").await;
    *bucket.denied.lock().unwrap() = Some("/replicas/");
    pass(&bucket, 4).await;
    let record = |fields: Value| Record::from_fields(&fields).unwrap();
    let intent = Intent {
        record: record(json!({"stage": "intent", "eventID": "b"})),
        if_lost: record(json!({"stage": "outcome"})),
        if_not_forwarded: record(json!({"stage": "outcome"})),
    };
    let refused = one.journal.intent(intent).await.unwrap_err();
    assert_eq!(refused.reason, crate::audit::UnavailableReason::RemoteFailed);
    *bucket.denied.lock().unwrap() = None;
    pass(&bucket, 1).await;
    let permit = one.intent("c").await;
    one.settle(permit, "c").await;
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_is_started_again_is_not_taken_for_dead_before_its_records_are_in_the_bucket() {
    let bucket = bucket();
    let one = One::begin(&bucket, 1).await;
    let left = one.intent("left").await;
    pass(&bucket, 2).await;
    let folder = one.killed(vec![left]);
    let before = bucket.listed(&layout(1).replicas());
    bucket.clock.advance(SignedDuration::from_mins(20));
    *bucket.denied.lock().unwrap() = Some(".json.gz");
    let again = One::begin_in(folder, &bucket, 1, Some(key(7))).await;
    let after = bucket.listed(&layout(1).replicas());
    assert!(
        after[0].stored > before[0].stored && after[0].tag != before[0].tag,
        "it beats, though it can ship nothing"
    );
    let other = One::begin(&bucket, 2).await;
    pass(&bucket, 10).await;
    assert!(other.unknown().is_empty(), "it lives, and says itself what became of its writes");
    assert_eq!(again.unknown(), ["left"]);
    again.dies(vec![]);
    *bucket.denied.lock().unwrap() = None;
    pass(&bucket, 7).await;
    assert_eq!(other.unknown(), ["left"], "it died with that before anything was shipped");
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_of_its_own_that_somebody_changed_is_not_gone_on_with() {
    let bucket = bucket_with_one_left(Some(key(7))).await;
    bucket.change("/replicas/", |content| {
        let text = String::from_utf8(content.clone()).unwrap();
        *content = text.replace("\"settledBefore\":2", "\"settledBefore\":9").into_bytes();
    });
    *bucket.denied.lock().unwrap() = Some(".json.gz");
    let again = One::begin(&bucket, 1).await;
    assert!(again.told.lock().unwrap()[0].contains("no key of this gateway signed its heartbeat"));
    *bucket.denied.lock().unwrap() = None;
    pass(&bucket, 1).await;
    let permit = again.intent("a").await;
    again.settle(permit, "a").await;
}

#[tokio::test(start_paused = true)]
async fn a_replica_whose_heart_stopped_stops_writing_too() {
    let bucket = bucket();
    let one = One::begin(&bucket, 1).await;
    one.replicas.heart.abort();
    pass(&bucket, 1).await;
    let permit = one.intent("a").await;
    one.settle(permit, "a").await;
    pass(&bucket, 3).await;
    assert!(matches!(one.journal.state(), crate::audit::JournalState::NotRemote { .. }));
}

//! What is settled, by whom, and when.

use super::*;

#[tokio::test(start_paused = true)]
async fn what_a_dead_replica_left_is_settled_once_and_what_a_living_one_has_under_way_is_not() {
    let bucket = bucket();
    let (dying, living) = (One::begin(&bucket, 1).await, One::begin(&bucket, 2).await);
    let (settled, left) = (dying.intent("settled").await, dying.intent("left").await);
    dying.settle(settled, "settled").await;
    let under_way = living.intent("under way").await;
    pass(&bucket, 20).await;
    assert_eq!((living.unknown(), heartbeats(&bucket)), (vec![], 2), "both live, past midnight");
    let late = dying.intent("late").await;
    dying.dies(vec![left, late]);

    pass(&bucket, 4).await;
    let other = One::begin(&bucket, 3).await;
    assert!(living.unknown().is_empty() && other.unknown().is_empty(), "not dead for certain yet");
    pass(&bucket, 3).await;
    let mut unknown = [living.unknown(), other.unknown()].concat();
    unknown.sort();
    assert_eq!(unknown, ["late", "left"], "by one of the two");
    pass(&bucket, 10).await;
    assert_eq!([living.unknown(), other.unknown()].concat().len(), 2);
    assert_eq!(heartbeats(&bucket), 2);
    living.settle(under_way, "under way").await;
}

#[tokio::test(start_paused = true)]
async fn a_start_settles_what_a_replica_that_died_before_it_left() {
    let bucket = bucket();
    let dying = One::begin(&bucket, 1).await;
    let left = dying.intent("left").await;
    dying.dies(vec![left]);
    bucket.clock.advance(SignedDuration::from_hours(50));
    let starting = One::begin(&bucket, 2).await;
    assert_eq!(starting.unknown(), ["left"]);
    let names = journal_files(starting.dir.path()).unwrap();
    let text = std::fs::read_to_string(starting.dir.path().join(&names[0])).unwrap();
    let outcome: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(outcome["requestID"], "left");
    assert!(outcome["additionalEventData"]["lookFor"].is_object(), "what to look for is said: {outcome}");
}

#[tokio::test(start_paused = true)]
async fn a_claim_is_respected_until_whoever_made_it_is_dead_too() {
    let bucket = bucket();
    let dying = One::begin(&bucket, 1).await;
    let left = dying.intent("left").await;
    dying.dies(vec![left]);
    pass(&bucket, 6).await;
    let claim = format!("{}{}.json.1.claim", layout(1).replicas(), layout(1).replica);
    bucket.put(&claim, b"somebody".to_vec(), true).await.unwrap();
    let living = One::begin(&bucket, 2).await;
    pass(&bucket, 10).await;
    assert!(living.unknown().is_empty());
    pass(&bucket, 6).await;
    assert_eq!(living.unknown(), ["left"]);
}

#[tokio::test(start_paused = true)]
async fn an_object_or_a_heartbeat_that_cannot_be_read_settles_nothing_and_is_tried_again() {
    let bucket = bucket();
    let dying = One::begin(&bucket, 1).await;
    let left = dying.intent("left").await;
    dying.dies(vec![left]);
    let (key, whole) = {
        let mut objects = bucket.objects.lock().unwrap();
        let (key, (content, _)) = objects.iter_mut().rfind(|(key, _)| key.ends_with(".json.gz")).unwrap();
        (key.clone(), std::mem::replace(content, b"no gzip".to_vec()))
    };
    bucket.clock.advance(SignedDuration::from_mins(6));
    let living = One::begin(&bucket, 2).await;
    assert_eq!((living.unknown(), heartbeats(&bucket)), (vec![], 2));
    bucket.objects.lock().unwrap().get_mut(&key).unwrap().0 = whole;
    pass(&bucket, 2).await;
    assert_eq!(living.unknown(), ["left"]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_removed_is_settled_once_and_said_each_time() {
    let bucket = bucket_with_one_left(Some(key(7))).await;
    *bucket.denied.lock().unwrap() = Some("nothing yet");
    let living = One::begin(&bucket, 2).await;
    assert_eq!(living.unknown(), ["left"]);
    let bucket = bucket_with_one_left(Some(key(7))).await;
    *bucket.denied.lock().unwrap() = Some("01.json");
    let blocked = One::begin(&bucket, 2).await;
    pass(&bucket, 40).await;
    assert!(blocked.unknown().is_empty(), "without a claim nothing is done");
    *bucket.denied.lock().unwrap() = None;
    pass(&bucket, 2).await;
    assert_eq!(blocked.unknown(), ["left"]);
}

#[tokio::test(start_paused = true)]
async fn ages_are_told_by_the_buckets_clock_alone() {
    for ahead in [-20, 20] {
        let bucket = bucket_ahead(SignedDuration::from_mins(ahead));
        let (one, other) = (One::begin(&bucket, 1).await, One::begin(&bucket, 2).await);
        let under_way = one.intent("under way").await;
        pass(&bucket, 10).await;
        assert_eq!((other.unknown(), heartbeats(&bucket)), (vec![], 2), "both live");
        one.settle(under_way, "under way").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_is_held_for_long_is_not_kept_quiet() {
    let bucket = bucket_with_one_left(Some(key(7))).await;
    let claim = |number: u32| format!("{}.{number}.claim", layout(1).heartbeat(&layout(1).replica));
    bucket.put(&claim(0), b"somebody".to_vec(), true).await.unwrap();
    let living = One::begin(&bucket, 3).await;
    for number in 1..=3 {
        pass(&bucket, 8).await;
        bucket.put(&claim(number), b"somebody".to_vec(), true).await.unwrap();
    }
    pass(&bucket, 2).await;
    let told = living.told.lock().unwrap().last().cloned().unwrap_or_default();
    assert!(told.contains("is not settled") && told.contains(".claim") && told.contains("remove that"), "{told}");
    assert!(living.unknown().is_empty());
}

#[tokio::test(start_paused = true)]
async fn settling_takes_as_long_as_it_takes_and_holds_up_no_heartbeat() {
    let bucket = bucket();
    let dying = One::begin(&bucket, 1).await;
    let left = dying.intent("left").await;
    for number in 0..40 {
        let name = format!("settled-{number}");
        let permit = dying.intent(&name).await;
        dying.settle(permit, &name).await;
    }
    dying.dies(vec![left]);
    bucket.clock.advance(SignedDuration::from_mins(6));
    *bucket.slow.lock().unwrap() = Duration::from_secs(60);
    let (living, other) = (One::begin(&bucket, 2).await, One::begin(&bucket, 3).await);
    pass(&bucket, 30).await;
    assert!(living.unknown().is_empty() && other.unknown().is_empty(), "it is being read");
    let permit = living.intent("a").await;
    living.settle(permit, "a").await;
    pass(&bucket, 90).await;
    assert_eq!([living.unknown(), other.unknown()].concat(), ["left"], "by one of the two, whose claim was renewed");
    let told = [living.told.lock().unwrap().clone(), other.told.lock().unwrap().clone()].concat();
    assert!(told.iter().all(|told| told.contains("is not settled")), "who waits says so: {told:?}");
    assert_eq!(heartbeats(&bucket), 2);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_fails_now_and_then_is_tried_again() {
    let bucket = bucket_with_one_left(Some(key(7))).await;
    *bucket.failing_reads.lock().unwrap() = 3;
    let living = One::begin(&bucket, 2).await;
    pass(&bucket, 1).await;
    assert_eq!((living.unknown(), living.told.lock().unwrap().len()), (vec!["left".to_owned()], 0));
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_that_beats_again_meanwhile_is_not_taken_away() {
    let bucket = bucket();
    let one = One::begin(&bucket, 1).await;
    let left = one.intent("left").await;
    pass(&bucket, 2).await;
    let folder = one.killed(vec![left]);
    bucket.clock.advance(SignedDuration::from_mins(6));
    *bucket.slow.lock().unwrap() = Duration::from_secs(60);
    let other = One::begin(&bucket, 2).await;
    let again = One::begin_in(folder, &bucket, 1, Some(key(7))).await;
    pass(&bucket, 10).await;
    assert_eq!((other.unknown(), heartbeats(&bucket)), (vec!["left".to_owned()], 2));
    again.dies(vec![]);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_set_back_hides_nothing() {
    let bucket = bucket();
    let dying = One::begin(&bucket, 1).await;
    pass(&bucket, 2).await;
    bucket.clock.advance(-SignedDuration::from_mins(50));
    let left = dying.intent("left").await;
    dying.dies(vec![left]);
    bucket.clock.advance(SignedDuration::from_mins(60));
    assert_eq!(One::begin(&bucket, 2).await.unknown(), ["left"]);
}

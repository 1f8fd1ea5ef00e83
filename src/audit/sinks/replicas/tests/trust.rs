//! What lies in the bucket is not believed for lying there.

use super::*;
use crate::audit::chain::ChainHead;

#[tokio::test(start_paused = true)]
async fn an_outcome_that_somebody_put_into_the_bucket_hides_no_intent() {
    for (signs, why) in [(None, "no signature covers its records"), (Some(key(8)), "no key of this gateway signed it")]
    {
        let bucket = bucket_with_one_left(Some(key(7))).await;
        let intent_key = {
            let objects = bucket.objects.lock().unwrap();
            objects
                .iter()
                .find(|(_, (content, _))| {
                    content.starts_with(b"\x1f") && lines_of(content).iter().any(|line| line["stage"] == "intent")
                })
                .unwrap()
                .0
                .clone()
        };
        let last = lines_of(&bucket.objects.lock().unwrap()[&intent_key].0).pop().unwrap();
        let head = ChainHead {
            sequence: last["integrity"]["sequence"].as_u64().unwrap(),
            hash: Hash::parse(last["integrity"]["hash"].as_str().unwrap()).unwrap(),
        };
        let outcome = json!({"stage": "outcome", "additionalEventData": {"intentEventID": "left"}});
        let mut line = Vec::new();
        let sealed = crate::audit::canonical::seal(&mut line, Record::from_fields(&outcome).unwrap().fields(), head);
        if let Some(key) = &signs {
            sealed.sign(&mut line, &key.sign(sealed.head.hash));
        }
        let batch = Batch { first: head.sequence + 1, last: head.sequence + 1, lines: line };
        bucket.put(&layout(1).key(&batch, bucket.clock.now()), object(&batch.lines).unwrap(), false).await.unwrap();
        let living = One::begin(&bucket, 2).await;
        pass(&bucket, 1).await;
        let told = living.told.lock().unwrap().clone();
        assert!(told[0].contains(why) && told[0].contains("look for its writes in CloudTrail"), "{told:?}");
        assert!(heartbeats(&bucket) >= 2, "it is looked at again");
    }
}

/// Records of somebody who has no key, in place of the object with the intent `left`, or beside it.
#[tokio::test(start_paused = true)]
async fn records_made_anew_in_the_place_of_others_hide_no_intent() {
    for (beats_meanwhile, beside) in [(0, false), (0, true), (2, false), (2, true)] {
        let bucket = bucket();
        let dying = One::begin(&bucket, 1).await;
        let before = *dying.journal.durable().borrow();
        let left = dying.intent("left").await;
        pass(&bucket, beats_meanwhile).await;
        dying.dies(vec![left]);
        let mut line = Vec::new();
        let forged = json!({"stage": "read", "eventID": "somebody's"});
        crate::audit::canonical::seal(&mut line, Record::from_fields(&forged).unwrap().fields(), before);
        let content = object(&line).unwrap();
        let number = before.sequence + 1;
        let ends = format!("{number:020}.json.gz");
        if beside {
            let batch = Batch { first: number, last: number, lines: line };
            let earlier = bucket.clock.now() - SignedDuration::from_mins(30);
            bucket.put(&layout(1).key(&batch, earlier), content, false).await.unwrap();
        } else {
            bucket.change(&ends, |object| content.clone_into(object));
        }
        bucket.clock.advance(SignedDuration::from_mins(6));
        let living = One::begin(&bucket, 2).await;
        pass(&bucket, 1).await;
        let told = living.told.lock().unwrap().clone();
        let why = ["no signature covers its records", "it is another than when", "the record before", "hash"];
        assert!(told.first().is_some_and(|told| why.iter().any(|why| told.contains(why))), "{told:?}");
        assert!(living.unknown().is_empty() && heartbeats(&bucket) >= 2, "{beats_meanwhile} {beside}");
    }
}

type Tamper = fn(&Bucket);

#[tokio::test(start_paused = true)]
async fn records_that_were_changed_removed_or_blown_up_settle_nothing_and_hold_up_nobody() {
    let tampers: [(Tamper, &str); 5] = [
        (
            |bucket| {
                bucket.change("0002.json.gz", |content| {
                    let lines = lines_of(content);
                    let text = serde_json::to_string(&lines[0]).unwrap().replace("\"left\"", "\"gone\"");
                    *content = object(text.as_bytes()).unwrap();
                });
            },
            "the hash does not match",
        ),
        (|bucket| bucket.objects.lock().unwrap().retain(|key, _| !key.ends_with("0002.json.gz")), "are missing"),
        (|bucket| bucket.objects.lock().unwrap().retain(|key, _| !key.ends_with(".json.gz")), "are missing"),
        (
            |bucket| {
                bucket.change("0002.json.gz", |content| {
                    *content = object(&vec![b' '; 17 * 1024 * 1024]).unwrap();
                });
            },
            "more than any batch",
        ),
        (
            |bucket| {
                bucket.change(&format!("replicas/{}", layout(1).replica), |content| {
                    let text = String::from_utf8(content.clone()).unwrap();
                    *content = text.replace("\"settledBefore\":2", "\"settledBefore\":9").into_bytes();
                });
            },
            "no key of this gateway signed its heartbeat",
        ),
    ];
    for (tamper, why) in tampers {
        let bucket = bucket_with_one_left(Some(key(7))).await;
        tamper(&bucket);
        let other = One::begin(&bucket, 3).await;
        let left = other.intent("of another").await;
        other.dies(vec![left]);
        bucket.clock.advance(SignedDuration::from_mins(6));
        let living = One::begin(&bucket, 2).await;
        pass(&bucket, 1).await;
        let told = living.told.lock().unwrap().clone();
        assert!(told.first().is_some_and(|told| told.contains(why)), "{why}: {told:?}");
        assert_eq!(living.unknown(), ["of another"], "{why}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_replica_with_a_former_key_or_none_left_is_settled_where_that_is_believed() {
    let bucket = bucket_with_one_left(Some(key(9))).await;
    assert_eq!(One::begin(&bucket, 2).await.unknown(), ["left"], "the key was rolled");
    let bucket = bucket_with_one_left(None).await;
    assert_eq!(One::begin_with(&bucket, 2, None).await.unknown(), ["left"], "nothing is signed");
    let bucket = bucket_with_one_left(None).await;
    let living = One::begin(&bucket, 2).await;
    assert!(living.unknown().is_empty() && living.told.lock().unwrap()[0].contains("no key of this gateway"));
}

#[tokio::test(start_paused = true)]
async fn an_object_that_begins_early_and_reaches_far_is_read_whatever_others_begin_with() {
    let bucket = bucket();
    let dying = One::begin(&bucket, 1).await;
    let settled = dying.intent("settled").await;
    dying.settle(settled, "settled").await;
    pass(&bucket, 1).await;
    let left = dying.intent("left").await;
    dying.dies(vec![left]);
    let mut all = Vec::new();
    {
        let mut objects = bucket.objects.lock().unwrap();
        for (_, (content, _)) in objects.iter().filter(|(key, _)| key.ends_with(".json.gz")) {
            let mut packed = flate2::read::GzDecoder::new(&content[..]);
            let mut text = String::new();
            std::io::Read::read_to_string(&mut packed, &mut text).unwrap();
            all.push(text.trim_start_matches("{\"Records\":[").trim_end_matches("]}").replace("},{\"", "}\n{\""));
        }
        // It came again from the beginning on, with the last that there is.
        let last = objects.keys().rfind(|key| key.ends_with(".json.gz")).cloned().unwrap();
        objects.remove(&last);
    }
    let lines = all.join("\n") + "\n";
    let batch = Batch { first: 1, last: 4, lines: lines.into_bytes() };
    let content = object(&batch.lines).unwrap();
    bucket.put(&layout(1).key(&batch, bucket.clock.now()), content, false).await.unwrap();
    bucket.clock.advance(SignedDuration::from_mins(6));
    assert_eq!(One::begin(&bucket, 2).await.unknown(), ["left"]);
}

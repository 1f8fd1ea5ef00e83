//! Half a minute after a fault's end at the latest, calls are answered again, and all of them are.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::aws::Fault;
use super::stand::Stand;
use crate::broker::Purpose;

#[tokio::test(start_paused = true)]
async fn calls_are_answered_again_within_half_a_minute_of_every_faults_end() {
    for service in ["sts", "iam"] {
        for fault in Fault::ALL {
            let stand = Arc::new(Stand::new());
            let call = |number: u32| {
                let stand = Arc::clone(&stand);
                // Another caller each time, so that there is always a session to be assumed.
                async move { stand.read(&format!("caller{number}")).await }
            };
            if service == "iam" {
                for number in 0..60 {
                    stand.session(&format!("caller{number}"), Purpose::Read).await.unwrap();
                }
            }
            stand.aws.set(service, Some(fault));
            // A call each second, whatever has become of those before.
            let mut calls = Vec::new();
            for number in 0..60 {
                calls.push(tokio::spawn(call(number)));
                sleep(Duration::from_secs(1)).await;
            }
            stand.aws.set(service, None);
            let ended = Instant::now();
            let mut number = 60;
            while let Err(failure) = call(number).await {
                assert!(ended.elapsed() < Duration::from_secs(30), "{service}, {}: {failure:?}", fault.name());
                number += 1;
                sleep(Duration::from_millis(500)).await;
            }
            // Those of the last seconds may have had an attempt left.
            for call in calls.into_iter().take(40) {
                assert!(call.await.unwrap().is_err(), "{service}, {}: it failed for everybody", fault.name());
            }
            for later in 0..20 {
                assert_eq!(call(1000 + later).await, Ok(()), "{service}, {}", fault.name());
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn while_aws_is_silent_nearly_nothing_is_sent_to_it() {
    let stand = Arc::new(Stand::new());
    for who in ["bob", "carol"] {
        stand.session(who, Purpose::Read).await.unwrap();
    }
    stand.aws.set("iam", Some(Fault::SlowHead));
    let began = Instant::now();
    let mut calls = Vec::new();
    // The first calls find it out together, which takes half of their time.
    for number in 0..600 {
        let stand = Arc::clone(&stand);
        let who = if number % 2 == 0 { "bob" } else { "carol" };
        calls.push(tokio::spawn(async move { stand.read(who).await }));
        sleep(Duration::from_millis(100)).await;
    }
    for call in calls {
        call.await.unwrap().unwrap_err();
    }
    let found_out = stand.aws.sent("iam");
    assert!((75..=90).contains(&found_out), "{found_out} were sent in {:?}", began.elapsed());
}

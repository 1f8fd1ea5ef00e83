//! What one account or service does is not felt by another.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::time::{Instant, sleep};

use super::aws::Fault;
use super::stand::{ACCOUNT, Stand};
use crate::broker::Purpose;
use crate::broker::sts::Sts;
use crate::iam::upstream::breaker::{FAILURES, FIRST_OPEN};
use crate::iam::upstream::testing::{Following, Useful, Useless, account, memory};
use crate::iam::upstream::{Class, SCAN_AFTER, Upstream};
use crate::shared_state::Rate;

const OTHER: &str = "210987654321";

#[tokio::test(start_paused = true)]
async fn an_open_breaker_refuses_no_other_account_and_no_other_upstream() {
    let stand = Stand::new();
    let target = |upstream, id| stand.upstreams.target(upstream, Some(&account(id)));
    for _ in 0..FAILURES {
        target(Upstream::Iam, ACCOUNT).breaker.admit(&None).unwrap().end(true);
    }
    assert_eq!(stand.read("bob").await.unwrap_err().code, "UpstreamUnavailable");
    let session = stand.session("bob", Purpose::Read).await.unwrap();
    assert_eq!(stand.read_with(&session, "bob", Stand::read_meter("bob", OTHER)).await, Ok(()));
    for upstream in Upstream::ALL {
        let open = target(upstream, ACCOUNT).breaker.check(&None).is_err();
        assert_eq!(open, upstream == Upstream::Iam, "{upstream:?}");
        assert_eq!(target(upstream, OTHER).breaker.check(&None), Ok(()), "{upstream:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_callers_calls_that_always_fail_refuse_nobody_elses() {
    let stand = Stand::new();
    for who in ["bob", "carol"] {
        stand.session(who, Purpose::Read).await.unwrap();
    }
    for fault in [Fault::SlowHead, Fault::InternalError] {
        stand.aws.set("iam", Some(fault));
        for _ in 0..2 * FAILURES {
            assert_ne!(stand.read("bob").await.unwrap_err().code, "UpstreamUnavailable");
        }
        stand.aws.set("iam", None);
        assert_eq!(stand.read("carol").await, Ok(()), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_breaker_is_not_closed_only_the_probe_takes_a_turn() {
    let taken = Arc::new(Useful::default());
    let stand = Arc::new(Stand::with(Arc::clone(&taken) as _));
    let sessions = (0..20).map(|number| format!("caller{number}"));
    for who in sessions.clone() {
        stand.session(&who, Purpose::Read).await.unwrap();
    }
    let breaker = &stand.upstreams.target(Upstream::Iam, Some(&account(ACCOUNT))).breaker;
    for _ in 0..FAILURES {
        breaker.admit(&None).unwrap().end(true);
    }
    tokio::time::advance(FIRST_OPEN).await;
    let calls: Vec<_> = sessions
        .map(|who| {
            let stand = Arc::clone(&stand);
            tokio::spawn(async move { stand.read(&who).await })
        })
        .collect();
    let mut answered = 0;
    for call in calls {
        match call.await.unwrap() {
            Ok(()) => answered += 1,
            Err(failure) => assert_eq!(failure.code, "UpstreamUnavailable"),
        }
    }
    assert_eq!((answered, taken.turns()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_when_the_breaker_opens_leaves_at_once() {
    let stand = Arc::new(Stand::with(Arc::new(Useless::Taken)));
    stand.session("bob", Purpose::Read).await.unwrap();
    let began = Instant::now();
    let waiting = Arc::clone(&stand);
    let call = tokio::spawn(async move { waiting.read("bob").await });
    let lane = stand.upstreams.lane(Upstream::Iam, &account(ACCOUNT));
    while lane.waiting() == 0 {
        tokio::task::yield_now().await;
    }
    let breaker = &stand.upstreams.target(Upstream::Iam, Some(&account(ACCOUNT))).breaker;
    for _ in 0..FAILURES {
        breaker.admit(&None).unwrap().end(true);
    }
    assert_eq!(call.await.unwrap().unwrap_err().code, "UpstreamUnavailable");
    assert_eq!((lane.waiting(), began.elapsed()), (0, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn cloudtrail_is_asked_twice_a_second_whatever_the_accounts_rate_is() {
    let stand = Stand::new();
    let (trail, iam) = (Upstream::CloudTrail, Upstream::Iam);
    let turn = async |upstream, id| {
        let lane = stand.upstreams.lane(upstream, &account(id));
        lane.turn(None, Class::Read, Duration::from_secs(3)).await
    };
    let began = Instant::now();
    for _ in 0..3 {
        turn(trail, ACCOUNT).await.unwrap();
    }
    assert_eq!(began.elapsed(), Duration::from_secs(1));
    turn(trail, OTHER).await.unwrap();
    turn(iam, ACCOUNT).await.unwrap();
    assert_eq!(began.elapsed(), Duration::from_secs(1), "others need not wait for that");
}

#[tokio::test(start_paused = true)]
async fn an_accounts_bad_hour_takes_no_retries_from_others() {
    let stand = Stand::new();
    let session = stand.session("bob", Purpose::Read).await.unwrap();
    stand.aws.set("iam", Some(Fault::Throttling));
    let attempts = async |id| {
        let before = stand.aws.sent("iam");
        let failure = stand.read_with(&session, "bob", Stand::read_meter("bob", id)).await.unwrap_err();
        assert_eq!(failure.code, "Throttling");
        stand.aws.sent("iam") - before
    };
    assert_eq!(attempts(ACCOUNT).await, 3);
    for _ in 0..100 {
        attempts(ACCOUNT).await;
    }
    // The SDK gives back the last token of a call that failed: one retry is left for whoever comes alone.
    assert_eq!(attempts(ACCOUNT).await, 2, "its own are used up");
    assert_eq!(attempts(OTHER).await, 3, "and no others");
    stand.aws.set("sts", Some(Fault::Throttling));
    let before = stand.aws.sent("sts");
    assert_eq!(stand.session("carol", Purpose::Read).await.unwrap_err().code, "Throttling");
    assert_eq!(stand.aws.sent("sts") - before, 3, "nor those of STS");
}

#[tokio::test(start_paused = true)]
async fn the_gateways_own_identity_has_a_breaker_of_its_own() {
    let stand = Stand::new();
    stand.aws.set("sts", Some(Fault::Refused));
    assert_eq!(stand.sts.own_identity().await.unwrap_err().code, "AwsUnreachable");
    assert_eq!(stand.sts.own_identity().await.unwrap_err().code, "UpstreamUnavailable");
    stand.aws.set("sts", None);
    assert!(stand.session("bob", Purpose::Read).await.is_ok());
    assert_eq!(stand.sts.own_identity().await.unwrap_err().code, "UpstreamUnavailable");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_has_read_much_lets_others_go_first() {
    let stand = Arc::new(Stand::with(Arc::new(Useless::Taken)));
    let session = stand.session("bob", Purpose::Read).await.unwrap();
    let meter = Stand::read_meter("bob", ACCOUNT);
    for attempt in 1..SCAN_AFTER + 3 {
        let (stand2, session, read) = (Arc::clone(&stand), Arc::clone(&session), Arc::clone(&meter));
        let call = tokio::spawn(async move { stand2.read_with(&session, "bob", read).await });
        while !stand.metrics.encode().unwrap().contains("aws_waiting{class=\"read\"} 1")
            && !stand.metrics.encode().unwrap().contains("aws_waiting{class=\"scan\"} 1")
        {
            tokio::task::yield_now().await;
        }
        let scans = stand.metrics.encode().unwrap().contains("aws_waiting{class=\"scan\"} 1");
        assert_eq!(scans, attempt > SCAN_AFTER, "{attempt}");
        call.await.unwrap().unwrap_err();
    }
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_asks_for_much_at_once_is_served_at_the_rate_and_not_refused() {
    let stand = Stand::at(Rate { per_second: 15.0, most: 30.0 }, memory(&Following::clock()));
    let session = stand.session("bob", Purpose::Read).await.unwrap();
    let reader = stand.reader(&session, Stand::read_meter("bob", ACCOUNT));
    let began = Instant::now();
    let all = try_join_all((0..300).map(|_| Stand::ask(&reader, "bob"))).await;
    assert_eq!(all.map(|all| all.len()), Ok(300));
    assert!((17..=20).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn another_callers_call_goes_between_those_of_a_scan() {
    let stand = Arc::new(Stand::at(Rate { per_second: 15.0, most: 30.0 }, memory(&Following::clock())));
    let session = stand.session("bob", Purpose::Read).await.unwrap();
    let scanning = Arc::clone(&stand);
    let scan = tokio::spawn(async move {
        let reader = scanning.reader(&session, Stand::read_meter("bob", ACCOUNT));
        try_join_all((0..200).map(|_| Stand::ask(&reader, "bob"))).await.map(drop)
    });
    stand.session("carol", Purpose::Read).await.unwrap();
    for _ in 0..5 {
        sleep(Duration::from_secs(1)).await;
        let began = Instant::now();
        assert_eq!(stand.read("carol").await, Ok(()));
        // At most the token after the next one.
        assert!(began.elapsed() < Duration::from_millis(150), "{:?}", began.elapsed());
    }
    assert!(!scan.is_finished());
    assert_eq!(scan.await.unwrap(), Ok(()));
}

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::http::Metrics;
use crate::iam::upstream::LONGEST_WAIT;
use crate::iam::upstream::testing::{Following, Useless, memory};

fn rate(per_second: f64, most: f64) -> Rate {
    Rate { per_second, most }
}

fn lane_of(shared: Arc<dyn SharedState>, rate: Rate, clock: SharedClock) -> Arc<Lane> {
    lane_with(shared, AccountRate::new(move || rate), clock)
}

fn lane_with(shared: Arc<dyn SharedState>, rate: AccountRate, clock: SharedClock) -> Arc<Lane> {
    Arc::new(Lane::new(Counted::Account("aws/123456789012".into()), shared, rate, clock, Figures::new(&Metrics::new())))
}

fn lane(per_second: f64, most: f64) -> Arc<Lane> {
    let clock = Following::clock();
    lane_of(memory(&clock), rate(per_second, most), clock)
}

fn caller(name: &str) -> Who {
    Some(Arc::new(Caller::keyring(name, None)))
}

/// Lets all tasks that can run do so, without any time passing.
async fn settle() {
    for _ in 0..32 {
        tokio::task::yield_now().await;
    }
}

/// Queues calls one after the other, and tells in which order and when they went.
async fn order(lane: &Arc<Lane>, calls: &[(&str, Class, &'static str)]) -> Vec<(&'static str, u64)> {
    let began = Instant::now();
    let went: Arc<Mutex<Vec<(&'static str, u64)>>> = Arc::default();
    let mut tasks = Vec::new();
    for (who, class, name) in calls {
        let (lane, who, class, went, name) = (Arc::clone(lane), caller(who), *class, Arc::clone(&went), *name);
        tasks.push(tokio::spawn(async move {
            lane.turn(who, class, LONGEST_WAIT).await.expect("its turn comes");
            let at = u64::try_from(began.elapsed().as_millis()).unwrap();
            went.lock().unwrap().push((name, at));
        }));
        settle().await;
    }
    for task in tasks {
        task.await.unwrap();
    }
    went.lock().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn a_burst_goes_at_once_and_the_rest_at_the_rate() {
    let calls = ["1", "2", "3", "4"].map(|name| ("a", Class::Read, name));
    // The bucket gives a token a moment after it is due, so times are compared by tenths of a second.
    let went = order(&lane(10.0, 2.0), &calls).await;
    let went: Vec<(&str, u64)> = went.into_iter().map(|(name, at)| (name, at / 100)).collect();
    assert_eq!(went, [("1", 0), ("2", 0), ("3", 1), ("4", 2)]);
}

#[tokio::test(start_paused = true)]
async fn another_rate_holds_from_the_next_turn_on() {
    let clock = Following::clock();
    let in_force = Arc::new(Mutex::new(rate(1.0, 1.0)));
    let asked = Arc::clone(&in_force);
    let lane = lane_with(memory(&clock), AccountRate::new(move || *asked.lock().unwrap()), clock);
    let tenths = |calls: u32| {
        let lane = Arc::clone(&lane);
        async move {
            let began = Instant::now();
            for _ in 0..calls {
                lane.turn(caller("a"), Class::Read, LONGEST_WAIT).await.unwrap();
            }
            began.elapsed().as_millis() / 100
        }
    };
    assert_eq!(tenths(3).await, 20);
    *in_force.lock().unwrap() = rate(10.0, 1.0);
    assert!((9..=11).contains(&tenths(10).await));
}

#[tokio::test(start_paused = true)]
async fn callers_take_turns_however_many_calls_one_of_them_makes() {
    let read = |who, name| (who, Class::Read, name);
    let calls = [read("a", "now"), read("a", "a1"), read("a", "a2"), read("a", "a3"), read("b", "b1"), read("c", "c1")];
    let went = order(&lane(10.0, 1.0), &calls).await;
    let went: Vec<&str> = went.into_iter().map(|(name, _)| name).collect();
    assert_eq!(went, ["now", "a1", "b1", "c1", "a2", "a3"]);
}

#[tokio::test(start_paused = true)]
async fn a_change_goes_first_and_a_scan_last() {
    let calls = [
        ("a", Class::Scan, "now"),
        ("a", Class::Scan, "scan"),
        ("b", Class::Read, "read"),
        ("c", Class::Change, "change"),
    ];
    let went = order(&lane(10.0, 1.0), &calls).await;
    let went: Vec<&str> = went.into_iter().map(|(name, _)| name).collect();
    assert_eq!(went, ["now", "change", "read", "scan"]);
}

#[tokio::test(start_paused = true)]
async fn one_callers_changes_do_not_starve_the_reads_of_others() {
    let lane = lane(10.0, 1.0);
    let changing: Vec<_> = (0..32)
        .map(|number| {
            let lane = Arc::clone(&lane);
            tokio::spawn(async move {
                let who = ["a", "b", "c", "d"][number % 4];
                // Enough that changes wait for half a minute, whatever else goes.
                for _ in 0..10 {
                    lane.turn(caller(who), Class::Change, LONGEST_WAIT).await.unwrap();
                }
            })
        })
        .collect();
    settle().await;
    let longest = Duration::from_secs(3);
    for _ in 0..10 {
        let began = Instant::now();
        assert_eq!(lane.turn(caller("reader"), Class::Read, longest).await, Ok(()));
        assert!(began.elapsed() < Duration::from_millis(500), "the fourth turn: {:?}", began.elapsed());
    }
    let began = Instant::now();
    assert_eq!(lane.turn(caller("scanner"), Class::Scan, longest).await, Ok(()));
    assert!(began.elapsed() < Duration::from_millis(900), "the eighth turn: {:?}", began.elapsed());
    assert!(changing.iter().any(|changes| !changes.is_finished()), "there were changes all the time");
    changing.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test(start_paused = true)]
async fn what_would_wait_too_long_is_refused_at_once() {
    let lane = lane(1.0, 1.0);
    let began = Instant::now();
    let longest = Duration::from_secs(3);
    let turn = |who| {
        let lane = Arc::clone(&lane);
        tokio::spawn(async move { lane.turn(caller(who), Class::Read, longest).await })
    };
    assert_eq!(turn("a").await.unwrap(), Ok(()));
    let waiting: Vec<_> = (0..3).map(|_| turn("a")).collect();
    settle().await;
    assert_eq!(turn("a").await.unwrap(), Err(Duration::from_secs(4)));
    assert_eq!(lane.waiting(), 3);
    // Another caller's turn comes after one of these.
    let other = turn("b");
    settle().await;
    assert_eq!((lane.waiting(), began.elapsed()), (4, Duration::ZERO));
    assert_eq!(other.await.unwrap(), Ok(()));
    assert_eq!(began.elapsed().as_secs(), 2);
    drop(waiting);
}

#[tokio::test(start_paused = true)]
async fn what_waits_in_vain_is_refused_at_the_bound() {
    let lane = lane_of(Arc::new(Useless::Taken), rate(10.0, 10.0), Following::clock());
    let began = Instant::now();
    let longest = Duration::from_secs(3);
    assert_eq!(lane.turn(caller("a"), Class::Change, longest).await, Err(Duration::from_millis(200)));
    assert_eq!((began.elapsed(), lane.waiting()), (longest, 0));
}

#[tokio::test(start_paused = true)]
async fn who_is_dropped_leaves_the_queue() {
    let lane = lane(1.0, 1.0);
    let turn = |who| {
        let lane = Arc::clone(&lane);
        tokio::spawn(async move { lane.turn(caller(who), Class::Read, LONGEST_WAIT).await })
    };
    turn("a").await.unwrap().unwrap();
    let waiting: Vec<_> = (0..5).map(|_| turn("a")).collect();
    settle().await;
    let last = turn("b");
    settle().await;
    assert_eq!(lane.waiting(), 6);
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
    settle().await;
    assert_eq!(lane.waiting(), 1);
    let began = Instant::now();
    last.await.unwrap().unwrap();
    assert_eq!(began.elapsed().as_secs(), 1, "nobody's turn was kept for those who left");
    assert_eq!(lane.turn(caller("a"), Class::Read, LONGEST_WAIT).await, Ok(()), "and the lane goes on");
}

#[tokio::test(start_paused = true)]
async fn no_more_wait_than_the_bounds_say() {
    let lane = lane(1.0, 1.0);
    let hours = Duration::from_secs(36_000);
    let refused = Arc::new(AtomicUsize::new(0));
    let turn = |who: String| {
        let (lane, refused) = (Arc::clone(&lane), Arc::clone(&refused));
        tokio::spawn(async move {
            if lane.turn(caller(&who), Class::Read, hours).await.is_err() {
                refused.fetch_add(1, Ordering::SeqCst);
            }
        })
    };
    turn("a".to_owned()).await.unwrap();
    let mut tasks: Vec<_> = (0..100).map(|_| turn("a".to_owned())).collect();
    settle().await;
    assert_eq!((lane.waiting(), refused.load(Ordering::SeqCst)), (MOST_WAITING_OF_ONE, 100 - MOST_WAITING_OF_ONE));
    refused.store(0, Ordering::SeqCst);
    tasks.extend((0..300).map(|number| turn(number.to_string())));
    settle().await;
    let room = MOST_WAITING - MOST_WAITING_OF_ONE;
    assert_eq!((lane.waiting(), refused.load(Ordering::SeqCst)), (MOST_WAITING, 300 - room));
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test(start_paused = true)]
async fn alone_it_keeps_the_rate_with_its_own_tokens() {
    for (useless, delay) in [(Useless::Gone, 0), (Useless::Silent, 5)] {
        let lane = lane_of(Arc::new(useless), rate(1.0, 2.0), Following::clock());
        let began = Instant::now();
        let mut went = Vec::new();
        for _ in 0..4 {
            lane.turn(caller("a"), Class::Read, LONGEST_WAIT).await.unwrap();
            went.push(u64::try_from(began.elapsed().as_millis()).unwrap() / 100);
        }
        // Each try at what is silent takes half a second; meanwhile its own tokens flow on.
        assert_eq!(went[..2], [delay, delay * 2], "{useless:?}");
        assert!((10..=30).contains(&(went[3] - went[1])), "{useless:?}: {went:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_by_aws_halves_the_rate_and_it_is_whole_again_within_half_a_minute() {
    let lane = lane(8.0, 1.0);
    let seconds = |calls: u32| {
        let lane = Arc::clone(&lane);
        async move {
            let began = Instant::now();
            for _ in 0..calls {
                lane.turn(caller("a"), Class::Read, LONGEST_WAIT).await.unwrap();
            }
            began.elapsed().as_secs_f64()
        }
    };
    seconds(1).await;
    let whole = seconds(8).await;
    assert!((0.95..1.1).contains(&whole), "{whole}");
    lane.throttled();
    let halved = seconds(8).await;
    assert!((1.7..2.1).contains(&halved), "{halved}");
    tokio::time::advance(Duration::from_secs(30)).await;
    seconds(1).await;
    let whole = seconds(8).await;
    assert!((0.95..1.1).contains(&whole), "{whole}");
}

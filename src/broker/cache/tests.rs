use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_credential_types::Credentials;
use tokio::sync::Notify;

use super::*;
use crate::authn::Caller;
use crate::broker::Purpose;
use crate::clock::{Clock, ManualClock};

/// An STS that counts, can be held up, and can refuse.
#[derive(Debug)]
struct FakeSts {
    clock: Arc<ManualClock>,
    asked: AtomicUsize,
    refuse: Mutex<bool>,
    held: Mutex<Option<Arc<Notify>>>,
}

impl FakeSts {
    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn hold(&self) -> Arc<Notify> {
        let gate = Arc::new(Notify::new());
        *self.held.lock().unwrap() = Some(Arc::clone(&gate));
        gate
    }
}

impl Sts for FakeSts {
    fn assume<'a>(&'a self, shape: &'a SessionShape) -> BoxFuture<'a, Result<Session, AwsFailure>> {
        Box::pin(async move {
            let nth = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
            let gate = self.held.lock().unwrap().clone();
            if let Some(gate) = gate {
                gate.notified().await;
            }
            if *self.refuse.lock().unwrap() {
                return Err(AwsFailure {
                    code: "AccessDenied".into(),
                    message: "no".into(),
                    request_id: None,
                    action: "sts:AssumeRole",
                    resource: shape.role_arn.clone(),
                    retryable: false,
                    sent: Sent::Refused,
                });
            }
            Ok(Session {
                credentials: Credentials::new(format!("ASIA{nth}"), "secret", Some("token".into()), None, "test"),
                arn: format!("arn:aws:sts::123456789012:assumed-role/r/{}", shape.session_name),
                principal_id: "AROA:x".into(),
                expires: self.clock.now() + SignedDuration::from_secs(900),
                request_id: None,
            })
        })
    }

    fn own_identity(&self) -> BoxFuture<'_, Result<String, AwsFailure>> {
        Box::pin(async { Ok("arn:aws:iam::123456789012:user/gateway".to_owned()) })
    }
}

fn shape(caller: &str, purpose: Purpose) -> SessionShape {
    SessionShape {
        environment: "dev".into(),
        caller: Caller::keyring(caller, None),
        role_arn: "arn:aws:iam::123456789012:role/r".into(),
        external_id: None,
        purpose,
        session_name: "s".into(),
        source_identity: "i".into(),
        tags: BTreeMap::new(),
        policy: "{}".into(),
        duration: Duration::from_secs(900),
    }
}

fn cache_of(capacity: usize) -> (Arc<FakeSts>, Arc<ManualClock>, Arc<SessionCache>) {
    let clock = ManualClock::at("2026-11-20T12:00:00Z".parse().unwrap());
    let sts = Arc::new(FakeSts {
        clock: Arc::clone(&clock),
        asked: AtomicUsize::new(0),
        refuse: Mutex::new(false),
        held: Mutex::new(None),
    });
    let settings = CacheSettings { refresh_ahead: Duration::from_secs(120), capacity };
    let cache = SessionCache::new(Arc::clone(&sts) as Arc<dyn Sts>, settings, Arc::clone(&clock) as SharedClock);
    (sts, clock, Arc::new(cache))
}

fn key_of(session: &Session) -> String {
    session.credentials.access_key_id().to_owned()
}

#[tokio::test]
async fn a_session_is_assumed_once_and_used_again() {
    let (sts, _, cache) = cache_of(10);
    let first = cache.get(shape("alice", Purpose::Read)).await.unwrap();
    let second = cache.get(shape("alice", Purpose::Read)).await.unwrap();
    assert_eq!((sts.asked(), key_of(&first)), (1, key_of(&second)));
}

#[tokio::test]
async fn nothing_is_shared_between_callers_or_purposes() {
    let (sts, _, cache) = cache_of(10);
    let sessions = [
        cache.get(shape("alice", Purpose::Read)).await.unwrap(),
        cache.get(shape("alice", Purpose::Write)).await.unwrap(),
        cache.get(shape("bob", Purpose::Read)).await.unwrap(),
    ];
    let keys: std::collections::BTreeSet<String> = sessions.iter().map(|session| key_of(session)).collect();
    assert_eq!((sts.asked(), keys.len()), (3, 3));
}

#[tokio::test]
async fn whatever_shapes_the_session_is_part_of_its_key() {
    let (sts, _, cache) = cache_of(10);
    let plain = shape("alice", Purpose::Read);
    let mut tagged = plain.clone();
    tagged.tags.insert("Team".into(), "ops".into());
    let mut external = plain.clone();
    external.external_id = Some("x1".into());
    let mut narrower = plain.clone();
    narrower.policy = "{\"Version\":\"2012-10-17\"}".into();
    for shape in [plain, tagged, external, narrower] {
        cache.get(shape).await.unwrap();
    }
    assert_eq!(sts.asked(), 4);
}

#[tokio::test]
async fn many_at_once_make_one_call() {
    let (sts, _, cache) = cache_of(10);
    let gate = sts.hold();
    let waiting: Vec<_> = (0..50)
        .map(|_| {
            let cache = Arc::clone(&cache);
            tokio::spawn(async move { cache.get(shape("alice", Purpose::Read)).await.map(|session| key_of(&session)) })
        })
        .collect();
    while sts.asked() == 0 {
        tokio::task::yield_now().await;
    }
    gate.notify_one();
    for task in waiting {
        assert_eq!(task.await.unwrap().unwrap(), "ASIA1");
    }
    assert_eq!(sts.asked(), 1);
}

#[tokio::test]
async fn a_caller_that_gives_up_does_not_stop_the_others() {
    let (sts, _, cache) = cache_of(10);
    let gate = sts.hold();
    let first = tokio::spawn({
        let cache = Arc::clone(&cache);
        async move { cache.get(shape("alice", Purpose::Read)).await.is_ok() }
    });
    while sts.asked() == 0 {
        tokio::task::yield_now().await;
    }
    first.abort();
    let second = tokio::spawn({
        let cache = Arc::clone(&cache);
        async move { cache.get(shape("alice", Purpose::Read)).await.is_ok() }
    });
    tokio::task::yield_now().await;
    gate.notify_one();
    assert!(second.await.unwrap());
    assert_eq!(sts.asked(), 1);
}

#[tokio::test]
async fn a_failure_is_not_kept() {
    let (sts, _, cache) = cache_of(10);
    *sts.refuse.lock().unwrap() = true;
    assert_eq!(cache.get(shape("alice", Purpose::Read)).await.unwrap_err().code, "AccessDenied");
    assert!(cache.is_empty());
    *sts.refuse.lock().unwrap() = false;
    assert!(cache.get(shape("alice", Purpose::Read)).await.is_ok());
    assert_eq!(sts.asked(), 2);
}

#[tokio::test]
async fn an_ageing_session_is_refreshed_while_it_is_still_given_out() {
    let (sts, clock, cache) = cache_of(10);
    cache.get(shape("alice", Purpose::Read)).await.unwrap();
    clock.advance(SignedDuration::from_secs(900 - 119));
    let gate = sts.hold();
    assert_eq!(key_of(&cache.get(shape("alice", Purpose::Read)).await.unwrap()), "ASIA1");
    while sts.asked() == 1 {
        tokio::task::yield_now().await;
    }
    // A second call meanwhile neither waits nor asks again.
    assert_eq!(key_of(&cache.get(shape("alice", Purpose::Read)).await.unwrap()), "ASIA1");
    gate.notify_one();
    while key_of(&cache.get(shape("alice", Purpose::Read)).await.unwrap()) == "ASIA1" {
        tokio::task::yield_now().await;
    }
    assert_eq!(sts.asked(), 2);
}

#[tokio::test]
async fn a_session_about_to_end_is_not_given_out() {
    let (sts, clock, cache) = cache_of(10);
    cache.get(shape("alice", Purpose::Read)).await.unwrap();
    clock.advance(SignedDuration::from_secs(900 - 60));
    assert_eq!(key_of(&cache.get(shape("alice", Purpose::Read)).await.unwrap()), "ASIA2");
    assert_eq!(sts.asked(), 2);
}

#[tokio::test]
async fn a_failed_refresh_leaves_the_ageing_session() {
    let (sts, clock, cache) = cache_of(10);
    cache.get(shape("alice", Purpose::Read)).await.unwrap();
    clock.advance(SignedDuration::from_secs(900 - 119));
    *sts.refuse.lock().unwrap() = true;
    for _ in 0..3 {
        assert_eq!(key_of(&cache.get(shape("alice", Purpose::Read)).await.unwrap()), "ASIA1");
        tokio::task::yield_now().await;
    }
    assert!(sts.asked() > 1);
}

#[tokio::test]
async fn the_cache_is_bounded_and_drops_the_least_recently_used() {
    let (sts, _, cache) = cache_of(2);
    cache.get(shape("a", Purpose::Read)).await.unwrap();
    cache.get(shape("b", Purpose::Read)).await.unwrap();
    cache.get(shape("a", Purpose::Read)).await.unwrap();
    cache.get(shape("c", Purpose::Read)).await.unwrap();
    assert_eq!(cache.len(), 2);
    cache.get(shape("a", Purpose::Read)).await.unwrap();
    assert_eq!(sts.asked(), 3, "a was used last and is still there");
    cache.get(shape("b", Purpose::Read)).await.unwrap();
    assert_eq!(sts.asked(), 4, "b made room");
}

#[tokio::test]
async fn a_full_cache_makes_room_for_several_at_once_the_least_recently_used_of_all() {
    let (sts, _, cache) = cache_of(32);
    let name = |number: usize| format!("caller-{number}");
    for number in 0..32 {
        cache.get(shape(&name(number), Purpose::Read)).await.unwrap();
    }
    cache.get(shape(&name(0), Purpose::Read)).await.unwrap();
    cache.get(shape("new", Purpose::Read)).await.unwrap();
    assert_eq!((cache.len(), sts.asked()), (31, 33), "two went, one came");
    for number in (3..32).chain([0]) {
        cache.get(shape(&name(number), Purpose::Read)).await.unwrap();
    }
    assert_eq!(sts.asked(), 33, "none of those went");
}

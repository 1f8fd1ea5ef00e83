//! Issuers that are slow, down or talk nonsense, and strangers who would have them asked all the time.

use std::time::Duration;

use tokio::time::{Instant, advance};

use super::super::fetch::FetchError;
use super::issuer::{KEYS, sign, token};
use super::*;
use crate::authn::proofs::ProofRefusal;

/// A gateway whose clock the tests do not move: tokens stay good while hours pass for the keys.
struct Gateway {
    servers: Arc<Servers>,
    tokens: Tokens,
    config: Config,
}

impl Gateway {
    fn new() -> Self {
        let servers = servers();
        Self { tokens: tokens(&servers), servers, config: config() }
    }

    async fn prove(&self, token: &str) -> Result<(), &'static str> {
        let refused = |refusal: ProofRefusal| refusal.code;
        self.tokens.prove(token, &self.config).await.map(|_| ()).map_err(refused)
    }

    /// The code, and how long it took.
    async fn timed(&self, token: &str) -> (Result<(), &'static str>, Duration) {
        let began = Instant::now();
        (self.prove(token).await, began.elapsed())
    }

    fn keys_are(&self, answer: Answer) {
        self.servers.set(IDP_KEYS, answer);
    }

    fn asked(&self) -> usize {
        self.servers.asked().len()
    }
}

fn person() -> String {
    token("p256", &of_person())
}

fn unknown(id: &str) -> String {
    sign(&KEYS["other-p256"], &json!({"alg": "ES256", "kid": id}), &of_person())
}

/// Lets tasks that were begun end.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn keys_are_fetched_once_and_again_after_ten_minutes_while_they_are_used() {
    let gateway = Gateway::new();
    for _ in 0..3 {
        assert_eq!(gateway.prove(&person()).await, Ok(()));
    }
    advance(Duration::from_secs(599)).await;
    assert_eq!(gateway.prove(&person()).await, Ok(()));
    assert_eq!(gateway.asked(), 1);
    advance(Duration::from_secs(2)).await;
    gateway.keys_are(Answer::Hangs);
    // Nobody waits for the second answer.
    let (proven, took) = gateway.timed(&person()).await;
    assert_eq!((proven, took), (Ok(()), Duration::ZERO));
    settle().await;
    assert_eq!(gateway.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_took_a_key_away_is_asked_before_it_counts_again() {
    let gateway = Gateway::new();
    assert_eq!(gateway.prove(&person()).await, Ok(()));
    gateway.keys_are(Answer::json(&json!({"keys": []})));
    advance(Duration::from_mins(21)).await;
    assert_eq!(gateway.prove(&person()).await, Err("token_key_unknown"));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_is_asked_for_at_most_once_in_ten_seconds() {
    let gateway = Gateway::new();
    gateway.keys_are(Answer::json(&json!({"keys": []})));
    for second in 0..100 {
        let token = if second == 99 { person() } else { unknown(&format!("key-{second}")) };
        assert_eq!(gateway.prove(&token).await, Err("token_key_unknown"), "{second}");
        advance(Duration::from_secs(1)).await;
    }
    assert_eq!(gateway.asked(), 10);
    // A key that the issuer begins to use is found by the first token that has it.
    gateway.keys_are(Answer::json(&key_set()));
    assert_eq!(gateway.prove(&person()).await, Ok(()));
    assert_eq!(gateway.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_for_an_issuer_wait_for_one_answer() {
    let gateway = Gateway::new();
    gateway.keys_are(Answer::Hangs);
    let token = person();
    let waiting = (0..50).map(|_| gateway.timed(&token));
    for (refused, took) in futures_util::future::join_all(waiting).await {
        assert_eq!((refused, took), (Err("issuer_unavailable"), Duration::from_secs(5)));
    }
    assert_eq!(gateway.asked(), 1);
    // Until the next attempt nobody waits.
    assert_eq!(gateway.timed(&token).await, (Err("issuer_unavailable"), Duration::ZERO));
    let refusal = gateway.tokens.prove(&token, &gateway.config).await.unwrap_err();
    assert!(
        matches!(refusal.class, crate::authn::proofs::ProofClass::Unavailable { retry_after } if retry_after == Duration::from_secs(5))
    );
    assert_eq!(gateway.asked(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_hangs_up_does_not_end_the_attempt_for_others() {
    let gateway = Gateway::new();
    let token = person();
    let mut first = Box::pin(gateway.prove(&token));
    assert!(futures_util::poll!(&mut first).is_pending());
    drop(first);
    settle().await;
    assert_eq!(gateway.timed(&token).await, (Ok(()), Duration::ZERO));
    assert_eq!(gateway.asked(), 1);
}

#[tokio::test(start_paused = true)]
pub(super) async fn an_issuer_that_fails_in_any_way_has_the_same_code_and_holds_up_nobody_elses_tokens() {
    for answer in [
        Answer::Hangs,
        Answer::Fails(FetchError::Unreachable("connection refused".into())),
        Answer::Fails(FetchError::Status(429)),
        Answer::Fails(FetchError::Status(503)),
        Answer::Fails(FetchError::Body),
        Answer::Document("<html>try again</html>".into()),
        Answer::Document("".into()),
    ] {
        let gateway = Gateway::new();
        gateway.keys_are(answer.clone());
        let token = person();
        let (refused, others) = tokio::join!(gateway.timed(&token), async {
            let ci = token_of_ci();
            gateway.timed(&ci).await
        });
        assert_eq!(refused.0, Err("issuer_unavailable"), "{answer:?}");
        assert!(refused.1 <= Duration::from_secs(5), "{answer:?}");
        assert_eq!(others, (Ok(()), Duration::ZERO), "{answer:?}");
        // Once it answers again, so does the gateway.
        gateway.keys_are(Answer::json(&key_set()));
        advance(Duration::from_secs(10)).await;
        assert_eq!(gateway.prove(&token).await, Ok(()), "{answer:?}");
    }
}

fn token_of_ci() -> String {
    token("rsa", &of_ci())
}

#[tokio::test(start_paused = true)]
pub(super) async fn cached_keys_go_on_working_for_six_hours_without_the_issuer_and_not_longer() {
    let gateway = Gateway::new();
    let token = person();
    assert_eq!(gateway.prove(&token).await, Ok(()));
    gateway.keys_are(Answer::Hangs);
    advance(Duration::from_mins(19)).await;
    assert_eq!(gateway.timed(&token).await, (Ok(()), Duration::ZERO));
    tokio::time::sleep(Duration::from_secs(6)).await;
    advance(Duration::from_mins(30)).await;
    // It failed before, so nobody waits for it now.
    assert_eq!(gateway.timed(&token).await, (Ok(()), Duration::ZERO));
    assert_eq!(gateway.prove(&unknown("new")).await, Err("issuer_unavailable"));
    tokio::time::sleep(Duration::from_secs(6)).await;
    advance(Duration::from_mins(310)).await;
    assert_eq!(gateway.timed(&token).await, (Ok(()), Duration::ZERO));
    tokio::time::sleep(Duration::from_secs(6)).await;
    advance(Duration::from_mins(1)).await;
    assert_eq!(gateway.prove(&token).await, Err("issuer_keys_stale"));
    gateway.keys_are(Answer::json(&key_set()));
    advance(Duration::from_secs(10)).await;
    assert_eq!(gateway.prove(&token).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn overdue_keys_wait_for_an_issuer_that_was_well_but_not_for_long() {
    let gateway = Gateway::new();
    let token = person();
    assert_eq!(gateway.prove(&token).await, Ok(()));
    gateway.keys_are(Answer::Hangs);
    advance(Duration::from_hours(5)).await;
    assert_eq!(gateway.timed(&token).await, (Ok(()), Duration::from_secs(5)));
    assert_eq!(gateway.timed(&token).await, (Ok(()), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_bearer_token_has_its_keys_fetched_before_and_is_verified_without_waiting() {
    let gateway = Gateway::new();
    let access = token("p256", &access_token());
    let verify = || gateway.tokens.bearer(&access, &gateway.config, None).map(|_| ()).map_err(|refusal| refusal.code());
    assert_eq!(verify(), Err("issuer_unavailable"));
    assert_eq!(gateway.asked(), 0);
    gateway.tokens.keys_for(&access, &gateway.config, None).unwrap().await;
    assert_eq!(verify(), Ok(()));
    assert!(gateway.tokens.keys_for(&access, &gateway.config, None).is_none());
    // For what is refused anyway, nobody is asked.
    assert!(gateway.tokens.keys_for(&person(), &gateway.config, None).is_none());
    assert_eq!(gateway.asked(), 1);
}

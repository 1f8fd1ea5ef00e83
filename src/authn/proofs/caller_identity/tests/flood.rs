//! The exchange cannot be used to flood STS.

use tokio::task::JoinSet;

use super::network::Silent;
use super::*;

#[tokio::test]
pub(super) async fn ten_thousand_proofs_ask_sts_no_more_than_the_budget_allows() {
    let sts = Told::with(Ok(told_of_alice()));
    let (proofs, clock) = at_noon(&sts);
    let config = configured(&[]);
    assert_eq!(config.exchange.sts_per_second, 10);
    // A thousand in each of ten seconds.
    let mut refused = 0;
    for number in 0..10_000 {
        let proven = proofs.prove(&Draft::good().numbered(number).request(), &PUBLIC_KEY, &config).await;
        if proven.is_err() {
            assert_eq!(code(&proven), "sts_budget_spent");
            refused += 1;
        }
        if number % 1000 == 999 {
            clock.advance(SignedDuration::from_secs(1));
        }
    }
    assert_eq!((sts.asked(), refused), (100, 9_900));
}

#[tokio::test]
async fn what_the_budget_refuses_is_not_used_up_and_what_is_repeated_costs_nothing() {
    let sts = Told::with(Ok(told_of_alice()));
    let (proofs, clock) = at_noon(&sts);
    let config =
        configured(&[("[exchange.caller_identity]", "[exchange]\nsts_per_second = 1\n[exchange.caller_identity]")]);
    let ask = async |number| code(&proofs.prove(&Draft::good().numbered(number).request(), &PUBLIC_KEY, &config).await);
    assert_eq!(ask(1).await, "accepted");
    assert_eq!(ask(2).await, "sts_budget_spent");
    clock.advance(SignedDuration::from_secs(1));
    for _ in 0..100 {
        assert_eq!(ask(1).await, "proof_used");
    }
    assert_eq!(ask(2).await, "accepted");
    assert_eq!(sts.asked(), 2);
}

#[tokio::test(start_paused = true)]
pub(super) async fn sixteen_at_most_are_waited_for() {
    let clock = ManualClock::at(noon());
    let proofs = Arc::new(CallerIdentity::new(Arc::new(Silent), clock));
    let text = ("[exchange.caller_identity]", "[exchange]\nsts_per_second = 200\n[exchange.caller_identity]");
    let config = Arc::new(configured(&[text]));
    let mut asking = JoinSet::new();
    for number in 0..17 {
        let (proofs, config) = (Arc::clone(&proofs), Arc::clone(&config));
        asking.spawn(async move {
            code(&proofs.prove(&Draft::good().numbered(number).request(), &PUBLIC_KEY, &config).await)
        });
    }
    let mut codes = asking.join_all().await;
    codes.sort_unstable();
    assert_eq!(codes[0], "sts_busy");
    assert_eq!(codes[1..], ["sts_timeout"; 16]);
    // The places are free again.
    let after = proofs.prove(&Draft::good().numbered(99).request(), &PUBLIC_KEY, &config).await;
    assert_eq!(code(&after), "sts_timeout");
}

#[tokio::test]
pub(super) async fn no_proof_is_shown_that_could_not_be_remembered() {
    let sts = Told::with(Ok(told_of_alice()));
    let (mut proofs, _) = at_noon(&sts);
    proofs.once = Once::new(2);
    let config = configured(&[]);
    for (number, expected) in [(1, "accepted"), (2, "accepted"), (3, "proof_memory_full"), (1, "proof_used")] {
        let proven = proofs.prove(&Draft::good().numbered(number).request(), &PUBLIC_KEY, &config).await;
        assert_eq!(code(&proven), expected, "{number}");
    }
    assert_eq!(sts.asked(), 2);
}

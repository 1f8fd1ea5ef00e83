//! Each fault, reading and changing, of STS and of IAM: what docs/errors.md says of it, and in what time.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::aws::{Fault, key_of};
use super::stand::{ACCOUNT, IAM, STS, Stand};
use super::table::{Row, documented};
use crate::broker::Purpose;
use crate::iam::upstream::breaker::{FAILURES, FIRST_OPEN};
use crate::iam::upstream::testing::Useless;
use crate::iam::{AwsFailure, Sent};

/// What is not AWS's doing but the gateway's, for AWS's sake.
const BREAKER: &str = "the last attempts failed (its breaker is open)";
const BUDGET: &str = "the account's turn does not come in time";

/// Every request so far was signed with the session of whom it is about, and those for sessions with the gateway's key.
fn assert_own_credentials(stand: &Stand) {
    for seen in stand.aws.seen() {
        let expected = if seen.service == "sts" { "AKIAGATEWAY".to_owned() } else { key_of(&seen.subject) };
        assert_eq!(seen.access_key_id, expected, "{seen:?}");
    }
}

/// That the failure is what the row says; `changed` for a change, of which AWS can have done something.
fn assert_as_documented(failure: &AwsFailure, row: &Row, changed: bool, of: &str) {
    assert!(row.names(&failure.code), "{of}: {failure:?}, documented as {row:?}");
    assert!(failure.retryable, "{of}: a read may always be tried again");
    if changed {
        let unknown = failure.sent == Sent::Unknown;
        assert_eq!(unknown, row.may_have_acted, "{of}: {failure:?}");
        // The reply of a change whose outcome is unknown never says so (mcp::road::failures).
        assert_eq!(!unknown, row.change_is_retryable, "{of}");
    }
}

async fn check(service: &'static str, fault: Fault, changes: bool, row: &Row) {
    let of = format!("{}, {service}, {}", fault.name(), if changes { "changing" } else { "reading" });
    let stand = Stand::new();
    let call = async || if changes { stand.change("bob").await } else { stand.read("bob").await };
    if service == "iam" {
        // The session is there, so that only IAM's answer is looked at.
        stand.session("bob", if changes { Purpose::Write } else { Purpose::Read }).await.unwrap();
    }
    stand.aws.set(service, Some(fault));
    let began = Instant::now();
    let failure = call().await.expect_err(&of);
    let took = began.elapsed();
    let changed = changes && service == "iam";
    assert_as_documented(&failure, row, changed, &of);
    let attempts = if changed { row.change_attempts } else { row.read_attempts };
    assert_eq!(stand.aws.sent(service), attempts, "{of}");

    let operation = if service == "iam" { IAM } else { STS };
    match fault {
        // A change is not tried again after its one attempt, which has half of the time.
        Fault::SlowHead | Fault::SlowBody if changed => assert_eq!(took, operation / 2, "{of}"),
        Fault::SlowHead | Fault::SlowBody => assert_eq!(took, operation, "{of}"),
        Fault::Throttling => assert!(took <= Duration::from_secs(3), "{of}: {took:?}"),
        _ if changed => assert_eq!(took, Duration::ZERO, "{of}"),
        _ => assert!(took <= Duration::from_secs(3), "{of}: {took:?}"),
    }

    stand.aws.set(service, None);
    assert_eq!(call().await, Ok(()), "{of}: what failed is not remembered");
    assert_own_credentials(&stand);
}

#[tokio::test(start_paused = true)]
async fn every_fault_ends_as_documented() {
    let documented = documented();
    for fault in Fault::ALL {
        let row = documented.get(fault.name()).unwrap_or_else(|| panic!("no row for {}", fault.name()));
        for service in ["sts", "iam"] {
            for changes in [false, true] {
                check(service, fault, changes, row).await;
            }
        }
    }
    let known = Fault::ALL.map(Fault::name);
    for fault in documented.keys() {
        assert!(known.contains(fault) || [BREAKER, BUDGET].contains(fault), "{fault} is documented, and not tested");
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_ends_as_documented() {
    let row = &documented()[BREAKER];
    for service in ["sts", "iam"] {
        let stand = Stand::new();
        if service == "iam" {
            stand.session("bob", Purpose::Read).await.unwrap();
            stand.session("bob", Purpose::Write).await.unwrap();
            stand.session("carol", Purpose::Read).await.unwrap();
            stand.session("carol", Purpose::Write).await.unwrap();
        }
        stand.aws.set(service, Some(Fault::Refused));
        // The second call's last attempt is not sent any more.
        assert_eq!(stand.read("bob").await.unwrap_err().code, "AwsUnreachable");
        let last = stand.read("carol").await.unwrap_err();
        assert_eq!((last.code.as_str(), last.sent), ("UpstreamUnavailable", Sent::No));
        let sent = stand.aws.sent(service);
        assert_eq!(sent, FAILURES as usize);
        let began = Instant::now();
        for (changes, attempts) in [(false, row.read_attempts), (true, row.change_attempts)] {
            // Of the caller who failed last: others may probe half a second earlier.
            let failure = if changes { stand.change("carol").await } else { stand.read("carol").await }.unwrap_err();
            assert_as_documented(&failure, row, changes, service);
            // The pause before the attempt that was refused has taken a part of the two seconds.
            let soon = ["try again in 1 s", "try again in 2 s"];
            assert!(failure.is_the_gateways(), "{failure:?}");
            assert!(soon.iter().any(|soon| failure.message.ends_with(soon)), "{failure:?}");
            assert_eq!(stand.aws.sent(service) - sent, attempts);
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
        stand.aws.set(service, None);
        tokio::time::advance(FIRST_OPEN).await;
        assert_eq!(stand.read("bob").await, Ok(()));
        let text = stand.metrics.encode().unwrap();
        assert!(text.contains(&format!("aws_breakers_not_closed{{upstream=\"{service}\"}} 0")), "{text}");
        assert!(text.contains("code=\"UpstreamUnavailable\"} 3"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_does_not_come_ends_as_documented() {
    let row = &documented()[BUDGET];
    let stand = Stand::with(Arc::new(Useless::Taken));
    for (changes, attempts) in [(false, row.read_attempts), (true, row.change_attempts)] {
        let began = Instant::now();
        let failure = if changes { stand.change("bob").await } else { stand.read("bob").await }.unwrap_err();
        assert_as_documented(&failure, row, changes, BUDGET);
        assert!(failure.is_the_gateways() && failure.message.ends_with("try again in 1 s"), "{failure:?}");
        assert_eq!(stand.aws.sent("iam"), attempts);
        assert_eq!(began.elapsed(), IAM / 4, "a wait is not AWS's silence");
    }
    assert_eq!(stand.aws.sent("sts"), 2, "sessions have no turn to wait for");
    let session = stand.session("bob", Purpose::Read).await.unwrap();
    let meter = Stand::read_meter("bob", ACCOUNT);
    stand.read_with(&session, "bob", Arc::clone(&meter)).await.unwrap_err();
    let codes: Vec<_> = meter.calls().into_iter().map(|call| call.error_code).collect();
    assert_eq!(codes, [Some("AccountBudgetSpent".to_owned())], "the record names it, too");
}

#[tokio::test(start_paused = true)]
async fn no_change_is_sent_twice_and_nobody_gets_anothers_credentials_whatever_aws_does() {
    let stand = Arc::new(Stand::new());
    for (round, fault) in Fault::ALL.into_iter().enumerate() {
        stand.aws.set("iam", Some(fault));
        stand.aws.set("sts", (round % 3 == 2).then_some(fault));
        let calls = (0..8).flat_map(|number| [(number, false), (number, true)]).map(|(number, changes)| {
            let stand = Arc::clone(&stand);
            tokio::spawn(async move {
                let who = format!("caller{number}");
                drop(if changes { stand.change(&who).await } else { stand.read(&who).await });
            })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap();
        }
        tokio::time::advance(Duration::from_secs(16)).await;
    }
    assert_own_credentials(&stand);
    let seen = stand.aws.seen();
    let changes: Vec<_> = seen.iter().filter(|seen| seen.action == "DeleteUser").collect();
    assert!(changes.len() > Fault::ALL.len(), "{}", changes.len());
    for change in &changes {
        let attempts = changes.iter().filter(|other| other.invocation == change.invocation);
        let unsure = attempts.clone().filter(|attempt| attempt.fault != Some(Fault::Throttling)).count();
        assert!(unsure <= 1, "{change:?} was sent again after an unknown outcome");
        assert!(attempts.count() <= 3, "{change:?}");
    }
}

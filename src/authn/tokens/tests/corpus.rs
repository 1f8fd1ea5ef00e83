//! The hostile corpus: no token of it is accepted, each has its code, and the issuer is asked only where nothing else tells.

use std::collections::BTreeSet;

use super::made::{Case, Shown};
use super::*;
use crate::authn::tokens::TokenRefusal;

const CASES: &str = include_str!("../../../../tests/proofs/tokens.json");
const DOCUMENTATION: &str = include_str!("../../../../docs/errors.md");

/// Codes that no single token can provoke, and the tests that provoke them. As functions, so that none can go without this
/// list being looked at.
const ELSEWHERE: [(&str, fn()); 2] = [
    ("issuer_unavailable", cache::an_issuer_that_fails_in_any_way_has_the_same_code_and_holds_up_nobody_elses_tokens),
    ("issuer_keys_stale", cache::cached_keys_go_on_working_for_six_hours_without_the_issuer_and_not_longer),
];

/// Where the MCP endpoint's own code is provoked, which a token meets once it has been verified: as text, since those tests
/// are another program.
const AT_THE_ENDPOINT: (&str, &str) = ("revoked", include_str!("../../../../tests/integration/bearer.rs"));

fn cases() -> Vec<Case> {
    serde_json::from_str(CASES).unwrap()
}

/// The code and the message of the refusal; `None` if the token was accepted.
async fn refusal(case: &Case, servers: &Arc<Servers>) -> Option<(String, String)> {
    let (tokens, config, token) = (tokens(servers), config(), case.make());
    let environment = match case.shown() {
        Shown::Exchange => {
            let refusal = tokens.prove(&token, &config).await.err()?;
            return Some((refusal.code.to_owned(), refusal.message));
        }
        Shown::Bearer => None,
        Shown::BearerDev => Some("dev"),
    };
    if let Some(keys) = tokens.keys_for(&token, &config, environment) {
        keys.await;
    }
    let refusal = tokens.bearer(&token, &config, environment).err()?;
    Some((refusal.code().to_owned(), refusal.to_string()))
}

#[tokio::test]
async fn no_token_of_the_corpus_is_accepted_and_each_has_its_code() {
    let cases = cases();
    assert!(cases.len() >= 150, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let servers = servers();
        let refused = refusal(case, &servers).await;
        let asked = servers.asked();
        let (code, message) = refused.unwrap_or(("accepted".into(), String::new()));
        if code != case.code || asked.is_empty() == case.asks {
            wrong.push(format!("{}: {code}, not {}; asked {asked:?}", case.name, case.code));
        }
        let token = case.make();
        let leaks = token.split('.').any(|part| part.len() > 8 && message.contains(part));
        assert!(!leaks && !message.contains("evil"), "{}: {message}", case.name);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_case_has_a_name_of_its_own_and_every_code_is_provoked_and_documented() {
    let cases = cases();
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len());
    let (revoked, bearer) = AT_THE_ENDPOINT;
    assert!(
        bearer.contains(&format!("(&gone, {revoked:?})")),
        "tests/integration/bearer.rs does not provoke {revoked}"
    );
    let elsewhere = ELSEWHERE.iter().map(|(code, _)| *code).chain([revoked]);
    let provoked: BTreeSet<&str> = cases.iter().map(|case| case.code.as_str()).chain(elsewhere).collect();
    let all: BTreeSet<&str> = every_refusal().iter().map(TokenRefusal::code).collect();
    assert_eq!(provoked, all);
    for code in all {
        assert!(DOCUMENTATION.contains(&format!("`{code}`")), "docs/errors.md has no row for {code}");
    }
}

/// One of each; a new one does not compile until it stands here.
fn every_refusal() -> Vec<TokenRefusal> {
    use TokenRefusal as R;

    use crate::config::Unfit;

    let (claim, retry_after) = (|| "c".parse().unwrap(), std::time::Duration::ZERO);
    let all = vec![
        R::TooLarge,
        R::Malformed(""),
        R::Encrypted,
        R::Nested,
        R::Header(""),
        R::Algorithm,
        R::Type,
        R::KeyIdMissing,
        R::Issuer,
        R::Audience(String::new()),
        R::Expired,
        R::NotYetValid,
        R::ClaimMissing(String::new()),
        R::ClaimInvalid(String::new()),
        R::KeyUnknown,
        R::Signature,
        R::Account,
        R::Subject,
        R::Condition(claim()),
        R::Name(Unfit::Length(claim())),
        R::NameUnfit(""),
        R::EmailUnverified,
        R::Tag(claim()),
        R::Revoked,
        R::InsufficientScope { scope: String::new() },
        R::IssuerUnavailable { retry_after },
        R::KeysStale { retry_after },
    ];
    for refusal in &all {
        match refusal {
            R::TooLarge | R::Malformed(_) | R::Encrypted | R::Nested | R::Header(_) | R::Algorithm | R::Type => {}
            R::KeyIdMissing | R::Issuer | R::Audience(_) | R::Expired | R::NotYetValid | R::ClaimMissing(_) => {}
            R::ClaimInvalid(_) | R::KeyUnknown | R::Signature | R::Account | R::Subject | R::Condition(_) => {}
            R::Name(_) | R::NameUnfit(_) | R::EmailUnverified | R::Tag(_) | R::Revoked => {}
            R::InsufficientScope { .. } | R::IssuerUnavailable { .. } | R::KeysStale { .. } => {}
        }
    }
    all
}

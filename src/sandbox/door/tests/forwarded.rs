//! Signed GetCallerIdentity requests that somebody else forwards: proofs of identity for the audience that a signed
//! header names.

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;

use crate::clock::Clock as _;
use crate::sandbox::door::testing::{RawRequest, Served, account, add_role, keys};

const WHO: &str = "Action=GetCallerIdentity&Version=2011-06-15";
const AUDIENCE: &str = "x-iam-mcp-gateway-id";

/// A request that also signs the audience header, with this value if any.
fn proof(served: &Served, credentials: &Credentials, audience: Option<&str>) -> RawRequest {
    let mut request = served.unsigned("POST /", "application/x-www-form-urlencoded; charset=utf-8", WHO);
    request.headers.extend(audience.map(|value| (AUDIENCE.to_owned(), value.to_owned())));
    request.sign("sts", "eu-central-1", credentials, served.clock.now());
    request
}

#[tokio::test]
async fn a_proof_of_a_user_and_of_a_session_says_who_it_is() {
    let mut account = account();
    add_role(&mut account, "one", "{}");
    let served = Served::start(account).await;
    let session = served.sandbox.role_credentials("one").provide_credentials().await.unwrap();
    for (credentials, arn) in [
        (keys("alice"), "arn:aws:iam::123456789012:user/alice"),
        (session, "arn:aws:sts::123456789012:assumed-role/one/"),
    ] {
        let proof = proof(&served, &credentials, Some("iam-mcp.demo;key=abc"));
        let signed = proof.headers.iter().find(|(name, _)| name == "authorization").unwrap();
        assert!(signed.1.contains(AUDIENCE), "{signed:?}");
        let reply = proof.send().await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert!(reply.text("Arn").starts_with(arn), "{reply:?}");
    }
}

#[tokio::test]
async fn an_audience_that_is_changed_taken_away_or_added_breaks_the_signature() {
    let served = Served::start(account()).await;
    let signed = proof(&served, &keys("alice"), Some("iam-mcp.demo"));
    let signed_twice = signed.clone().with(AUDIENCE, "iam-mcp.other");
    let bare = proof(&served, &keys("alice"), None);
    assert_eq!(bare.send().await.status, 200);
    // AWS looks at the headers that are signed: one that is merely there is no audience.
    assert_eq!(bare.clone().with(AUDIENCE, "iam-mcp.demo").send().await.status, 200);
    let adds_to_the_list = |signed: &str| Some(signed.replace("x-amz-date,", &format!("x-amz-date;{AUDIENCE},")));
    for (spoiled, why) in [
        (signed.clone().changed(AUDIENCE, |_| Some("iam-mcp.other".into())), "changed"),
        (signed.clone().changed(AUDIENCE, |_| Some("IAM-MCP.demo".into())), "in another case"),
        (signed.clone().changed(AUDIENCE, |_| None), "taken away"),
        (signed_twice, "twice"),
        (bare.with(AUDIENCE, "iam-mcp.demo").changed("authorization", adds_to_the_list), "added"),
    ] {
        let reply = spoiled.send().await;
        assert_eq!((reply.status, reply.text("Arn")), (403, ""), "{why}: {reply:?}");
    }
}

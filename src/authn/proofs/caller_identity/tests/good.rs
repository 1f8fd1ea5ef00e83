//! Proofs that hold, and what is made of them.

use super::*;

async fn proven(draft: Draft, answer: Answer) -> Result<Proven, ProofRefusal> {
    let (proofs, _) = at_noon(&Told::with(Ok(answer)));
    proofs.prove(&draft.request(), &PUBLIC_KEY, &configured(&[])).await
}

#[tokio::test]
async fn a_roles_session_is_proven_with_what_records_say_of_it() {
    let proven = proven(Draft::good(), told_of_alice()).await.expect("a good proof");
    assert_eq!(
        serde_json::to_value(&proven.caller).unwrap(),
        json!({
            "kind": "caller-identity", "name": "assumed-role/Developer/alice", "account": "123456789012",
            "subject": "AROAEXAMPLEROLE000001:alice",
        })
    );
    assert_eq!(proven.until, None);
    assert_eq!(
        Value::Object(proven.details),
        json!({
            "kind": "caller-identity", "accessKeyId": "ASIAEXAMPLEEXAMPLE01", "signedAt": "2026-03-01T12:00:00Z",
            "stsRequestId": "0f1e2d3c-aaaa-bbbb-cccc-0123456789ab",
        })
    );
}

#[tokio::test]
async fn a_session_is_a_person_only_where_its_role_enforces_the_name() {
    let arn = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/alice@example.com";
    let proven = proven(Draft::good(), told(arn, "AROAEXAMPLEROLE000001:alice@example.com")).await;
    assert_eq!(proven.expect("a good proof").caller.person.as_deref(), Some("alice@example.com"));
}

#[tokio::test]
async fn a_user_is_proven_with_a_path_and_without_with_either_kind_of_key() {
    for (resource, draft) in
        [("user/bob", Draft::of_a_user()), ("user/ops/ci/bob", Draft::of_a_user()), ("user/bob", Draft::good())]
    {
        let arn = format!("arn:aws:iam::123456789012:{resource}");
        let caller = proven(draft, told(&arn, "AIDAEXAMPLEUSER000001")).await.expect("a good proof").caller;
        assert_eq!((caller.name.as_str(), caller.person), (resource, None));
        assert_eq!(caller.subject.as_deref(), Some("AIDAEXAMPLEUSER000001"));
    }
}

#[tokio::test]
async fn every_form_of_a_hosts_name_is_asked_where_it_says() {
    for (host, region) in [
        ("sts.amazonaws.com", "us-east-1"),
        ("sts.eu-central-1.amazonaws.com", "eu-central-1"),
        ("sts-fips.us-west-2.amazonaws.com", "us-west-2"),
        ("sts.eu-west-1.api.aws", "eu-west-1"),
        ("sts-fips.us-east-2.api.aws", "us-east-2"),
    ] {
        let sts = Told::with(Ok(told_of_alice()));
        let (proofs, _) = at_noon(&sts);
        let mut draft = Draft::good().for_host(host, region);
        draft.url = format!("https://{host}:443/");
        proofs.prove(&draft.request(), &PUBLIC_KEY, &configured(&[])).await.expect("a good proof");
        let forwarded = sts.last.lock().unwrap().take().expect("STS was asked");
        assert_eq!(forwarded.url, format!("https://{host}/"));
    }
}

#[tokio::test]
async fn the_partition_of_an_environment_is_that_of_its_sts() {
    let china = configured(&[
        ("accounts = [\"123456789012\"]\n[[role", "accounts = [\"123456789012\"]\npartition = \"aws-cn\"\n[[role"),
        ("arn:aws:iam", "arn:aws-cn:iam"),
    ]);
    let arn = "arn:aws-cn:sts::123456789012:assumed-role/Developer/alice";
    let (proofs, _) = at_noon(&Told::with(Ok(told(arn, "AROAEXAMPLEROLE000001:alice"))));
    let draft = Draft::good().for_host("sts.cn-north-1.amazonaws.com.cn", "cn-north-1");
    proofs.prove(&draft.request(), &PUBLIC_KEY, &china).await.expect("a good proof");
    let commercial = proofs.prove(&Draft::good().numbered(1).request(), &PUBLIC_KEY, &china).await;
    assert_eq!(code(&commercial), "proof_partition");
}

#[tokio::test]
async fn of_a_proof_nothing_is_forwarded_but_what_is_signed() {
    let sts = Told::with(Ok(told_of_alice()));
    let (proofs, _) = at_noon(&sts);
    let mut draft = Draft::good();
    // Known, and not covered by the signature.
    draft.headers.push(("User-Agent".into(), "unsigned-agent".into()));
    draft.headers.push(("amz-sdk-request".into(), "attempt=1".into()));
    draft.headers.push(("Accept".into(), "*/*".into()));
    draft.signed.insert(0, "accept".into());
    draft.body = "Version=2011-06-15&Action=GetCallerIdentity".into();
    proofs.prove(&draft.request(), &PUBLIC_KEY, &configured(&[])).await.expect("a good proof");
    let Forwarded { url, headers, body } = sts.last.lock().unwrap().take().expect("STS was asked");
    assert_eq!((url.as_str(), body), ("https://sts.us-east-1.amazonaws.com/", draft.body.as_str()));
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLEEXAMPLE01/20260301/us-east-1/sts/aws4_request, \
         SignedHeaders=accept;content-type;host;x-amz-date;x-amz-security-token;x-iam-mcp-gateway-id, \
         Signature={SIGNATURE}"
    );
    let expected = [
        ("accept", "*/*"),
        ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
        ("host", "sts.us-east-1.amazonaws.com"),
        ("x-amz-date", "20260301T120000Z"),
        ("x-amz-security-token", TOKEN),
        ("x-iam-mcp-gateway-id", &format!("{GATEWAY};key={KEY_HASH}")),
        ("authorization", &authorization),
    ];
    assert_eq!(headers, expected.map(|(name, value)| (name, value.to_owned())));
}

#[tokio::test]
async fn a_configured_sts_is_asked_in_place_of_awss() {
    let sts = Told::with(Ok(told_of_alice()));
    let (proofs, _) = at_noon(&sts);
    let config = configured(&[("[policy]", "[aws]\nsts_endpoint = \"http://127.0.0.1:4566\"\n[policy]")]);
    let mut draft = Draft::good().for_host("127.0.0.1:4566", "eu-west-1");
    draft.url = "http://127.0.0.1:4566/".into();
    proofs.prove(&draft.request(), &PUBLIC_KEY, &config).await.expect("a good proof");
    let forwarded = sts.last.lock().unwrap().take().expect("STS was asked");
    assert_eq!(forwarded.url, "http://127.0.0.1:4566/");
}

#[tokio::test]
pub(super) async fn a_proof_works_once() {
    let sts = Told::with(Ok(told_of_alice()));
    let (proofs, clock) = at_noon(&sts);
    let (config, request) = (configured(&[]), Draft::good().request());
    proofs.prove(&request, &PUBLIC_KEY, &config).await.expect("a good proof");
    // Not with other headers around the same signature, nor at the last moment.
    let mut dressed = Draft::good();
    dressed.headers.push(("user-agent".into(), "another".into()));
    clock.advance(SignedDuration::from_mins(15));
    for request in [request, dressed.request()] {
        assert_eq!(code(&proofs.prove(&request, &PUBLIC_KEY, &config).await), "proof_used");
    }
    assert_eq!(sts.asked(), 1);
}

#[tokio::test]
async fn a_proof_that_sts_refused_is_used_up_too() {
    let sts = Told::with(Ok(Answer { status: 503, ..told_of_alice() }));
    let (proofs, _) = at_noon(&sts);
    let (config, request) = (configured(&[]), Draft::good().request());
    assert_eq!(code(&proofs.prove(&request, &PUBLIC_KEY, &config).await), "sts_failed");
    assert_eq!(code(&proofs.prove(&request, &PUBLIC_KEY, &config).await), "proof_used");
    assert_eq!(sts.asked(), 1);
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_no_used_proof_good_again() {
    let sts = Told::with(Ok(told_of_alice()));
    let (proofs, clock) = at_noon(&sts);
    let (config, request) = (configured(&[]), Draft::good().request());
    proofs.prove(&request, &PUBLIC_KEY, &config).await.expect("a good proof");
    clock.advance(SignedDuration::from_hours(1));
    let mut later = Draft::good().numbered(1);
    later.set("x-amz-date", Some("20260301T130000Z"));
    proofs.prove(&later.request(), &PUBLIC_KEY, &config).await.expect("another good proof");
    clock.advance(SignedDuration::from_hours(-1));
    assert_eq!(code(&proofs.prove(&request, &PUBLIC_KEY, &config).await), "proof_stale");
}

#[tokio::test]
async fn a_date_is_good_for_fifteen_minutes_either_way() {
    for minutes in [-15, 15] {
        let (proofs, clock) = at_noon(&Told::with(Ok(told_of_alice())));
        clock.advance(SignedDuration::from_mins(minutes));
        proofs.prove(&Draft::good().request(), &PUBLIC_KEY, &configured(&[])).await.expect("a good proof");
    }
}

#[test]
fn what_is_forwarded_shows_no_secret_in_its_debug_form() {
    let config = configured(&[]);
    let rules = Rules { known: Known::of(&config), audience: GATEWAY, public_key: &PUBLIC_KEY, now: noon() };
    let (_, forwarded) = request::check(&Draft::good().request(), &rules).expect("a good proof");
    let told = format!("{forwarded:?}");
    assert!(!told.contains(TOKEN) && !told.contains(SIGNATURE), "{told}");
}

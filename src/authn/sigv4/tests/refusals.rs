//! One test for each way in which a request is refused.

use std::collections::BTreeSet;

use super::request::{Request, Signer, sha256_hex};
use super::{EXPIRED_ID, INACTIVE_ID, OTHER_ID, call, verify};
use crate::authn::keyring::{KeyUse, KeyUses};
use crate::authn::sigv4::{ScopePart, SigV4Refusal, Verified};
use crate::authn::testing::{SECRET, noon, verified};
use jiff::SignedDuration;

/// Signed by the active key's owner.
fn signed() -> Request {
    Signer::default().sign(call())
}

/// Signed for this target.
fn at(target: &str) -> Request {
    Signer::default().sign(Request { target: target.into(), ..call() })
}

/// Signed with this key id and the active key's secret.
fn by(id: &str) -> Signer {
    Signer { id: id.into(), ..Signer::default() }
}

/// With the `Authorization` header changed after signing.
fn authorization(change: impl Fn(&str) -> String) -> Request {
    signed().altered("authorization", change)
}

/// The header there, and not among the signed.
fn unsigned(name: &str) -> Request {
    Signer::default().sign(call().without(name).unsigned(name, "value"))
}

/// The header there twice, both copies signed.
fn doubled(name: &str) -> Request {
    Signer::default().sign(call().without(name).with(name, "value").with(name, "value"))
}

fn hashed(value: &str) -> Request {
    let payload = Some(value.to_owned());
    Signer { payload, ..Signer::default() }.sign(call().with("x-amz-content-sha256", value))
}

macro_rules! refusals {
    ($($name:ident: $code:literal <= $request:expr;)*) => {
        $(
            #[test]
            fn $name() {
                let refusal = verify(&$request).expect_err("refused");
                assert_eq!(refusal.code(), $code, "{refusal:?}");
            }
        )*
        const PROVOKED: &[&str] = &[$($code),*];
    };
}

refusals! {
    a_presigned_query_is_refused: "query_authentication" <= at("/mcp?X-Amz-Signature=00");
    a_presigned_query_is_refused_in_any_case: "query_authentication" <= at("/mcp?a=1&x-aMZ-credential=00");
    a_presigned_query_is_refused_when_encoded: "query_authentication" <= at("/mcp?%58%2Damz%2dDate=00");
    a_presigned_query_is_refused_without_a_value: "query_authentication" <= at("/mcp?X-Amz-Security-Token");
    a_version_2_query_is_refused: "query_authentication" <= at("/mcp?AWSAccessKeyId=x");
    a_presigned_query_is_called_so_without_authorization:
        "query_authentication" <= call().retarget("/mcp?X-Amz-Algorithm=AWS4-HMAC-SHA256");

    an_empty_segment_is_refused: "ambiguous_target" <= at("//mcp/dev");
    an_inner_empty_segment_is_refused: "ambiguous_target" <= at("/mcp//dev");
    a_dot_segment_is_refused: "ambiguous_target" <= at("/mcp/./dev");
    a_last_dot_segment_is_refused: "ambiguous_target" <= at("/mcp/.");
    a_parent_segment_is_refused: "ambiguous_target" <= at("/mcp/prod/../dev");
    an_encoded_slash_is_refused: "ambiguous_target" <= at("/mcp%2Fdev");
    an_encoded_dot_segment_is_refused: "ambiguous_target" <= at("/mcp/%2e%2e/dev");
    any_encoding_in_the_path_is_refused: "ambiguous_target" <= at("/mcp/de%76");
    a_path_outside_ascii_is_refused: "ambiguous_target" <= at("/mcp/d\u{e9}v");
    a_path_parameter_is_refused: "ambiguous_target" <= at("/mcp/dev;a=b");
    a_target_that_is_no_path_is_refused: "ambiguous_target" <= at("*");
    a_target_with_another_host_is_refused: "ambiguous_target" <= at("http://other.example/mcp/dev");
    a_target_too_long_to_be_signed_is_refused: "ambiguous_target" <= at(&format!("/{}", "a".repeat(65_530)));
    a_raw_plus_in_the_query_is_refused: "ambiguous_target" <= at("/mcp?a=1+2");
    a_bare_percent_in_the_query_is_refused: "ambiguous_target" <= at("/mcp?a=%2");
    a_percent_without_hex_in_the_query_is_refused: "ambiguous_target" <= at("/mcp?a=%zz");
    a_query_that_is_not_utf_8_is_refused: "ambiguous_target" <= at("/mcp?a=%ff");

    an_unsigned_request_is_refused: "missing_authorization" <= call();
    a_second_authorization_is_refused: "duplicate_header" <= signed().with("authorization", "Bearer token");
    a_bearer_token_is_refused: "unsupported_algorithm" <= authorization(|_| "Bearer AWS4-HMAC-SHA256".into());
    another_algorithm_is_refused:
        "unsupported_algorithm" <= authorization(|value| value.replace("HMAC-SHA256", "ECDSA-P256-SHA256"));
    the_algorithm_is_case_sensitive:
        "unsupported_algorithm" <= authorization(|value| value.replace("AWS4-HMAC-SHA256", "aws4-hmac-sha256"));
    a_longer_algorithm_is_refused:
        "unsupported_algorithm" <= authorization(|value| value.replace("SHA256 ", "SHA256-PAYLOAD "));
    an_empty_authorization_is_refused: "unsupported_algorithm" <= authorization(|_| String::new());
    an_authorization_outside_ascii_is_refused: "malformed_authorization" <= authorization(|value| format!("{value}\u{e9}"));
    an_authorization_without_fields_is_refused: "malformed_authorization" <= authorization(|_| "AWS4-HMAC-SHA256".into());
    an_authorization_without_signature_is_refused:
        "malformed_authorization" <= authorization(|value| value.split(", Signature").next().unwrap().into());
    an_unknown_field_is_refused: "malformed_authorization" <= authorization(|value| format!("{value}, Nonce=1"));
    a_repeated_field_is_refused: "malformed_authorization" <= authorization(|value| format!("{value}, Signature=0"));
    a_trailing_comma_is_refused: "malformed_authorization" <= authorization(|value| format!("{value},"));
    a_credential_of_four_parts_is_refused:
        "malformed_authorization" <= authorization(|value| value.replace("/us-east-1/", "/"));
    a_credential_of_six_parts_is_refused:
        "malformed_authorization" <= authorization(|value| value.replace("/us-east-1/", "/us-east-1/x/"));
    an_empty_access_key_id_is_refused: "malformed_authorization" <= by("").sign(call());
    an_access_key_id_of_other_characters_is_refused: "malformed_authorization" <= by("IMGK-\"quoted\"").sign(call());
    an_upper_case_signature_is_refused: "malformed_authorization" <= authorization(|value| {
        let (start, signature) = value.split_once("Signature=").unwrap();
        format!("{start}Signature={}", signature.to_uppercase())
    });
    a_short_signature_is_refused: "malformed_authorization" <= authorization(|value| value[..value.len() - 2].into());
    a_long_signature_is_refused: "malformed_authorization" <= authorization(|value| format!("{value}00"));
    upper_case_signed_headers_are_refused:
        "malformed_authorization" <= authorization(|value| value.replace(";host;", ";Host;"));
    unsorted_signed_headers_are_refused: "malformed_authorization" <=
        authorization(|value| value.replace("accept;content-type", "content-type;accept"));
    repeated_signed_headers_are_refused:
        "malformed_authorization" <= authorization(|value| value.replace(";host;", ";host;host;"));
    an_empty_signed_header_is_refused:
        "malformed_authorization" <= authorization(|value| value.replace(";host;", ";;host;"));
    signed_headers_with_spaces_are_refused:
        "malformed_authorization" <= authorization(|value| value.replace(";host;", "; host;"));
    a_signed_authorization_is_refused:
        "malformed_authorization" <= authorization(|value| value.replace("accept;", "accept;authorization;"));

    more_signed_values_than_any_client_sends_are_refused: "malformed_authorization" <=
        Signer::default().sign((0..25_000).fold(call(), |call, _| call.with("x-many", "value")));

    a_request_without_date_is_refused: "missing_date" <= signed().without("x-amz-date");
    a_date_header_is_no_substitute:
        "missing_date" <= signed().without("x-amz-date").with("date", "Sun, 01 Mar 2026 12:00:00 GMT");
    another_form_of_date_is_refused: "malformed_date" <= signed().altered("x-amz-date", |_| "2026-03-01T12:00:00Z".into());
    a_date_that_does_not_exist_is_refused: "malformed_date" <= signed().altered("x-amz-date", |_| "20260229T120000Z".into());
    a_second_date_is_refused: "duplicate_header" <= signed().with("x-amz-date", "20260301T120000Z");

    another_region_is_refused: "scope_mismatch" <= Signer { region: "eu-west-1".into(), ..by(OTHER_ID) }.sign(call());
    another_service_is_refused: "scope_mismatch" <= Signer { service: "iam".into(), ..by(OTHER_ID) }.sign(call());
    another_terminator_is_refused:
        "scope_mismatch" <= authorization(|value| value.replace("aws4_request", "aws4_request_x"));
    another_day_than_the_date_is_refused: "scope_mismatch" <= authorization(|value| value.replace("/20260301/", "/20260302/"));

    a_signature_from_long_ago_is_refused:
        "clock_skew" <= Signer { at: noon() - SignedDuration::from_secs(301), ..Signer::default() }.sign(call());
    a_signature_from_the_future_is_refused:
        "clock_skew" <= Signer { at: noon() + SignedDuration::from_secs(301), ..Signer::default() }.sign(call());
    the_latest_year_is_refused_for_its_date:
        "clock_skew" <= Signer { at: "9999-12-30T00:00:00Z".parse().unwrap(), ..Signer::default() }.sign(call());

    a_session_token_is_refused: "session_token_not_accepted" <= Signer::default().sign(call().with("x-amz-security-token", "t"));
    an_unsigned_session_token_is_refused: "session_token_not_accepted" <= signed().with("x-amz-security-token", "t");

    a_second_host_is_refused: "duplicate_header" <= doubled("host");
    a_second_content_type_is_refused: "duplicate_header" <= doubled("content-type");
    a_second_content_length_is_refused: "duplicate_header" <= doubled("content-length");
    a_second_session_is_refused: "duplicate_header" <= doubled("mcp-session-id");
    a_second_protocol_version_is_refused: "duplicate_header" <= doubled("mcp-protocol-version");
    a_second_method_is_refused: "duplicate_header" <= doubled("mcp-method");
    a_second_name_is_refused: "duplicate_header" <= doubled("mcp-name");
    a_second_last_event_is_refused: "duplicate_header" <= doubled("last-event-id");
    a_second_content_hash_is_refused: "duplicate_header" <= doubled("x-amz-content-sha256");
    a_second_amz_header_is_refused: "duplicate_header" <= doubled("x-amz-anything");

    an_unsigned_host_is_refused: "header_not_signed" <= unsigned("host");
    an_unsigned_date_is_refused: "header_not_signed" <=
        Signer::default().sign(Request { unsigned: vec!["x-amz-date".into(), "user-agent".into()], ..call() });
    an_unsigned_content_type_is_refused: "header_not_signed" <= unsigned("content-type");
    an_unsigned_session_header_is_refused: "header_not_signed" <= unsigned("mcp-session-id");
    an_unsigned_protocol_version_is_refused: "header_not_signed" <= unsigned("mcp-protocol-version");
    an_unsigned_method_header_is_refused: "header_not_signed" <= unsigned("mcp-method");
    an_unsigned_name_header_is_refused: "header_not_signed" <= unsigned("mcp-name");
    an_unsigned_future_mcp_header_is_refused: "header_not_signed" <= unsigned("mcp-param-user");
    an_unsigned_last_event_is_refused: "header_not_signed" <= unsigned("last-event-id");
    an_unsigned_amz_header_is_refused: "header_not_signed" <= unsigned("x-amz-target");
    an_unsigned_content_hash_is_refused: "header_not_signed" <= unsigned("x-amz-content-sha256");

    a_signed_header_that_is_gone_is_refused: "signed_header_missing" <= signed().without("accept");
    a_host_that_is_gone_is_refused: "signed_header_missing" <= signed().without("host");
    a_signed_header_that_is_not_utf_8_is_refused: "header_not_text" <= Signer::default().sign(call().with("x-name", b"\xff"));

    an_unsigned_payload_is_refused: "payload_unsigned" <= hashed("UNSIGNED-PAYLOAD");
    an_unsigned_payload_is_refused_in_any_case: "payload_unsigned" <= hashed("unsigned-payload");
    a_streaming_payload_is_refused: "payload_unsigned" <= hashed("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    a_streaming_unsigned_payload_is_refused: "payload_unsigned" <= hashed("STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    the_hash_of_another_body_is_refused: "payload_hash_mismatch" <= hashed(&sha256_hex(b"another body"));
    an_upper_case_hash_is_refused: "payload_hash_mismatch" <= hashed(&sha256_hex(&call().body).to_uppercase());
    an_empty_hash_is_refused: "payload_hash_mismatch" <= hashed("");

    an_unknown_key_is_refused: "unknown_key" <= by("AKIAIOSFODNN7EXAMPLE").sign(call());
    an_unknown_key_with_the_decoy_s_secret_is_refused:
        "unknown_key" <= Signer { secret: "A".repeat(40), ..by("IMGKAAAAAAAAAAAAAAAA") }.sign(call());
    another_key_s_signature_is_refused: "signature_mismatch" <= by(OTHER_ID).sign(call());
    another_body_is_refused: "signature_mismatch" <= Request { body: b"{}".to_vec(), ..signed() };
    another_method_is_refused: "signature_mismatch" <= Request { method: "DELETE".into(), ..signed() };
    another_path_is_refused: "signature_mismatch" <= signed().retarget("/mcp/prod");
    a_trailing_slash_is_another_path: "signature_mismatch" <= signed().retarget("/mcp/dev/");
    another_host_is_refused: "signature_mismatch" <= signed().altered("host", |_| "other.example".into());
    another_copy_of_a_signed_header_is_refused: "signature_mismatch" <= signed().with("accept", "text/html");
    signing_only_a_placeholder_of_the_body_is_refused:
        "signature_mismatch" <= Signer { payload: Some("UNSIGNED-PAYLOAD".into()), ..Signer::default() }.sign(call());
    an_inactive_key_is_refused: "inactive_key" <= by(INACTIVE_ID).sign(call());
    an_inactive_key_is_not_told_to_a_guesser:
        "signature_mismatch" <= Signer { secret: "x".repeat(40), ..by(INACTIVE_ID) }.sign(call());
    an_expired_key_is_refused: "expired_key" <= by(EXPIRED_ID).sign(call());
    an_expired_key_is_not_told_to_a_guesser:
        "signature_mismatch" <= Signer { secret: "x".repeat(40), ..by(EXPIRED_ID) }.sign(call());
}

#[test]
fn a_key_is_not_good_for_another_environment() {
    let verified = verified("alice", [0; 32], noon());
    assert_eq!(verified.good_for("dev"), Ok(()));
    for other in ["prod", "", "DEV", "dev "] {
        assert_eq!(verified.good_for(other).unwrap_err().code(), "environment_not_allowed");
    }
}

#[test]
fn a_key_is_for_nothing_but_its_uses() {
    let both = verified("alice", [0; 32], noon());
    assert_eq!((both.meant_for(KeyUse::Calls), both.meant_for(KeyUse::Approvals)), (Ok(()), Ok(())));
    let approves = Verified { uses: KeyUses { calls: false, approvals: true }, ..both };
    assert_eq!(approves.meant_for(KeyUse::Calls).unwrap_err().code(), "use_not_allowed");
    assert_eq!(approves.meant_for(KeyUse::Approvals), Ok(()));
}

#[test]
fn every_code_is_listed_and_has_a_test_that_provokes_it() {
    // Those of gateway credentials are provoked where these are made, `revoked` in the integration tests.
    let elsewhere = ["environment_not_allowed", "use_not_allowed", "revoked"].into_iter();
    let elsewhere = elsewhere.chain(crate::authn::credentials::REFUSALS);
    let provoked: BTreeSet<&str> = PROVOKED.iter().copied().chain(elsewhere).collect();
    assert_eq!(provoked, SigV4Refusal::CODES.into_iter().collect());
}

#[test]
fn what_is_harmless_is_not_refused() {
    let harmless = [
        signed().with("x-amzn-trace-id", "Root=1"),
        signed().with("x-forwarded-for", "192.0.2.1"),
        signed().with("date", "Sun, 01 Mar 2026 12:00:00 GMT"),
        signed().altered("user-agent", |_| "another".into()),
        signed().altered("authorization", |value| value.replace(", ", ",")),
        Signer::default().sign(call().with("accept-language", "de").with("accept-language", "en")),
        Signer::default().sign(call().with("x-name", "\u{fc}ber")),
        hashed(&sha256_hex(&call().body)),
        at("/mcp"),
        at("/mcp/"),
        at("/"),
    ];
    for request in &harmless {
        verify(request).unwrap_or_else(|refusal| panic!("{refusal}: {request:?}"));
    }
}

#[test]
fn an_absolute_target_with_the_signed_host_is_the_same_request() {
    let request = at("/mcp/dev").retarget("http://gateway.example.internal/mcp/dev");
    assert!(verify(&request).is_ok());
}

#[test]
fn a_scope_mismatch_says_which_part_and_what_to_sign_for() {
    let refusal = verify(&Signer { region: "eu-west-1".into(), ..Signer::default() }.sign(call())).unwrap_err();
    assert!(matches!(&refusal, SigV4Refusal::ScopeMismatch { part: ScopePart::Region, .. }));
    assert_eq!(refusal.to_string(), "the credential scope's region is not the expected us-east-1");
    assert_eq!(refusal.hint().unwrap(), "tell the client what to sign for: --service iam-mcp --region us-east-1");
}

#[test]
fn a_skew_is_told_in_seconds_with_the_server_s_time() {
    let at = |seconds| Signer { at: noon() + SignedDuration::from_secs(seconds), ..Signer::default() }.sign(call());
    assert_eq!(
        verify(&at(-400)).unwrap_err().to_string(),
        "the request was signed at 2026-03-01T11:53:20Z, 400 seconds before this server's time 2026-03-01T12:00:00Z; \
         300 are allowed"
    );
    assert!(verify(&at(400)).unwrap_err().to_string().contains("400 seconds after this server's time"));
}

#[test]
fn a_header_that_is_not_signed_is_named() {
    let refusal = verify(&unsigned("mcp-session-id")).unwrap_err();
    assert_eq!(refusal, SigV4Refusal::HeaderNotSigned { name: "mcp-session-id".into() });
}

#[test]
fn an_unknown_key_is_told_where_keys_come_from() {
    let hint = verify(&by("AKIAIOSFODNN7EXAMPLE").sign(call())).unwrap_err().hint().unwrap();
    assert!(hint.contains("keyring add") && hint.contains("AWS issued"), "{hint}");
}

#[test]
fn no_refusal_tells_a_guesser_the_signature_or_the_secret() {
    let right = signed();
    let signature = right.value("authorization").rsplit_once('=').unwrap().1.to_owned();
    let wrong = right.altered("authorization", |value| value.replace(&signature, &"0".repeat(64)));
    let refusal = verify(&wrong).unwrap_err();
    let told = format!("{refusal} {refusal:?} {:?}", refusal.hint());
    assert!(!told.contains(&signature) && !told.contains(SECRET));
}

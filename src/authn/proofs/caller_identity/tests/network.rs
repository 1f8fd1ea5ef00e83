//! STS down, slow, too talkative: bounded time, and reasons of their own.

use std::future::pending;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::super::sts::PATIENCE;
use super::*;

/// An STS that never answers.
#[derive(Debug)]
pub(super) struct Silent;

impl Sts for Silent {
    fn ask(&self, _: Forwarded) -> BoxFuture<'_, Result<Answer, NoAnswer>> {
        Box::pin(pending())
    }
}

#[tokio::test(start_paused = true)]
pub(super) async fn an_sts_that_does_not_answer_is_given_up_after_ten_seconds() {
    let proofs = CallerIdentity::new(Arc::new(Silent), ManualClock::at(noon()));
    let begun = Instant::now();
    let refused = proofs.prove(&Draft::good().request(), &PUBLIC_KEY, &configured(&[])).await;
    assert_eq!(code(&refused), "sts_timeout");
    assert_eq!(begun.elapsed().as_secs(), PATIENCE.as_secs());
    assert_eq!(PATIENCE, Duration::from_secs(10));
}

#[tokio::test]
pub(super) async fn an_sts_that_cannot_be_reached_is_told_of() {
    assert_eq!(code(&answered(Err(NoAnswer::Unreachable)).await), "sts_unreachable");
}

#[tokio::test]
async fn an_answer_larger_than_any_is_not_read() {
    assert_eq!(code(&answered(Err(NoAnswer::TooLarge)).await), "sts_answer_too_large");
}

/// What the real connector makes of these bytes as an answer, and the request that it sent.
pub(super) async fn over_http(answer: impl AsRef<[u8]> + Send + 'static) -> (Result<Answer, NoAnswer>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("it is called");
        let mut seen = Vec::new();
        while !seen.ends_with(b"2011-06-15") {
            assert_ne!(stream.read_buf(&mut seen).await.expect("it is written to"), 0, "the request is whole");
        }
        let _refused = stream.write_all(answer.as_ref()).await;
        drop(stream);
        // A second connection would be a redirect that was followed, or another try.
        drop(listener);
        String::from_utf8(seen).expect("a request is text")
    });
    let forwarded = Forwarded {
        url: format!("http://{address}/"),
        headers: vec![("host", address.to_string()), ("authorization", "AWS4-HMAC-SHA256 x".into())],
        body: "Action=GetCallerIdentity&Version=2011-06-15",
    };
    let answer = OverHttp::new().ask(forwarded).await;
    (answer, served.await.expect("it served"))
}

#[tokio::test]
async fn a_request_goes_out_as_it_was_written_and_its_answer_comes_back() {
    let (answer, seen) =
        over_http(b"HTTP/1.1 403 Forbidden\r\ncontent-type: text/xml\r\ncontent-length: 2\r\n\r\nno").await;
    let answer = answer.expect("an answer");
    assert_eq!((answer.status, answer.content_type.as_deref(), &*answer.body), (403, Some("text/xml"), &b"no"[..]));
    let lines: Vec<&str> = seen.lines().collect();
    assert_eq!(lines[0], "POST / HTTP/1.1");
    assert_eq!(lines.iter().filter(|line| line.to_ascii_lowercase().starts_with("host:")).count(), 1, "{seen}");
    assert!(lines.contains(&"authorization: AWS4-HMAC-SHA256 x"), "{seen}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_nobody_goes_there() {
    let (answer, _) =
        over_http(b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n")
            .await;
    assert_eq!(answer.expect("an answer").status, 307);
}

#[tokio::test]
async fn a_body_beyond_the_bound_and_one_that_breaks_off_are_no_answers() {
    let mut large = b"HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\nconnection: close\r\n\r\n".to_vec();
    large.extend(std::iter::repeat_n(b' ', 65 * 1024));
    assert_eq!(over_http(large).await.0.expect_err("it is too large"), NoAnswer::TooLarge);
    let (cut, _) = over_http(b"HTTP/1.1 200 OK\r\ncontent-length: 600\r\n\r\n<GetCaller").await;
    assert_eq!(cut.expect_err("it broke off"), NoAnswer::Unreachable);
    let (garbage, _) = over_http(b"\x16\x03\x01\x00 no HTTP at all").await;
    assert_eq!(garbage.expect_err("it is no HTTP"), NoAnswer::Unreachable);
}

#[tokio::test]
async fn an_sts_that_refuses_connections_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    drop(listener);
    let forwarded = Forwarded { url: format!("http://{address}/"), headers: Vec::new(), body: "" };
    assert_eq!(OverHttp::new().ask(forwarded).await.expect_err("nobody is there"), NoAnswer::Unreachable);
}

//! Connections and the heads of requests.

use std::fmt::Write as _;

use tokio::time::Instant;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_well_formed_call_reaches_the_mcp_service() {
    let gateway = Gateway::start();
    let reply = gateway.ask(post(PING)).await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "pong"));
    assert_eq!(gateway.last_seen().body, PING);
    assert!(gateway.shows("requests_total{reason=\"ok\",stage=\"mcp\"} 1"));
}

#[tokio::test(start_paused = true)]
async fn a_head_of_100_kib_is_answered_431_and_closed() {
    let gateway = Gateway::start();
    let (near, far) = duplex(16 * 1024);
    gateway.incoming.send(Ok((far, "203.0.113.9:1".parse().unwrap()))).unwrap();
    let (reader, mut writer) = tokio::io::split(near);
    let sending = tokio::spawn(async move {
        let head = post_with(&format!("X-Long: {}\r\n", "x".repeat(100 * 1024)), PING);
        writer.write_all(head.as_bytes()).await
    });
    let mut client = Client(tokio::io::join(reader, tokio::io::sink()));
    let reply = client.reply().await;
    assert_eq!(reply.status, 431);
    // hyper's own answer: it knows no request that a JSON-RPC error could be about.
    assert_eq!(reply.body, "");
    assert!(client.is_closed().await);
    sending.await.unwrap().unwrap();
    assert_eq!(gateway.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_head_may_have_32_kib() {
    let gateway = Gateway::start();
    let with_head_of = |bytes: usize| {
        let rest = post_with("X-Long: \r\n", PING).len() - PING.len();
        post_with(&format!("X-Long: {}\r\n", "x".repeat(bytes - rest)), PING)
    };
    for (bytes, status) in [(32 * 1024, 200), (32 * 1024 + 1, 431)] {
        let (near, far) = duplex(64 * 1024);
        gateway.incoming.send(Ok((far, "203.0.113.9:1".parse().unwrap()))).unwrap();
        let mut client = Client(near);
        client.send(with_head_of(bytes)).await;
        assert_eq!(client.reply().await.status, status, "{bytes}");
    }
}

#[tokio::test(start_paused = true)]
async fn more_than_64_header_lines_are_answered_431() {
    let lines = |count| {
        (0..count).fold(String::new(), |mut lines, number| {
            write!(lines, "X-{number}: 1\r\n").unwrap();
            lines
        })
    };
    let gateway = Gateway::start();
    // Five lines are there already.
    assert_eq!(gateway.ask(post_with(&lines(59), PING)).await.status, 200);
    assert_eq!(gateway.ask(post_with(&lines(60), PING)).await.status, 431);
    assert_eq!(gateway.ask(post_with(&lines(100), PING)).await.status, 431);
}

#[tokio::test(start_paused = true)]
async fn malformed_heads_are_answered_400_and_closed() {
    for head in [
        "POST /mcp\r\n\r\n",
        "POST /mcp HTTP/1.1\r\nHost gateway.example\r\n\r\n",
        "POST /mcp HTTP/1.1\r\nHost : gateway.example\r\n\r\n",
        "PO ST /mcp HTTP/1.1\r\nHost: gateway.example\r\n\r\n",
        "POST /mcp HTTP/1.1\r\nHost: gateway.example\r\nX: a\0b\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\u{7f}\r\n\r\n",
    ] {
        let gateway = Gateway::start();
        let mut client = gateway.connect();
        client.send(head).await;
        assert_eq!(client.reply().await.status, 400, "{head:?}");
        assert!(client.is_closed().await, "{head:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_never_ends_is_answered_408_after_10_seconds() {
    let gateway = Gateway::start();
    let mut client = gateway.connect();
    let started = Instant::now();
    pass(7).await;
    client.send("POST /mcp HTTP/1.1\r\nHost: gate").await;
    assert_eq!(client.reply().await.status, 408);
    assert_eq!(started.elapsed().as_secs(), 10, "silence before the first head is part of its time");
    assert!(client.is_closed().await);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_dribbles_in_is_answered_408_all_the_same() {
    let gateway = Gateway::start();
    let (near, far) = duplex(1024);
    gateway.incoming.send(Ok((far, "203.0.113.9:1".parse().unwrap()))).unwrap();
    let (reader, mut writer) = tokio::io::split(near);
    let dribble = tokio::spawn(async move {
        writer.write_all(b"POST /mcp HTTP/1.1\r\nX: ").await.unwrap();
        while writer.write_all(b"x").await.is_ok() {
            pass(1).await;
        }
    });
    let started = Instant::now();
    let mut client = Client(tokio::io::join(reader, tokio::io::sink()));
    assert_eq!(client.reply().await.status, 408);
    assert_eq!(started.elapsed().as_secs(), 10);
    dribble.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_second_head_on_a_connection_has_a_deadline_too() {
    let gateway = Gateway::start();
    let mut client = gateway.connect();
    client.send(post(PING)).await;
    assert_eq!(client.reply().await.status, 200);
    pass(20).await;
    let started = Instant::now();
    client.send("POST ").await;
    assert_eq!(client.reply().await.status, 408);
    assert_eq!(started.elapsed().as_secs(), 10, "silence between requests is not part of it");
}

#[tokio::test(start_paused = true)]
async fn a_long_call_is_not_cut_by_the_deadline_of_heads() {
    let gateway = Gateway::start();
    let mut client = gateway.connect();
    client.send(call("wait")).await;
    pass(60).await;
    gateway.go_on.notify_one();
    assert_eq!(client.reply().await.body, "pong");
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_a_request_is_closed_after_10_seconds_without_a_word() {
    let gateway = Gateway::start();
    let mut client = gateway.connect();
    let started = Instant::now();
    assert!(client.is_closed().await);
    assert_eq!(started.elapsed().as_secs(), 10);
    gateway.settle().await;
    assert!(gateway.shows("connections 0"));
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_outlasts_a_load_balancer_and_is_then_closed() {
    let gateway = Gateway::start();
    let mut client = gateway.connect();
    for _ in 0..2 {
        client.send(post(PING)).await;
        assert_eq!(client.reply().await.status, 200);
        pass(74).await;
    }
    let started = Instant::now();
    assert!(client.is_closed().await);
    assert_eq!(started.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_its_reply_is_dropped() {
    let gateway = Gateway::start();
    let mut client = gateway.connect();
    client.send(call("long")).await;
    pass(29).await;
    assert!(gateway.shows("connections 1"));
    pass(2).await;
    assert!(gateway.shows("connections 0"));
    assert!(gateway.shows("requests_in_flight 0"));
}

#[tokio::test(start_paused = true)]
async fn a_body_with_two_lengths_is_not_two_requests() {
    let smuggled = "GET /smuggled HTTP/1.1\r\nHost: gateway.example\r\n\r\n";
    for (first, second) in [
        (format!("Content-Length: {}\r\n", smuggled.len() + 5), "Transfer-Encoding: chunked\r\n".to_owned()),
        ("Transfer-Encoding: chunked\r\n".to_owned(), format!("Content-Length: {}\r\n", smuggled.len() + 5)),
    ] {
        let gateway = Gateway::start();
        let mut client = gateway.connect();
        let request = format!(
            "POST /mcp HTTP/1.1\r\nHost: gateway.example\r\nAuthorization: good\r\n{first}{second}\r\n0\r\n\r\n{smuggled}"
        );
        client.send(request).await;
        // Read as chunked (RFC 9112 section 6.3), answered, and closed: what follows is never taken for a request.
        assert_eq!(client.reply().await.refusal(), refused(415, "unsupported_media_type"));
        assert!(client.is_closed().await);
        assert!(!gateway.metrics.encode().unwrap().contains("not_found"));
    }
}

#[tokio::test(start_paused = true)]
async fn heads_with_unclear_framing_are_answered_400() {
    for lines in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x5\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "X-Folded: a\r\n b\r\n",
        "X-Folded: a\r\n\tTransfer-Encoding: chunked\r\n",
    ] {
        let gateway = Gateway::start();
        let mut client = gateway.connect();
        client.send(format!("POST /mcp HTTP/1.1\r\nHost: gateway.example\r\n{lines}\r\nhello")).await;
        assert_eq!(client.reply().await.status, 400, "{lines:?}");
        assert!(client.is_closed().await, "{lines:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn pipelined_requests_are_answered_in_order() {
    let gateway = Gateway::start();
    let mut client = gateway.connect();
    let request = format!("{}{}{}", call("wait"), "GET /nowhere HTTP/1.1\r\nHost: gateway.example\r\n\r\n", post(PING));
    client.send(request).await;
    gateway.settle().await;
    assert_eq!(gateway.calls(), 1, "the second request waits for the first one's reply");
    gateway.go_on.notify_one();
    assert_eq!(client.reply().await.status, 200);
    assert_eq!(client.reply().await.refusal(), refused(404, "not_found"));
    assert_eq!(client.reply().await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn http_2_is_not_spoken() {
    let gateway = Gateway::start();
    let mut client = gateway.connect();
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    let rest = client.rest().await;
    assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 4"), "{rest}");
    assert_eq!(gateway.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn http_1_0_is_answered_and_closed() {
    let gateway = Gateway::start();
    let mut client = gateway.connect();
    client.send(post(PING).replace("HTTP/1.1", "HTTP/1.0")).await;
    assert!(client.rest().await.ends_with("pong"));
}

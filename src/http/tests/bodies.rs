//! Bodies: too long, too slow, broken off.

use tokio::time::Instant;

use super::*;

const START: &str = "POST /mcp HTTP/1.1\r\nHost: gateway.example\r\nAuthorization: good\r\nContent-Type: \
                     application/json\r\nAccept: application/json, text/event-stream\r\n";

#[tokio::test(start_paused = true)]
async fn an_announced_2_mib_body_is_refused_before_any_of_it_is_read() {
    let gateway = Gateway::start();
    let mut client = gateway.connect();
    client.send(format!("{START}Content-Length: 2097152\r\n\r\n")).await;
    let reply = client.reply().await;
    assert_eq!(reply.refusal(), refused(413, "body_too_large"));
    assert_eq!(reply.header("connection"), Some("close"));
    assert!(client.is_closed().await);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_asks_first_is_not_told_to_continue_with_too_much() {
    let gateway = Gateway::start();
    let reply = gateway.ask(format!("{START}Content-Length: 2097152\r\nExpect: 100-continue\r\n\r\n")).await;
    assert_eq!(reply.status, 413);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_asks_first_is_told_to_continue() {
    let gateway = Gateway::start();
    let mut client = gateway.connect();
    client.send(format!("{START}Content-Length: {}\r\nExpect: 100-continue\r\n\r\n", PING.len())).await;
    assert_eq!(client.reply().await.status, 100);
    client.send(PING).await;
    assert_eq!(client.reply().await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_chunked_2_mib_body_is_refused_at_the_limit() {
    let gateway = Gateway::start();
    let (near, far) = duplex(16 * 1024);
    gateway.incoming.send(Ok((far, "203.0.113.9:1".parse().unwrap()))).unwrap();
    let (reader, mut writer) = tokio::io::split(near);
    let sending = tokio::spawn(async move {
        let mut request = format!("{START}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
        for _ in 0..32 {
            request.extend_from_slice(b"10000\r\n");
            request.extend_from_slice(&[b' '; 0x10000]);
            request.extend_from_slice(b"\r\n");
        }
        writer.write_all(&request).await
    });
    let mut client = Client(tokio::io::join(reader, tokio::io::sink()));
    assert_eq!(client.reply().await.refusal(), refused(413, "body_too_large"));
    assert!(client.is_closed().await);
    sending.await.unwrap().unwrap();
}

#[tokio::test]
async fn over_tcp_the_refusal_is_readable_after_sending_everything() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut setup = Setup::new();
    // Real time passes here, and a busy machine is no failure.
    setup.limits.linger = Duration::from_secs(60);
    let gateway = setup.start_on(listener, mpsc::unbounded_channel().0);
    let mut client = Client(tokio::net::TcpStream::connect(address).await.unwrap());
    client.send(format!("{START}Content-Length: 2097152\r\n\r\n")).await;
    client.send(vec![b' '; 2 * 1024 * 1024]).await;
    assert_eq!(client.reply().await.refusal(), refused(413, "body_too_large"));
    drop(client);
    gateway.drain.force();
    assert_eq!(gateway.server.await.unwrap().tasks_unfinished, 0);
}

#[tokio::test(start_paused = true)]
async fn a_body_at_the_limit_passes() {
    let gateway = Gateway::start();
    let mut client = gateway.connect();
    let padding = " ".repeat(1024 * 1024 - PING.len());
    client.send(post(&format!("{PING}{padding}"))).await;
    assert_eq!(client.reply().await.status, 200);
    assert_eq!(gateway.last_seen().body.len(), 1024 * 1024);
}

#[tokio::test(start_paused = true)]
async fn a_chunked_body_is_put_together() {
    let gateway = Gateway::start();
    let mut client = gateway.connect();
    client.send(format!("{START}Transfer-Encoding: chunked\r\n\r\n")).await;
    for part in [&PING[..5], &PING[5..30], &PING[30..]] {
        client.send(format!("{:x}\r\n{part}\r\n", part.len())).await;
        gateway.settle().await;
    }
    client.send("0\r\nX-Trailer: 1\r\n\r\n").await;
    assert_eq!(client.reply().await.status, 200);
    assert_eq!(gateway.last_seen().body, PING);
    assert!(!gateway.last_seen().head.headers.contains_key("x-trailer"));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_answered_408() {
    let gateway = Gateway::start();
    let mut client = gateway.connect();
    let started = Instant::now();
    client.send(format!("{START}Content-Length: 100\r\n\r\n{{")).await;
    let reply = client.reply().await;
    assert_eq!(reply.refusal(), refused(408, "body_timeout"));
    assert_eq!(started.elapsed().as_secs(), 10);
    assert!(client.is_closed().await);
}

#[tokio::test(start_paused = true)]
async fn a_body_with_broken_chunks_is_answered_400() {
    let gateway = Gateway::start();
    let mut client = gateway.connect();
    client.send(format!("{START}Transfer-Encoding: chunked\r\n\r\nxyz\r\n")).await;
    assert_eq!(client.reply().await.refusal(), refused(400, "body_incomplete"));
    assert!(client.is_closed().await);
}

#[tokio::test(start_paused = true)]
async fn a_compressed_body_is_refused() {
    let gateway = Gateway::start();
    let reply = gateway.ask(post_with("Content-Encoding: gzip\r\n", PING)).await;
    assert_eq!(reply.refusal(), refused(415, "content_encoding_not_supported"));
    assert_eq!(gateway.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn all_unverified_bodies_together_have_bounded_memory() {
    let mut setup = Setup::new();
    setup.settings.body.unverified_bytes = 64 * 1024;
    let gateway = setup.start();
    let mut first = gateway.connect();
    first.send(format!("{START}Content-Length: 100000\r\n\r\n{}", "x".repeat(76 * 1024))).await;
    gateway.settle().await;

    let mut second = gateway.connect();
    second.send(format!("{START}Content-Length: 30000\r\n\r\n{}", " ".repeat(24 * 1024))).await;
    let reply = second.reply().await;
    assert_eq!(reply.refusal(), refused(503, "overloaded"));
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert!(gateway.shows("shed_total{what=\"bodies\"} 1"));
    drop(first);
    gateway.settle().await;
    let padded = format!("{PING}{}", " ".repeat(24 * 1024));
    assert_eq!(gateway.ask(post(&padded)).await.status, 200, "the memory is given back");
}

#[tokio::test(start_paused = true)]
async fn a_body_of_16_kib_is_read_when_strangers_hold_all_memory() {
    let mut setup = Setup::new();
    setup.settings.body.unverified_bytes = 64 * 1024;
    let gateway = setup.start();
    let mut stranger = gateway.connect();
    stranger.send(format!("{START}Content-Length: 100000\r\n\r\n{}", "x".repeat(80 * 1024))).await;
    gateway.settle().await;

    let of = |bytes: usize| post(&format!("{PING}{}", " ".repeat(bytes - PING.len())));
    assert_eq!(gateway.ask(of(16 * 1024)).await.status, 200);
    assert_eq!(gateway.ask(of(16 * 1024 + 1)).await.refusal(), refused(503, "overloaded"));
}

#[tokio::test(start_paused = true)]
async fn a_verified_body_no_longer_counts_against_strangers() {
    let mut setup = Setup::new();
    setup.settings.body.unverified_bytes = 2 * 1024;
    let gateway = setup.start();
    let padding = " ".repeat(17 * 1024);
    let mut waiting = gateway.connect();
    waiting.send(post(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"wait"}}{padding}"#))).await;
    gateway.settle().await;
    assert_eq!(gateway.calls(), 1);
    assert_eq!(gateway.ask(post(&format!("{PING}{padding}"))).await.status, 200);
}

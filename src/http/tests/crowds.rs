//! More connections than there are places for: who makes room, and who never does.

use tokio::time::Instant;

use super::*;
use crate::http::waiting::FIRST_GRACE;

fn with_places(connections: usize) -> Gateway {
    let mut setup = Setup::new();
    setup.limits.connections = connections;
    setup.start()
}

/// A connection that has made a request and is idle.
async fn idle(gateway: &Gateway) -> Client<DuplexStream> {
    let mut client = gateway.connect();
    client.send(post(PING)).await;
    assert_eq!(client.reply().await.status, 200);
    client
}

/// A connection whose call goes on until it is let go.
async fn in_flight(gateway: &Gateway) -> Client<DuplexStream> {
    let mut client = gateway.connect();
    client.send(call("wait")).await;
    gateway.settle().await;
    client
}

/// Whether the server has closed it by now, without a word.
async fn was_closed(client: &mut Client<DuplexStream>) -> bool {
    tokio::time::timeout(Duration::ZERO, client.is_closed()).await.unwrap_or(false)
}

/// Sends without letting anybody else run, so that the server finds all its news in the same moment.
fn send_at_once(client: &mut Client<DuplexStream>, bytes: &str) {
    client.send(bytes).now_or_never().expect("there is room for it");
}

fn made_room(count: usize) -> String {
    format!("shed_total{{what=\"connections\"}} {count}")
}

/// A connection whose head is complete and whose body is not.
async fn with_slow_body(gateway: &Gateway) -> Client<DuplexStream> {
    let mut client = gateway.connect();
    let whole = post(PING);
    client.send(&whole[..whole.len() - 1]).await;
    gateway.settle().await;
    client
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_makes_room_after_a_moment_before_those_who_are_idle() {
    let gateway = with_places(2);
    let mut idle = idle(&gateway).await;
    let mut slow = with_slow_body(&gateway).await;
    tokio::time::advance(Duration::from_millis(1_001)).await;
    gateway.settle().await;
    assert_eq!(gateway.ask(post(PING)).await.status, 200);
    assert!(was_closed(&mut slow).await, "nothing was done for it yet");
    assert!(!was_closed(&mut idle).await);
    assert!(gateway.shows(&made_room(1)));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_comes_after_all_is_answered_and_no_longer_asked_to_leave() {
    let gateway = with_places(2);
    let mut slow = with_slow_body(&gateway).await;
    tokio::time::advance(Duration::from_millis(1_001)).await;
    gateway.settle().await;
    let whole = post(PING);
    slow.send(&whole[whole.len() - 1..]).await;
    assert_eq!(slow.reply().await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn the_oldest_that_never_had_a_request_makes_room_at_once() {
    let gateway = with_places(3);
    let mut slow = Vec::new();
    for _ in 0..3 {
        let mut client = gateway.connect();
        client.send("POST /mcp HTTP/1.1\r\n").await;
        slow.push(client);
    }
    gateway.settle().await;
    assert!(gateway.shows("connections 3"));
    assert!(!gateway.metrics.encode().unwrap().contains("what=\"connections\""), "nobody else wants a place");

    let started = Instant::now();
    assert_eq!(gateway.ask(post(PING)).await.status, 200);
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert!(was_closed(&mut slow[0]).await);
    assert!(!was_closed(&mut slow[1]).await && !was_closed(&mut slow[2]).await);
    assert!(gateway.shows(&made_room(1)));
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_silent_connections_keeps_nobody_out_and_takes_no_more_places() {
    let gateway = with_places(3);
    let mut kept = idle(&gateway).await;
    let mut silent: Vec<_> = (0..100).map(|_| gateway.connect()).collect();
    gateway.settle().await;
    let started = Instant::now();
    assert_eq!(gateway.ask(post(PING)).await.status, 200);
    assert_eq!(started.elapsed(), Duration::ZERO);
    gateway.settle().await;
    assert!(gateway.shows(&made_room(99)));
    assert!(gateway.shows("connections 2"), "of the last silent ones");
    assert!(!was_closed(&mut silent[99]).await);
    assert!(was_closed(&mut kept).await, "those that are new have their grace before idle ones");
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_outlasts_silent_ones_that_come_no_faster_than_their_grace_passes() {
    let gateway = with_places(5);
    let mut kept = idle(&gateway).await;
    let mut silent = Vec::new();
    for _ in 0..30 {
        silent.push(gateway.connect());
        tokio::time::sleep(FIRST_GRACE / 2).await;
    }
    kept.send(post(PING)).await;
    assert_eq!(kept.reply().await.status, 200);
    assert!(gateway.shows(&made_room(26)));
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_outlasts_those_who_come_after_it_while_idle_ones_can_go() {
    let gateway = with_places(5);
    let mut idle_ones = Vec::new();
    for _ in 0..5 {
        idle_ones.push(idle(&gateway).await);
    }
    let mut new = gateway.connect();
    let _hasty: Vec<_> = (0..4).map(|_| gateway.connect()).collect();
    gateway.settle().await;
    new.send(post(PING)).await;
    assert_eq!(new.reply().await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn the_longest_idle_makes_room_where_all_had_a_request() {
    let gateway = with_places(3);
    let mut first = idle(&gateway).await;
    let mut second = idle(&gateway).await;
    let mut third = idle(&gateway).await;
    first.send(post(PING)).await;
    assert_eq!(first.reply().await.status, 200);
    let mut one_more = idle(&gateway).await;
    assert!(was_closed(&mut second).await);
    for client in [&mut first, &mut third, &mut one_more] {
        assert!(!was_closed(client).await);
        client.send(post(PING)).await;
        assert_eq!(client.reply().await.status, 200);
    }
    assert!(gateway.shows(&made_room(1)));
}

#[tokio::test(start_paused = true)]
async fn a_request_in_flight_is_waited_for_and_its_reply_is_whole() {
    let gateway = with_places(2);
    let mut working = in_flight(&gateway).await;
    let mut streaming = gateway.connect();
    streaming.send(call("stream")).await;
    assert_eq!(streaming.reply().await.status, 200);
    let mut waiting = gateway.connect();
    waiting.send(post(PING)).await;
    pass(60).await;
    assert!(gateway.shows("connections 2"));
    assert!(!gateway.metrics.encode().unwrap().contains("what=\"connections\""));

    gateway.go_on.notify_waiters();
    assert_eq!(working.reply().await.status, 200);
    assert_eq!(waiting.reply().await.status, 200);
    assert_eq!(streaming.0.read_u8().await.unwrap(), b'6', "its first chunk and then its last");
    assert!(streaming_ends(&mut streaming).await);
}

/// Whether a reply of `stream`, of which the first byte was read, goes on to its end.
async fn streaming_ends(client: &mut Client<DuplexStream>) -> bool {
    let mut rest = [0; "\r\nfirst \r\n4\r\nlast\r\n0\r\n\r\n".len()];
    client.0.read_exact(&mut rest).await.unwrap();
    rest.ends_with(b"0\r\n\r\n")
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_is_not_yet_read_is_in_flight() {
    let gateway = with_places(1);
    let mut reading = gateway.connect();
    reading.send(call("long")).await;
    gateway.settle().await;
    let mut waiting = gateway.connect();
    waiting.send(post(PING)).await;
    pass(20).await;
    assert!(!gateway.metrics.encode().unwrap().contains("what=\"connections\""));
    assert_eq!(reading.reply().await.body.len(), 1024 * 1024);
    assert_eq!(waiting.reply().await.status, 200);
    assert!(was_closed(&mut reading).await);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_has_begun_on_a_used_connection_gets_a_second() {
    let gateway = with_places(1);
    let mut used = idle(&gateway).await;
    let request = post(PING);
    let (first, second) = request.split_at(20);
    used.send(first).await;
    gateway.settle().await;
    let mut waiting = gateway.connect();
    waiting.send(post(PING)).await;
    tokio::time::sleep(Duration::from_millis(900)).await;
    used.send(second).await;
    assert_eq!(used.reply().await.status, 200);
    assert_eq!(waiting.reply().await.status, 200);
    assert!(was_closed(&mut used).await);
    assert!(gateway.shows(&made_room(1)));
}

#[tokio::test(start_paused = true)]
async fn a_head_that_drips_on_a_used_connection_gets_no_more_than_that() {
    let gateway = with_places(2);
    let mut kept = idle(&gateway).await;
    let mut dripping = idle(&gateway).await;
    dripping.send("POST /mcp HTTP/1.1\r\nX: ").await;
    gateway.settle().await;
    let started = Instant::now();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        dripping.send("x").await;
    }
    assert_eq!(gateway.ask(post(PING)).await.status, 200);
    assert_eq!(started.elapsed(), Duration::from_millis(1200));
    assert!(was_closed(&mut dripping).await);
    assert!(!was_closed(&mut kept).await, "an idle connection stays before one that drips");
}

#[tokio::test(start_paused = true)]
async fn a_head_that_arrives_as_its_connection_is_asked_is_answered() {
    for complete in [post(PING), call("wait")] {
        let gateway = with_places(1);
        let mut used = idle(&gateway).await;
        gateway.settle().await;
        let mut waiting = gateway.connect();
        send_at_once(&mut waiting, &post(PING));
        send_at_once(&mut used, &complete);
        gateway.settle().await;
        gateway.go_on.notify_waiters();
        assert_eq!(used.reply().await.status, 200);
        assert_eq!(waiting.reply().await.status, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_is_asked_and_has_a_request_stays_and_another_one_goes() {
    let gateway = with_places(2);
    let mut new = gateway.connect();
    gateway.settle().await;
    tokio::time::advance(FIRST_GRACE).await;
    let mut kept = idle(&gateway).await;
    gateway.settle().await;
    let mut waiting = gateway.connect();
    send_at_once(&mut waiting, &post(PING));
    // The first to be asked, since it never had one.
    send_at_once(&mut new, &call("wait"));
    assert_eq!(waiting.reply().await.status, 200);
    assert!(was_closed(&mut kept).await);
    gateway.go_on.notify_waiters();
    assert_eq!(new.reply().await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn the_listener_of_metrics_is_not_filled_either() {
    let (incoming, listener) = mpsc::unbounded_channel();
    let (drain, metrics) = (Drain::new(), Metrics::new());
    let router = crate::http::metrics_router(Health::new(drain.clone()), metrics.clone());
    tokio::spawn(serve(FakeListener(listener), router, ServerLimits::for_metrics(), metrics, drain));
    let connect = || {
        let (near, far) = duplex(16 * 1024);
        incoming.send(Ok((far, "127.0.0.1:4711".parse().unwrap()))).unwrap();
        Client(near)
    };
    let silent: Vec<_> = (0..40).map(|_| connect()).collect();
    let started = Instant::now();
    let mut scraper = connect();
    scraper.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let shown = scraper.reply().await.body;
    assert!(shown.contains(&format!("iam_mcp_gateway_{}\n", made_room(25))), "{shown}");
    assert_eq!(started.elapsed(), Duration::ZERO);
    drop(silent);
}

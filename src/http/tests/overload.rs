//! Too much at once, and things that go wrong inside.

use tokio::time::Instant;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_panic_is_answered_500_and_the_connection_goes_on() {
    let gateway = Gateway::start();
    let mut client = gateway.connect();
    client.send(call("panic")).await;
    let reply = client.reply().await;
    assert_eq!(reply.refusal(), refused(500, "internal_error"));
    assert!(!reply.body.contains("as the test wanted"));
    assert_eq!(reply.json()["error"]["code"], -32603);
    client.send(post(PING)).await;
    assert_eq!(client.reply().await.status, 200);
    assert!(gateway.shows("requests_total{reason=\"internal_error\",stage=\"gateway\"} 1"));
    gateway.settle().await;
    assert!(gateway.shows("requests_in_flight 0"));
}

#[tokio::test(start_paused = true)]
async fn one_call_too_many_is_shed_and_a_freed_place_is_used() {
    let mut setup = Setup::new();
    setup.settings.calls.concurrent = 1;
    let gateway = setup.start();
    let mut first = gateway.connect();
    first.send(call("wait")).await;
    gateway.settle().await;
    assert!(gateway.shows("requests_in_flight 1"));

    let reply = gateway.ask(post(PING)).await;
    assert_eq!(reply.refusal(), refused(503, "overloaded"));
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(reply.json()["id"], 7);
    assert_eq!(reply.json()["error"]["code"], -32005);
    assert!(gateway.shows("shed_total{what=\"calls\"} 1"));
    let stranger = gateway.ask(post(PING).replace("good", "bad")).await;
    assert_eq!(stranger.status, 401, "a stranger is not told of the load");
    assert_eq!(gateway.ask("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.status, 200);

    gateway.go_on.notify_one();
    assert_eq!(first.reply().await.status, 200);
    assert_eq!(gateway.ask(post(PING)).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_call_keeps_its_place_until_its_reply_is_sent() {
    let mut setup = Setup::new();
    setup.settings.calls.concurrent = 1;
    let gateway = setup.start();
    let mut streaming = gateway.connect();
    streaming.send(call("stream")).await;
    assert_eq!(streaming.reply().await.status, 200);
    assert!(gateway.shows("requests_in_flight 1"));
    assert_eq!(gateway.ask(post(PING)).await.status, 503);
    gateway.go_on.notify_one();
    gateway.settle().await;
    assert!(gateway.shows("requests_in_flight 0"));
    assert_eq!(gateway.ask(post(PING)).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_client_hangs_up_gives_its_place_back_and_is_counted() {
    let mut setup = Setup::new();
    setup.settings.calls.concurrent = 1;
    let gateway = setup.start();
    let mut client = gateway.connect();
    client.send(call("wait")).await;
    gateway.settle().await;
    drop(client);
    gateway.settle().await;
    assert!(gateway.shows("requests_total{reason=\"aborted\",stage=\"gateway\"} 1"));
    assert!(gateway.shows("requests_in_flight 0"));
    assert_eq!(gateway.ask(post(PING)).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_runs_on_without_its_client_keeps_its_place_until_it_ends() {
    let mut setup = Setup::new();
    setup.settings.calls.concurrent = 1;
    let gateway = setup.start();
    let mut client = gateway.connect();
    client.send(call("detached")).await;
    gateway.settle().await;
    drop(client);
    gateway.settle().await;
    assert!(gateway.shows("requests_in_flight 0"));
    assert_eq!(gateway.ask(post(PING)).await.refusal(), refused(503, "overloaded"));
    gateway.go_on.notify_one();
    gateway.settle().await;
    assert_eq!(gateway.ask(post(PING)).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_runs_on_after_its_504_keeps_its_place_until_it_ends() {
    let mut setup = Setup::new();
    setup.settings.calls.concurrent = 1;
    let gateway = setup.start();
    assert_eq!(gateway.ask(call("detached")).await.refusal(), refused(504, "call_timeout"));
    assert_eq!(gateway.ask(post(PING)).await.refusal(), refused(503, "overloaded"));
    gateway.go_on.notify_one();
    gateway.settle().await;
    assert_eq!(gateway.ask(post(PING)).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_too_long_is_answered_504() {
    let gateway = Gateway::start();
    let started = Instant::now();
    let reply = gateway.ask(call("wait")).await;
    assert_eq!(reply.refusal(), refused(504, "call_timeout"));
    assert_eq!(started.elapsed().as_secs(), 120);
    assert_eq!(reply.json()["id"], 7);
}

#[tokio::test(start_paused = true)]
async fn failing_to_accept_is_paced_and_not_fatal() {
    let gateway = Gateway::start();
    let started = Instant::now();
    for _ in 0..3 {
        // EMFILE, "too many open files".
        gateway.incoming.send(Err(io::Error::from_raw_os_error(24))).unwrap();
    }
    gateway.incoming.send(Err(io::ErrorKind::ConnectionAborted.into())).unwrap();
    assert_eq!(gateway.ask(post(PING)).await.status, 200);
    assert_eq!(started.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_end_is_obeyed_while_accepting_fails() {
    let gateway = Gateway::start();
    gateway.incoming.send(Err(io::Error::from_raw_os_error(24))).unwrap();
    gateway.settle().await;
    gateway.drain.force();
    assert_eq!(gateway.server.await.unwrap(), Ended { connections_aborted: 0, tasks_unfinished: 0 });
}

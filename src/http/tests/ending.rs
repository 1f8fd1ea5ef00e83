//! The end: announced, graceful, forced.

use tokio::net::TcpListener;
use tokio::time::Instant;

use super::*;

const NOTHING_LEFT: Ended = Ended { connections_aborted: 0, tasks_unfinished: 0 };

#[tokio::test(start_paused = true)]
async fn the_end_is_announced_before_connections_are_refused() {
    let gateway = Gateway::start();
    let started = Instant::now();
    gateway.drain.begin();
    assert_eq!(gateway.ask("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n").await.status, 503);
    let mut client = gateway.connect();
    client.send(post(PING)).await;
    let reply = client.reply().await;
    assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
    assert!(client.is_closed().await);
    assert_eq!(gateway.server.await.unwrap(), NOTHING_LEFT);
    assert_eq!(started.elapsed().as_secs(), 5);
    assert!(gateway.incoming.is_closed(), "nothing is accepted any more");
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_stays_usable_during_the_announcement() {
    let gateway = Gateway::start();
    let mut clients = [gateway.connect(), gateway.connect()];
    for client in &mut clients {
        client.send(post(PING)).await;
        assert_eq!(client.reply().await.header("connection"), None);
    }
    gateway.drain.begin();
    for client in &mut clients {
        pass(2).await;
        client.send(post(PING)).await;
        let reply = client.reply().await;
        assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
        assert!(client.is_closed().await);
    }
    assert_eq!(gateway.server.await.unwrap(), NOTHING_LEFT);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_has_begun_as_the_announcement_ends_gets_a_second() {
    let gateway = Gateway::start();
    let request = post(PING);
    let (first, second) = request.split_at(20);
    let mut clients = [gateway.connect(), gateway.connect()];
    for client in &mut clients {
        client.send(post(PING)).await;
        assert_eq!(client.reply().await.status, 200);
        client.send(first).await;
    }
    let started = Instant::now();
    gateway.drain.begin();
    tokio::time::sleep(Duration::from_millis(5900)).await;
    let [mut arriving, mut dripping] = clients;
    arriving.send(second).await;
    let reply = arriving.reply().await;
    assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
    assert!(dripping.is_closed().await);
    assert_eq!(gateway.server.await.unwrap(), NOTHING_LEFT);
    assert_eq!(started.elapsed().as_secs(), 7, "the announcement, the second, and the other one's lingering");
}

#[tokio::test(start_paused = true)]
async fn whoever_has_come_before_the_end_is_answered() {
    // As soon as the announcement is over, before the listener had its turn.
    let mut setup = Setup::new();
    setup.limits.announce = Duration::ZERO;
    let gateway = setup.start();
    gateway.settle().await;
    let mut clients = [gateway.connect(), gateway.connect(), gateway.connect()];
    gateway.drain.begin();
    gateway.settle().await;
    assert!(gateway.incoming.is_closed());
    for client in &mut clients {
        client.send(post(PING)).await;
        let reply = client.reply().await;
        assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
    }
    assert_eq!(gateway.server.await.unwrap(), NOTHING_LEFT);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_has_just_come_has_a_second_for_its_head() {
    let gateway = Gateway::start();
    gateway.drain.begin();
    tokio::time::sleep(Duration::from_millis(4900)).await;
    let [mut asking, mut silent] = [gateway.connect(), gateway.connect()];
    tokio::time::sleep(Duration::from_millis(1000)).await;
    asking.send(post(PING)).await;
    let reply = asking.reply().await;
    assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
    assert!(silent.is_closed().await);
    assert_eq!(gateway.server.await.unwrap(), NOTHING_LEFT);
}

#[tokio::test(start_paused = true)]
async fn at_the_end_nobody_waits_long_for_a_place() {
    let mut setup = Setup::new();
    setup.limits.connections = 1;
    let gateway = setup.start();
    let mut busy = gateway.connect();
    busy.send(call("wait")).await;
    gateway.settle().await;
    let mut late = gateway.connect();
    gateway.drain.begin();
    tokio::time::sleep(Duration::from_millis(5500)).await;
    assert!(!gateway.shows("shed_total{what=\"connections\"} 1"));
    assert!(late.is_closed().await);
    assert!(gateway.shows("shed_total{what=\"connections\"} 1"));
    gateway.go_on.notify_one();
    assert_eq!(busy.reply().await.status, 200);
    assert_eq!(gateway.server.await.unwrap(), NOTHING_LEFT);
}

#[tokio::test]
async fn the_kernels_queue_is_emptied_before_it_is_closed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let clients = [(); 3].map(|()| std::net::TcpStream::connect(address).unwrap());
    let last = Listener::close(listener);
    assert_eq!(
        last.iter().map(|(_, peer)| *peer).collect::<Vec<_>>(),
        clients.map(|client| client.local_addr().unwrap())
    );
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[tokio::test(start_paused = true)]
async fn room_is_made_during_the_announcement_too() {
    let mut setup = Setup::new();
    setup.limits.connections = 2;
    let gateway = setup.start();
    let _silent = [gateway.connect(), gateway.connect()];
    gateway.settle().await;
    gateway.drain.begin();
    let started = Instant::now();
    assert_eq!(gateway.ask("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n").await.status, 503);
    assert_eq!(gateway.ask(post(PING)).await.status, 200);
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn idle_connections_are_closed() {
    let gateway = Gateway::start();
    let mut idle = gateway.connect();
    idle.send(post(PING)).await;
    assert_eq!(idle.reply().await.header("connection"), None);
    let mut silent = gateway.connect();
    gateway.drain.begin();
    pass(4).await;
    assert!(gateway.shows("connections 2"));
    assert!(idle.is_closed().await);
    assert!(silent.is_closed().await);
    assert_eq!(gateway.server.await.unwrap(), NOTHING_LEFT);
}

#[tokio::test(start_paused = true)]
async fn a_call_in_flight_is_answered() {
    let gateway = Gateway::start();
    let mut client = gateway.connect();
    client.send(call("wait")).await;
    gateway.settle().await;
    gateway.drain.begin();
    pass(15).await;
    assert!(!gateway.server.is_finished());
    gateway.go_on.notify_one();
    let reply = client.reply().await;
    assert_eq!((reply.status, reply.body.as_str(), reply.header("connection")), (200, "pong", Some("close")));
    assert_eq!(gateway.server.await.unwrap(), NOTHING_LEFT);
}

#[tokio::test(start_paused = true)]
async fn a_reply_whose_body_is_in_flight_is_completed() {
    let gateway = Gateway::start();
    let mut client = gateway.connect();
    client.send(call("stream")).await;
    assert_eq!(client.reply().await.header("transfer-encoding"), Some("chunked"));
    gateway.drain.begin();
    pass(15).await;
    gateway.go_on.notify_one();
    assert_eq!(client.rest().await, "6\r\nfirst \r\n4\r\nlast\r\n0\r\n\r\n");
    assert_eq!(gateway.server.await.unwrap(), NOTHING_LEFT);
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_body_is_in_flight_is_answered() {
    let gateway = Gateway::start();
    let mut client = gateway.connect();
    let request = post(PING);
    let (first, second) = request.split_at(request.len() - 10);
    gateway.drain.begin();
    pass(4).await;
    client.send(first).await;
    pass(4).await;
    client.send(second).await;
    assert_eq!(client.reply().await.status, 200);
    assert_eq!(gateway.server.await.unwrap(), NOTHING_LEFT);
}

#[tokio::test(start_paused = true)]
async fn what_outlasts_the_grace_period_is_aborted_and_counted() {
    let mut gateway = Gateway::start();
    let mut client = gateway.connect();
    client.send(call("wait")).await;
    gateway.settle().await;
    gateway.drain.tasks().spawn(std::future::pending::<()>());
    let started = Instant::now();
    gateway.drain.begin();
    assert!(client.is_closed().await);
    assert_eq!(started.elapsed().as_secs(), 25);
    assert_eq!((&mut gateway.server).await.unwrap(), Ended { connections_aborted: 1, tasks_unfinished: 1 });
    assert!(gateway.shows("requests_in_flight 0"));
}

#[tokio::test(start_paused = true)]
async fn tracked_tasks_are_waited_for() {
    let gateway = Gateway::start();
    gateway.drain.tasks().spawn(pass(15));
    let started = Instant::now();
    gateway.drain.begin();
    assert_eq!(gateway.server.await.unwrap(), NOTHING_LEFT);
    assert_eq!(started.elapsed().as_secs(), 15);
}

#[tokio::test(start_paused = true)]
async fn a_forced_end_waits_for_nothing() {
    let gateway = Gateway::start();
    let mut client = gateway.connect();
    client.send(call("wait")).await;
    gateway.settle().await;
    let started = Instant::now();
    gateway.drain.begin();
    pass(7).await;
    gateway.drain.force();
    assert_eq!(gateway.server.await.unwrap(), Ended { connections_aborted: 1, tasks_unfinished: 0 });
    assert_eq!(started.elapsed().as_secs(), 7);
    assert!(client.is_closed().await);
}

#[tokio::test(start_paused = true)]
async fn a_forced_end_cuts_the_announcement_short() {
    let gateway = Gateway::start();
    let started = Instant::now();
    gateway.drain.force();
    assert_eq!(gateway.server.await.unwrap(), NOTHING_LEFT);
    assert_eq!(started.elapsed().as_secs(), 0);
}

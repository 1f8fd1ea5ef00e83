//! The server's own part: its scripts, its login and TLS, and what it may forget, asked by the gateway's client.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use iam_mcp_gateway::clock::{Clock, SystemClock};
use iam_mcp_gateway::config::{SharedServer, WhileUnavailable};
use iam_mcp_gateway::shared_state::{
    Counted, Found, Gone, Kind, Rate, SharedState, Single, Taken, Unreachable, Use, Valkey,
};
use jiff::SignedDuration;

use crate::support::debian::{Certificates, Valkey as Server};

fn server(server: &Server) -> SharedServer {
    SharedServer {
        host: "127.0.0.1".to_owned(),
        port: server.address().port(),
        database: 0,
        tls: false,
        username: None,
        password_file: None,
        group_readable: false,
        ca_file: None,
        unavailable: WhileUnavailable::RefuseWrites,
        timeout: Duration::from_secs(5),
    }
}

async fn connected(shared: SharedServer) -> Result<(Valkey, Found), Unreachable> {
    let valkey = Valkey::new(shared, "iam-mcp.test", Arc::new(SystemClock));
    let (connection, found) = valkey.connect().await?;
    valkey.put_to_use(connection);
    Ok((valkey, found))
}

/// A write of this number, signed so many milliseconds from now.
fn write(number: u8, millis: i64) -> Single {
    let made = SystemClock.now() + SignedDuration::from_millis(millis);
    Single { kind: Kind::Write, id: [number; 32], owner: None, made, until: made + SignedDuration::from_secs(300) }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_over_two_connections_one_is_first() {
    let valkey = Server::start();
    let (one, _) = connected(server(&valkey)).await.expect("it is reached");
    let (other, _) = connected(server(&valkey)).await.expect("it is reached");
    let (one, other) = (Arc::new(one), Arc::new(other));
    for number in 0..20 {
        // Far enough ahead that it was made after the server began to remember.
        let single = write(number, 10_000);
        let asked: Vec<_> = (0..16)
            .map(|task| {
                let (asked, single) = (Arc::clone(if task % 2 == 0 { &one } else { &other }), single.clone());
                tokio::spawn(async move { asked.use_up(&single).await })
            })
            .collect();
        let mut first = 0;
        for answer in asked {
            match answer.await.expect("it ends") {
                Ok(Use::First) => first += 1,
                answer => assert_eq!(answer, Ok(Use::Again)),
            }
        }
        assert_eq!(first, 1);
    }
    assert!(one.was_used(Kind::Write, &[1; 32]).await && !one.was_used(Kind::Token, &[1; 32]).await);
}

#[tokio::test]
async fn what_was_made_before_the_server_remembers_is_not_let_be_used() {
    let mut valkey = Server::start();
    let (asked, _) = connected(server(&valkey)).await.expect("it is reached");
    let began = SystemClock.now();
    let refused = asked.use_up(&write(1, 0)).await;
    let Ok(Use::MadeTooEarly { earliest }) = refused else { unreachable!("{refused:?}") };
    let after = earliest.duration_since(began);
    assert!(after > SignedDuration::from_secs(3) && after <= SignedDuration::from_secs(6), "{after}");
    assert_eq!(asked.use_up(&write(1, 10_000)).await, Ok(Use::First), "what is refused is not used up");
    assert_eq!(asked.use_up(&write(1, 10_000)).await, Ok(Use::Again));
    valkey.kill();
    assert_eq!(asked.use_up(&write(2, 10_000)).await, Err(Gone));
    assert!(asked.connection().is_none(), "it is asked nothing more");
    valkey.restart();
    let (asked, _) = connected(server(&valkey)).await.expect("it is reached");
    assert!(matches!(asked.use_up(&write(1, 0)).await, Ok(Use::MadeTooEarly { .. })), "it was used before the restart");
}

#[tokio::test]
async fn a_server_that_saved_less_than_it_was_told_begins_anew_under_its_new_run_id() {
    let mut valkey = Server::start();
    let (asked, _) = connected(server(&valkey)).await.expect("it is reached");
    assert_eq!(asked.use_up(&write(1, 10_000)).await, Ok(Use::First));
    assert_eq!(valkey.ask(&["SAVE"]).trim(), "OK");
    assert_eq!(asked.use_up(&write(2, 10_000)).await, Ok(Use::First), "which is not saved");
    valkey.kill();
    valkey.restart();
    assert!(valkey.ask(&["KEYS", "*"]).contains(":since"), "it has read what it saved");
    let (asked, _) = connected(server(&valkey)).await.expect("it is reached");
    assert!(matches!(asked.use_up(&write(2, 0)).await, Ok(Use::MadeTooEarly { .. })));
}

#[tokio::test]
async fn a_rate_is_kept_by_the_servers_clock() {
    let valkey = Server::start();
    let (asked, _) = connected(server(&valkey)).await.expect("it is reached");
    let counted = Counted::Account("aws/123456789012".to_owned());
    let rate = Rate { per_second: 0.01, most: 3.0 };
    for _ in 0..3 {
        assert_eq!(asked.take(&counted, rate).await, Ok(Taken::Now));
    }
    let Ok(Taken::After(wait)) = asked.take(&counted, rate).await else { unreachable!("three at once, not four") };
    assert!(wait > Duration::from_secs(80) && wait <= Duration::from_secs(100), "{wait:?}");
    assert_eq!(asked.take(&Counted::Requests([0; 32]), rate).await, Ok(Taken::Now), "of another");
    let keys = valkey.ask(&["KEYS", "*"]);
    assert!(keys.lines().all(|key| key.starts_with("{iam-mcp-gateway:1:iam-mcp.test}:")), "{keys}");
    let lasts: i64 = valkey
        .ask(&["PTTL", "{iam-mcp-gateway:1:iam-mcp.test}:account:aws/123456789012"])
        .trim()
        .parse()
        .expect("a number");
    assert!((200_000..=300_010).contains(&lasts), "it is forgotten once it says nothing: {lasts}");
}

#[tokio::test]
async fn what_it_may_forget_is_told_and_what_it_refuses_is_gone() {
    let valkey = Server::start();
    assert_eq!(connected(server(&valkey)).await.expect("it is reached").1, Found { evicts: None });
    valkey.ask(&["CONFIG", "SET", "maxmemory", "100mb"]);
    valkey.ask(&["CONFIG", "SET", "maxmemory-policy", "volatile-lru"]);
    let refused = connected(server(&valkey)).await.expect_err("it could forget").to_string();
    assert!(refused.contains("volatile-lru"), "{refused}");
    let local = SharedServer { unavailable: WhileUnavailable::Local, ..server(&valkey) };
    let (_, found) = connected(local).await.expect("it is reached");
    assert_eq!(found, Found { evicts: Some("volatile-lru".to_owned()) });
    valkey.ask(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    let (asked, found) = connected(server(&valkey)).await.expect("it is reached");
    assert_eq!(found, Found { evicts: None });
    valkey.ask(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    asked.ping().await;
    assert!(asked.connection().is_none(), "a server that begins to forget is not asked any more");
    valkey.ask(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    let (asked, _) = connected(server(&valkey)).await.expect("it is reached");
    valkey.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    assert_eq!(asked.use_up(&write(1, 10_000)).await, Err(Gone));
    assert!(connected(server(&valkey)).await.is_err(), "nor is it reached while it takes nothing");
}

/// A clock that is this much from the machine's.
#[derive(Debug)]
struct Apart(SignedDuration);

impl Clock for Apart {
    fn now(&self) -> jiff::Timestamp {
        SystemClock.now() + self.0
    }
}

#[tokio::test]
async fn a_server_whose_clock_is_another_one_decides_nothing() {
    let valkey = Server::start();
    for (seconds, reached) in [(0, true), (5, false), (-5, false)] {
        let clock = Arc::new(Apart(SignedDuration::from_secs(seconds)));
        let connected = Valkey::new(server(&valkey), "iam-mcp.test", clock).connect().await;
        assert_eq!(connected.is_ok(), reached, "{seconds}");
    }
}

#[tokio::test]
async fn a_late_failure_of_an_old_connection_leaves_the_new_one_alone() {
    let mut valkey = Server::start();
    let (asked, _) = connected(server(&valkey)).await.expect("it is reached");
    let asked = Arc::new(asked);
    // Stopped, it answers nothing: this question waits on the old connection until that is gone.
    valkey.signal("STOP");
    let late = tokio::spawn({
        let asked = Arc::clone(&asked);
        async move { asked.use_up(&write(1, 10_000)).await }
    });
    tokio::task::yield_now().await;
    valkey.kill();
    valkey.restart();
    let (connection, _) = asked.connect().await.expect("it is reached");
    asked.put_to_use(connection);
    assert_eq!(late.await.expect("it ends"), Err(Gone));
    assert!(asked.connection().is_some(), "the new one is another connection");
    assert_eq!(asked.use_up(&write(2, 10_000)).await, Ok(Use::First));
}

/// A file that nobody else can read.
fn private(folder: &tempfile::TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("password");
    fs::write(&path, text).expect("the folder is ours");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("the file is ours");
    path
}

#[tokio::test]
async fn it_is_logged_in_to_and_a_wrong_password_is_told_nobody() {
    let valkey = Server::start();
    valkey.ask(&["ACL", "SETUSER", "gateway", "on", ">right-one", "~{iam-mcp-gateway:*", "+@all", "-@admin"]);
    let limited = ["ACL", "SETUSER", "limited", "on", ">right-one", "~*", "+@all", "-@admin", "-eval", "-evalsha"];
    valkey.ask(&limited);
    valkey.ask(&["CONFIG", "SET", "requirepass", "of-somebody-else"]);
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let named = |username: Option<&str>, password: &str| SharedServer {
        username: username.map(ToOwned::to_owned),
        password_file: Some(private(&folder, password)),
        ..server(&valkey)
    };
    let (asked, _) = connected(named(Some("gateway"), "right-one\n")).await.expect("it is let in");
    assert_eq!(asked.use_up(&write(1, 10_000)).await, Ok(Use::First));
    assert!(connected(named(None, "of-somebody-else")).await.is_ok());
    for shared in [named(Some("gateway"), "wrong-password"), server(&valkey)] {
        let refused = connected(shared).await.expect_err("it is not let in").to_string();
        assert!(!refused.is_empty() && !refused.contains("wrong-password"), "{refused}");
    }
    let refused = connected(named(Some("limited"), "right-one")).await;
    assert!(refused.is_err(), "who may not run the scripts is not connected for the next question to find out");
    let unreadable = SharedServer { password_file: Some("/nowhere".into()), ..server(&valkey) };
    assert!(connected(unreadable).await.expect_err("no password").to_string().contains("password_file cannot be read"));
}

#[tokio::test]
async fn over_tls_only_a_server_is_believed_that_the_authority_vouches_for() {
    let certificates = Certificates::new();
    let valkey = Server::with_tls(&certificates);
    let trusting = |ca_file: Option<PathBuf>| SharedServer { tls: true, ca_file, ..server(&valkey) };
    let (asked, _) = connected(trusting(Some(certificates.path("ca.pem")))).await.expect("it is believed");
    assert_eq!(asked.use_up(&write(1, 10_000)).await, Ok(Use::First));
    let other = Certificates::new();
    for shared in [trusting(None), trusting(Some(other.path("ca.pem"))), server(&valkey)] {
        assert!(connected(shared.clone()).await.is_err(), "{shared:?}");
    }
}

#[tokio::test]
async fn a_connection_that_is_lost_is_noticed_without_being_asked() {
    let mut valkey = Server::start();
    let (asked, _) = connected(server(&valkey)).await.expect("it is reached");
    asked.ping().await;
    assert!(asked.connection().is_some());
    valkey.kill();
    asked.ping().await;
    assert!(!asked.lost().await.is_empty());
    assert!(asked.connection().is_none());
}

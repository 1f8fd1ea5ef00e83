//! Who may knock: hosts, origins, paths, methods, authentication, addresses; and what needs no knocking.

use super::super::{ClientAddress, Endpoint, RequestId, Service, metrics_router};
use super::*;

#[tokio::test(start_paused = true)]
async fn a_foreign_host_is_refused_with_what_to_configure() {
    let gateway = Gateway::start();
    for host in ["evil.example", "gateway.example:443", "gateway.example.", "127.0.0.1", "user@gateway.example"] {
        let reply = gateway.ask(post(PING).replace("Host: gateway.example", &format!("Host: {host}"))).await;
        assert_eq!(reply.refusal(), refused(403, "host_not_allowed"), "{host}");
        assert!(reply.json()["error"]["message"].as_str().unwrap().contains(host));
        assert!(reply.json()["error"]["data"]["hint"].as_str().unwrap().contains("listen.hosts"));
    }
    assert_eq!(gateway.ask(post(PING).replace("gateway.example", "GATEWAY.Example")).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_missing_host_is_refused() {
    let gateway = Gateway::start();
    for request in [post(PING).replace("Host: gateway.example\r\n", ""), post(PING).replace("gateway.example", "")] {
        assert_eq!(gateway.ask(request).await.refusal(), refused(400, "host_missing"));
    }
}

#[tokio::test(start_paused = true)]
async fn two_hosts_are_refused() {
    let gateway = Gateway::start();
    let twice = post_with("Host: gateway.example\r\n", PING);
    assert_eq!(gateway.ask(twice).await.refusal(), refused(400, "host_ambiguous"));
    let target = post(PING).replace("POST /mcp", "POST http://evil.example/mcp");
    assert_eq!(gateway.ask(target).await.refusal(), refused(400, "host_ambiguous"));
}

#[tokio::test(start_paused = true)]
async fn x_forwarded_host_is_not_read() {
    let gateway = Gateway::start();
    let request = post_with("X-Forwarded-Host: gateway.example\r\n", PING)
        .replace("Host: gateway.example\r\nAuth", "Host: evil.example\r\nAuth");
    assert_eq!(gateway.ask(request).await.refusal(), refused(403, "host_not_allowed"));
}

#[tokio::test(start_paused = true)]
async fn a_foreign_origin_is_refused() {
    let gateway = Gateway::start();
    for lines in [
        "Origin: https://evil.example\r\n",
        "Origin: null\r\n",
        "Origin: \r\n",
        "Origin: https://console.example:444\r\n",
        "Origin: http://console.example\r\n",
        "Origin: https://console.example\r\nOrigin: https://evil.example\r\n",
    ] {
        let reply = gateway.ask(post_with(lines, PING)).await;
        assert_eq!(reply.refusal(), refused(403, "origin_not_allowed"), "{lines}");
    }
    assert_eq!(gateway.ask(post_with("Origin: https://console.example\r\n", PING)).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn only_exact_paths_exist() {
    let gateway = Gateway::start();
    for path in
        ["/", "/mcp/", "/mcp/dev/", "/mcp/dev/x", "/mcp/DEV", "/mcp/%64ev", "/mcp%2Fdev", "/Mcp", "/healthz/", "*"]
    {
        let reply = gateway.ask(post(PING).replace("POST /mcp ", &format!("POST {path} "))).await;
        assert_eq!(reply.refusal(), refused(404, "not_found"), "{path}");
    }
    assert_eq!(gateway.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_endpoint_is_named_and_the_uri_stays_as_it_was() {
    let gateway = Gateway::start();
    for (target, environment) in [("/mcp", None), ("/mcp/dev-2", Some("dev-2")), ("/mcp/dev?a=%2F&b", Some("dev"))] {
        let reply = gateway.ask(post(PING).replace("POST /mcp ", &format!("POST {target} "))).await;
        assert_eq!(reply.status, 200, "{target}");
        let head = gateway.last_seen().head;
        assert_eq!(head.uri.to_string(), target);
        let expected = Endpoint { service: Service::Mcp, environment: environment.map(str::to_owned) };
        assert_eq!(head.extensions.get::<Endpoint>(), Some(&expected));
        assert_eq!(head.extensions.get::<Caller>(), Some(&Caller("alice")));
    }
}

#[tokio::test(start_paused = true)]
async fn other_methods_are_refused_with_the_one_allowed() {
    let gateway = Gateway::start();
    for method in ["GET", "DELETE", "PUT", "OPTIONS", "TRACE", "post"] {
        let reply = gateway.ask(post(PING).replace("POST", method)).await;
        assert_eq!(reply.refusal(), refused(405, "method_not_allowed"), "{method}");
        assert_eq!(reply.header("allow"), Some("POST"));
    }
}

#[tokio::test(start_paused = true)]
async fn connect_opens_no_tunnel() {
    let gateway = Gateway::start();
    let reply = gateway.ask("CONNECT gateway.example:443 HTTP/1.1\r\nHost: gateway.example:443\r\n\r\n").await;
    assert_eq!(reply.refusal(), refused(403, "host_not_allowed"));
}

#[tokio::test(start_paused = true)]
async fn an_unauthenticated_call_is_challenged_and_its_id_echoed() {
    let gateway = Gateway::start();
    let reply = gateway.ask(post(PING).replace("Authorization: good", "Authorization: bad")).await;
    assert_eq!(reply.refusal(), refused(401, "signature_missing"));
    let challenge = reply.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("AWS4-HMAC-SHA256 realm="), "{challenge}");
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let json = reply.json();
    assert_eq!(json["id"], 7);
    assert_eq!(json["jsonrpc"], "2.0");
    assert_eq!(json["error"]["code"], -32001);
    assert_eq!(json["error"]["data"]["stage"], "gateway");
    assert_eq!(json["error"]["data"]["request_id"].as_str(), reply.header("x-request-id"));
    assert_eq!(gateway.calls(), 0);
    assert!(gateway.shows("requests_total{reason=\"signature_missing\",stage=\"gateway\"} 1"));
}

#[tokio::test(start_paused = true)]
async fn a_stranger_learns_of_authentication_before_the_envelope() {
    let gateway = Gateway::start();
    let reply = gateway.ask(post("[").replace("Authorization: good", "Authorization: bad")).await;
    assert_eq!(reply.refusal(), refused(401, "signature_missing"));
    assert_eq!(reply.json()["id"], serde_json::Value::Null);
}

#[tokio::test(start_paused = true)]
async fn the_request_id_is_made_here() {
    let gateway = Gateway::start();
    let reply = gateway.ask(post_with("X-Request-Id: mine\r\n", PING)).await;
    let id = reply.header("x-request-id").unwrap();
    assert_eq!(id.len(), 36);
    assert_eq!(gateway.last_seen().head.extensions.get::<RequestId>().unwrap().as_str(), id);
    assert_ne!(gateway.ask(post(PING)).await.header("x-request-id"), Some(id));
}

#[tokio::test(start_paused = true)]
async fn a_stranger_cannot_spoof_its_address() {
    let gateway = Gateway::start();
    let seen = async |peer: &str| {
        let mut client = gateway.connect_from(peer);
        client.send(post_with("X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 198.51.100.1\r\n", PING)).await;
        assert_eq!(client.reply().await.status, 200);
        *gateway.last_seen().head.extensions.get::<ClientAddress>().unwrap()
    };
    let direct = ClientAddress { address: "203.0.113.9".parse().unwrap(), via_proxy: false, secure: false };
    assert_eq!(seen("203.0.113.9:1").await, direct);
    assert_eq!(seen("[::ffff:203.0.113.9]:1").await, direct);
    let told = ClientAddress { address: "198.51.100.1".parse().unwrap(), via_proxy: true, secure: false };
    assert_eq!(seen("10.0.0.5:1").await, told);
}

#[tokio::test(start_paused = true)]
async fn probes_need_neither_host_nor_credentials() {
    let gateway = Gateway::start();
    let component = gateway.health.component("audit");
    let probe = |path| format!("GET {path} HTTP/1.1\r\nHost: 10.1.2.3:8080\r\n\r\n");
    let live = gateway.ask(probe("/healthz")).await;
    assert_eq!((live.status, live.body.as_str()), (200, "ok"));
    let ready = gateway.ask(probe("/readyz")).await;
    assert_eq!((ready.status, ready.body.as_str()), (503, "not ready"));
    component.ready();
    assert_eq!(gateway.ask(probe("/readyz")).await.status, 200);
    assert!(!gateway.metrics.encode().unwrap().contains("requests_total{"), "probes are not counted");
}

#[tokio::test(start_paused = true)]
async fn the_metrics_listener_shows_metrics_and_reasons_and_nothing_else() {
    let gateway = Gateway::start();
    gateway.health.component("audit").not_ready("the disk is full");
    gateway.ask(post(PING)).await;
    let (incoming, listener) = mpsc::unbounded_channel();
    let router = metrics_router(gateway.health.clone(), gateway.metrics.clone());
    let drain = Drain::new();
    tokio::spawn(serve(FakeListener(listener), router, ServerLimits::for_metrics(), Metrics::new(), drain));
    let ask = async |path: &str| {
        let (near, far) = duplex(64 * 1024);
        incoming.send(Ok((far, "127.0.0.1:1".parse().unwrap()))).unwrap();
        let mut client = Client(near);
        client.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
        client.reply().await
    };
    let metrics = ask("/metrics").await;
    assert!(metrics.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    assert!(
        metrics.body.contains("iam_mcp_gateway_requests_total{reason=\"ok\",stage=\"mcp\"} 1\n"),
        "{}",
        metrics.body
    );
    assert!(metrics.body.ends_with("# EOF\n"));
    let ready = ask("/readyz").await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.json()["not_ready"]["audit"], "the disk is full");
    assert_eq!(ask("/mcp").await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn only_a_peer_that_is_trusted_counts_as_a_proxy_whatever_a_request_says() {
    let mut setup = Setup::new();
    setup.settings.signed_host = Some("signed.example".to_owned());
    let gateway = setup.start();
    for (peer, expected) in [
        ("10.0.0.1:4711", Some("signed.example")),
        ("[::ffff:10.0.0.1]:4711", Some("signed.example")),
        ("203.0.113.9:4711", None),
    ] {
        let mut client = gateway.connect_from(peer);
        let lines = "X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Host: signed.example\r\n";
        client.send(post_with(lines, PING)).await;
        assert_eq!(client.reply().await.status, 200);
        let head = gateway.last_seen().head;
        let through = head.extensions.get::<ThroughProxy>();
        assert_eq!(through.map(|through| through.signed_host.as_deref()), expected.map(Some), "{peer}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_trusted_proxy_sends_as_host_must_be_listed_all_the_same() {
    let mut setup = Setup::new();
    setup.settings.signed_host = Some("signed.example".to_owned());
    let gateway = setup.start();
    for host in ["10.0.0.2:8080", "signed.example"] {
        let mut client = gateway.connect_from("10.0.0.1:4711");
        client.send(post(PING).replace("gateway.example", host)).await;
        assert_eq!(client.reply().await.refusal(), refused(403, "host_not_allowed"), "{host}");
    }
}

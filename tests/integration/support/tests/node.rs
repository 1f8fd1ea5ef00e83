//! The same of the Node parts.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use serde_json::json;

use super::{echo_server, example_keys};
use crate::support::clients::{Client, Era};
use crate::support::signing_proxy::SigningProxy;

#[test]
fn typescript_client_speaks_the_era_it_is_told() {
    let (_server, url) = echo_server();
    for (era, version) in [(Era::Legacy, "2025-11-25"), (Era::Modern, "2026-07-28"), (Era::Auto, "2026-07-28")] {
        let steps = [json!(["call_tool", "echo", { "text": "hello" }]), json!(["call_tool", "signed_headers", {}])];
        let lines = Client::typescript(&url, era, &example_keys()).run(&steps);
        assert_eq!(lines[0]["result"]["protocolVersion"], version, "{}", lines[0]);
        assert_eq!(lines[1]["result"]["structuredContent"], json!({ "result": "hello" }), "{}", lines[1]);
        let signed = &lines[2]["result"]["structuredContent"]["result"];
        for name in ["content-type", "host", "mcp-protocol-version", "x-amz-date", "x-amz-security-token"] {
            assert!(signed.as_array().is_some_and(|names| names.contains(&json!(name))), "{name} in {signed}");
        }
    }
}

#[test]
fn a_server_that_is_gone_is_an_error_of_the_typescript_client() {
    let (server, url) = echo_server();
    drop(server);
    let lines = Client::typescript(&url, Era::Legacy, &example_keys()).run(&[json!(["list_tools"])]);
    assert_eq!((lines.len(), &lines[0]["step"], &lines[0]["ok"]), (1, &json!(["connect"]), &json!(false)));
}

/// The lines up to the empty one, in lower case.
fn head(stream: &mut BufReader<TcpStream>) -> Vec<String> {
    let lines = stream.by_ref().lines().map(|line| line.expect("the other end sends text").to_lowercase());
    lines.take_while(|line| !line.is_empty()).collect()
}

#[test]
fn signing_proxy_passes_host_and_origin_on_and_each_part_of_the_answer_at_once() {
    let server = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}/mcp", server.local_addr().expect("it is bound"));
    let mut proxy = SigningProxy::start();
    proxy.sign(&url, &example_keys());

    let address = proxy.origin().strip_prefix("http://").expect("it is an URL");
    let mut client = BufReader::new(TcpStream::connect(address).expect("the proxy listens"));
    let request =
        "POST /mcp HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\nContent-Length: 2\r\n\r\n{}";
    client.get_mut().write_all(request.as_bytes()).expect("the proxy reads");

    let mut forwarded = BufReader::new(server.accept().expect("the proxy forwards").0);
    let received = head(&mut forwarded);
    assert_eq!(received[0], "post /mcp http/1.1");
    for expected in ["host: evil.example", "origin: http://evil.example", "content-length: 2"] {
        assert!(received.iter().any(|line| line == expected), "{expected} in {received:?}");
    }
    let authorization = received.iter().find(|line| line.starts_with("authorization: aws4-hmac-sha256 "));
    assert!(authorization.is_some_and(|line| line.contains("host;origin;x-amz-content-sha256;x-amz-date")));

    // The answer is not at its end when its first part arrives.
    let beginning = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nfirst\n\r\n";
    forwarded.get_mut().write_all(beginning.as_bytes()).expect("the proxy reads");
    assert_eq!(head(&mut client)[0], "http/1.1 200 ok");
    let mut chunk = String::new();
    for _ in 0..2 {
        client.read_line(&mut chunk).expect("the proxy sends text");
    }
    assert_eq!(chunk, "6\r\nfirst\n");

    // A client that hangs up is gone for the server too.
    drop(client);
    let mut rest = Vec::new();
    forwarded.read_to_end(&mut rest).expect("the connection is closed");
    assert_eq!(rest, b"{}");
}

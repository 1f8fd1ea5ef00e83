//! With real connections on loopback: what the pool's own errors are taken for.

use std::net::{Ipv4Addr, TcpListener};

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns};
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;

use super::*;
use crate::iam::http::connections_with;

/// Knows no name, or every one as loopback's.
#[derive(Debug, Clone, Copy)]
struct Names(bool);

impl ResolveDns for Names {
    fn resolve_dns<'a>(&'a self, _name: &'a str) -> DnsFuture<'a> {
        DnsFuture::ready(match self.0 {
            true => Ok(vec![Ipv4Addr::LOCALHOST.into()]),
            false => Err(ResolveDnsError::new("no such name")),
        })
    }
}

async fn lacking(names: Names, url: &str) -> Option<Lacking> {
    let components = RuntimeComponentsBuilder::for_tests()
        .with_time_source(Some(SystemTimeSource::new()))
        .with_sleep_impl(Some(TokioSleep::new()))
        .build()
        .unwrap();
    let connector = connections_with(names).http_connector(&HttpConnectorSettings::default(), &components);
    let error = connector.call(HttpRequest::get(url).unwrap()).await.expect_err("there is no answer");
    Unconnected::within(&told_apart(error)).map(|unconnected| unconnected.lacking)
}

/// Takes a connection, says `word` once something was sent, and closes it.
fn says(word: &'static [u8]) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        io::Read::read(&mut connection, &mut [0; 4096]).unwrap();
        io::Write::write_all(&mut connection, word).unwrap();
    });
    port
}

#[tokio::test]
async fn a_name_that_is_not_found_is_told_apart() {
    assert_eq!(lacking(Names(false), "http://iam.example.invalid/").await, Some(Lacking::Name));
    assert_eq!(lacking(Names(false), "https://iam.example.invalid/").await, Some(Lacking::Name));
}

#[tokio::test]
async fn a_refused_connection_is_told_apart() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    for url in [format!("http://127.0.0.1:{port}/"), format!("https://iam.example.invalid:{port}/")] {
        assert_eq!(lacking(Names(true), &url).await, Some(Lacking::Connection), "{url}");
    }
}

#[tokio::test]
async fn who_does_not_speak_tls_is_told_apart() {
    let port = says(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    assert_eq!(lacking(Names(true), &format!("https://iam.example.invalid:{port}/")).await, Some(Lacking::Tls));
}

#[tokio::test]
async fn a_connection_that_ends_after_the_request_is_none_of_these() {
    let port = says(b"");
    assert_eq!(lacking(Names(true), &format!("http://iam.example.invalid:{port}/")).await, None);
}

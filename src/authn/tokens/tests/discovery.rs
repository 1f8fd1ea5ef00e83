//! Where keys are looked for.

use super::super::fetch::{Documents, Fetch, FetchError, Location, Source, keys};
use super::issuer::Answer;
use super::*;
use crate::config::KeySource;

const DOCUMENT: &str = "https://ci.example/.well-known/openid-configuration";

async fn discovered(document: Answer) -> (Result<(), FetchError>, Vec<String>) {
    let servers = servers();
    servers.set(DOCUMENT, document);
    let source = Source { issuer: CI.parse().unwrap(), keys: KeySource::Discovery };
    (keys(&*servers, &source).await.map(|_| ()), servers.asked())
}

#[tokio::test]
async fn the_discovery_document_leads_to_the_keys_of_its_own_server() {
    let (found, asked) = discovered(Answer::json(&json!({"issuer": CI, "jwks_uri": "https://ci.example/keys"}))).await;
    assert_eq!(found, Ok(()));
    assert_eq!(asked, [DOCUMENT, "https://ci.example/keys"]);
}

#[tokio::test]
async fn a_discovery_document_that_leads_elsewhere_is_not_followed() {
    let of = |issuer: &str, keys: &str| Answer::json(&json!({"issuer": issuer, "jwks_uri": keys}));
    for (document, error) in [
        (of("https://ci.example/", "https://ci.example/keys"), FetchError::OtherIssuer),
        (of("https://evil.example", "https://ci.example/keys"), FetchError::OtherIssuer),
        (of(CI, "https://evil.example/keys"), FetchError::OtherOrigin),
        (of(CI, "https://ci.example.evil.example/keys"), FetchError::OtherOrigin),
        (of(CI, "https://ci.example:8443/keys"), FetchError::OtherOrigin),
        (of(CI, "https://ci.example@evil.example/keys"), FetchError::NoDiscovery),
        (of(CI, "http://ci.example/keys"), FetchError::NoDiscovery),
        (of(CI, "file:///etc/passwd"), FetchError::NoDiscovery),
        (Answer::json(&json!({"issuer": CI})), FetchError::NoDiscovery),
        (Answer::Document("<html>".into()), FetchError::NoDiscovery),
        (Answer::Document(format!(r#"{{"issuer":"{CI}","issuer":"{CI}"}}"#).into()), FetchError::NoDiscovery),
        (Answer::Fails(FetchError::Status(302)), FetchError::Status(302)),
    ] {
        let shown = format!("{document:?}");
        let (found, asked) = discovered(document).await;
        assert_eq!(found, Err(error), "{shown}");
        assert_eq!(asked, [DOCUMENT], "{shown}");
    }
}

#[tokio::test]
async fn keys_can_stand_in_a_file_of_bounded_length() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let location = Location::File(path.clone());
    let documents = Documents::default();
    assert!(matches!(documents.get(&location).await, Err(FetchError::Unreachable(_))));
    std::fs::write(&path, key_set().to_string()).unwrap();
    let source = Source { issuer: CI.parse().unwrap(), keys: KeySource::File(path.clone()) };
    assert!(keys(&documents, &source).await.unwrap().get("rsa").is_some());
    std::fs::write(&path, vec![b' '; 256 * 1024 + 1]).unwrap();
    assert_eq!(documents.get(&location).await, Err(FetchError::Body));
}

/// A server on loopback that answers every request with these bytes.
async fn serving(answer: Vec<u8>) -> Location {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 4096];
            let _read = stream.read(&mut head).await;
            // Whoever has read enough hangs up.
            let _written = stream.write_all(&answer).await;
        }
    });
    Location::Url(format!("http://{address}/keys").parse().unwrap())
}

#[tokio::test]
async fn redirects_errors_and_endless_answers_are_no_documents() {
    let documents = Documents::default();
    let head = |status: &str, more: &str| format!("HTTP/1.1 {status}\r\nconnection: close\r\n{more}\r\n");
    let good = serving((head("200 OK", "content-length: 2\r\n") + "{}").into_bytes()).await;
    assert_eq!(documents.get(&good).await, Ok("{}".into()));
    let elsewhere = match &good {
        Location::Url(url) => format!("location: {url}\r\ncontent-length: 0\r\n"),
        Location::File(_) => unreachable!("a URL was made"),
    };
    for status in [301, 302, 307, 308] {
        let answer = serving(head(&format!("{status} Moved"), &elsewhere).into_bytes()).await;
        assert_eq!(documents.get(&answer).await, Err(FetchError::Status(status)));
    }
    let busy = serving(head("503 Busy", "content-length: 0\r\n").into_bytes()).await;
    assert_eq!(documents.get(&busy).await, Err(FetchError::Status(503)));
    let mut endless = head("200 OK", "").into_bytes();
    endless.resize(endless.len() + 300 * 1024, b' ');
    assert_eq!(documents.get(&serving(endless).await).await, Err(FetchError::Body));
    assert!(matches!(
        documents.get(&serving(b"nonsense\r\n\r\n".to_vec()).await).await,
        Err(FetchError::Unreachable(_))
    ));
}

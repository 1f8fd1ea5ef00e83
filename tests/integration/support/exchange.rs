//! What stands in for a gateway's exchange: it takes any proof, and answers as told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::BASE64URL_NOPAD;
use iam_mcp_gateway::exchange::reply::INFO;
use jiff::SignedDuration;
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256;
use rustls::crypto::hpke::{Hpke, HpkePublicKey};
use serde_json::{Value, json};

use super::waiting::now;

/// How it answers.
#[derive(Clone)]
pub(crate) enum Answers {
    /// With credentials that last so long, sealed to the key that came with the proof.
    Sealed(SignedDuration),
    /// With the same, readable.
    Unsealed,
    /// With this status and body.
    Refusing(u16, Value),
}

/// One request: its target, its `Authorization` and its body.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) target: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Value,
}

/// A running one. Its thread ends with the test's process.
pub(crate) struct StandInExchange {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl StandInExchange {
    pub(crate) fn start(answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let url = format!("http://{}/mcp", listener.local_addr().expect("a bound listener has an address"));
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let noted = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let _gone = answer(stream, &answers, &noted);
            }
        });
        Self { url, asked }
    }

    /// The MCP endpoint beside it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What it was asked.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn answer(mut stream: TcpStream, answers: &Answers, noted: &Mutex<Vec<Asked>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut length, mut authorization) = (0, None);
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().expect("a length is a number"),
            "authorization" => authorization = Some(value.to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body: Value = serde_json::from_slice(&body).expect("clients send JSON");
    let nth = {
        let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.push(Asked { target: target.clone(), authorization, body: body.clone() });
        noted.len()
    };
    let (status, said) = match answers {
        // Whoever calls a tool here has what it came for.
        _ if !target.starts_with("/credentials") => (401, refusal("unknown_key")),
        Answers::Sealed(lasts) => (200, sealed(&body, &credentials(nth, *lasts))),
        Answers::Unsealed => (200, credentials(nth, SignedDuration::from_mins(15))),
        Answers::Refusing(status, body) => (*status, body.clone()),
    };
    let said = said.to_string();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{said}",
        said.len()
    )
}

/// A refusal as a gateway writes it.
pub(crate) fn refusal(code: &str) -> Value {
    let data = json!({"code": code, "hint": "this is what to do"});
    json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32000, "message": "this is what is wrong", "data": data}})
}

fn credentials(nth: usize, lasts: SignedDuration) -> Value {
    json!({
        "Version": 1,
        "AccessKeyId": format!("IMGT{nth}"),
        "SecretAccessKey": format!("the-secret-{nth}"),
        "SessionToken": format!("the-token-{nth}"),
        "Expiration": (now() + lasts).to_string(),
    })
}

fn sealed(asked: &Value, plain: &Value) -> Value {
    let key = asked["public_key"].as_str().expect("the client sends a key");
    let key = HpkePublicKey(BASE64URL_NOPAD.decode(key.as_bytes()).expect("the key is base64url"));
    let plain = plain.to_string();
    let (encapsulated, sealed) = DH_KEM_X25519_HKDF_SHA256_AES_256
        .seal(INFO, b"", plain.as_bytes(), &key)
        .expect("the client's key can be sealed to");
    json!({"sealed": BASE64URL_NOPAD.encode(&sealed), "encapsulated_key": BASE64URL_NOPAD.encode(&encapsulated.0)})
}

//! Proofs against a stand-in for STS that counts how often it is asked.

mod answers;
mod corpus;
mod documented;
mod flood;
mod good;
mod network;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

use super::once::Once;
use super::*;
use crate::authn::testing::noon;
use crate::clock::ManualClock;
use crate::config::testing::{config, minimal_with};

const GATEWAY: &str = "iam-mcp.example.internal";
const PUBLIC_KEY: [u8; 32] = [7; 32];
/// base64url of SHA-256 of [`PUBLIC_KEY`].
const KEY_HASH: &str = "S7Bvjk46dxXSAdVz0KpCN2LlXavWGiwCJ4-lbMbSlOA";
const SIGNATURE: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const TOKEN: &str = "made-up-session-token-canary";
const SIGNED: [&str; 5] = ["content-type", "host", "x-amz-date", "x-amz-security-token", AUDIENCE_HEADER];

/// What is configured beside the least.
const CONFIGURATION: &str = r#"
[sealing]
single_replica = true
[[sealing.keys]]
id = "one"
file = "sealing.key"
state = "seal"
[exchange.caller_identity]
accounts = ["123456789012"]
enforced_sessions = ["AWSReservedSSO_*"]
"#;

/// The least with [`CONFIGURATION`], with these texts in place of others.
fn configured(changes: &[(&str, &str)]) -> Config {
    let text = changes.iter().fold(minimal_with("", CONFIGURATION), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replace(old, new)
    });
    config(&text)
}

/// The true answer for this principal.
fn told(arn: &str, user_id: &str) -> Answer {
    let account = arn.split(':').nth(4).unwrap_or_default();
    let body = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <GetCallerIdentityResult>\n    \
         <Arn>{arn}</Arn>\n    <UserId>{user_id}</UserId>\n    <Account>{account}</Account>\n  \
         </GetCallerIdentityResult>\n  <ResponseMetadata>\n    \
         <RequestId>0f1e2d3c-aaaa-bbbb-cccc-0123456789ab</RequestId>\n  </ResponseMetadata>\n\
         </GetCallerIdentityResponse>\n"
    );
    Answer { status: 200, content_type: Some("text/xml".into()), body: body.into_bytes() }
}

fn told_of_alice() -> Answer {
    told("arn:aws:sts::123456789012:assumed-role/Developer/alice", "AROAEXAMPLEROLE000001:alice")
}

/// An STS that answers the same to everybody, and keeps what it was asked.
#[derive(Debug)]
struct Told {
    answer: Result<Answer, NoAnswer>,
    asked: AtomicUsize,
    last: Mutex<Option<Forwarded>>,
}

impl Told {
    fn with(answer: Result<Answer, NoAnswer>) -> Arc<Self> {
        Arc::new(Self { answer, asked: AtomicUsize::new(0), last: Mutex::default() })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Sts for Told {
    fn ask(&self, request: Forwarded) -> BoxFuture<'_, Result<Answer, NoAnswer>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        *self.last.lock().unwrap() = Some(request);
        Box::pin(async { self.answer.clone() })
    }
}

/// A proof in its parts; the stand-in believes every signature, so any text of the form will do.
#[derive(Debug, Clone)]
struct Draft {
    method: String,
    url: String,
    body: String,
    headers: Vec<(String, String)>,
    signed: Vec<String>,
    credential: String,
    signature: String,
}

impl Draft {
    /// A good proof of a role's session, signed at noon.
    fn good() -> Self {
        let headers = [
            ("Host", "sts.us-east-1.amazonaws.com"),
            ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("X-Amz-Date", "20260301T120000Z"),
            ("X-Amz-Security-Token", TOKEN),
            ("x-iam-mcp-gateway-id", &format!("{GATEWAY};key={KEY_HASH}")),
        ];
        Self {
            method: "POST".into(),
            url: "https://sts.us-east-1.amazonaws.com/".into(),
            body: "Action=GetCallerIdentity&Version=2011-06-15".into(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            signed: SIGNED.map(str::to_owned).into(),
            credential: "ASIAEXAMPLEEXAMPLE01/20260301/us-east-1/sts/aws4_request".into(),
            signature: SIGNATURE.into(),
        }
    }

    /// The same with long-term credentials.
    fn of_a_user() -> Self {
        let mut draft = Self::good();
        draft.set("X-Amz-Security-Token", None);
        draft.signed.retain(|name| name != "x-amz-security-token");
        draft.credential = draft.credential.replace("ASIA", "AKIA");
        draft
    }

    /// The header of that name, in place of one that is there; or without it.
    fn set(&mut self, name: &str, value: Option<&str>) {
        let at = self.headers.iter().position(|(own, _)| own.eq_ignore_ascii_case(name));
        match (at, value) {
            (Some(at), Some(value)) => value.clone_into(&mut self.headers[at].1),
            (Some(at), None) => drop(self.headers.remove(at)),
            (None, Some(value)) => self.headers.push((name.to_owned(), value.to_owned())),
            (None, None) => {}
        }
    }

    fn for_host(mut self, host: &str, region: &str) -> Self {
        self.url = format!("https://{host}/");
        self.set("host", Some(host));
        self.credential = self.credential.replace("us-east-1", region);
        self
    }

    /// Another proof than the others: with a signature of its own.
    fn numbered(mut self, number: usize) -> Self {
        self.signature = format!("{number:064x}");
        self
    }

    fn request(&self) -> SignedRequest {
        let Self { method, url, body, headers, signed, credential, signature } = self.clone();
        let signed = signed.join(";");
        let value = format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed}, Signature={signature}");
        let mut headers = headers;
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization")) {
            headers.push(("Authorization".to_owned(), value));
        }
        SignedRequest { method, url, headers, body }
    }
}

/// The gateway's side at noon, with this STS.
fn at_noon(sts: &Arc<Told>) -> (CallerIdentity, Arc<ManualClock>) {
    let clock = ManualClock::at(noon());
    (CallerIdentity::new(Arc::clone(sts) as Arc<dyn Sts>, Arc::clone(&clock) as SharedClock), clock)
}

/// What becomes of a good proof when STS answers so.
async fn answered(answer: Result<Answer, NoAnswer>) -> Result<Proven, ProofRefusal> {
    let (proofs, _) = at_noon(&Told::with(answer));
    proofs.prove(&Draft::good().request(), &PUBLIC_KEY, &configured(&[])).await
}

fn code(proven: &Result<Proven, ProofRefusal>) -> &'static str {
    proven.as_ref().map_or_else(|refusal| refusal.code, |_| "accepted")
}

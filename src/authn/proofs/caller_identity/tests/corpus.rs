//! `tests/proofs/caller_identity.json`: what each hostile proof, or hostile answer, differs in from a good one; the code it is
//! refused with; and whether STS may be asked.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;

const CORPUS: &str = include_str!("../../../../../tests/proofs/caller_identity.json");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) code: String,
    pub(super) asks_sts: bool,
    method: Option<String>,
    url: Option<String>,
    body: Option<String>,
    /// In place of the good ones; `null` takes one away.
    #[serde(default)]
    headers: BTreeMap<String, Option<String>>,
    /// Beside the others, whatever their names.
    #[serde(default)]
    more_headers: Vec<(String, String)>,
    /// A header with a value of so many letters.
    long_header: Option<(String, usize)>,
    signed: Option<Vec<String>>,
    credential: Option<String>,
    signature: Option<String>,
    now: Option<Timestamp>,
    /// The byte that the public key consists of.
    public_key: Option<u8>,
    /// Texts of the configuration, and what stands in their place.
    #[serde(default)]
    configuration: Vec<(String, String)>,
    answer: Option<AnswerOf>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerOf {
    status: u16,
    content_type: Option<String>,
    #[serde(default)]
    body: String,
    body_hex: Option<String>,
    /// So many bytes come over HTTP: the body, and blanks behind it.
    length: Option<usize>,
}

pub(super) fn cases() -> Vec<Case> {
    serde_json::from_str(CORPUS).expect("the corpus is sound")
}

impl Case {
    fn request(&self) -> SignedRequest {
        let mut draft = Draft::good();
        let replaced = [
            (&self.method, &mut draft.method),
            (&self.url, &mut draft.url),
            (&self.body, &mut draft.body),
            (&self.credential, &mut draft.credential),
            (&self.signature, &mut draft.signature),
        ];
        for (given, part) in replaced {
            given.clone_into_if_some(part);
        }
        for (name, value) in &self.headers {
            draft.set(name, value.as_deref());
        }
        if let Some((name, length)) = &self.long_header {
            draft.set(name, Some(&"a".repeat(*length)));
        }
        draft.headers.extend(self.more_headers.iter().cloned());
        if let Some(signed) = &self.signed {
            draft.signed.clone_from(signed);
        }
        draft.request()
    }

    async fn answer(&self) -> Result<Answer, NoAnswer> {
        let Some(AnswerOf { status, content_type, body, body_hex, length }) = self.answer.clone() else {
            return Ok(told_of_alice());
        };
        let mut body = body_hex.map_or(body.into_bytes(), |hex| {
            data_encoding::HEXLOWER.decode(hex.as_bytes()).expect("the corpus has sound hex")
        });
        let Some(length) = length else { return Ok(Answer { status, content_type, body }) };
        // How much is read of an answer is for the connector to say, so it gets to see this one.
        body.resize(length, b' ');
        let content_type = content_type.unwrap_or_default();
        let head = format!("HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\nconnection: close\r\n\r\n");
        network::over_http([head.as_bytes(), &body].concat()).await.0
    }

    /// What becomes of it, and how often STS was asked.
    async fn run(&self) -> (Result<Proven, ProofRefusal>, usize) {
        let changes: Vec<(&str, &str)> =
            self.configuration.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
        let sts = Told::with(self.answer().await);
        let (proofs, clock) = at_noon(&sts);
        if let Some(now) = self.now {
            clock.advance(now.duration_since(noon()));
        }
        let key = self.public_key.map_or(PUBLIC_KEY, |byte| [byte; 32]);
        let proven = proofs.prove(&self.request(), &key, &configured(&changes)).await;
        (proven, sts.asked())
    }
}

trait CloneIntoIfSome {
    fn clone_into_if_some(&self, part: &mut String);
}

impl CloneIntoIfSome for Option<String> {
    fn clone_into_if_some(&self, part: &mut String) {
        if let Some(text) = self {
            part.clone_from(text);
        }
    }
}

#[tokio::test]
async fn every_hostile_proof_is_refused_with_its_code_and_sts_asked_only_where_it_has_to_be() {
    let cases = cases();
    assert!(cases.len() >= 300, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let (proven, asked) = case.run().await;
        if code(&proven) != case.code || asked != usize::from(case.asks_sts) {
            wrong.push(format!("{}: {} instead of {}, asked {asked}", case.name, code(&proven), case.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn no_refusal_repeats_anything_of_the_proof_or_of_the_answer() {
    for case in cases() {
        let (proven, _) = case.run().await;
        let refusal = proven.expect_err("it is refused");
        let told = format!("{refusal:?}");
        for secret in [TOKEN, SIGNATURE, "evil", "canary", "Developer", "made up", "ASIAEXAMPLE"] {
            assert!(!told.contains(secret), "{}: {told}", case.name);
        }
    }
}

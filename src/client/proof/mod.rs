//! Making proofs of identity: what a gateway's exchange is shown ([`crate::exchange::request`]).

pub mod caller_identity;
pub mod sts;
pub mod token_file;
pub mod web_identity;

use std::error::Error;
use std::fmt::Debug;

use data_encoding::BASE64URL_NOPAD;
use futures_util::future::BoxFuture;
use serde::Serialize;

use super::keys::NoKeys;
use crate::exchange::request::Proof;
use crate::secret::Secret;
use crate::tools::text;

/// Makes proofs.
pub trait Prove: Debug + Send + Sync {
    /// A new proof: each is good for one exchange. `public_key` is what the reply will be sealed to.
    fn prove<'a>(&'a self, public_key: &'a [u8]) -> BoxFuture<'a, Result<Proof, NoKeys>>;
}

#[derive(Serialize)]
struct Written<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    caller_identity: Option<WrittenRequest<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    public_key: String,
}

#[derive(Serialize)]
struct WrittenRequest<'a> {
    method: &'a str,
    url: &'a str,
    headers: &'a [(String, String)],
    body: &'a str,
}

/// The body of an exchange.
#[must_use]
pub fn body(proof: &Proof, public_key: &[u8]) -> Secret {
    let (caller_identity, token) = match proof {
        Proof::CallerIdentity(request) => {
            let request = WrittenRequest {
                method: &request.method,
                url: &request.url,
                headers: &request.headers,
                body: &request.body,
            };
            (Some(request), None)
        }
        Proof::Token(token) => (None, Some(token.expose())),
    };
    let written = Written { caller_identity, token, public_key: BASE64URL_NOPAD.encode(public_key) };
    Secret::new(serde_json::to_string(&written).expect("texts are always JSON"))
}

/// What an error says, with what it says that it comes from: an SDK's own words alone say little.
pub(super) fn told(error: &dyn Error) -> String {
    const MOST: usize = 8;
    let mut told: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next.filter(|_| told.len() < MOST) {
        let said = text::visible(&in_one_line(&error.to_string())).into_owned();
        if !told.last().is_some_and(|last| last.contains(&said)) {
            told.push(said);
        }
        next = error.source();
    }
    told.join(": ")
}

/// Lists of what was tried come over several lines.
fn in_one_line(text: &str) -> String {
    let mut all = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match all.chars().last() {
            None => {}
            Some(':') => all.push(' '),
            Some(_) => all.push_str("; "),
        }
        all.push_str(line);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::request::{self, SignedRequest};

    #[test]
    fn what_comes_over_several_lines_is_told_in_one() {
        let error = std::io::Error::other("nothing found. Attempted:\n  Environment: no\n\n  Profile: none\n");
        assert_eq!(told(&error), "nothing found. Attempted: Environment: no; Profile: none");
    }

    #[test]
    fn what_is_sent_is_what_the_exchange_reads() {
        let key = super::super::exchange::sealed::OneTimeKey::new();
        let header = ("x-amz-date".to_owned(), "20261127T120000Z".to_owned());
        let signed = SignedRequest {
            method: "POST".to_owned(),
            url: "https://sts.us-east-1.amazonaws.com/".to_owned(),
            headers: vec![header.clone()],
            body: "Action=GetCallerIdentity".to_owned(),
        };
        let sent = body(&Proof::CallerIdentity(signed), key.public());
        let asked = request::read(sent.expose().as_bytes()).unwrap();
        assert_eq!(asked.reply.key(), Some(key.public()));
        let Proof::CallerIdentity(read) = asked.proof else { panic!("{:?}", asked.proof) };
        assert_eq!((read.method.as_str(), read.headers.as_slice()), ("POST", [header].as_slice()));

        let sent = body(&Proof::Token(Secret::new("eyJ\"\\".to_owned())), key.public());
        let asked = request::read(sent.expose().as_bytes()).unwrap();
        let Proof::Token(token) = asked.proof else { panic!("{:?}", asked.proof) };
        assert_eq!(token.expose(), "eyJ\"\\");
    }
}

//! How a case of the hostile corpus becomes a token: a good one, changed as the case says, and signed.

use serde::Deserialize;
use serde_json::Map;

use super::issuer::{KEYS, TestKey, encode, key_set};
use super::*;

/// One case of `tests/proofs/tokens.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    /// Which good token it begins with.
    token: Good,
    /// Where it is shown; a token of `bearer` at `/mcp`, the others at the exchange, unless another is said.
    pub(super) shown: Option<Shown>,
    /// Which key it is signed with.
    #[serde(default = "rsa")]
    key: String,
    /// Members to put into the header; null takes one away.
    #[serde(default)]
    header: Map<String, Value>,
    /// The same of the claims. `"+60"` is a time so many seconds after now.
    #[serde(default)]
    claims: Map<String, Value>,
    /// The same of what AWS's tokens have under its own name.
    #[serde(default)]
    of_aws: Map<String, Value>,
    /// Text to put behind the last member of the header, before it is signed.
    #[serde(default)]
    header_text: String,
    /// The same of the claims.
    #[serde(default)]
    claims_text: String,
    /// What is done to the token at last.
    then: Option<Then>,
    pub(super) code: String,
    /// Whether the issuer has to be asked to see it.
    #[serde(default)]
    pub(super) asks: bool,
}

fn rsa() -> String {
    "rsa".into()
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Good {
    Aws,
    Ci,
    Person,
    Bearer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Shown {
    Exchange,
    Bearer,
    BearerDev,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Then {
    /// Signed with HMAC-SHA-256 under the issuer's public key, as its JWK writes it.
    HmacOverPublicKey,
    /// Signed in ASN.1.
    Asn1Signature,
    /// One bit of the signature is another.
    FlipSignature,
    /// The signature is taken away.
    NoSignature,
    /// Another good token's signature.
    SignatureOfAnother,
    /// Claims are changed behind the signature's back.
    ChangeClaims,
    /// The header is.
    ChangeHeader,
    Pad,
    PlainBase64,
    Append(String),
    Prepend(String),
    DropPart,
    /// The claims are another token.
    Nest,
    ClaimsAre(String),
    HeaderIs(String),
}

impl Case {
    pub(super) fn shown(&self) -> Shown {
        let at = match self.token {
            Good::Bearer => Shown::Bearer,
            Good::Aws | Good::Ci | Good::Person => Shown::Exchange,
        };
        self.shown.unwrap_or(at)
    }

    fn claims(&self) -> Value {
        let mut claims = match self.token {
            Good::Aws => of_aws(),
            Good::Ci => of_ci(),
            Good::Person => of_person(),
            Good::Bearer => access_token(),
        };
        change(&mut claims, &self.claims);
        if !self.of_aws.is_empty() {
            change(&mut claims[OF_AWS], &self.of_aws);
        }
        claims
    }

    pub(super) fn make(&self) -> String {
        let key = &KEYS[self.key.as_str()];
        let id = self.key.trim_start_matches("other-");
        let mut header = json!({"typ": "JWT", "alg": key.algorithm(), "kid": id});
        change(&mut header, &self.header);
        let (mut header, mut claims) = (with(&header, &self.header_text), with(&self.claims(), &self.claims_text));
        match &self.then {
            Some(Then::Nest) => claims = issuer::token("rsa", &of_ci()),
            Some(Then::ClaimsAre(text)) => claims.clone_from(text),
            Some(Then::HeaderIs(text)) => header.clone_from(text),
            _ => {}
        }
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let mut signature = match &self.then {
            Some(Then::HmacOverPublicKey) => hmac(signed.as_bytes()),
            Some(Then::Asn1Signature) => TestKey::sign_in_asn1(signed.as_bytes()),
            Some(Then::NoSignature) => Vec::new(),
            Some(Then::SignatureOfAnother) => key.sign(b"another"),
            _ => key.sign(signed.as_bytes()),
        };
        let flip = matches!(self.then, Some(Then::FlipSignature));
        if flip {
            signature[10] ^= 1;
        }
        let token = format!("{signed}.{}", encode(signature));
        let behind = token.rsplit('.').next().unwrap_or_default().to_owned();
        match &self.then {
            Some(Then::ChangeClaims) => {
                let claims = claims.replacen(r#""sub":"#, r#""was":"#, 1).replacen('{', r#"{"sub":"root","#, 1);
                format!("{}.{}.{behind}", encode(&header), encode(claims))
            }
            Some(Then::ChangeHeader) => {
                let header = header.replacen('{', r#"{"x":1,"#, 1);
                format!("{}.{}.{behind}", encode(header), encode(&claims))
            }
            Some(Then::Pad) => format!("{token}="),
            Some(Then::PlainBase64) => {
                let plain = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
                format!("{}.{}.{behind}", plain(&header), plain(&format!("{claims}  ")))
            }
            Some(Then::Append(text)) => token + text,
            Some(Then::Prepend(text)) => format!("{text}{token}"),
            Some(Then::DropPart) => signed,
            _ => token,
        }
    }
}

/// The text of an object, with more text behind its last member.
fn with(object: &Value, text: &str) -> String {
    let object = object.to_string();
    format!("{}{text}}}", object.strip_suffix('}').unwrap_or(&object))
}

fn change(object: &mut Value, changes: &Map<String, Value>) {
    for (name, value) in changes {
        let seconds = value.as_str().filter(|text| text.starts_with(['+', '-'])).and_then(|text| text.parse().ok());
        match (seconds, value) {
            (Some(seconds), _) => object[name] = after(seconds),
            (None, Value::Null) => drop(object.as_object_mut().unwrap().remove(name)),
            (None, value) => object[name] = value.clone(),
        }
    }
}

fn hmac(message: &[u8]) -> Vec<u8> {
    let set = key_set();
    let keys = set["keys"].as_array().unwrap();
    let public = keys.iter().find(|key| key["kid"] == "rsa").unwrap()["n"].as_str().unwrap().to_owned();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, public.as_bytes());
    aws_lc_rs::hmac::sign(&key, message).as_ref().to_vec()
}

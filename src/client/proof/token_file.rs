//! Tokens that something else writes into a file and renews there, such as Kubernetes' projected service-account tokens.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use futures_util::future::BoxFuture;

use super::Prove;
use crate::authn::tokens::LONGEST_TOKEN;
use crate::client::keys::NoKeys;
use crate::exchange::request::Proof;
use crate::secret::Secret;
use crate::tools::text;

/// The longest file that is read, in bytes: the longest token that a gateway takes, with a line's end behind it.
const LONGEST: usize = LONGEST_TOKEN + "\r\n".len();

/// Reads the token anew for every proof, so that a renewed one is used.
#[derive(Debug)]
pub struct TokenFile(pub PathBuf);

impl TokenFile {
    fn token(&self) -> Result<Secret, NoKeys> {
        let path = text::visible(&self.0.display().to_string()).into_owned();
        let no_token = |what: String| NoKeys {
            message: format!("{path} {what}"),
            hint: Some("--web-identity-token-file names the file that your platform writes the token to".to_owned()),
        };
        let mut content = zeroize::Zeroizing::new(String::new());
        let opened = File::open(&self.0).and_then(|file| file.take(LONGEST as u64 + 1).read_to_string(&mut content));
        opened.map_err(|error| no_token(format!("cannot be read: {error}")))?;
        let token = content.trim();
        if content.len() > LONGEST || token.len() > LONGEST_TOKEN {
            return Err(no_token(format!("holds more than {LONGEST_TOKEN} bytes, and gateways take no longer token")));
        }
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(no_token("holds no token".to_owned()));
        }
        Ok(Secret::new(token.to_owned()))
    }
}

impl Prove for TokenFile {
    fn prove<'a>(&'a self, _public_key: &'a [u8]) -> BoxFuture<'a, Result<Proof, NoKeys>> {
        Box::pin(async move { Ok(Proof::Token(self.token()?)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renewed_token_is_the_next_proof() {
        let folder = tempfile::tempdir().unwrap();
        let file = TokenFile(folder.path().join("token"));
        let longest = "x".repeat(LONGEST_TOKEN);
        let line = format!("{longest}\r\n");
        for (content, token) in [("eyJa.b.c\n", "eyJa.b.c"), ("  second\r\n", "second"), (&line, &longest)] {
            std::fs::write(&file.0, content).unwrap();
            assert_eq!(file.token().unwrap().expose(), token);
        }
    }

    #[test]
    fn what_holds_no_token_is_refused_and_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let file = TokenFile(folder.path().join("token"));
        assert!(file.token().unwrap_err().message.contains("cannot be read"));
        let long = "hush".repeat(LONGEST_TOKEN / 4) + "x";
        let padded = format!("hush{}", " ".repeat(LONGEST_TOKEN));
        for content in ["", " \n", "hush hush", "hush\u{1b}", &long, &padded] {
            std::fs::write(&file.0, content).unwrap();
            let refused = file.token().unwrap_err();
            assert!(!refused.to_string().contains("hush"), "{refused}");
        }
        std::fs::write(&file.0, [0xff, 0xfe]).unwrap();
        assert!(file.token().is_err());
    }
}

//! What the page lets itself do: nothing but its own style and script, which it names by their hashes.
//!
//! Source: <https://www.w3.org/TR/CSP3/#match-element-to-source-list>.

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

/// The value of a `Content-Security-Policy`.
pub(super) fn content_security_policy(style: &str, script: &str) -> String {
    let hash = |text: &str| BASE64.encode(&Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        hash(style),
        hash(script)
    )
}

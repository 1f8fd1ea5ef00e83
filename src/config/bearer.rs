//! `[bearer]`: access tokens of OAuth clients.

use super::issuer::Issuer;
use super::issuer_url::IssuerUrl;
use super::section::{Item, Section};
use super::sink::Problem;

/// `[bearer]`: how this gateway is a resource server, if it is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// Scheme, host and port as clients dial them: what access tokens are for (RFC 8707) is this with the path behind.
    pub url: IssuerUrl,
    /// The scope that lets a token read.
    pub read_scope: String,
    /// The scope that lets a token write, and read.
    pub write_scope: String,
}

pub(super) fn read(section: &Section<'_>, issuers: &[Issuer]) -> Option<Bearer> {
    let is_used = issuers.iter().any(|issuer| issuer.bearer);
    let read_scope = section.optional("read_scope").map_or(Some("iam-mcp:read".to_owned()), |item| scope(&item));
    let write_scope = section.optional("write_scope").map_or(Some("iam-mcp:write".to_owned()), |item| scope(&item));
    let url = match section.optional("url") {
        Some(item) => origin(&item),
        None if is_used => {
            section.missing("url", "write url = \"https://iam-mcp.example.internal\", as clients dial the gateway");
            None
        }
        None => None,
    };
    if !is_used && section.optional("url").is_some() {
        section.sink().warn("bearer", "no [[issuer]] has \"bearer\" among its uses, so no access token is accepted");
    }
    if read_scope.is_some() && read_scope == write_scope {
        section.fault_at("write_scope", Problem::conflict("is the scope for reading, too").remedy("name two scopes"));
    }
    Some(Bearer { url: url?, read_scope: read_scope?, write_scope: write_scope? }).filter(|_| is_used)
}

/// Scheme, host and port, in the one spelling that clients compare by.
fn origin(item: &Item<'_>) -> Option<IssuerUrl> {
    let url: IssuerUrl = item.parse()?;
    if url.origin() != url.as_str() || url.as_str() != url.as_str().to_ascii_lowercase() {
        let problem =
            Problem::invalid("must be scheme, host and port alone, in lower case and without a slash at the end");
        item.fault(problem.remedy("the paths /mcp and /mcp/{environment} are added to it"));
        return None;
    }
    Some(url)
}

/// RFC 6749, section 3.3.
fn scope(item: &Item<'_>) -> Option<String> {
    item.check(|text| {
        let is_of_scopes = |b: u8| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        if (1..=128).contains(&text.len()) && text.bytes().all(is_of_scopes) {
            Ok(text.to_owned())
        } else {
            Err(Problem::invalid("is no scope")
                .remedy("1 to 128 printable characters without blanks, quotes and backslashes"))
        }
    })
}

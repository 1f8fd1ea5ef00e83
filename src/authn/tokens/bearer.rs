//! Access tokens: which resource they must be for, and what their scopes let them do.

use serde_json::Value;

use super::refusal::TokenRefusal;
use crate::config::Bearer;

/// What an access token must be for, to be good at the MCP endpoint of this environment, or of the default one (RFC 8707):
/// the endpoint's URL as clients dial it. Clients refuse metadata of another resource, so each path has its own.
#[must_use]
pub fn resource(bearer: &Bearer, environment: Option<&str>) -> String {
    let url = bearer.url.as_str();
    match environment {
        Some(environment) => format!("{url}/mcp/{environment}"),
        None => format!("{url}/mcp"),
    }
}

/// Whether the token may write, if it may read at all.
pub(super) fn may_write(bearer: &Bearer, claims: &Value) -> Result<bool, TokenRefusal> {
    let scopes = scopes(claims)?;
    let has = |scope: &str| scopes.contains(&scope);
    match (has(&bearer.read_scope), has(&bearer.write_scope)) {
        (_, true) => Ok(true),
        (true, false) => Ok(false),
        (false, false) => Err(TokenRefusal::InsufficientScope { scope: bearer.read_scope.clone() }),
    }
}

/// `scope`, a text with blanks (RFC 9068, section 2.2.3); or `scp`, as some issuers call it, a text or a list.
fn scopes(claims: &Value) -> Result<Vec<&str>, TokenRefusal> {
    let (name, value) = match (claims.get("scope"), claims.get("scp")) {
        (Some(scope), _) => ("scope", scope),
        (None, Some(scp)) => ("scp", scp),
        (None, None) => return Ok(Vec::new()),
    };
    let invalid = || TokenRefusal::ClaimInvalid(name.into());
    match value {
        Value::String(text) => Ok(text.split(' ').collect()),
        Value::Array(list) if name == "scp" => list.iter().map(|scope| scope.as_str().ok_or_else(invalid)).collect(),
        _ => Err(invalid()),
    }
}

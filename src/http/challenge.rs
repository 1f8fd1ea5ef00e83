//! What a refusal asks for: `WWW-Authenticate` (RFC 9110, section 11.6.1).

use http::HeaderValue;

/// One way to authenticate, as a refusal offers it. Each is a header line of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Challenge {
    /// An access token (RFC 6750, section 3; RFC 9728, section 5.1).
    ///
    /// Clients look for these parameters in all lines together and take the first of each name, and some do not look at all
    /// unless the first line begins with `Bearer`. So it stands before every other challenge.
    Bearer {
        /// Where the metadata of the resource is.
        resource_metadata: String,
        /// The scope to ask for.
        scope: String,
        /// What was wrong with the token, where one came.
        error: Option<BearerError>,
    },
    /// A SigV4 signature.
    SigV4,
}

/// RFC 6750, section 3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BearerError {
    /// Another token is needed.
    InvalidToken,
    /// Another scope is.
    InsufficientScope,
}

impl Challenge {
    /// The header line of a refusal with this code and message.
    pub(super) fn header(&self, code: &str, message: &str) -> HeaderValue {
        let text = match self {
            // The code lets clients that drop the body of a 401 still say why.
            Self::SigV4 => format!("AWS4-HMAC-SHA256 realm=\"iam-mcp-gateway\", error=\"{code}\""),
            Self::Bearer { resource_metadata, scope, error } => {
                let mut text = format!("Bearer resource_metadata=\"{resource_metadata}\", scope=\"{scope}\"");
                if let Some(error) = error {
                    let error = match error {
                        BearerError::InvalidToken => "invalid_token",
                        BearerError::InsufficientScope => "insufficient_scope",
                    };
                    let is_quotable = |c: &char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
                    let description: String = message.chars().filter(is_quotable).collect();
                    text.push_str(&format!(", error=\"{error}\", error_description=\"{code}: {description}\""));
                }
                text
            }
        };
        HeaderValue::try_from(text).expect("codes, scopes and URLs are printable ASCII, and descriptions were filtered")
    }
}

//! How an attempt ended, from its answer: before the SDK reads it, and for every service alike.

use aws_smithy_runtime_api::client::result::ConnectorError;

use super::Upstream;
use super::reach::Unconnected;
use crate::iam::failure::is_throttling;
use crate::iam::meter::error_code_in;

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// AWS answered: that it did it, or that it did not.
    Answered,
    /// AWS turned it away for its rate.
    Throttled,
    /// AWS answered with a fault of its own.
    ServerFault,
    /// There was no connection.
    NotConnected,
    /// The connection ended before an answer came.
    BrokenOff,
    /// No answer came in time.
    TimedOut,
    /// The answer is none of AWS's, or not the whole of one.
    Unreadable,
    /// The request could not be sent: the gateway's mistake, which says nothing of AWS.
    Unsendable,
}

impl Ended {
    /// The label in figures.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Throttled => "throttled",
            Self::ServerFault => "server_fault",
            Self::NotConnected => "not_connected",
            Self::BrokenOff => "broken_off",
            Self::TimedOut => "timed_out",
            Self::Unreadable => "unreadable",
            Self::Unsendable => "unsendable",
        }
    }

    /// Whether it opens breakers. Throttling does not: who throttles is there, and it is the account's rate that reacts.
    #[must_use]
    pub fn is_failure(self) -> bool {
        match self {
            Self::ServerFault | Self::NotConnected | Self::BrokenOff | Self::TimedOut | Self::Unreadable => true,
            Self::Answered | Self::Throttled | Self::Unsendable => false,
        }
    }

    /// From a whole answer.
    pub(super) fn of_answer(upstream: Upstream, status: u16, error_type: Option<&str>, body: &[u8]) -> Self {
        if status >= 300 {
            let code = error_type.map(ToOwned::to_owned).or_else(|| error_code_in(body));
            return match code {
                Some(code) if is_throttling(&code) => Self::Throttled,
                _ if status >= 500 => Self::ServerFault,
                Some(_) => Self::Answered,
                None => Self::Unreadable,
            };
        }
        if is_whole(upstream, body) { Self::Answered } else { Self::Unreadable }
    }

    /// From what kept an answer from coming.
    pub(super) fn of_error(error: &ConnectorError) -> Self {
        if error.is_user() {
            Self::Unsendable
        } else if Unconnected::within(error).is_some() {
            Self::NotConnected
        } else if error.is_timeout() {
            Self::TimedOut
        } else {
            Self::BrokenOff
        }
    }
}

/// Whether a good answer is what its service answers, from its beginning to its end.
///
/// The SDK does not look into the answer of an operation that tells nothing, such as DeleteUser: without this a proxy's
/// page would count as a user deleted. It is a look at both ends, not a parser.
pub(super) fn is_whole(upstream: Upstream, body: &[u8]) -> bool {
    match upstream {
        Upstream::Sts | Upstream::Iam => is_whole_xml(body),
        Upstream::SecretsManager | Upstream::AccessAnalyzer | Upstream::CloudTrail => {
            let body = body.trim_ascii();
            body.starts_with(b"{") && body.ends_with(b"}")
        }
    }
}

/// Whether it is an element `{Operation}Response` that ends with its end tag, as every answer of the Query protocol is.
fn is_whole_xml(body: &[u8]) -> bool {
    let mut body = body.trim_ascii();
    if body.starts_with(b"<?") {
        let Some(end) = body.windows(2).position(|two| two == b"?>") else { return false };
        body = body[end + 2..].trim_ascii_start();
    }
    let Some(rest) = body.strip_prefix(b"<") else { return false };
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric();
    let name = &rest[..rest.iter().position(|byte| !is_of_name(byte)).unwrap_or(rest.len())];
    let end = body.strip_suffix(b">").map(<[u8]>::trim_ascii_end);
    let end = end.and_then(|body| body.strip_suffix(name)).is_some_and(|body| body.ends_with(b"</"));
    name.ends_with(b"Response") && end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_answer_is_told_from_a_part_of_one_and_from_somebody_elses() {
        let whole = r#"<ListUsersResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><A/></ListUsersResponse>"#;
        let declared = format!("\u{20}<?xml version=\"1.0\"?>\n{whole}\n");
        for body in [whole, &declared] {
            assert!(is_whole(Upstream::Iam, body.as_bytes()) && is_whole(Upstream::Sts, body.as_bytes()), "{body}");
        }
        let html = "<html><body>ListUsersResponse</body></html>";
        let others =
            ["", " ", "<", "<?xml", "%%%", html, "</>", "<Response", r#"{"Users": []}"#, "<Nothing></Nothing>"];
        for body in others.into_iter().chain((0..whole.len()).map(|length| &whole[..length])) {
            assert!(!is_whole(Upstream::Iam, body.as_bytes()), "{body}");
        }
        assert!(is_whole(Upstream::AccessAnalyzer, b"{\"findings\": []}\n"));
        for body in ["", "{\"findings\": [", whole] {
            assert!(!is_whole(Upstream::SecretsManager, body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn an_error_is_awss_fault_a_throttling_or_an_answer() {
        let xml = |code: &str| format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>");
        let ended = |status, body: &str| Ended::of_answer(Upstream::Iam, status, None, body.as_bytes());
        assert_eq!(ended(403, &xml("AccessDenied")), Ended::Answered);
        assert_eq!(ended(400, &xml("Throttling")), Ended::Throttled);
        assert_eq!(ended(503, &xml("Throttling")), Ended::Throttled);
        assert_eq!(ended(500, &xml("ServiceFailure")), Ended::ServerFault);
        assert_eq!(ended(502, "<html>"), Ended::ServerFault);
        assert_eq!(ended(403, "<html>"), Ended::Unreadable);
        assert_eq!(ended(302, ""), Ended::Unreadable);
        let json = Ended::of_answer(Upstream::AccessAnalyzer, 429, Some("ThrottlingException"), b"{}");
        assert_eq!(json, Ended::Throttled);
    }
}

//! What a relay answers itself, in place of the AWS behind it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use percent_encoding::percent_decode_str;

const REQUEST: &str = "00000000-0000-4000-8000-00000000000b";

/// Which requests are refused, and how.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    /// The operation, `CreateUser`.
    pub(crate) operation: String,
    /// Only of requests with this text in them.
    pub(crate) about: String,
    /// How many of them; the others pass.
    pub(crate) times: usize,
    /// The HTTP status.
    pub(crate) status: u16,
    /// AWS's code.
    pub(crate) code: &'static str,
    /// AWS's message.
    pub(crate) message: String,
}

/// What CloudTrail, which speaks JSON, is asked.
const IN_JSON: &str = "LookupEvents";

impl Refusal {
    /// As AWS refuses who may not.
    pub(crate) fn denied(operation: &str, about: &str) -> Self {
        let (service, code, status) = match operation {
            IN_JSON => ("cloudtrail", "AccessDeniedException", 400),
            _ => ("iam", "AccessDenied", 403),
        };
        let message =
            format!("User: the caller is not authorized to perform: {service}:{operation} because a test says so");
        Self::of(operation, about, usize::MAX, status, code, message)
    }

    /// As AWS turns requests away for their rate, so many times.
    pub(crate) fn throttled(operation: &str, about: &str, times: usize) -> Self {
        let code = if operation == IN_JSON { "ThrottlingException" } else { "Throttling" };
        Self::of(operation, about, times, 400, code, "Rate exceeded".to_owned())
    }

    fn of(operation: &str, about: &str, times: usize, status: u16, code: &'static str, message: String) -> Self {
        Self { operation: operation.to_owned(), about: about.to_owned(), times, status, code, message }
    }

    fn answer(&self) -> Vec<u8> {
        let body = match self.operation.as_str() {
            IN_JSON => format!("{{\"__type\":\"{}\",\"message\":\"{}\"}}", self.code, self.message),
            _ => format!(
                "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type><Code>{}</Code>\
                 <Message>{}</Message></Error><RequestId>{REQUEST}</RequestId></ErrorResponse>",
                self.code, self.message
            ),
        };
        let head = format!(
            "HTTP/1.1 {} x\r\ncontent-type: text/xml\r\nconnection: close\r\nx-amzn-requestid: {REQUEST}",
            self.status
        );
        format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }
}

/// The refusals of a relay.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<Vec<Refusal>>);

impl Refusals {
    /// Has these in place of those before.
    pub(super) fn set(&self, refusals: Vec<Refusal>) {
        *self.locked() = refusals;
    }

    /// The answer to a request with this `X-Amz-Target`, where it has one, and this body, if it is refused.
    pub(super) fn answer(&self, target: Option<&str>, body: &[u8]) -> Option<Vec<u8>> {
        let body = percent_decode_str(std::str::from_utf8(body).ok()?).decode_utf8_lossy();
        let operation = match target {
            Some(target) => target.rsplit('.').next()?,
            None => body.split('&').find_map(|parameter| parameter.strip_prefix("Action="))?,
        };
        let mut refusals = self.locked();
        let refusal = refusals
            .iter_mut()
            .find(|refusal| refusal.operation == operation && refusal.times > 0 && body.contains(&refusal.about))?;
        refusal.times -= 1;
        Some(refusal.answer())
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Refusal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

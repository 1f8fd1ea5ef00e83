//! STS and IAM in memory, which fail as told and keep what they were sent.

use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures_util::future::pending;
use http_body::Frame;

use crate::iam::upstream::reach::{Lacking, Unconnected};

/// What is wrong. The names are those of the table in docs/errors.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Fault {
    Throttling,
    InternalError,
    Unavailable,
    BadGateway,
    Forbidden,
    Refused,
    Name,
    Tls,
    Reset,
    SlowHead,
    SlowBody,
    BrokenOff,
    Truncated,
    Page,
    Empty,
}

impl Fault {
    pub(super) const ALL: [Self; 15] = [
        Self::Throttling,
        Self::InternalError,
        Self::Unavailable,
        Self::BadGateway,
        Self::Forbidden,
        Self::Refused,
        Self::Name,
        Self::Tls,
        Self::Reset,
        Self::SlowHead,
        Self::SlowBody,
        Self::BrokenOff,
        Self::Truncated,
        Self::Page,
        Self::Empty,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Throttling => "AWS throttles",
            Self::InternalError => "HTTP 500 with an error of AWS's",
            Self::Unavailable => "HTTP 503 with an error of AWS's",
            Self::BadGateway => "HTTP 502 with somebody else's page",
            Self::Forbidden => "HTTP 403 with somebody else's page",
            Self::Refused => "the connection is refused, or not made in time",
            Self::Name => "the endpoint's name is not found",
            Self::Tls => "TLS fails",
            Self::Reset => "the connection ends before the answer",
            Self::SlowHead => "no answer in time",
            Self::SlowBody => "an answer that does not end in time",
            Self::BrokenOff => "the connection ends within the answer",
            Self::Truncated => "an answer that is cut off",
            Self::Page => "HTTP 200 with somebody else's page",
            Self::Empty => "HTTP 200 with nothing",
        }
    }

    fn answer(self, good: &str) -> HttpConnectorFuture {
        let error = |code: &str| {
            format!("<ErrorResponse><Error><Type>Receiver</Type><Code>{code}</Code></Error></ErrorResponse>")
        };
        let page = "<html><body>Bad Gateway</body></html>";
        let half = &good[..good.len() / 2];
        match self {
            Self::Throttling => answered(400, error("Throttling")),
            Self::InternalError => answered(500, error("ServiceFailure")),
            Self::Unavailable => answered(503, error("ServiceUnavailable")),
            Self::BadGateway => answered(502, page),
            Self::Forbidden => answered(403, page),
            Self::Refused => unconnected(Lacking::Connection),
            Self::Name => unconnected(Lacking::Name),
            Self::Tls => unconnected(Lacking::Tls),
            Self::Reset => HttpConnectorFuture::ready(Err(ConnectorError::io("connection reset".into()))),
            Self::SlowHead => HttpConnectorFuture::new(pending()),
            Self::SlowBody => answered(200, Part::of(half, false)),
            Self::BrokenOff => answered(200, Part::of(half, true)),
            Self::Truncated => answered(200, half),
            Self::Page => answered(200, page),
            Self::Empty => answered(200, ""),
        }
    }
}

fn unconnected(lacking: Lacking) -> HttpConnectorFuture {
    HttpConnectorFuture::ready(Err(Unconnected::into_error(lacking, "as told")))
}

fn answered(status: u16, body: impl Into<SdkBody>) -> HttpConnectorFuture {
    let html = "text/html";
    let mut response = HttpResponse::new(status.try_into().unwrap(), body.into());
    response.headers_mut().insert("content-type", html);
    HttpConnectorFuture::ready(Ok(response))
}

/// A body that gives a part, and then nothing more or an error.
struct Part {
    part: Option<Bytes>,
    breaks: bool,
}

impl Part {
    fn of(part: &str, breaks: bool) -> SdkBody {
        SdkBody::from_body_1_x(Self { part: Some(part.to_owned().into()), breaks })
    }
}

impl http_body::Body for Part {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.part.take() {
            Some(part) => Poll::Ready(Some(Ok(Frame::data(part)))),
            None if self.breaks => Poll::Ready(Some(Err("connection reset".into()))),
            None => Poll::Pending,
        }
    }
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) service: &'static str,
    pub(super) action: String,
    /// Whom it is about: the session's name, or the user's.
    pub(super) subject: String,
    pub(super) access_key_id: String,
    /// One for all attempts of a call.
    pub(super) invocation: String,
    pub(super) fault: Option<Fault>,
}

#[derive(Debug, Default)]
struct Inner {
    faults: HashMap<&'static str, Fault>,
    seen: Vec<Seen>,
}

/// The AWS. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Aws(Arc<Mutex<Inner>>);

impl Aws {
    /// From now on `service` fails so, or does not.
    pub(super) fn set(&self, service: &'static str, fault: Option<Fault>) {
        let faults = &mut self.0.lock().unwrap().faults;
        match fault {
            Some(fault) => faults.insert(service, fault),
            None => faults.remove(service),
        };
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.0.lock().unwrap().seen.clone()
    }

    /// How many requests came for `service`.
    pub(super) fn sent(&self, service: &str) -> usize {
        self.seen().iter().filter(|seen| seen.service == service).count()
    }
}

impl HttpConnector for Aws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap();
        let parameters: BTreeMap<&str, &str> = body.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let header = |name| request.headers().get(name).unwrap_or_default().to_owned();
        let authorization = header("authorization");
        let credential = authorization.split_once("Credential=").unwrap().1.split(',').next().unwrap();
        let service = if credential.contains("/sts/") { "sts" } else { "iam" };
        let action = parameters["Action"];
        let subject = *parameters.get("UserName").or(parameters.get("RoleSessionName")).unwrap_or(&"");
        let mut inner = self.0.lock().unwrap();
        let fault = inner.faults.get(service).copied();
        inner.seen.push(Seen {
            service,
            action: action.to_owned(),
            subject: subject.to_owned(),
            access_key_id: credential.split('/').next().unwrap().to_owned(),
            invocation: header("amz-sdk-invocation-id"),
            fault,
        });
        drop(inner);
        let good = good(action, subject);
        match fault {
            Some(fault) => fault.answer(&good),
            None => answered(200, good),
        }
    }
}

/// The access key id of the session that is given to `who`.
pub(super) fn key_of(who: &str) -> String {
    format!("ASIA{who}")
}

fn good(action: &str, subject: &str) -> String {
    let result = match action {
        "AssumeRole" => format!(
            "<Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>not-a-real-secret</SecretAccessKey>\
             <SessionToken>token</SessionToken><Expiration>2026-11-27T13:00:00Z</Expiration></Credentials>\
             <AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:{subject}</AssumedRoleId>\
             <Arn>arn:aws:sts::123456789012:assumed-role/agent/{subject}</Arn></AssumedRoleUser>",
            key_of(subject)
        ),
        "GetCallerIdentity" => "<Arn>arn:aws:iam::123456789012:user/gateway</Arn>".to_owned(),
        "GetUser" => format!(
            "<User><Path>/</Path><UserName>{subject}</UserName><UserId>AIDAEXAMPLE</UserId>\
             <Arn>arn:aws:iam::123456789012:user/{subject}</Arn><CreateDate>2026-11-27T12:00:00Z</CreateDate></User>"
        ),
        _ => String::new(),
    };
    format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>")
}

//! Answers in the query protocol's XML.

use axum::body::Body;
use axum::response::Response;
use http::header::{CONNECTION, CONTENT_TYPE, DATE};
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;

use crate::sandbox::error::ServiceError;
use crate::sandbox::service::Service;
use crate::sandbox::xml::Xml;

/// Operations whose result element stands there though nothing is in it: clients look for it.
const EMPTY_RESULTS: [&str; 1] = ["UpdateRole"];

/// What an operation answers.
pub(super) fn success(service: Service, action: &str, result: &Xml, request_id: &str, now: Timestamp) -> Response {
    let namespace = service.namespace();
    let inside = if result.is_empty() && !EMPTY_RESULTS.contains(&action) {
        String::new()
    } else {
        format!("<{action}Result>{}</{action}Result>", result.as_str())
    };
    let metadata = Xml::of("ResponseMetadata", |xml| {
        xml.text("RequestId", request_id);
    });
    let body = format!(
        "<{action}Response xmlns=\"{namespace}\">{inside}{metadata}</{action}Response>",
        metadata = metadata.as_str()
    );
    reply(StatusCode::OK, body, request_id, now)
}

/// A refusal. Which service refuses is not known before the signature's scope is.
pub(super) fn failure(service: Option<Service>, error: &ServiceError, request_id: &str, now: Timestamp) -> Response {
    let mut xml = Xml::new();
    xml.element("Error", |xml| {
        xml.text("Type", if error.status >= 500 { "Receiver" } else { "Sender" })
            .text("Code", error.code)
            .text("Message", &error.message);
    })
    .text("RequestId", request_id);
    let namespace = service.map(|service| format!(" xmlns=\"{}\"", service.namespace())).unwrap_or_default();
    let body = format!("<ErrorResponse{namespace}>{}</ErrorResponse>", xml.as_str());
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = reply(status, body, request_id, now);
    if matches!(status, StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT) {
        // The body was not read to its end, so what follows on this connection is not a request.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

fn reply(status: StatusCode, body: String, request_id: &str, now: Timestamp) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    headers.insert(
        "x-amzn-requestid",
        HeaderValue::from_str(request_id).expect("a request id is a UUID, which is plain ASCII"),
    );
    // By the sandbox's clock, not the machine's: the SDKs learn from it how wrong their own clock is.
    let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    headers.insert(DATE, HeaderValue::from_str(&date).expect("a date is plain ASCII"));
    response
}

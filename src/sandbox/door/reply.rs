//! Answers in the query protocol's XML, or in JSON.

use axum::body::Body;
use axum::response::Response;
use http::header::{CONNECTION, CONTENT_TYPE, DATE};
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use serde_json::json;

use super::Speaks;
use crate::sandbox::call::Answered;
use crate::sandbox::error::ServiceError;
use crate::sandbox::service::Service;
use crate::sandbox::xml::Xml;

/// Operations whose result element stands there though nothing is in it: clients look for it.
const EMPTY_RESULTS: [&str; 1] = ["UpdateRole"];

const XML: HeaderValue = HeaderValue::from_static("text/xml");
const JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");

/// What an operation answers.
pub(super) fn success(service: Service, action: &str, body: &Answered, request_id: &str, now: Timestamp) -> Response {
    match body {
        Answered::Xml(result) => {
            reply(StatusCode::OK, XML, whole(service, action, result, request_id), request_id, now)
        }
        Answered::Json(result) => reply(StatusCode::OK, JSON, result.to_string(), request_id, now),
    }
}

fn whole(service: Service, action: &str, result: &Xml, request_id: &str) -> String {
    let namespace = service.namespace();
    let inside = if result.is_empty() && !EMPTY_RESULTS.contains(&action) {
        String::new()
    } else {
        format!("<{action}Result>{}</{action}Result>", result.as_str())
    };
    let metadata = Xml::of("ResponseMetadata", |xml| {
        xml.text("RequestId", request_id);
    });
    format!(
        "<{action}Response xmlns=\"{namespace}\">{inside}{metadata}</{action}Response>",
        metadata = metadata.as_str()
    )
}

/// A refusal. Which service refuses is not known before the signature's scope is.
pub(super) fn failure(speaks: Speaks, error: &ServiceError, request_id: &str, now: Timestamp) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match speaks {
        Speaks::Xml(service) => reply(status, XML, told(service, error, request_id), request_id, now),
        Speaks::Json => {
            let body = json!({"__type": json_code(error.code), "message": error.message});
            // Whatever a client did wrong has this status there.
            let all = if matches!(error.status, 400..=404) { StatusCode::BAD_REQUEST } else { status };
            reply(all, JSON, body.to_string(), request_id, now)
        }
    };
    if matches!(status, StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT) {
        // The body was not read to its end, so what follows on this connection is not a request.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

fn told(service: Option<Service>, error: &ServiceError, request_id: &str) -> String {
    let mut xml = Xml::new();
    xml.element("Error", |xml| {
        xml.text("Type", if error.status >= 500 { "Receiver" } else { "Sender" })
            .text("Code", error.code)
            .text("Message", &error.message);
    })
    .text("RequestId", request_id);
    let namespace = service.map(|service| format!(" xmlns=\"{}\"", service.namespace())).unwrap_or_default();
    format!("<ErrorResponse{namespace}>{}</ErrorResponse>", xml.as_str())
}

/// What the JSON protocol calls the errors that all services have in common
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/CommonErrors.html>).
fn json_code(code: &'static str) -> &'static str {
    match code {
        "AccessDenied" => "AccessDeniedException",
        "ExpiredToken" => "ExpiredTokenException",
        "IncompleteSignature" => "IncompleteSignatureException",
        "InvalidAction" => "UnknownOperationException",
        "InvalidClientTokenId" => "UnrecognizedClientException",
        "MissingAuthenticationToken" => "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch" => "InvalidSignatureException",
        other => other,
    }
}

fn reply(status: StatusCode, content_type: HeaderValue, body: String, request_id: &str, now: Timestamp) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(
        "x-amzn-requestid",
        HeaderValue::from_str(request_id).expect("a request id is a UUID, which is plain ASCII"),
    );
    // By the sandbox's clock, not the machine's: the SDKs learn from it how wrong their own clock is.
    let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    headers.insert(DATE, HeaderValue::from_str(&date).expect("a date is plain ASCII"));
    response
}

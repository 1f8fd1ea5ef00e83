//! The parameters of the query protocol, out of a form or a query string.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use http::request::Parts;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode;

use super::refusal::{malformed_query, unknown_operation};
use crate::sandbox::error::ServiceError;

/// More than the largest request of either service has; a request of nothing but separators stops here.
const MOST: usize = 1_000;

/// Takes the parameters: of a POST from its body, of a GET from its query string.
///
/// # Errors
/// Another method or content type; what does not decode to UTF-8 in one way only; a name twice.
pub(super) fn read(head: &Parts, body: &[u8]) -> Result<BTreeMap<String, String>, ServiceError> {
    let query = head.uri.query().unwrap_or_default();
    match head.method {
        Method::GET if body.is_empty() => pairs(query.as_bytes()),
        Method::POST if !is_form(&head.headers) => Err(unknown_operation()),
        // Which of the two would count, nobody should have to guess.
        Method::POST if !query.is_empty() => Err(malformed_query()),
        Method::POST => pairs(body),
        _ => Err(unknown_operation()),
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let Some(content_type) = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let (kind, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    let parameters = parameters.trim().to_ascii_lowercase();
    kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
        && matches!(parameters.as_str(), "" | "charset=utf-8" | "charset=\"utf-8\"")
}

/// The pairs of a form or a query string.
///
/// # Errors
/// What does not decode to UTF-8 in one way only; a name twice.
pub(in crate::sandbox) fn pairs(text: &[u8]) -> Result<BTreeMap<String, String>, ServiceError> {
    let mut fields = BTreeMap::new();
    for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = decoded(halves.next().unwrap_or_default())?;
        let value = decoded(halves.next().unwrap_or_default())?;
        match fields.entry(name) {
            Entry::Vacant(free) => free.insert(value),
            Entry::Occupied(_) => return Err(malformed_query()),
        };
        if fields.len() > MOST {
            return Err(malformed_query());
        }
    }
    Ok(fields)
}

fn decoded(text: &[u8]) -> Result<String, ServiceError> {
    let escaped = |at: usize| text.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
    if text.iter().enumerate().any(|(at, byte)| *byte == b'%' && !escaped(at)) {
        return Err(malformed_query());
    }
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    String::from_utf8(percent_decode(&spaced).collect()).map_err(|_| malformed_query())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(content_type: &str, target: &str, body: &[u8]) -> Result<BTreeMap<String, String>, ServiceError> {
        let request = http::Request::post(target).header("content-type", content_type).body(()).unwrap();
        read(&request.into_parts().0, body)
    }

    const FORM: &str = "application/x-www-form-urlencoded";

    #[test]
    fn a_form_is_decoded() {
        for content_type in [FORM, "application/x-www-form-urlencoded; charset=utf-8"] {
            let fields = form(content_type, "/", b"Action=GetUser&A+b=%C3%A4+%2B&Empty=&&Bare").unwrap();
            let pairs: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(pairs, [("A b", "ä +"), ("Action", "GetUser"), ("Bare", ""), ("Empty", "")]);
        }
    }

    #[test]
    fn a_get_brings_its_parameters_in_the_query_string() {
        let head = http::Request::get("/?Action=GetUser&UserName=a%20b").body(()).unwrap().into_parts().0;
        assert_eq!(read(&head, b"").unwrap()["UserName"], "a b");
        assert_eq!(read(&head, b"Action=DeleteUser").unwrap_err().code, "UnknownOperationException");
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for body in [&b"Action=GetUser&Action=DeleteUser"[..], b"A=%zz", b"A=%e", b"A=%ff", b"A=\xff", b"%41=1&A=2"] {
            assert_eq!(form(FORM, "/", body).unwrap_err(), malformed_query(), "{body:?}");
        }
        assert_eq!(form(FORM, "/?Action=DeleteUser", b"Action=GetUser").unwrap_err(), malformed_query());
        let many: String = (0..=MOST).map(|index| format!("A{index}=&")).collect();
        assert_eq!(form(FORM, "/", many.as_bytes()).unwrap_err(), malformed_query());
    }

    #[test]
    fn another_content_type_or_method_is_not_this_protocol() {
        for content_type in ["application/json", "text/plain", "application/x-www-form-urlencoded; charset=latin1", ""]
        {
            assert_eq!(form(content_type, "/", b"Action=GetUser").unwrap_err(), unknown_operation(), "{content_type}");
        }
        let head = http::Request::put("/").header("content-type", FORM).body(()).unwrap().into_parts().0;
        assert_eq!(read(&head, b"Action=GetUser").unwrap_err(), unknown_operation());
    }
}

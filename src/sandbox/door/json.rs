//! The parameters of the JSON protocol (`application/x-amz-json-1.1`), flat as the query protocol has them.

use std::collections::BTreeMap;

use http::HeaderMap;
use http::request::Parts;
use serde_json::Value;

use super::refusal::{malformed_json, unknown_operation};
use crate::sandbox::error::ServiceError;

/// More than the largest request has.
const MOST: usize = 1_000;

/// The header that names the operation.
const TARGET: &str = "x-amz-target";

/// Whether a request is of this protocol.
pub(super) fn is_spoken(headers: &HeaderMap) -> bool {
    headers.contains_key(TARGET)
}

/// The operation of the service of this name. Some clients say the service's whole name, with dots before it.
///
/// # Errors
/// There is none, or it is another service's.
pub(super) fn operation<'a>(head: &'a Parts, service: &str) -> Result<&'a str, ServiceError> {
    let mut targets = head.headers.get_all(TARGET).iter();
    let target = targets.next().filter(|_| targets.next().is_none()).and_then(|target| target.to_str().ok());
    let of_service = |name: &str| name.strip_suffix(service).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let operation = target.and_then(|target| target.rsplit_once('.')).filter(|(name, _)| of_service(name));
    let operation = operation.map(|(_, operation)| operation);
    operation.filter(|_| head.method == http::Method::POST && head.uri == "/").ok_or_else(unknown_operation)
}

/// Takes the parameters out of a body: an object's members by their names, those of a list as `Name.member.1`.
///
/// # Errors
/// What is no JSON object, or has more in it than any request.
pub(super) fn read(body: &[u8]) -> Result<BTreeMap<String, String>, ServiceError> {
    let Ok(object @ Value::Object(_)) = serde_json::from_slice::<Value>(body) else { return Err(malformed_json()) };
    let mut fields = BTreeMap::new();
    put(&mut fields, String::new(), &object)?;
    Ok(fields)
}

fn put(fields: &mut BTreeMap<String, String>, name: String, value: &Value) -> Result<(), ServiceError> {
    let below = |part: &str| if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") };
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (part, member) in members {
                put(fields, below(part), member)?;
            }
        }
        Value::Array(items) => {
            for (number, item) in (1_usize..).zip(items) {
                put(fields, below(&format!("member.{number}")), item)?;
            }
        }
        Value::String(text) => drop(fields.insert(name, text.clone())),
        other => drop(fields.insert(name, other.to_string())),
    }
    if fields.len() > MOST { Err(malformed_json()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_and_lists_become_flat() {
        let body = br#"{"A": "x", "L": [{"K": "k", "V": null}, {"K": 1.5}], "B": true, "N": 50}"#;
        let fields = read(body).unwrap();
        let pairs: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("A", "x"), ("B", "true"), ("L.member.1.K", "k"), ("L.member.2.K", "1.5"), ("N", "50")]);
        assert!(read(b"{}").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_object_or_has_too_much_in_it_is_refused() {
        let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
        let many = format!("{{\"A\": [{}]}}", ["1"; MOST + 1].join(","));
        for body in ["", "[]", "1", "{", &deep, &many] {
            assert_eq!(read(body.as_bytes()).unwrap_err(), malformed_json(), "{body:.20}");
        }
    }

    #[test]
    fn an_operation_is_named_once_and_by_its_service() {
        let head = |targets: &[&str]| {
            let request =
                targets.iter().fold(http::Request::post("/"), |request, target| request.header(TARGET, *target));
            request.body(()).unwrap().into_parts().0
        };
        for target in ["S_1.Do", "com.amazonaws.s.S_1.Do"] {
            assert_eq!(operation(&head(&[target]), "S_1").unwrap(), "Do");
        }
        for targets in [&[][..], &["S_1Do"], &["T_1.Do"], &["OTHERS_1.Do"], &["S_1.Do", "S_1.Undo"]] {
            assert_eq!(operation(&head(targets), "S_1").unwrap_err(), unknown_operation(), "{targets:?}");
        }
    }
}

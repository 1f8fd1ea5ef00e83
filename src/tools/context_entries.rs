//! Condition keys among a call's arguments, for the simulators.
//!
//! AWS documents a list of `{ContextKeyName, ContextKeyValues, ContextKeyType}`, other MCP servers take a plain map of key
//! to value: both are taken. A type that is not given is inferred, because nearly everybody leaves it to the key.
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ContextEntry.html>.

use std::net::IpAddr;
use std::str::FromStr;

use serde_json::Value;

/// The most entries that a call may have: the keys of all tags of a session, and as many again.
const MOST: usize = 100;

/// The words of AWS's types, each also with `List` behind it.
const TYPES: [&str; 6] = ["string", "numeric", "boolean", "ip", "binary", "date"];

/// Keys whose type no value can change, in lower case.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.
const KNOWN: [(&str, &str); 13] = [
    ("aws:sourceip", "ip"),
    ("aws:vpcsourceip", "ip"),
    ("aws:currenttime", "date"),
    ("aws:tokenissuetime", "date"),
    ("aws:epochtime", "numeric"),
    ("aws:multifactorauthage", "numeric"),
    ("aws:multifactorauthpresent", "boolean"),
    ("aws:securetransport", "boolean"),
    ("aws:viaawsservice", "boolean"),
    ("aws:viaawsmcpservice", "boolean"),
    ("aws:principalisawsservice", "boolean"),
    ("aws:principalaccount", "string"),
    ("aws:sourceaccount", "string"),
];

const FORM: &str = "must be an object of condition keys to a value or a list of values, or a list of {\"ContextKeyName\", \
                    \"ContextKeyValues\", \"ContextKeyType\"}";

/// One condition key with its values, as AWS takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub name: String,
    /// Its values.
    pub values: Vec<String>,
    /// AWS's word for their type, such as `stringList`.
    pub kind: String,
}

impl Entry {
    /// A key with one value.
    #[must_use]
    pub fn one(name: &str, value: &str, kind: &str) -> Self {
        Self { name: name.to_owned(), values: vec![value.to_owned()], kind: kind.to_owned() }
    }
}

/// Reads either form; the entries come in the order of their keys.
///
/// # Errors
/// What is wrong, with the key or the place in the list.
pub fn read(value: &Value) -> Result<Vec<Entry>, String> {
    let mut entries = match value {
        Value::Object(members) => {
            members.iter().map(|(key, value)| of_map(key, value)).collect::<Result<Vec<_>, _>>()?
        }
        Value::Array(items) => {
            let entry = |(index, item)| of_list(item).map_err(|fault| format!("[{index}] {fault}"));
            items.iter().enumerate().map(entry).collect::<Result<Vec<_>, _>>()?
        }
        _ => return Err(FORM.to_owned()),
    };
    if entries.len() > MOST {
        return Err(format!("must have at most {MOST} condition keys"));
    }
    entries.sort_by_key(|entry| entry.name.to_lowercase());
    // IAM's condition keys are not case-sensitive.
    match entries.windows(2).find(|pair| pair[0].name.to_lowercase() == pair[1].name.to_lowercase()) {
        Some(pair) => Err(format!("has the condition key {} twice (keys differ by more than case)", pair[1].name)),
        None => Ok(entries),
    }
}

fn of_map(key: &str, value: &Value) -> Result<Entry, String> {
    let (values, list) = match value {
        Value::Array(items) => (items.as_slice(), true),
        one => (std::slice::from_ref(one), false),
    };
    entry(key, values, list, None)
}

fn of_list(item: &Value) -> Result<Entry, String> {
    let members = item.as_object().ok_or(FORM)?;
    const KNOWN_MEMBERS: [&str; 3] = ["ContextKeyName", "ContextKeyValues", "ContextKeyType"];
    if members.keys().any(|name| !KNOWN_MEMBERS.contains(&name.as_str())) {
        return Err(FORM.to_owned());
    }
    let name = members.get("ContextKeyName").and_then(Value::as_str).ok_or(FORM)?;
    let values = members.get("ContextKeyValues").and_then(Value::as_array).ok_or(FORM)?;
    let kind = members.get("ContextKeyType").map(|kind| kind.as_str().ok_or(FORM)).transpose()?;
    entry(name, values, values.len() > 1, kind)
}

fn entry(name: &str, values: &[Value], list: bool, kind: Option<&str>) -> Result<Entry, String> {
    let shown: String = name.chars().take(64).collect();
    if !(5..=256).contains(&name.chars().count()) || !name.contains(':') {
        return Err(format!("has {shown:?}, which is no condition key of 5-256 characters such as aws:SourceIp"));
    }
    if let Some(kind) = kind
        && !TYPES.contains(&kind.strip_suffix("List").unwrap_or(kind))
    {
        return Err(format!("{shown} has no type of AWS's: {}, or these with List behind", TYPES.join(", ")));
    }
    let texts: Option<Vec<String>> = values.iter().map(text).collect();
    let texts = texts.ok_or_else(|| format!("{shown} must have texts, numbers or Booleans as its values"))?;
    let kind =
        kind.map_or_else(|| format!("{}{}", inferred(name, values), if list { "List" } else { "" }), ToOwned::to_owned);
    Ok(Entry { name: name.to_owned(), values: texts, kind })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The type of a key's values: that of the key where it is known, else what all values look like. Tags are always
/// strings: a tag of value `true` is compared by string operators.
fn inferred(name: &str, values: &[Value]) -> &'static str {
    let folded = name.to_ascii_lowercase();
    if let Some((_, kind)) = KNOWN.iter().find(|(key, _)| *key == folded) {
        return kind;
    }
    let all = |is: fn(&Value) -> bool| !values.is_empty() && values.iter().all(is);
    let texts = |is: fn(&str) -> bool| !values.is_empty() && values.iter().all(|v| v.as_str().is_some_and(is));
    if folded.contains("tag/") {
        "string"
    } else if all(Value::is_boolean) || texts(|text| text == "true" || text == "false") {
        "boolean"
    } else if all(Value::is_number) {
        "numeric"
    } else if texts(is_address) {
        "ip"
    } else if texts(|text| text.contains('T') && jiff::Timestamp::from_str(text).is_ok()) {
        "date"
    } else {
        // Digits in quotes stay text: account ids are compared as strings.
        "string"
    }
}

fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok() || text.parse::<ipnet::IpNet>().is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_forms_say_the_same() {
        let map = json!({"aws:SourceIp": "203.0.113.7", "aws:TagKeys": ["a", "b"], "s3:max-keys": 10});
        let list = json!([
            {"ContextKeyName": "s3:max-keys", "ContextKeyValues": ["10"], "ContextKeyType": "numeric"},
            {"ContextKeyName": "aws:TagKeys", "ContextKeyValues": ["a", "b"]},
            {"ContextKeyName": "aws:SourceIp", "ContextKeyValues": ["203.0.113.7"], "ContextKeyType": "ip"},
        ]);
        assert_eq!(read(&map), read(&list));
        let kinds: Vec<String> = read(&map).unwrap().into_iter().map(|entry| entry.kind).collect();
        assert_eq!(kinds, ["ip", "stringList", "numeric"]);
    }

    #[test]
    fn the_type_is_inferred_from_the_key_or_else_from_the_values() {
        for (key, value, kind) in [
            ("aws:ViaAWSMCPService", json!("true"), "boolean"),
            ("aws:PrincipalTag/ViaAWSMCPService", json!("true"), "string"),
            ("aws:CurrentTime", json!("2026-11-20"), "date"),
            ("aws:PrincipalAccount", json!(123_456_789_012_u64), "string"),
            ("x:Owner", json!("123456789012"), "string"),
            ("x:Since", json!("2026-11-20T00:00:00Z"), "date"),
            ("x:From", json!(["10.0.0.0/8", "::1"]), "ipList"),
            ("x:Flag", json!(true), "boolean"),
            ("x:Mixed", json!(["true", "x"]), "stringList"),
        ] {
            assert_eq!(read(&json!({key: value})).unwrap()[0].kind, kind, "{key}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_key_or_place() {
        for (wrong, said) in [
            (json!("aws:SourceIp"), "must be an object"),
            (json!({"SourceIp": "x"}), "\"SourceIp\""),
            (json!({"aws:SourceIp": {"a": 1}}), "aws:SourceIp must have"),
            (json!([{"ContextKeyName": "aws:A", "ContextKeyValues": []}, {"Name": 1}]), "[1] must be"),
            (
                json!([{"ContextKeyName": "aws:A", "ContextKeyValues": [], "ContextKeyType": "text"}]),
                "[0] aws:A has no",
            ),
            (json!({"aws:userid": "a", "aws:UserId": "b"}), "twice"),
        ] {
            let fault = read(&wrong).unwrap_err();
            assert!(fault.contains(said), "{wrong}: {fault}");
        }
    }
}

//! Tags among a call's arguments.

use serde_json::Value;

use crate::config::RESERVED_TAGS;
use crate::iam::change::Tag;
use crate::tools::parameter::TAG_TEXT;

/// The most tags that IAM takes on one entity.
pub(in crate::tools) const MOST: usize = 50;

/// Reads tags from either form, with IAM's rules on them.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules>.
pub(super) fn read(value: &Value) -> Result<Vec<Tag>, String> {
    const FORM: &str = "must be an object of tag keys to string values, or a list of {\"Key\", \"Value\"}";
    let mut tags = Vec::new();
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                let value = value.as_str().ok_or(FORM)?;
                tags.push(Tag { key: key.clone(), value: value.to_owned() });
            }
        }
        Value::Array(items) => {
            for item in items {
                let members = item.as_object().filter(|members| members.len() == 2).ok_or(FORM)?;
                let key = members.get("Key").and_then(Value::as_str).ok_or(FORM)?;
                let value = members.get("Value").and_then(Value::as_str).ok_or(FORM)?;
                tags.push(Tag { key: key.to_owned(), value: value.to_owned() });
            }
        }
        _ => return Err(FORM.to_owned()),
    }
    if tags.len() > MOST {
        return Err(format!("must have at most {MOST} tags"));
    }
    tags.sort_by(|a, b| a.key.cmp(&b.key));
    for tag in &tags {
        let (key, value) = (tag.key.chars().count(), tag.value.chars().count());
        if !(1..=128).contains(&key) || value > 256 {
            return Err("has a tag whose key is not 1-128 or whose value is not 0-256 characters".to_owned());
        }
        if !TAG_TEXT.is_match(&tag.key) || !TAG_TEXT.is_match(&tag.value) {
            return Err("has a tag with other characters than letters, spaces, digits and _.:/=+-@".to_owned());
        }
        if RESERVED_TAGS.iter().any(|reserved| reserved.eq_ignore_ascii_case(&tag.key)) {
            return Err(format!(
                "has the tag key {}, which the gateway stamps on sessions and keeps for itself",
                tag.key
            ));
        }
        if tag.key.to_ascii_lowercase().starts_with("aws:") {
            return Err("has a tag key that begins with aws:, which AWS keeps for itself".to_owned());
        }
    }
    // IAM's tag keys are not case-sensitive: `Team` and `team` are one tag.
    let mut keys: Vec<String> = tags.iter().map(|tag| tag.key.to_lowercase()).collect();
    keys.sort_unstable();
    if keys.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err("has the same tag key twice (keys differ by more than case)".to_owned());
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tags_come_in_either_form() {
        let tag = |key: &str, value: &str| Tag { key: key.into(), value: value.into() };
        let expected = vec![tag("a", "1"), tag("b", "2")];
        for form in [json!({"b": "2", "a": "1"}), json!([{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}])] {
            assert_eq!(read(&form).unwrap(), expected);
        }
    }

    #[test]
    fn tags_that_iam_would_refuse_are_refused_here() {
        for wrong in [
            json!({"": "x"}),
            json!({"aws:x": "y"}),
            json!({"AWS:x": "y"}),
            json!({"viaAWSmcpService": "false"}),
            json!({"a": "x\u{202e}"}),
            json!([{"Key": "Team", "Value": "1"}, {"Key": "team", "Value": "2"}]),
            json!([{"Key": "a"}]),
            json!({"a": 1}),
            json!({"k".repeat(129): ""}),
        ] {
            assert!(read(&wrong).is_err(), "{wrong}");
        }
    }
}

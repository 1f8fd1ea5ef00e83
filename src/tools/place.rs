//! How far a page goes of what is read whole for each page: IAM has no marker for it, so the page ends with a name.

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use super::arguments::Arguments;
use super::pages::{self, MARKER_OF_PAGE};
use super::{Call, ToolError};

/// Where something stands in a list: what it is, and its name, which no other of its kind has in any letter case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    kind: String,
    name: String,
}

impl Place {
    /// The place of the `name` of this kind; kinds are listed in the order of their words.
    #[must_use]
    pub fn of(kind: &str, name: &str) -> Self {
        Self { kind: kind.to_owned(), name: name.to_ascii_lowercase() }
    }

    /// As a Marker, which means nothing to anybody else.
    fn marker(&self) -> String {
        BASE64URL_NOPAD.encode(format!("{}\n{}", self.kind, self.name).as_bytes())
    }

    /// The place that a call's Marker stands for.
    fn of_marker(arguments: &Arguments) -> Result<Option<Self>, ToolError> {
        let Some(marker) = arguments.text(MARKER_OF_PAGE.name) else { return Ok(None) };
        let decoded = BASE64URL_NOPAD.decode(marker.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let place = decoded.as_deref().and_then(|text| text.split_once('\n'));
        let (kind, name) = place.ok_or_else(|| {
            ToolError::gateway("ValidationError", "marker: is none that this tool answered")
                .parameter(MARKER_OF_PAGE.name)
                .hint("give the Marker of the page before unchanged, or none to begin anew")
        })?;
        Ok(Some(Self { kind: kind.to_owned(), name: name.to_owned() }))
    }
}

/// After which place a call's page begins: a tool looks before it reads a whole account for nothing.
///
/// # Errors
/// `ValidationError` for a marker that is none.
pub fn after(call: &Call) -> Result<Option<Place>, ToolError> {
    Place::of_marker(&call.arguments)
}

/// The page that a call asks for of `all`, which may stand in any order; as `pages::page` has it, with `Total`, how many there are
/// on all pages. What goes or comes between two pages moves no other from one to the next.
///
/// # Errors
/// `ValidationError` for a marker that is none.
pub fn page<T>(
    call: &Call,
    key: &str,
    all: impl IntoIterator<Item = (Place, T)>,
    mut shown: impl FnMut(&T) -> Value,
) -> Result<Value, ToolError> {
    let after = after(call)?;
    let mut all: Vec<(Place, T)> = all.into_iter().collect();
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    let total = all.len();
    let begun = after.map_or(0, |after| all.partition_point(|(place, _)| *place <= after));
    let left = &all[begun..];
    let on_it = &left[..left.len().min(pages::wanted(&call.arguments))];
    let marker = on_it.last().filter(|_| on_it.len() < left.len()).map(|(place, _)| place.marker());
    let mut page = pages::page(key, on_it.iter().map(|(_, item)| shown(item)).collect(), marker);
    page["Total"] = total.into();
    Ok(page)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tools::testing;

    fn call(arguments: &Value) -> Call {
        let declared = testing::declared("alice", "list_users", arguments).expect("a good call");
        Call { arguments: declared.call().arguments.clone(), facts: testing::facts("alice") }
    }

    fn page_of(names: &[&str], arguments: &Value) -> Result<Value, ToolError> {
        page(&call(arguments), "Names", names.iter().map(|name| (Place::of("user", name), *name)), |name| json!(name))
    }

    #[test]
    fn pages_go_on_by_name_and_come_to_an_end() {
        let names = ["carol", "Alice", "bob", "dave", "erin"];
        let (mut seen, mut marker): (Vec<Value>, Value) = (Vec::new(), Value::Null);
        loop {
            let page = page_of(&names, &json!({"max_items": 2, "marker": marker})).unwrap();
            assert_eq!((&page["Total"], page["Count"].as_u64().unwrap() <= 2), (&json!(5), true));
            seen.extend(page["Names"].as_array().unwrap().clone());
            marker = page["Marker"].clone();
            assert_eq!(page["IsTruncated"], json!(marker.is_string()));
            if marker.is_null() {
                break;
            }
        }
        assert_eq!(seen, ["Alice", "bob", "carol", "dave", "erin"]);
    }

    #[test]
    fn what_goes_or_comes_between_two_pages_moves_no_other() {
        let first = page_of(&["alice", "bob", "carol", "dave"], &json!({"max_items": 2})).unwrap();
        let next = json!({"max_items": 2, "marker": first["Marker"]});
        assert_eq!(page_of(&["aaron", "carol", "dave"], &next).unwrap()["Names"], json!(["carol", "dave"]));
        assert_eq!(page_of(&["alice"], &next).unwrap()["Names"], json!([]));
    }

    #[test]
    fn kinds_do_not_mix() {
        let all =
            [("user", "a"), ("role", "z"), ("role", "a")].map(|(kind, name)| (Place::of(kind, name), (kind, name)));
        let page = page(&call(&json!({})), "All", all, |(kind, name)| json!([kind, name])).unwrap();
        assert_eq!(page["All"], json!([["role", "a"], ["role", "z"], ["user", "a"]]));
    }

    #[test]
    fn a_marker_of_another_tool_is_refused() {
        for marker in ["AAAA", "!!", "YWxpY2U", "_w"] {
            let error = page_of(&["alice"], &json!({"marker": marker})).unwrap_err();
            assert_eq!(
                (error.code.as_str(), error.parameter.as_deref()),
                ("ValidationError", Some("marker")),
                "{marker}"
            );
            assert!(!error.message.contains(marker));
        }
    }
}

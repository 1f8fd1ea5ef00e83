//! Listings: read to their end, or a page at a time as list tools answer them.

use serde_json::{Map, Value, json};

use super::arguments::Arguments;
use super::parameter::{Kept, Kind, MARKER, PATH_PREFIX, Parameter};

/// The most that IAM answers in one page.
pub const PAGE: i64 = 1000;

/// How many items a page has where the call does not say.
const USUAL: i64 = 100;

/// `max_items` of every list tool.
pub const MAX_ITEMS: Parameter = Parameter {
    name: "max_items",
    description: "how many at most",
    kind: Kind::Integer { min: 1, max: PAGE, default: Some(USUAL) },
    required: false,
    kept: Kept::AsGiven,
};

/// `marker` of every list tool.
pub const MARKER_OF_PAGE: Parameter = Parameter {
    name: "marker",
    description: "Marker of the page before",
    kind: Kind::Text(&MARKER),
    required: false,
    // AWS's, and opaque: nobody can say what is in it.
    kept: Kept::Secret,
};

/// `path_prefix` of list tools.
pub const PATH_PREFIX_OF_LIST: Parameter = Parameter {
    name: "path_prefix",
    description: "only those whose path begins so, such as /division/",
    kind: Kind::Text(&PATH_PREFIX),
    required: false,
    kept: Kept::AsGiven,
};

/// How many items a call wants.
#[must_use]
pub fn wanted(arguments: &Arguments) -> usize {
    usize::try_from(arguments.integer("max_items").unwrap_or(USUAL)).unwrap_or(usize::MAX)
}

/// The path prefix of a call.
#[must_use]
pub fn prefix(arguments: &Arguments) -> &str {
    arguments.text("path_prefix").unwrap_or("/")
}

/// The output schema of a list tool whose items, under `key`, have at least these members.
#[must_use]
pub fn output(key: &str, required: &[&str]) -> Value {
    let properties: Map<String, Value> =
        required.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
    json!({
        key: {"type": "array", "items": {"type": "object", "properties": properties, "required": required}},
        "IsTruncated": {"type": "boolean"},
        "Marker": {"type": "string", "absent": true},
        "Count": {"type": "integer"},
    })
}

/// A page as every list tool answers it.
#[must_use]
pub fn page(key: &str, items: Vec<Value>, marker: Option<String>) -> Value {
    let mut page = Map::new();
    page.insert("Count".into(), items.len().into());
    page.insert(key.into(), Value::Array(items));
    page.insert("IsTruncated".into(), marker.is_some().into());
    if let Some(marker) = marker {
        page.insert("Marker".into(), marker.into());
    }
    Value::Object(page)
}

/// Reads all pages of a listing: `request` is the SDK's, whose pages hold `items`.
///
/// A macro, because every operation of the SDK has types of its own that share no trait.
macro_rules! all_pages {
    ($reader:expr, $action:expr, $resource:expr, $request:expr, $items:ident) => {
        async {
            let mut all = Vec::new();
            let mut marker = None;
            loop {
                let request = $request.set_marker(marker);
                let page = $reader.read($action, $resource, Box::pin(request.send())).await?;
                all.extend(page.$items().iter().cloned());
                marker = page.marker().filter(|_| page.is_truncated()).map(ToOwned::to_owned);
                if marker.is_none() {
                    break Ok::<_, $crate::iam::AwsFailure>(all);
                }
            }
        }
    };
}

/// Reads as much of a listing as a call asks for and answers it as a page under `key`.
///
/// IAM may answer fewer than asked for although there are more, so a page of ours can take several of its.
macro_rules! one_page {
    ($call:expr, $reader:expr, $action:expr, $resource:expr, $request:expr, $items:ident, $key:literal, $shape:expr) => {
        async {
            let wanted = $crate::tools::pages::wanted(&$call.arguments);
            let mut marker = $call.arguments.text("marker").map(ToOwned::to_owned);
            let mut items: Vec<serde_json::Value> = Vec::new();
            loop {
                let missing = i32::try_from(wanted - items.len()).unwrap_or(i32::MAX);
                let request = $request.max_items(missing).set_marker(marker.take());
                let page = $reader.read($action, $resource, Box::pin(request.send())).await?;
                items.extend(page.$items().iter().map($shape));
                marker = page.marker().filter(|_| page.is_truncated()).map(ToOwned::to_owned);
                if marker.is_none() || items.len() >= wanted {
                    break Ok::<_, $crate::tools::ToolError>($crate::tools::pages::page($key, items, marker));
                }
            }
        }
    };
}

pub(crate) use {all_pages, one_page};

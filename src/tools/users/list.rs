//! `list_users`

use serde_json::{Map, Value, json};

use super::reads::LIST_USERS;
use crate::config::Toolset;
use crate::iam::{DeclaredCall, EntityKind, Reader, Resource, shape};
use crate::tools::parameter::{Kept, Kind, MARKER, PATH_PREFIX, Parameter};
use crate::tools::{Call, Effect, KeptOfResult, ReadTool, Spec, Tool, ToolError, ToolFuture, Work};

/// The most that IAM answers in one page.
const PAGE: i64 = 1000;

/// `list_users`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&ListUsers) };

static SPEC: Spec = Spec {
    name: "list_users",
    aliases: &[],
    title: "List IAM users",
    description: "Lists the account's IAM users, a page at a time. When IsTruncated is true, call again with the \
                  Marker to get the next page.",
    toolset: Toolset::Users,
    effect: Effect::Read,
    effect_of: None,
    idempotent: true,
    open_world: false,
    own_parameters: &[
        Parameter {
            name: "path_prefix",
            description: "only users whose path begins so, such as /division/",
            kind: Kind::Text(&PATH_PREFIX),
            required: false,
            kept: Kept::AsGiven,
        },
        Parameter {
            name: "max_items",
            description: "how many users at most",
            kind: Kind::Integer { min: 1, max: PAGE, default: 100 },
            required: false,
            kept: Kept::AsGiven,
        },
        Parameter {
            name: "marker",
            description: "the Marker of the page before",
            kind: Kind::Text(&MARKER),
            required: false,
            // AWS's, and opaque: nobody can say what is in it.
            kept: Kept::Secret,
        },
    ],
    output: || {
        json!({
            "Users": {"type": "array", "items": {"type": "object", "properties": {
                "UserName": {"type": "string"}, "Arn": {"type": "string"}, "Path": {"type": "string"},
                "UserId": {"type": "string"}, "CreateDate": {"type": "string"},
            }, "required": ["UserName", "Arn"]}},
            "IsTruncated": {"type": "boolean"},
            "Marker": {"type": "string", "description": "absent on the last page"},
            "Count": {"type": "integer"},
        })
    },
    kept: KeptOfResult::NOTHING,
    reads: &[LIST_USERS],
    writes: &[],
    always: &[LIST_USERS],
};

struct ListUsers;

fn prefix(call: &Call) -> &str {
    call.arguments.text("path_prefix").unwrap_or("/")
}

impl ReadTool for ListUsers {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        let prefix = prefix(call);
        let resource = Resource::Below(EntityKind::User, prefix.to_owned());
        Ok(vec![DeclaredCall::new(LIST_USERS, resource).with("PathPrefix", prefix)])
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let resource = Resource::Below(EntityKind::User, prefix(call).to_owned());
            let wanted = usize::try_from(call.arguments.integer("max_items").unwrap_or(100)).unwrap_or(usize::MAX);
            let mut marker = call.arguments.text("marker").map(ToOwned::to_owned);
            let mut users: Vec<Value> = Vec::new();
            // IAM may answer fewer than asked for although there are more, so a page of ours can take several of its.
            loop {
                let missing = i32::try_from(wanted - users.len()).unwrap_or(i32::MAX);
                let request =
                    reader.iam().list_users().path_prefix(prefix(call)).max_items(missing).set_marker(marker.take());
                let page = reader.read(LIST_USERS, &resource, Box::pin(request.send())).await?;
                users.extend(page.users().iter().map(shape::user));
                marker = page.marker().filter(|_| page.is_truncated()).map(ToOwned::to_owned);
                if marker.is_none() || users.len() >= wanted {
                    break;
                }
            }
            Ok(page_of("Users", users, marker))
        })
    }
}

/// A list as every list tool answers it.
fn page_of(key: &str, items: Vec<Value>, marker: Option<String>) -> Value {
    let mut page = Map::new();
    page.insert("Count".into(), items.len().into());
    page.insert(key.into(), Value::Array(items));
    page.insert("IsTruncated".into(), marker.is_some().into());
    if let Some(marker) = marker {
        page.insert("Marker".into(), marker.into());
    }
    Value::Object(page)
}

//! `tag_*` and `untag_*`.

use serde_json::{Map, Value, json};

use super::{Bounded, permissions};
use crate::iam::{Reader, Resource};
use crate::tools::arguments::tags;
use crate::tools::parameter::{Kept, Kind, Parameter, TAG_KEY};
use crate::tools::{Call, Declaration, Plan, ToolError, ToolFuture, WriteTool};

/// The parameter that holds tags.
pub const TAGS: Parameter = Parameter {
    name: "tags",
    description: "tags as an object of key to value, at most 50",
    kind: Kind::Tags,
    required: true,
    kept: Kept::AsGiven,
};

/// The parameter that holds keys of tags.
pub const TAG_KEYS: Parameter = Parameter {
    name: "tag_keys",
    description: "the keys of the tags to remove",
    kind: Kind::Texts { each: &TAG_KEY, most: tags::MOST },
    required: true,
    kept: Kept::AsGiven,
};

/// Sets tags; a tag of the same key is overwritten.
#[derive(Debug)]
pub struct Tagging(pub &'static Bounded);

impl WriteTool for Tagging {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let holder = self.0.holder;
        let name = call.arguments.required(holder.parameter.name);
        let tags = call.arguments.tags(TAGS.name);
        if tags.is_empty() {
            return Err(ToolError::gateway("ValidationError", "tags: must have at least one tag").parameter(TAGS.name));
        }
        let tagging = tags.into_iter().map(|tag| (tag.key, tag.value));
        Ok(Declaration {
            reads: vec![holder.on(holder.get, name)],
            writes: vec![holder.on(self.0.tag.0, name).tagging(tagging)],
        })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let holder = self.0.holder;
            let name = call.arguments.required(holder.parameter.name);
            let principal = permissions::principal(reader, holder, name).await?;
            let tags = call.arguments.tags(TAGS.name);
            let lost = tags_lost(&principal.tags, |key, value| {
                tags.iter().any(|tag| tag.key.to_lowercase() == key.to_lowercase() && tag.value != value)
            });
            let change = self.0.tag.1(name.to_owned(), tags);
            let calls = vec![change.on(Resource::Arn(principal.arn.clone()))];
            Ok(Plan { calls, lost, ..Plan::default() }.observing(&principal))
        })
    }
}

/// Removes tags.
#[derive(Debug)]
pub struct Untagging(pub &'static Bounded);

impl WriteTool for Untagging {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let holder = self.0.holder;
        let name = call.arguments.required(holder.parameter.name);
        let keys = call.arguments.texts(TAG_KEYS.name);
        Ok(Declaration {
            reads: vec![holder.on(holder.get, name)],
            writes: vec![holder.on(self.0.untag.0, name).untagging(keys)],
        })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let holder = self.0.holder;
            let name = call.arguments.required(holder.parameter.name);
            let principal = permissions::principal(reader, holder, name).await?;
            let keys = call.arguments.texts(TAG_KEYS.name);
            let lost =
                tags_lost(&principal.tags, |key, _| keys.iter().any(|own| own.to_lowercase() == key.to_lowercase()));
            let change = self.0.untag.1(name.to_owned(), keys);
            let calls = vec![change.on(Resource::Arn(principal.arn.clone()))];
            Ok(Plan { calls, lost, ..Plan::default() }.observing(&principal))
        })
    }
}

/// The tags that go or get another value, as they are now. IAM's tag keys are the same in any letter case.
fn tags_lost(tags: &[(String, String)], goes: impl Fn(&str, &str) -> bool) -> Map<String, Value> {
    let lost: Vec<Value> = (tags.iter().filter(|(key, value)| goes(key, value)))
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect();
    if lost.is_empty() { Map::new() } else { Map::from_iter([("Tags".to_owned(), lost.into())]) }
}

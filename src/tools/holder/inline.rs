//! Inline policies: `put_*_policy`, `get_*_policy`, `delete_*_policy`, `list_*_policies`.

use serde_json::{Map, Value, json};

use super::held::{Held, Source};
use super::{Holder, gains, permissions};
use crate::iam::change::PolicyText;
use crate::iam::{DeclaredCall, EntityKind, Reader, Resource, shape};
use crate::policy::PolicyKind;
use crate::tools::documents::{self, Quota};
use crate::tools::groups::members;
use crate::tools::parameter::{Kept, Kind, NAME, Parameter};
use crate::tools::{Call, Declaration, Plan, ReadTool, ToolError, ToolFuture, WriteTool};

/// The parameter that names an inline policy.
pub const POLICY_NAME: Parameter = Parameter {
    name: "policy_name",
    description: "the policy's name",
    kind: Kind::Text(&NAME),
    required: true,
    kept: Kept::AsGiven,
};

/// The parameter that holds an identity policy.
pub const DOCUMENT: Parameter = Parameter {
    name: "policy_document",
    description: "the policy: an object, or its JSON as text",
    kind: Kind::Document,
    required: true,
    kept: Kept::AsGiven,
};

/// Puts an inline policy, in the place of one of the same name.
#[derive(Debug)]
pub struct Put(pub &'static Holder);

impl WriteTool for Put {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let Self(holder) = self;
        let (name, policy) = names(holder, call);
        documents::parse_one(&call.arguments, DOCUMENT.name, PolicyKind::Identity, quota(holder.kind))?;
        let reads = gains::declared_of_members(holder, name);
        let writes = vec![holder.on(holder.put.0, name).with("PolicyName", policy)];
        Ok(Declaration { reads, writes })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let Self(holder) = self;
            let (name, policy) = names(holder, call);
            let text = documents::one(&call.arguments, DOCUMENT.name);
            let (held, members) =
                tokio::try_join!(Held::read(reader, holder, name), members::of(reader, holder, name))?;
            let mut lost = Map::new();
            if let Some((own, document)) = held.inline(policy) {
                lost.insert("Policy".to_owned(), shown(holder, name, own, document));
            }
            let (source, says) = (Source::Inline(policy.to_owned()), shape::policy_text(&text));
            let after = held.without(None, &source).with(says.clone());
            let of_group = |held: &Held| held.without(Some(name), &source).with(says.clone());
            let account = call.facts.account.id.as_str();
            let granted = gains::of_holder(reader, account, &held, &after, &members, of_group).await?;
            let change = holder.put.1(name.to_owned(), policy.to_owned(), PolicyText(text));
            Ok(Plan {
                calls: vec![change.on(Resource::Arn(held.principal.arn.clone()))],
                lost,
                granted: Some(granted),
                reached: members::reached(&members),
                ..Plan::default()
            }
            .observing(&held.principal))
        })
    }
}

/// Deletes an inline policy.
#[derive(Debug)]
pub struct Delete(pub &'static Holder);

impl WriteTool for Delete {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let Self(holder) = self;
        let (name, policy) = names(holder, call);
        let reads = gains::declared_of_members(holder, name);
        Ok(Declaration { reads, writes: vec![holder.on(holder.delete.0, name).with("PolicyName", policy)] })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let Self(holder) = self;
            let (name, policy) = names(holder, call);
            permissions::principal(reader, holder, name).await?;
            let document = read(reader, holder, name, policy).await?;
            // What a policy denies can be had once it is gone.
            let (held, members) =
                tokio::try_join!(Held::read(reader, holder, name), members::of(reader, holder, name))?;
            let source = Source::Inline(policy.to_owned());
            let of_group = |held: &Held| held.without(Some(name), &source);
            let account = call.facts.account.id.as_str();
            let granted =
                gains::of_holder(reader, account, &held, &held.without(None, &source), &members, of_group).await?;
            let change = holder.delete.1(name.to_owned(), policy.to_owned());
            Ok(Plan {
                calls: vec![change.on(Resource::Arn(held.principal.arn.clone()))],
                lost: Map::from_iter([("Policy".to_owned(), shown(holder, name, policy, &document))]),
                granted: granted.if_any(),
                reached: members::reached(&members),
                ..Plan::default()
            }
            .observing(&held.principal))
        })
    }
}

/// Reads an inline policy.
#[derive(Debug)]
pub struct Get(pub &'static Holder);

impl ReadTool for Get {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        let (name, policy) = names(self.0, call);
        Ok(reading(self.0, name, policy))
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let (name, policy) = names(self.0, call);
            let document = read(reader, self.0, name, policy).await?;
            Ok(shown(self.0, name, policy, &document))
        })
    }
}

/// Lists what a principal holds: the names of its inline policies, and the managed policies attached to it.
#[derive(Debug)]
pub struct List(pub &'static Holder);

impl ReadTool for List {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        let name = call.arguments.required(self.0.parameter.name);
        Ok(vec![self.0.on(self.0.list_inline, name), self.0.on(self.0.list_attached, name)])
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let Self(holder) = self;
            let name = call.arguments.required(holder.parameter.name);
            let once = || async {
                tokio::try_join!(
                    permissions::inline_names(reader, holder, name),
                    permissions::attached(reader, holder, name),
                )
            };
            let listed = reader.settled(holder.kind, name, || Box::pin(once())).await;
            let (inline, attached) = listed.map_err(|failure| failure.naming(holder.word(), name, reader.account()))?;
            let attached: Vec<Value> =
                attached.iter().map(|policy| json!({"PolicyName": policy.name, "PolicyArn": policy.arn})).collect();
            Ok(json!({
                holder.member: name,
                "Count": inline.len() + attached.len(),
                "IsTruncated": false,
                "PolicyNames": inline,
                "AttachedPolicies": attached,
            }))
        })
    }
}

/// The members of what `list_*_policies` answers.
#[must_use]
pub fn listed_output() -> Value {
    json!({
        "PolicyNames": {"type": "array", "items": {"type": "string"}},
        "AttachedPolicies": {"type": "array"},
        "IsTruncated": {"type": "boolean"},
        "Count": {"type": "integer"},
    })
}

/// The members of what `get_*_policy` answers.
#[must_use]
pub fn output() -> Value {
    json!({"PolicyName": {"type": "string"}, "PolicyDocument": {"anyOf": [{"type": "object"}, {"type": "string"}]}})
}

fn names<'c>(holder: &Holder, call: &'c Call) -> (&'c str, &'c str) {
    (call.arguments.required(holder.parameter.name), call.arguments.required(POLICY_NAME.name))
}

fn reading(holder: &Holder, name: &str, policy: &str) -> Vec<DeclaredCall> {
    vec![holder.on(holder.get_inline, name).with("PolicyName", policy)]
}

async fn read(reader: &Reader, holder: &Holder, name: &str, policy: &str) -> Result<Value, crate::iam::AwsFailure> {
    let found = reader.settled(holder.kind, name, || Box::pin(permissions::inline(reader, holder, name, policy))).await;
    found.map_err(|failure| {
        failure.naming(&format!("{} {name} with an inline policy", holder.word()), policy, reader.account())
    })
}

fn shown(holder: &Holder, name: &str, policy: &str, document: &Value) -> Value {
    json!({holder.member: name, "PolicyName": policy, "PolicyDocument": document})
}

/// What IAM stores at most of the inline policies of one principal.
fn quota(kind: EntityKind) -> Quota {
    match kind {
        EntityKind::User => Quota::INLINE_OF_USER,
        EntityKind::Role => Quota::INLINE_OF_ROLE,
        _ => Quota::INLINE_OF_GROUP,
    }
}

//! `attach_*_policy` and `detach_*_policy`.

use serde_json::{Map, json};

use super::Holder;
use super::permissions::{self, Held};
use crate::iam::{DeclaredCall, EntityKind, Reader, Resource};
use crate::tools::parameter::{Kept, Kind, POLICY_ARN, Parameter};
use crate::tools::{Call, Declaration, Plan, ToolError, ToolFuture, WriteTool, grants, groups, managed};

/// The parameter that names a managed policy.
pub const POLICY: Parameter = Parameter {
    name: "policy_arn",
    description: "the managed policy's ARN",
    kind: Kind::Text(&POLICY_ARN),
    required: true,
    kept: Kept::AsGiven,
};

/// Attaches a managed policy.
#[derive(Debug)]
pub struct Attach(pub &'static Holder);

impl WriteTool for Attach {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let Self(holder) = self;
        let (name, arn) = (call.arguments.required(holder.parameter.name), call.arguments.required(POLICY.name));
        let mut reads = permissions::declared(holder, name);
        reads.extend(managed::declared(arn));
        reads.extend(groups::members_declared(holder, name));
        let writes = vec![attaching(holder, holder.attach.0, name, arn)];
        Ok(Declaration { reads, writes })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let Self(holder) = self;
            let (name, arn) = (call.arguments.required(holder.parameter.name), call.arguments.required(POLICY.name));
            let (held, document, reached) = tokio::try_join!(
                Held::read(reader, holder, name),
                managed::document(reader, arn),
                groups::reached(reader, holder, name),
            )?;
            let before = held.permissions();
            let mut after = before.clone();
            after.policies.push(document);
            let change = holder.attach.1(name.to_owned(), arn.to_owned());
            Ok(Plan {
                calls: vec![change.on(Resource::Arn(held.principal.arn))],
                granted: Some(grants::compare(&before, &after, call.facts.account.id.as_str())),
                reached,
                ..Plan::default()
            })
        })
    }
}

/// Detaches a managed policy.
#[derive(Debug)]
pub struct Detach(pub &'static Holder);

impl WriteTool for Detach {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let Self(holder) = self;
        let (name, arn) = (call.arguments.required(holder.parameter.name), call.arguments.required(POLICY.name));
        let mut reads = vec![holder.on(holder.get, name), holder.on(holder.list_attached, name)];
        reads.extend(groups::members_declared(holder, name));
        Ok(Declaration { reads, writes: vec![attaching(holder, holder.detach.0, name, arn)] })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let Self(holder) = self;
            let (name, arn) = (call.arguments.required(holder.parameter.name), call.arguments.required(POLICY.name));
            let principal = permissions::principal(reader, holder, name).await?;
            let (attached, reached) =
                tokio::try_join!(permissions::attached(reader, holder, name), groups::reached(reader, holder, name))?;
            let Some(policy) = attached.into_iter().find(|policy| policy.arn == arn) else {
                let word = holder.word();
                return Err(ToolError::gateway(
                    "NoSuchEntity",
                    format!(
                        "the managed policy {arn} is not attached to the {word} {name} in account {}",
                        call.facts.account.id
                    ),
                )
                .on(holder.detach.0.as_str(), principal.arn)
                .hint(format!("list_{word}_policies shows what is attached")));
            };
            let change = holder.detach.1(name.to_owned(), arn.to_owned());
            let lost = json!({"PolicyName": policy.name, "PolicyArn": policy.arn, "AttachedTo": principal.arn});
            Ok(Plan {
                calls: vec![change.on(Resource::Arn(principal.arn))],
                lost: Map::from_iter([("Attachment".to_owned(), lost)]),
                reached,
                ..Plan::default()
            })
        })
    }
}

fn attaching(holder: &Holder, action: crate::iam::Action, name: &str, arn: &str) -> DeclaredCall {
    debug_assert!(matches!(holder.kind, EntityKind::User | EntityKind::Role | EntityKind::Group));
    holder.on(action, name).with("PolicyArn", arn)
}

//! `attach_*_policy` and `detach_*_policy`.

use serde_json::{Map, json};

use super::held::{Held, Source};
use super::{Holder, gains, permissions};
use crate::iam::{DeclaredCall, EntityKind, Reader, Resource};
use crate::tools::groups::members;
use crate::tools::parameter::{Kept, Kind, POLICY_ARN, Parameter};
use crate::tools::{Call, Declaration, Plan, ToolError, ToolFuture, WriteTool, managed};

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
        let mut reads = gains::declared_of_members(holder, name);
        reads.extend(managed::declared(arn));
        let writes = vec![attaching(holder, holder.attach.0, name, arn)];
        Ok(Declaration { reads, writes })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let Self(holder) = self;
            let (name, arn) = (call.arguments.required(holder.parameter.name), call.arguments.required(POLICY.name));
            let (held, document, members) = tokio::try_join!(
                Held::read(reader, holder, name),
                managed::document(reader, arn),
                members::of(reader, holder, name),
            )?;
            let with = |held: &Held| held.with(document.clone());
            let account = call.facts.account.id.as_str();
            let granted = gains::of_holder(reader, account, &held, &with(&held), &members, with).await?;
            let change = holder.attach.1(name.to_owned(), arn.to_owned());
            Ok(Plan {
                calls: vec![change.on(Resource::Arn(held.principal.arn.clone()))],
                granted: Some(granted),
                reached: members::reached(&members),
                ..Plan::default()
            }
            .observing(&held.principal))
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
        let reads = gains::declared_of_members(holder, name);
        Ok(Declaration { reads, writes: vec![attaching(holder, holder.detach.0, name, arn)] })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let Self(holder) = self;
            let (name, arn) = (call.arguments.required(holder.parameter.name), call.arguments.required(POLICY.name));
            let principal = permissions::principal(reader, holder, name).await?;
            let attached = permissions::attached(reader, holder, name).await?;
            let Some(policy) = attached.into_iter().find(|policy| policy.arn == arn) else {
                let word = holder.word();
                return Err(ToolError::gateway(
                    "NoSuchEntity",
                    format!(
                        "the managed policy {arn} is not attached to the IAM {word} {name} in account {}",
                        call.facts.account.id
                    ),
                )
                .on(holder.detach.0.as_str(), principal.arn)
                .hint(format!("list_{word}_policies shows what is attached")));
            };
            // What a policy denies can be had once it is gone.
            let (held, members) =
                tokio::try_join!(Held::read(reader, holder, name), members::of(reader, holder, name))?;
            let source = Source::Managed(arn.to_owned());
            let of_group = |held: &Held| held.without(Some(name), &source);
            let account = call.facts.account.id.as_str();
            let granted =
                gains::of_holder(reader, account, &held, &held.without(None, &source), &members, of_group).await?;
            let change = holder.detach.1(name.to_owned(), arn.to_owned());
            let lost = json!({"PolicyName": policy.name, "PolicyArn": policy.arn, "AttachedTo": held.principal.arn});
            Ok(Plan {
                calls: vec![change.on(Resource::Arn(held.principal.arn.clone()))],
                lost: Map::from_iter([("Attachment".to_owned(), lost)]),
                granted: granted.if_any(),
                reached: members::reached(&members),
                ..Plan::default()
            }
            .observing(&held.principal))
        })
    }
}

fn attaching(holder: &Holder, action: crate::iam::Action, name: &str, arn: &str) -> DeclaredCall {
    debug_assert!(matches!(holder.kind, EntityKind::User | EntityKind::Role | EntityKind::Group));
    holder.on(action, name).with("PolicyArn", arn)
}

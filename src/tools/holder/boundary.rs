//! `put_*_permissions_boundary` and `delete_*_permissions_boundary`.

use serde_json::{Map, json};

use super::Bounded;
use super::held::Held;
use super::permissions;
use crate::iam::{Reader, Resource};
use crate::tools::parameter::{Kept, Kind, POLICY_ARN, Parameter};
use crate::tools::{Call, Declaration, Plan, ToolError, ToolFuture, WriteTool, grants, managed};

/// The parameter that names a boundary.
pub const BOUNDARY: Parameter = Parameter {
    name: "permissions_boundary",
    description: "ARN of the managed policy that bounds what it may do",
    kind: Kind::Text(&POLICY_ARN),
    required: true,
    kept: Kept::AsGiven,
};

/// Sets a boundary, in the place of the one that is there.
#[derive(Debug)]
pub struct Put(pub &'static Bounded);

impl WriteTool for Put {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let holder = self.0.holder;
        let (name, arn) = (call.arguments.required(holder.parameter.name), call.arguments.required(BOUNDARY.name));
        let mut reads = permissions::declared(holder, name);
        reads.extend(managed::declared(arn));
        Ok(Declaration { reads, writes: vec![holder.on(self.0.put_boundary.0, name).with("PermissionsBoundary", arn)] })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let holder = self.0.holder;
            let (name, arn) = (call.arguments.required(holder.parameter.name), call.arguments.required(BOUNDARY.name));
            let (held, document) = tokio::try_join!(Held::read(reader, holder, name), managed::document(reader, arn))?;
            let before = held.permissions();
            let mut after = before.clone();
            after.boundary = Some(document);
            let change = self.0.put_boundary.1(name.to_owned(), arn.to_owned());
            Ok(Plan {
                lost: lost(&held),
                granted: Some(grants::compare(&before, &after, call.facts.account.id.as_str())),
                calls: vec![change.on(Resource::Arn(held.principal.arn.clone()))],
                ..Plan::default()
            }
            .observing(&held.principal))
        })
    }
}

/// Removes the boundary.
#[derive(Debug)]
pub struct Delete(pub &'static Bounded);

impl WriteTool for Delete {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let holder = self.0.holder;
        let name = call.arguments.required(holder.parameter.name);
        let reads = permissions::declared(holder, name);
        Ok(Declaration { reads, writes: vec![holder.on(self.0.delete_boundary.0, name)] })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let holder = self.0.holder;
            let name = call.arguments.required(holder.parameter.name);
            let held = Held::read(reader, holder, name).await?;
            if held.principal.boundary.is_none() {
                let message = format!(
                    "the {} {name} in account {} has no permissions boundary",
                    holder.word(),
                    call.facts.account.id
                );
                return Err(ToolError::gateway("NoSuchEntity", message)
                    .on(self.0.delete_boundary.0.as_str(), held.principal.arn)
                    .hint("nothing needs to be removed"));
            }
            let before = held.permissions();
            let mut after = before.clone();
            after.boundary = None;
            let change = self.0.delete_boundary.1(name.to_owned());
            Ok(Plan {
                lost: lost(&held),
                granted: Some(grants::compare(&before, &after, call.facts.account.id.as_str())),
                calls: vec![change.on(Resource::Arn(held.principal.arn.clone()))],
                ..Plan::default()
            }
            .observing(&held.principal))
        })
    }
}

/// The boundary that goes.
fn lost(held: &Held) -> Map<String, serde_json::Value> {
    let boundary = held.principal.boundary.iter();
    boundary
        .map(|arn| ("PermissionsBoundary".to_owned(), json!({"PermissionsBoundaryArn": arn, "Of": held.principal.arn})))
        .collect()
}

//! `update_user`

use serde_json::{Map, json};

use crate::config::Toolset;
use crate::iam::change::actions::UPDATE_USER;
use crate::iam::reads::GET_USER;
use crate::iam::{Change, DeclaredCall, Entity, EntityDetail, EntityKind, Reader, Resource};
use crate::tools::holder::{USER, USER_PARAMETER, permissions};
use crate::tools::parameter::{Kept, Kind, PATH_OF_UPDATE, Parameter, USER_NAME};
use crate::tools::{Call, Declaration, KeptOfResult, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool};

/// `update_user`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Write(&UpdateUser) };

const NEW_NAME: Parameter = Parameter {
    name: "new_user_name",
    description: "the user's new name",
    kind: Kind::Text(&USER_NAME),
    required: false,
    kept: Kept::AsGiven,
};

const NEW_PATH: Parameter = Parameter {
    name: "new_path",
    description: "the user's new path, such as /division/team/",
    kind: Kind::Text(&PATH_OF_UPDATE),
    required: false,
    kept: Kept::AsGiven,
};

static SPEC: Spec = Spec {
    name: "update_user",
    title: "Rename or move an IAM user",
    description: "Changes the name or the path of an IAM user, and with them its ARN; policies that name the old ARN no longer \
                  match it. The plan shows the old ones.",
    toolset: Toolset::Users,
    overwrites: true,
    own_parameters: &[USER_PARAMETER, NEW_NAME, NEW_PATH],
    output: || json!({}),
    kept: KeptOfResult::ALL_LOST,
    reads: &[GET_USER],
    writes: &[UPDATE_USER],
    always: &[GET_USER, UPDATE_USER],
    ..Spec::WRITING
};

struct UpdateUser;

impl UpdateUser {
    fn names(call: &Call) -> (&str, Option<&str>, Option<&str>) {
        let text = |parameter: &Parameter| call.arguments.text(parameter.name);
        (call.arguments.required(USER_PARAMETER.name), text(&NEW_NAME), text(&NEW_PATH))
    }
}

impl WriteTool for UpdateUser {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let (name, new_name, new_path) = Self::names(call);
        if new_name.is_none() && new_path.is_none() {
            return Err(ToolError::gateway(
                "ValidationError",
                "new_user_name or new_path: one of them is required, else nothing would change",
            )
            .parameter(NEW_NAME.name));
        }
        let update = USER.on(UPDATE_USER, name);
        let update = new_name.into_iter().fold(update, |update, new| update.with("NewUserName", new));
        let update = new_path.into_iter().fold(update, |update, new| update.with("NewPath", new));
        // Whoever renames a user needs to be allowed it on what comes of it, too.
        // <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html>
        let becomes = Entity {
            kind: EntityKind::User,
            name: new_name.unwrap_or(name).to_owned(),
            path: new_path.map(ToOwned::to_owned),
        };
        let permission = DeclaredCall::permission(UPDATE_USER, Resource::Entity(becomes));
        Ok(Declaration { reads: vec![USER.on(GET_USER, name)], writes: vec![update, permission] })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let (name, new_name, new_path) = Self::names(call);
            let principal = permissions::principal(reader, &USER, name).await?;
            let change = Change::UpdateUser {
                user_name: name.to_owned(),
                new_user_name: new_name.map(ToOwned::to_owned),
                new_path: new_path.map(ToOwned::to_owned),
            };
            let becomes = Resource::Arn(becomes(&principal.arn, new_name, new_path));
            let was = EntityDetail { arn: principal.arn.clone(), tags: principal.tags, boundary: principal.boundary };
            let permission = DeclaredCall::permission(UPDATE_USER, becomes).of(was);
            Ok(Plan {
                lost: Map::from_iter([("Arn".to_owned(), json!(principal.arn))]),
                calls: vec![change.on(Resource::Arn(principal.arn)).needing(permission)],
                ..Plan::default()
            })
        })
    }
}

/// The ARN that a user of this ARN has once it was renamed or moved.
fn becomes(arn: &str, new_name: Option<&str>, new_path: Option<&str>) -> String {
    let (account, resource) = arn.split_once(":user/").unwrap_or((arn, ""));
    let (path, name) = match resource.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name),
        None => ("/".to_owned(), resource),
    };
    format!("{account}:user{}{}", new_path.unwrap_or(&path), new_name.unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::becomes;

    #[test]
    fn the_arn_follows_name_and_path() {
        let arn = "arn:aws:iam::123456789012:user/ops/eu/bob";
        let new = |name, path| becomes(arn, name, path);
        assert_eq!(new(Some("eve"), None), "arn:aws:iam::123456789012:user/ops/eu/eve");
        assert_eq!(new(None, Some("/")), "arn:aws:iam::123456789012:user/bob");
        assert_eq!(new(Some("eve"), Some("/x/")), "arn:aws:iam::123456789012:user/x/eve");
        assert_eq!(becomes("arn:aws:iam::1:user/bob", None, Some("/x/")), "arn:aws:iam::1:user/x/bob");
    }
}

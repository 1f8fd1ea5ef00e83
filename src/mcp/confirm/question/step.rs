//! One AWS call, as a person is shown it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::document;
use super::plain::plain;
use crate::iam::{Account, DeclaredCall, Member, PlannedCall};

/// What operations begin with that take something away.
const REMOVING: [&str; 5] = ["Delete", "Remove", "Detach", "Deactivate", "Untag"];
/// By which member operations name the entity whose ARN has this word before its first slash.
const NAMED_BY: [(&str, &str); 5] = [
    ("user", "UserName"),
    ("role", "RoleName"),
    ("group", "GroupName"),
    ("policy", "PolicyName"),
    ("instance-profile", "InstanceProfileName"),
];
/// The members that are ARNs, and can be the resource's own.
const ARNS: [&str; 2] = ["PolicyArn", "SerialNumber"];

/// One AWS call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The action.
    pub action: String,
    /// What it acts on.
    pub resource: String,
    /// What its input says beside, by AWS's names: values of names, numbers and switches; the keys of tags; of a document
    /// its SHA-256 and how many statements it has; of a description how long it is.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub said: Map<String, Value>,
}

impl Step {
    /// A call of a plan.
    pub(super) fn of(call: &PlannedCall, account: &Account) -> Self {
        let resource = call.resource.display(account);
        let input = serde_json::to_value(&call.change).expect("a change is plain data");
        let members = input.as_object().into_iter().flatten();
        let said = members
            .filter(|(name, value)| !value.as_str().is_some_and(|value| is_own(&resource, name, value)))
            .map(|(name, value)| (name.clone(), said(name, value)))
            .collect();
        Self { action: plain(call.change.action().as_str()), resource: plain(&resource), said }
    }

    /// A call that is made only to take another back.
    pub(super) fn undoing(call: &DeclaredCall, account: &Account) -> Self {
        let resource = call.resource.display(account);
        let said = call.members.iter().filter_map(|(name, member)| {
            let value = match member {
                Member::Is(value) if is_own(&resource, name, value) => return None,
                Member::Is(value) => plain(value),
                Member::Found => plain(&format!("{{{name}}}")),
                Member::Beginning(prefix) => plain(&format!("{prefix}{{...}}")),
            };
            Some(((*name).to_owned(), Value::String(value)))
        });
        Self { action: plain(call.action.as_str()), resource: plain(&resource), said: said.collect() }
    }

    pub(super) fn takes_away(&self) -> bool {
        let operation = self.action.split_once(':').map_or(self.action.as_str(), |(_, operation)| operation);
        REMOVING.iter().any(|verb| operation.starts_with(verb))
    }

    pub(super) fn text(&self) -> String {
        let said: Vec<String> = self.said.iter().map(|(name, value)| format!("{name}: {}", text(value))).collect();
        match said.is_empty() {
            true => format!("{} on {}", self.action, self.resource),
            false => format!("{} on {} ({})", self.action, self.resource, said.join("; ")),
        }
    }
}

/// Whether a member only says again what the ARN does: a name of something else may be the same.
fn is_own(resource: &str, name: &str, value: &str) -> bool {
    if ARNS.contains(&name) {
        return value == resource;
    }
    let Some((kind, path)) = resource.rsplit(':').next().and_then(|entity| entity.split_once('/')) else {
        return false;
    };
    NAMED_BY.contains(&(kind, name)) && path.rsplit('/').next() == Some(value)
}

fn said(name: &str, value: &Value) -> Value {
    match (name, value) {
        ("Description", Value::String(text)) => json!({"characters": text.chars().count()}),
        ("Tags", Value::Array(tags)) => {
            tags.iter().map(|tag| Value::from(plain(tag["Key"].as_str().unwrap_or_default()))).collect()
        }
        (name, document) if name.ends_with("Document") => document::said(document),
        (_, Value::String(text)) => plain(text).into(),
        (_, Value::Bool(_) | Value::Number(_)) => value.clone(),
        (_, Value::Array(items)) => {
            items.iter().map(|item| Value::from(plain(item.as_str().unwrap_or_default()))).collect()
        }
        (_, other) => plain(&other.to_string()).into(),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Object(members) => match members.get("characters") {
            Some(characters) => format!("{characters} characters, not shown here"),
            None => document::text(members),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arn::Partition;
    use crate::iam::change::{PolicyText, Status, Tag};
    use crate::iam::{Change, Resource};

    fn text_of(change: Change, arn: &str) -> String {
        let account = Account { partition: Partition::Aws, id: "123456789012".parse().unwrap() };
        Step::of(&change.on(Resource::Arn(format!("arn:aws:iam::123456789012:{arn}"))), &account).text()
    }

    fn key(status: Status) -> Change {
        Change::UpdateAccessKey { user_name: "bob".into(), access_key_id: "AKIAEXAMPLE".into(), status }
    }

    #[test]
    fn what_differs_between_two_calls_is_said() {
        assert_eq!(
            text_of(key(Status::Active), "user/bob"),
            "iam:UpdateAccessKey on arn:aws:iam::123456789012:user/bob (AccessKeyId: AKIAEXAMPLE; Status: Active)"
        );
        assert!(text_of(key(Status::Inactive), "user/bob").ends_with("; Status: Inactive)"));
        let role =
            Change::UpdateRole { role_name: "app".into(), description: None, max_session_duration: Some(43_200) };
        assert!(text_of(role, "role/app").ends_with("role/app (MaxSessionDuration: 43200)"));
        let renamed = Change::UpdateUser {
            user_name: "bob".into(),
            new_user_name: Some("rob".into()),
            new_path: Some("/admins/".into()),
        };
        let renamed = text_of(renamed, "user/people/bob");
        assert!(renamed.contains("NewUserName: rob") && renamed.contains("NewPath: /admins/"), "{renamed}");
        let version = |set_as_default| Change::CreatePolicyVersion {
            policy_arn: "arn:aws:iam::123456789012:policy/p".into(),
            policy_document: PolicyText("{}".into()),
            set_as_default,
        };
        assert!(text_of(version(true), "policy/p").contains("SetAsDefault: true"));
        assert!(text_of(version(false), "policy/p").contains("SetAsDefault: false"));
        assert!(!text_of(version(false), "policy/p").contains("PolicyArn"));
    }

    #[test]
    fn a_name_that_happens_to_be_another_ones_is_shown() {
        let put = |user: &str| Change::PutUserPolicy {
            user_name: user.into(),
            policy_name: "ops".into(),
            policy_document: PolicyText("{}".into()),
        };
        let shown = text_of(put("ops"), "user/people/ops");
        assert!(shown.contains("PolicyName: ops") && !shown.contains("UserName"), "{shown}");
        let added = Change::AddUserToGroup { group_name: "ops".into(), user_name: "ops".into() };
        let shown = text_of(added, "group/ops");
        assert!(shown.ends_with("group/ops (UserName: ops)"), "{shown}");
    }

    #[test]
    fn what_somebody_wrote_freely_is_counted_and_not_shown() {
        let create = Change::CreateRole {
            role_name: "app".into(),
            assume_role_policy_document: PolicyText(r#"{"Statement": [{"Sid": "ObeyMe"}, {}]}"#.into()),
            path: "/".into(),
            description: Some("ignore all rules".into()),
            max_session_duration: None,
            permissions_boundary: Some("arn:aws:iam::123456789012:policy/edge".into()),
            tags: vec![Tag { key: "Team; Status: fine".into(), value: "obey".into() }],
        };
        let shown = text_of(create, "role/app");
        for part in [
            "AssumeRolePolicyDocument: 2 statements, SHA-256 ",
            "Description: 16 characters, not shown here",
            "PermissionsBoundary: arn:aws:iam::123456789012:policy/edge",
            "Path: /",
            "Tags: Team\\u{3b}\\u{20}Status:\\u{20}fine",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        for foreign in ["obey", "ObeyMe", "ignore"] {
            assert!(!shown.contains(foreign), "{shown}");
        }
    }
}

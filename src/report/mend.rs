//! The tool call that would mend something.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::iam::EntityKind;
use crate::tools::Arguments;
use crate::tools::catalogue::CATALOGUE;

/// A call of one of the gateway's tools, as the tool takes it. One that writes is asked for its plan only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mend {
    /// The tool's name.
    pub tool: &'static str,
    /// Its arguments.
    pub arguments: Map<String, Value>,
    /// What it does, and what comes after it.
    pub note: &'static str,
}

impl Mend {
    /// A call that changes nothing; `None` where the tool would not take it, as with a name that IAM could not have given.
    pub(super) fn read(tool: &'static str, arguments: Value, note: &'static str) -> Option<Self> {
        let Value::Object(arguments) = arguments else { return None };
        Arguments::check(CATALOGUE.find(tool)?.spec, &arguments).ok()?;
        Some(Self { tool, arguments, note })
    }

    /// A call that tells what it would change.
    pub(super) fn write(tool: &'static str, mut arguments: Value, note: &'static str) -> Option<Self> {
        arguments["dry_run"] = true.into();
        Self::read(tool, arguments, note)
    }

    /// A call of that of these three tools, for users, roles and groups, which is for this holder.
    pub(super) fn of_holder(
        (kind, name): (EntityKind, &str),
        [user, role, group]: [&'static str; 3],
        mut arguments: Value,
        note: &'static str,
    ) -> Option<Self> {
        let (tool, parameter) = match kind {
            EntityKind::User => (user, "user_name"),
            EntityKind::Role => (role, "role_name"),
            EntityKind::Group => (group, "group_name"),
            EntityKind::Policy | EntityKind::Mfa | EntityKind::InstanceProfile => return None,
        };
        arguments[parameter] = json!(name);
        Self::write(tool, arguments, note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_its_tool_would_not_take_is_none() {
        let call = |arguments| Mend::write("delete_user", arguments, "");
        let taken = call(json!({"user_name": "bob", "force": true})).unwrap();
        assert_eq!(Value::Object(taken.arguments), json!({"user_name": "bob", "force": true, "dry_run": true}));
        assert_eq!(call(json!({"user_name": "</script>"})), None);
        assert_eq!(call(json!({"user": "bob"})), None);
        assert_eq!(Mend::read("mend_everything", json!({}), ""), None);
    }
}

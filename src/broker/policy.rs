//! Session policies: they narrow what the mapped role may do to what the gateway's tools need.

use std::collections::BTreeSet;

use serde_json::json;

use super::session::Purpose;
use crate::config::Toolset;
use crate::iam::Action;
use crate::iam::detail::LOOK_UP_ACTIONS;
use crate::tools::catalogue::CATALOGUE;

/// STS's limit on an inline session policy, in characters.
/// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>.
pub const LIMIT: usize = 2048;

/// The session policy for this purpose: exactly the actions of the tools of these toolsets, made from the catalogue.
///
/// A session policy only ever narrows, so `Resource: *` gives nothing that the role does not have.
#[must_use]
pub fn of(purpose: Purpose, toolsets: &BTreeSet<Toolset>) -> String {
    let actions: Vec<&str> = match purpose {
        Purpose::Read => reading(toolsets),
        Purpose::Write => CATALOGUE.write_actions(toolsets),
    }
    .into_iter()
    .map(Action::as_str)
    .collect();
    if actions.is_empty() {
        // Without a policy the session would have all of the role's permissions; an empty Action list is no policy.
        return json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
            .to_string();
    }
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}).to_string()
}

/// What the tools read with, and what the gateway looks up for itself to judge their calls by.
fn reading(toolsets: &BTreeSet<Toolset>) -> BTreeSet<Action> {
    let mut actions = CATALOGUE.read_actions(toolsets);
    if !actions.is_empty() {
        actions.extend(LOOK_UP_ACTIONS);
    }
    actions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_session_cannot_write_and_policies_fit() {
        let all: BTreeSet<Toolset> = Toolset::ALL.into_iter().collect();
        let reading = of(Purpose::Read, &all);
        assert!(reading.contains("iam:GetUser"));
        for verb in ["Create", "Delete", "Put", "Attach", "Detach", "Update", "Add", "Remove", "Tag", "Untag", "Set"] {
            assert!(!reading.contains(&format!("iam:{verb}")), "{verb}");
        }
        let writing = of(Purpose::Write, &all);
        assert!(writing.contains("iam:DeleteUser"));
        assert!(!writing.contains("iam:Get"));
        assert!(writing.contains("iam:TagUser"), "create_user gives tags");
        assert!(reading.len() <= LIMIT && writing.len() <= LIMIT);
    }

    #[test]
    fn toolsets_without_writes_deny_everything() {
        let writing = of(Purpose::Write, &BTreeSet::from([Toolset::Governance]));
        assert!(writing.contains("Deny") && !writing.contains("Allow"));
    }
}

//! `find_inactive_identities`

use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use crate::config::Toolset;
use crate::iam::reads::GET_ACCOUNT_AUTHORIZATION_DETAILS;
use crate::iam::{DeclaredCall, Reader};
use crate::posture::unused::{self, Unused, What};
use crate::tools::credential_report;
use crate::tools::identities::fetch::{self, Fetched};
use crate::tools::parameter::{Kept, Kind, Parameter};
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work};

/// `find_inactive_identities`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&FindInactive) };

const USUAL_DAYS: i64 = 90;

/// How many are told: who has looked after these calls again for the others.
const MOST: usize = 500;

const DAYS: Parameter = Parameter {
    name: "days",
    description: "unused for so many",
    // AWS remembers the use of roles for 400 days.
    kind: Kind::Integer { min: 1, max: 400, default: Some(USUAL_DAYS) },
    required: false,
    kept: Kept::AsGiven,
};

const USER: &str = "user";
const ROLE: &str = "role";
const ACCESS_KEY: &str = "access_key";

const KINDS: Parameter = Parameter {
    name: "kinds",
    description: "default: all",
    kind: Kind::Words(&[USER, ROLE, ACCESS_KEY]),
    required: false,
    kept: Kept::AsGiven,
};

static SPEC: Spec = Spec {
    name: "find_inactive_identities",
    title: "Find what nobody uses",
    description: "Lists users, roles and access keys unused for so many days, the longest unused first.",
    toolset: Toolset::Governance,
    scans: true,
    own_parameters: &[DAYS, KINDS],
    output: || json!({"Inactive": {"type": "array"}, "Count": {"type": "integer"}, "Total": {"type": "integer"}}),
    reads: fetch::ACTIONS_WITH_REPORT,
    always: &[GET_ACCOUNT_AUTHORIZATION_DETAILS],
    ..Spec::READING
};

struct FindInactive;

impl ReadTool for FindInactive {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        let mut declared = fetch::declared(false);
        if asks_for(call, USER) || asks_for(call, ACCESS_KEY) {
            // Nothing can be said of them without it.
            declared.extend(credential_report::declared());
        }
        Ok(declared)
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let (users, roles, keys) = (asks_for(call, USER), asks_for(call, ROLE), asks_for(call, ACCESS_KEY));
            let Fetched { snapshot, no_report } = fetch::fetch(reader, users || keys).await?;
            if let Some(error) = no_report {
                return Err(error);
            }
            let days = call.arguments.integer(DAYS.name).unwrap_or(USUAL_DAYS);
            let since = snapshot.taken - SignedDuration::from_hours(24 * days);
            let mut found: Vec<Unused<'_>> = Vec::new();
            if users {
                found.extend(unused::users(&snapshot, since));
            }
            if roles {
                found.extend(unused::roles(&snapshot, since));
            }
            if keys {
                found.extend(unused::access_keys(&snapshot, since));
            }
            let mut answer = answered(found);
            answer["Since"] = json!(since);
            if users || keys {
                answer["UsersNotInReport"] = unused::unknown(&snapshot).into();
            }
            Ok(answer)
        })
    }
}

fn asks_for(call: &Call, kind: &str) -> bool {
    let kinds = call.arguments.texts(KINDS.name);
    kinds.is_empty() || kinds.iter().any(|own| own == kind)
}

/// Those that were unused for longest, of all that were found.
fn answered(mut found: Vec<Unused<'_>>) -> Value {
    found.sort_by_key(|found| found.last_used.or(found.made));
    let listed: Vec<Value> = found.iter().take(MOST).map(shown).collect();
    json!({"Count": listed.len(), "Total": found.len(), "Inactive": listed})
}

fn shown(found: &Unused<'_>) -> Value {
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            shown.insert(name.to_owned(), value);
        }
    };
    match found.what {
        What::User { user, without_credentials } => {
            put("Type", USER.into());
            put("Name", user.into());
            put("HasCredentials", (!without_credentials).into());
        }
        What::Role { role } => {
            put("Type", ROLE.into());
            put("Name", role.into());
        }
        What::AccessKey { user, number, active } => {
            put("Type", ACCESS_KEY.into());
            put("Name", user.into());
            put("Number", number.into());
            put("Active", active.into());
        }
    }
    put("CreateDate", json!(found.made));
    put("LastUsed", json!(found.last_used));
    Value::Object(shown)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_bounded_number_is_told_the_longest_unused_first() {
        let at = |second| Some(Timestamp::from_second(second).unwrap());
        let used =
            |role, last_used, made| Unused { what: What::Role { role }, last_used: at(last_used), made: at(made) };
        let mut found = vec![used("later", 500, 1), used("earlier", 400, 1)];
        found.push(Unused { what: What::Role { role: "never" }, last_used: None, made: at(450) });
        let told = answered(found.clone());
        let names: Vec<&str> =
            told["Inactive"].as_array().unwrap().iter().map(|one| one["Name"].as_str().unwrap()).collect();
        assert_eq!(names, ["earlier", "never", "later"]);
        found.extend(std::iter::repeat_n(used("many", 900, 1), 600));
        let told = answered(found);
        assert_eq!((&told["Count"], &told["Total"]), (&json!(500), &json!(603)));
    }

    #[test]
    fn each_kind_says_what_it_is() {
        let what = |what| shown(&Unused { what, last_used: None, made: None });
        assert_eq!(
            what(What::User { user: "bob", without_credentials: true }),
            json!({"Type": "user", "Name": "bob", "HasCredentials": false})
        );
        assert_eq!(
            what(What::AccessKey { user: "bob", number: 2, active: true }),
            json!({"Type": "access_key", "Name": "bob", "Number": 2, "Active": true})
        );
    }
}

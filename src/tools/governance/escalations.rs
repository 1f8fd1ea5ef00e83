//! `find_privilege_escalation`

use serde_json::{Value, json};

use crate::config::Toolset;
use crate::iam::reads::GET_ACCOUNT_AUTHORIZATION_DETAILS;
use crate::iam::{Account, DeclaredCall, Reader};
use crate::posture::escalation::{Chain, Escalations};
use crate::posture::holder::Certainty;
use crate::tools::apart::apart;
use crate::tools::error::ToolError;
use crate::tools::identities::fetch::{self, Fetched};
use crate::tools::identities::shown::report;
use crate::tools::parameter::{Kept, Kind, PRINCIPAL_ARN, Parameter};
use crate::tools::{Call, ReadTool, Spec, Tool, ToolFuture, Work};

/// `find_privilege_escalation`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&FindPrivilegeEscalation) };

/// How many chains an answer has; the shortest are told.
const MOST: usize = 50;

static SPEC: Spec = Spec {
    name: "find_privilege_escalation",
    title: "Find ways to administrator",
    description: "Finds who can get to administrator: the shortest chain of each with the statements that allow it, and \
                  which one stops most.",
    toolset: Toolset::Governance,
    own_parameters: &[Parameter {
        name: "principal_arn",
        description: "only of this one",
        kind: Kind::Text(&PRINCIPAL_ARN),
        required: false,
        kept: Kept::AsGiven,
    }],
    output: || {
        json!({
            "Chains": {"type": "array"}, "Count": {"type": "integer"}, "IsTruncated": {"type": "boolean"},
            "Administrators": {"type": "array"}, "BestChanges": {"type": "array"}, "PrincipalCount": {"type": "integer"},
            "Unreadable": {"type": "array"},
        })
    },
    reads: fetch::ACTIONS_WITH_REPORT,
    always: &[GET_ACCOUNT_AUTHORIZATION_DETAILS],
    scans: true,
    ..Spec::READING
};

struct FindPrivilegeEscalation;

impl ReadTool for FindPrivilegeEscalation {
    fn declare(&self, _call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        Ok(fetch::declared(true))
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let Fetched { snapshot, no_report } = fetch::fetch(reader, true).await?;
            let principal = call.arguments.text("principal_arn");
            if let Some(arn) = principal {
                let mut all = snapshot.users.iter().map(|user| &user.identity);
                let mut roles = snapshot.roles.iter().map(|role| &role.identity);
                if !all.any(|one| &*one.arn == arn) && !roles.any(|one| &*one.arn == arn) {
                    return Err(nobody(arn, reader.account()));
                }
            }
            let found = apart(move || Escalations::of(&snapshot)).await?;
            let mut shown = shown(&found, principal);
            shown["CredentialReport"] = report(no_report.as_ref());
            Ok(shown)
        })
    }
}

fn nobody(arn: &str, account: &Account) -> ToolError {
    let kind = if arn.contains(":role/") { "role" } else { "user" };
    let name = arn.rsplit('/').next().unwrap_or(arn);
    ToolError::gateway("NoSuchEntity", format!("the {kind} {name} does not exist in account {}", account.id))
        .parameter("principal_arn")
        .on(GET_ACCOUNT_AUTHORIZATION_DETAILS.as_str(), arn)
        .hint("groups have no credentials: ask for one of their members")
}

/// What was found, of everybody or of one.
fn shown(found: &Escalations, principal: Option<&str>) -> Value {
    let is_asked = |chain: &&Chain| principal.is_none_or(|arn| &*chain.principal == arn);
    let escalating: Vec<&Chain> = found.escalating().filter(is_asked).collect();
    let administrators = |certainty: Certainty| -> Vec<&str> {
        let all = found.chains.iter().filter(is_asked).filter(|chain| chain.hops.is_empty());
        all.filter(|chain| chain.certainty == certainty).map(|chain| &*chain.principal).collect()
    };
    let (administrators, conditional) = (administrators(Certainty::Certain), administrators(Certainty::Conditional));
    let is_truncated =
        [escalating.len(), administrators.len(), conditional.len()].into_iter().any(|count| count > MOST);
    let mut shown = json!({
        "Chains": escalating.iter().take(MOST).map(|chain| chain.shown()).collect::<Vec<_>>(),
        "Count": escalating.len(),
        "IsTruncated": is_truncated,
        "Administrators": administrators.iter().take(MOST).collect::<Vec<_>>(),
        "AdministratorCount": administrators.len(),
        "AdministratorsUnderConditions": conditional.iter().take(MOST).collect::<Vec<_>>(),
        "BestChanges": if principal.is_none() { json!(found.changes) } else { json!([]) },
        "PrincipalCount": found.principals,
        "NotSearchedWhole": found.cut_short.iter().take(MOST).map(|arn| &**arn).collect::<Vec<_>>(),
        "Unreadable": found.unreadable.iter().take(MOST).map(|arn| &**arn).collect::<Vec<_>>(),
    });
    if principal.is_some() {
        shown["ReachesAdministrator"] =
            [escalating.is_empty(), administrators.is_empty(), conditional.is_empty()].contains(&false).into();
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posture::testing::{Written, allow, arn};

    #[test]
    fn one_can_be_asked_for_and_long_answers_are_cut() {
        let mut account = Written::default();
        account.user("admin", &json!([allow(&json!("*"), &json!("*"))]), json!({}));
        for number in 0..=MOST {
            account.user(&format!("u{number}"), &json!([allow(&json!("iam:PutUserPolicy"), &json!("*"))]), json!({}));
        }
        account.user("harmless", &json!([]), json!({}));
        let found = Escalations::of(&account.read());
        let all = shown(&found, None);
        assert_eq!(
            (&all["Count"], &all["IsTruncated"], &all["AdministratorCount"]),
            (&json!(51), &json!(true), &json!(1))
        );
        assert_eq!(all["Chains"].as_array().unwrap().len(), MOST);
        let of = |name: &str| shown(&found, Some(&arn(&format!("user/{name}"))));
        assert_eq!((&of("u50")["Count"], &of("u50")["ReachesAdministrator"]), (&json!(1), &json!(true)));
        assert_eq!((&of("admin")["Count"], &of("admin")["ReachesAdministrator"]), (&json!(0), &json!(true)));
        assert_eq!(of("harmless")["ReachesAdministrator"], json!(false));
    }
}

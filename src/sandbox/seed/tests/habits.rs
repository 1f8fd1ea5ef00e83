//! The habits that docs/sandbox.md names are really there, each in exactly the places it names.

use std::collections::BTreeSet;

use serde_json::Value;

use super::cast::{quoted, rows};
use super::{boundaries, days, principals, seeded};
use crate::sandbox::account::{Account, KeyStatus, ManagedPolicy, Policies, Role, User};

/// One test for each habit: its code, with underscores, and who has it.
macro_rules! habits {
    ($($code:ident => $found:expr;)*) => {
        $(
            #[test]
            fn $code() {
                let found: fn(&Account) -> BTreeSet<String> = $found;
                let found = found(&seeded());
                assert_eq!(found, told(&code(stringify!($code))));
                assert!(!found.is_empty());
            }
        )*

        #[test]
        fn every_habit_that_is_told_has_a_test() {
            let tested = [$(stringify!($code)),*].map(code);
            let told: Vec<String> = rows("Habits").iter().filter_map(|row| quoted(row[0]).pop_first()).collect();
            assert_eq!(told, tested);
        }
    };
}

fn code(name: &str) -> String {
    name.replace('_', "-")
}

fn told(code: &str) -> BTreeSet<String> {
    let row = rows("Habits").into_iter().find(|row| quoted(row[0]).contains(code)).unwrap();
    quoted(row[1])
}

habits! {
    console_without_mfa => |account| users(account, |user| user.login_profile.is_some() && user.mfa_devices.is_empty());
    never_signed_in => |account| {
        users(account, |user| user.login_profile.is_some() && user.password_last_used.is_none())
    };
    unused_for_200_days => |account| {
        users(account, |user| {
            let mut uses = user.access_keys.iter().filter_map(|key| key.last_used.as_ref().map(|last| last.at));
            days(user.created) > 200
                && (user.login_profile.is_some() || !user.access_keys.is_empty())
                && uses.all(|at| days(at) >= 200)
                && user.password_last_used.is_none_or(|at| days(at) >= 200)
        })
    };
    without_credentials => |account| {
        users(account, |user| user.login_profile.is_none() && user.access_keys.is_empty())
    };
    password_of_a_machine => |account| users(account, |user| is_machine(user) && user.login_profile.is_some());
    active_key_over_90_days => |account| users(account, |user| active_keys(user).any(|(age, _)| age > 90));
    active_key_never_used => |account| users(account, |user| active_keys(user).any(|(_, used)| used.is_none()));
    active_key_unused_for_90_days => |account| {
        users(account, |user| active_keys(user).any(|(_, used)| used.is_some_and(|days| days > 90)))
    };
    two_active_keys => |account| users(account, |user| active_keys(user).count() == 2);
    inactive_key_kept => |account| {
        users(account, |user| user.access_keys.iter().any(|key| key.status == KeyStatus::Inactive))
    };
    administrator_attached_to_a_user => |account| users(account, |user| is_administrator(&user.policies));
    iam_in_disguise => |account| {
        users(account, |user| {
            let mut documents = user.policies.inline.values();
            documents.any(|document| allowed_actions(document).iter().any(|action| action.starts_with("iam:*Policy")))
        })
    };
    boundary_missing => |account| {
        let developers = &account.groups.get("developers").unwrap().members;
        let mut found = users(account, |user| developers.contains(&user.id) && user.boundary.is_none());
        found.extend(roles(account, |role| role.path == "/app/" && role.boundary.is_none()));
        found
    };
    owner_missing => |account| users(account, |user| is_machine(user) && user.tags.get("owner").is_none());
    owner_left => |account| {
        let left = told("unused-for-200-days");
        let gone = |owner: Option<&str>| owner.is_some_and(|owner| left.contains(owner));
        let mut found = users(account, |user| gone(user.tags.get("owner")));
        found.extend(roles(account, |role| gone(role.tags.get("owner"))));
        found
    };
    words_for_a_model => |account| {
        users(account, |user| user.tags.iter().any(|(_, value)| value.contains("ignore all previous instructions")))
    };
    unusual_name => |account| {
        users(account, |user| user.name.starts_with(['=', '+', '@', '-']) || user.name.contains(','))
    };
    group_that_escalates => |account| {
        let groups = account.groups.iter().filter(|group| {
            let actions = attached_actions(account, &group.policies);
            ["iam:CreatePolicyVersion", "iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]
                .iter()
                .all(|action| actions.contains(*action))
        });
        groups.map(|group| group.name.clone()).collect()
    };
    empty_group => |account| {
        account.groups.iter().filter(|group| group.members.is_empty()).map(|group| group.name.clone()).collect()
    };
    policy_attached_to_nothing => |account| {
        let attached = principals(account).into_iter().flat_map(|(_, policies)| &policies.attached);
        let attached: BTreeSet<&String> = attached.chain(boundaries(account)).collect();
        policies(account, |policy| !attached.contains(&policy.arn))
    };
    five_versions => |account| policies(account, |policy| policy.versions.len() == 5);
    newest_version_not_in_force => |account| {
        policies(account, |policy| policy.versions.last().unwrap().number != policy.default_version)
    };
    allow_with_not_action => |account| {
        policies(account, |policy| allows(policy.document()).iter().any(|allow| !allow["NotAction"].is_null()))
    };
    any_role_to_any_service => |account| {
        policies(account, |policy| {
            allows(policy.document()).iter().any(|allow| {
                let actions = texts(&allow["Action"]);
                let passes = actions.iter().any(|action| action == "iam:PassRole" || action == "iam:*Role*");
                passes && allow["Resource"] == "*" && allow["Condition"].is_null()
            })
        })
    };
    wildcard_in_disguise => |account| {
        policies(account, |policy| {
            allowed_actions(policy.document()).iter().any(|action| action.ends_with(":?*") || action.ends_with(":**"))
        })
    };
    foreign_account_without_condition => |account| {
        roles(account, |role| {
            allows(&account.trust_told(&role.trust_policy)).iter().any(|allow| {
                let mut trusted = texts(&allow["Principal"]["AWS"]).into_iter();
                allow["Condition"].is_null() && trusted.any(|arn| arn != "*" && !arn.contains("123456789012"))
            })
        })
    };
    anyone_may_assume => |account| {
        roles(account, |role| allows(&role.trust_policy).iter().any(|allow| allow["Principal"]["AWS"] == "*"))
    };
    any_github_repository => |account| {
        roles(account, |role| {
            role.trust_policy.contains("token.actions.githubusercontent.com:aud")
                && !role.trust_policy.contains("token.actions.githubusercontent.com:sub")
        })
    };
    any_service_account => |account| {
        roles(account, |role| role.trust_policy.contains("system:serviceaccount:*:*"))
    };
    service_role_with_administrator => |account| {
        roles(account, |role| is_administrator(&role.policies) && role.trust_policy.contains("\"Service\""))
    };
    chain_to_administrator => |account| chained_to_administrator(account);
    role_never_used => |account| {
        roles(account, |role| {
            role.last_used.is_none() && days(role.created) > 90 && !role.path.starts_with("/aws-service-role/")
        })
    };
    role_unused_for_90_days => |account| {
        roles(account, |role| role.last_used.as_ref().is_some_and(|last| days(last.at) > 90))
    };
}

fn users(account: &Account, has_it: impl Fn(&User) -> bool) -> BTreeSet<String> {
    account.users.iter().filter(|user| has_it(user)).map(|user| user.name.clone()).collect()
}

fn roles(account: &Account, has_it: impl Fn(&Role) -> bool) -> BTreeSet<String> {
    account.roles.iter().filter(|role| has_it(role)).map(|role| role.name.clone()).collect()
}

fn policies(account: &Account, has_it: impl Fn(&ManagedPolicy) -> bool) -> BTreeSet<String> {
    let own = account.policies.values().filter(|policy| !policy.is_aws_managed());
    own.filter(|policy| has_it(policy)).map(|policy| policy.name.clone()).collect()
}

fn is_machine(user: &User) -> bool {
    user.path == "/ci/" || user.path == "/service/"
}

fn is_administrator(policies: &Policies) -> bool {
    policies.attached.contains("arn:aws:iam::aws:policy/AdministratorAccess")
}

/// Age and days since the last use of each.
fn active_keys(user: &User) -> impl Iterator<Item = (i64, Option<i64>)> {
    let active = user.access_keys.iter().filter(|key| key.status == KeyStatus::Active);
    active.map(|key| (days(key.created), key.last_used.as_ref().map(|last| days(last.at))))
}

/// The statements that allow.
fn allows(document: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(document).unwrap();
    let statements = match &document["Statement"] {
        Value::Array(statements) => statements.clone(),
        one => vec![one.clone()],
    };
    statements.into_iter().filter(|statement| statement["Effect"] == "Allow").collect()
}

fn allowed_actions(document: &str) -> BTreeSet<String> {
    allows(document).iter().flat_map(|allow| texts(&allow["Action"])).collect()
}

fn attached_actions(account: &Account, policies: &Policies) -> BTreeSet<String> {
    let documents = policies.attached.iter().filter_map(|arn| account.policies.get(arn));
    documents.flat_map(|policy| allowed_actions(policy.document())).collect()
}

/// One text or a list of them.
pub(super) fn texts(value: &Value) -> Vec<String> {
    let list = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Roles that lead to administrator by assuming another one, and where they arrive.
fn chained_to_administrator(account: &Account) -> BTreeSet<String> {
    let leads_to = |from: &Role, to: &Role| {
        let to_arn = account.arn(&to.resource());
        let mut resources = from.policies.inline.values().flat_map(|document| {
            let assuming = allows(document).into_iter().filter(|allow| allow["Action"] == "sts:AssumeRole");
            assuming.flat_map(|allow| texts(&allow["Resource"])).collect::<Vec<_>>()
        });
        let allowed = resources.any(|resource| match resource.strip_suffix('*') {
            Some(prefix) => to_arn.starts_with(prefix),
            None => resource == to_arn,
        });
        let trusted = allows(&to.trust_policy).iter().any(|allow| texts(&allow["Principal"]["AWS"]).contains(&from.id));
        allowed && trusted
    };
    let mut reached: Vec<&Role> = account.roles.iter().filter(|role| is_administrator(&role.policies)).collect();
    let mut chained = BTreeSet::new();
    while let Some(to) = reached.pop() {
        for from in account.roles.iter().filter(|from| leads_to(from, to)) {
            chained.extend([from.name.clone(), to.name.clone()]);
            reached.push(from);
        }
    }
    chained
}

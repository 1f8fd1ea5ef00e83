//! Who may assume a role.

use super::{
    ALL_STS_ARN, Case, DENY, First, Gives, MCP, NO_ASSUME, NO_BOUNDARY, NO_POLICY, NO_SESSION_POLICY, NO_STS_ARN, NONE,
    ONLY_IAM, PROJECT, PROJECT_ON, SOURCE, TEAM, Task, User, YES, assume, check,
};
use crate::sandbox::door::testing::{Served, keys};
use crate::sandbox::sts::tests::fixture;

/// Who may, by the trust policy and by the policies of who asks.
const PERMISSION: &[Case] = &[
    (User("alice"), "open", NONE, Gives(&[("Arn", "arn:aws:sts::123456789012:assumed-role/open/test")])),
    (User("alice"), "open", NONE, Gives(&[("AssumedRoleId", "AROAOPENAAAAAAAAAAAAA:test")])),
    (User("alice"), "open", NONE, Gives(&[("Expiration", "2026-03-01T13:00:00Z")])),
    (User("alice"), "no-such-role", NONE, NO_ASSUME),
    (User("alice"), "Open", NONE, NO_ASSUME),
    (User("bob"), "open", NONE, NO_POLICY),
    (User("bob"), "no-such-role", NONE, NO_POLICY),
    (User("dave"), "open", NONE, DENY),
    (User("erin"), "open", NONE, NO_BOUNDARY),
    (User("erin"), "no-such-role", NONE, NO_BOUNDARY),
    (User("frank"), "open", NONE, YES),
    (User("grace"), "open", NONE, YES),
    (User("heidi"), "open", NONE, NO_POLICY),
    // Her policy is about tags of the role, of which a refusal tells nothing.
    (User("heidi"), "no-such-role", NONE, NO_POLICY),
    (User("heidi"), "dev-for-another", NONE, NO_POLICY),
    (User("heidi"), "dev", NONE, YES),
    (Task("gateway"), "open", NONE, YES),
    (Task("bounded"), "open", NONE, NO_BOUNDARY),
    (User("alice"), "account-id", NONE, YES),
    (User("bob"), "account-id", NONE, NO_POLICY),
    // Whom a trust policy names needs no policy of its own, but what denies it still counts.
    (User("bob"), "bob-by-name", NONE, YES),
    (User("bob"), "bob-by-name", TEAM, YES),
    (User("alice"), "bob-by-name", NONE, NO_ASSUME),
    (User("bob"), "anybody", NONE, YES),
    (User("dave"), "dave-by-name", NONE, DENY),
    // A boundary does not bound what a trust policy gives a user by name.
    (User("erin"), "erin-by-name", NONE, YES),
    (Task("gateway"), "gateway-by-name", NONE, YES),
    (Task("open"), "gateway-by-name", NONE, NO_ASSUME),
    (First("open", NONE), "session-by-name", NONE, YES),
    (First("long", NONE), "session-by-name", NONE, NO_ASSUME),
    (User("alice"), "not-alice", NONE, NO_ASSUME),
    (User("frank"), "not-alice", NONE, YES),
    (User("alice"), "another-account", NONE, NO_ASSUME),
    (User("alice"), "for-ecs", NONE, NO_ASSUME),
    // What narrows a session narrows what it may assume.
    (First("open", ONLY_IAM), "open", NONE, NO_SESSION_POLICY),
    (First("open", NO_STS_ARN), "open", NONE, NO_SESSION_POLICY),
    (First("open", ALL_STS_ARN), "open", NONE, YES),
    (First("gateway", ONLY_IAM), "gateway-by-name", NONE, NO_SESSION_POLICY),
    (First("open", ONLY_IAM), "session-by-name", NONE, YES),
    // Nor are they told which policies there are.
    (User("bob"), "open", &[("PolicyArns.member.1.arn", "arn:aws:iam::123456789012:policy/none")], NO_POLICY),
];

/// Conditions of trust policies.
const CONDITIONS: &[Case] = &[
    (User("alice"), "external-id", NONE, NO_ASSUME),
    (User("alice"), "external-id", &[("ExternalId", "guild-8")], NO_ASSUME),
    (User("alice"), "external-id", &[("ExternalId", "guild-7")], YES),
    (User("alice"), "own-session-name", NONE, NO_ASSUME),
    (User("alice"), "own-session-name", &[("RoleSessionName", "alice")], YES),
    (Task("gateway"), "own-session-name", &[("RoleSessionName", "gateway")], NO_ASSUME),
    (User("alice"), "source-identity-of-staff", NONE, NO_ASSUME),
    (User("alice"), "source-identity-of-staff", &[("SourceIdentity", "ann")], NO_ASSUME),
    (User("alice"), "source-identity-of-staff", SOURCE, Gives(&[("SourceIdentity", "ann@example.com")])),
    (User("alice"), "team-ops", NONE, NO_ASSUME),
    (Task("gateway"), "team-ops", NONE, YES),
    // A session's tag counts, and stands over the role's.
    (First("open", TEAM), "team-ops", NONE, YES),
    (First("gateway", &[("Tags.member.1.Key", "TEAM"), ("Tags.member.1.Value", "dev")]), "team-ops", NONE, NO_ASSUME),
    (User("alice"), "project-tag", NONE, NO_ASSUME),
    (User("alice"), "project-tag", PROJECT, YES),
    (User("alice"), "known-tags", PROJECT, YES),
    (User("alice"), "known-tags", MCP, NO_ASSUME),
    (User("alice"), "transitive-project", PROJECT, NO_ASSUME),
    (User("alice"), "transitive-project", PROJECT_ON, YES),
    (User("alice"), "from-here", NONE, YES),
    (User("alice"), "from-elsewhere", NONE, NO_ASSUME),
    // The region that the request is signed for.
    (User("alice"), "region-here", NONE, YES),
    (User("alice"), "region-elsewhere", NONE, NO_ASSUME),
    (User("alice"), "until-noon", NONE, NO_ASSUME),
    (User("alice"), "until-one", NONE, YES),
    (User("alice"), "mfa", NONE, NO_ASSUME),
    (User("alice"), "mfa-if-asked", NONE, YES),
    (Task("gateway"), "mfa-if-asked", NONE, NO_ASSUME),
    (User("alice"), "tls", NONE, YES),
    (Task("gateway"), "mcp", MCP, YES),
    (Task("gateway"), "mcp", TEAM, NO_ASSUME),
    (User("alice"), "mcp", MCP, NO_ASSUME),
];

#[tokio::test]
async fn who_may_assume_a_role() {
    check(PERMISSION).await;
}

#[tokio::test]
async fn conditions_of_trust_policies() {
    check(CONDITIONS).await;
}

#[tokio::test]
async fn a_refusal_has_the_same_words_whether_the_role_is_there_or_not() {
    let served = Served::start(fixture::account()).await;
    let (mut compared, mut told) = (0, Vec::new());
    for (by, name, fields, _) in PERMISSION.iter().chain(CONDITIONS) {
        let User(user) = *by else { continue };
        let there = assume(&served, &keys(user), name, fields).await;
        if there.status == 200 {
            continue;
        }
        let role = served.sandbox.0.state().account.roles.remove(name);
        let gone = assume(&served, &keys(user), name, fields).await;
        if (there.status, there.text("Message")) != (gone.status, gone.text("Message")) {
            told.push(format!("{user} {name}: {} / {}", there.text("Message"), gone.text("Message")));
        }
        if let Some(role) = role {
            served.sandbox.0.state().account.roles.insert(role);
            compared += 1;
        }
    }
    assert!(told.is_empty() && compared > 25, "{compared}\n{}", told.join("\n"));
}

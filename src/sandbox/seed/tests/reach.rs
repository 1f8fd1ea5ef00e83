//! What the cast can and cannot do, as the policy engine sees it: where docs/sandbox.md says that somebody can become
//! administrator, or cannot, or that a role is open or closed, it is so.

use super::seeded;
use crate::arn::RoleArn;
use crate::policy::{Context, Decision, Document, Layers, Policy, PolicyKind, PolicySet, Principal, Request};
use crate::sandbox::account::{Account, Policies};

const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

fn context(pairs: &[(&str, &str)]) -> Context {
    let mut context = Context::new();
    for (key, value) in pairs {
        context.set(key, *value);
    }
    context
}

fn policy(kind: PolicyKind, name: &str, document: &str) -> Policy {
    Policy::new(name, Document::parse(kind, document).unwrap())
}

fn identity_policies<'a>(account: &'a Account, policies: impl IntoIterator<Item = &'a Policies>) -> PolicySet {
    let documents = policies.into_iter().flat_map(|policies| {
        let attached = policies.attached.iter().map(|arn| (arn, account.policies[arn].document()));
        attached.chain(policies.inline.iter().map(|(name, document)| (name, document.as_str())))
    });
    documents.map(|(name, document)| policy(PolicyKind::Identity, name, document)).collect()
}

/// The policies of a user: its own and those of its groups.
fn of_user(account: &Account, name: &str) -> PolicySet {
    let user = account.users.get(name).unwrap();
    let groups = account.groups.iter().filter(|group| group.members.contains(&user.id)).map(|group| &group.policies);
    identity_policies(account, groups.chain([&user.policies]))
}

/// Whether a user, signed in with MFA in Europe, may do it.
fn user_may(name: &str, action: &str, resource: &str) -> bool {
    user_may_with(name, action, resource, "true")
}

fn user_may_with(name: &str, action: &str, resource: &str, mfa: &str) -> bool {
    let account = seeded();
    let user = account.users.get(name).unwrap();
    let principal = Principal::from_arn(&account.arn(&user.resource())).unwrap();
    let context = context(&[
        ("aws:username", &user.name),
        ("aws:RequestedRegion", "eu-west-1"),
        ("aws:MultiFactorAuthPresent", mfa),
    ]);
    let request = Request::new(action, resource, &principal, &context);
    let within_boundary = user.boundary.as_ref().is_none_or(|arn| {
        let boundary = policy(PolicyKind::Identity, arn, account.policies[arn].document());
        PolicySet::from(boundary).evaluate(&request).is_allow()
    });
    of_user(&account, name).evaluate(&request).is_allow() && within_boundary
}

fn role_may(name: &str, action: &str, resource: &str) -> bool {
    let account = seeded();
    let role = account.roles.get(name).unwrap();
    let arn: RoleArn = account.arn(&role.resource()).parse().unwrap();
    let (principal, context) = (Principal::role_session(&arn, "test"), Context::new());
    let request = Request::new(action, resource, &principal, &context);
    identity_policies(&account, [&role.policies]).evaluate(&request).is_allow()
}

/// Whether the trust policy and the identity policies of `principal` let it assume the role.
fn assumes(role: &str, principal: &Principal, identity: &PolicySet, context: &Context, action: &str) -> bool {
    let account = seeded();
    let role = account.roles.get(role).unwrap();
    let arn = account.arn(&role.resource());
    let request = Request::new(action, &arn, principal, context);
    let trust = PolicySet::from(policy(PolicyKind::Trust, &role.name, &role.trust_policy));
    let layers = Layers { identity: identity.clone(), trust: Some(trust), ..Layers::default() };
    layers.decide(&request, &account.id).is_allowed()
}

fn role_assumes(from: &str, to: &str, pairs: &[(&str, &str)]) -> bool {
    let account = seeded();
    let role = account.roles.get(from).unwrap();
    let arn = account.arn(&role.resource());
    let principal = Principal::role_session(&arn.parse().unwrap(), "test").with_unique_id(&role.id);
    let mut context = context(pairs);
    context.set("aws:PrincipalArn", arn);
    assumes(to, &principal, &identity_policies(&account, [&role.policies]), &context, "sts:AssumeRole")
}

fn user_assumes(name: &str, role: &str, pairs: &[(&str, &str)]) -> bool {
    let account = seeded();
    let user = account.users.get(name).unwrap();
    let arn = account.arn(&user.resource());
    let principal = Principal::from_arn(&arn).unwrap().with_unique_id(&user.id);
    let mut context = context(pairs);
    context.set("aws:PrincipalArn", arn);
    assumes(role, &principal, &of_user(&account, name), &context, "sts:AssumeRole")
}

/// Whether a principal outside of the account, whose own policies allow everything, may assume the role.
fn foreigner_assumes(role: &str, arn: &str, pairs: &[(&str, &str)]) -> bool {
    let everything = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let identity = PolicySet::from(policy(PolicyKind::Identity, "everything", everything));
    assumes(role, &Principal::from_arn(arn).unwrap(), &identity, &context(pairs), "sts:AssumeRole")
}

fn token_assumes(role: &str, provider: &str, subject: &str) -> bool {
    let arn = format!("arn:aws:iam::123456789012:oidc-provider/{provider}");
    let (audience, sub) = (format!("{provider}:aud"), format!("{provider}:sub"));
    let context = context(&[(&audience, "sts.amazonaws.com"), (&sub, subject)]);
    let nobody = PolicySet::default();
    assumes(role, &Principal::federated(&arn), &nobody, &context, "sts:AssumeRoleWithWebIdentity")
}

#[test]
fn a_release_manager_becomes_administrator_unless_a_boundary_stands_before_it() {
    let policy = "arn:aws:iam::123456789012:policy/release-management";
    let function_role = "arn:aws:iam::123456789012:role/service/ops-automation";
    for (name, may) in [("wei.zhang", true), ("xenia.popescu", false)] {
        assert_eq!(user_may(name, "iam:CreatePolicyVersion", policy), may, "{name}");
        assert_eq!(user_may(name, "iam:PassRole", function_role), may, "{name}");
    }
    assert!(user_may("xenia.popescu", "lambda:UpdateFunctionCode", "arn:aws:lambda:eu-west-1:123456789012:function:a"));
}

#[test]
fn a_developer_without_the_boundary_gives_away_administrator() {
    let role = "arn:aws:iam::123456789012:role/app/mine";
    assert!(user_may("ines.silva", "iam:AttachRolePolicy", role));
    assert!(!user_may("grace.kim", "iam:AttachRolePolicy", role), "the role is not under the boundary");
}

#[test]
fn the_policy_for_the_migration_gives_its_holder_everything() {
    assert!(user_may("olga.petrova", "iam:AttachUserPolicy", "arn:aws:iam::123456789012:user/people/olga.petrova"));
    assert!(!user_may("mei.tanaka", "iam:AttachUserPolicy", "arn:aws:iam::123456789012:user/people/mei.tanaka"));
}

#[test]
fn whom_mfa_is_required_of_can_do_nothing_without() {
    assert!(user_may_with("alice.nguyen", "iam:ListUsers", "*", "true"));
    assert!(!user_may_with("alice.nguyen", "iam:ListUsers", "*", "false"));
    assert!(user_may_with("alice.nguyen", "sts:GetSessionToken", "*", "false"));
    assert!(user_may_with("sven.eriksson", "iam:ListUsers", "*", "false"), "who left is asked for none");
}

#[test]
fn the_demo_operator_reads_iam_and_makes_users_to_try_with() {
    assert!(user_may_with("demo-operator", "iam:ListUsers", "*", "false"));
    assert!(user_may_with("demo-operator", "iam:CreateUser", "arn:aws:iam::123456789012:user/try/bob", "false"));
    assert!(!user_may_with("demo-operator", "iam:CreateUser", "arn:aws:iam::123456789012:user/bob", "false"));
    assert!(!user_may_with("demo-operator", "sts:AssumeRole", "arn:aws:iam::123456789012:role/mcp-admin", "false"));
}

#[test]
fn the_mapped_roles_may_what_their_names_say() {
    let user = "arn:aws:iam::123456789012:user/people/grace.kim";
    assert!(role_may("mcp-admin", "iam:DeleteUser", user) && role_may("mcp-admin", "iam:GetUser", user));
    assert!(!role_may("mcp-auditor", "iam:DeleteUser", user) && role_may("mcp-auditor", "iam:GetUser", user));
    assert!(!role_may("iam-mcp-gateway", "iam:GetUser", user));
}

#[test]
fn the_mapped_roles_are_assumed_by_the_gateway_only_and_only_with_its_mark() {
    let mark = [("aws:RequestTag/ViaAWSMCPService", "true")];
    for role in ["mcp-admin", "mcp-auditor"] {
        assert!(role_assumes("iam-mcp-gateway", role, &mark), "{role}");
        assert!(!role_assumes("iam-mcp-gateway", role, &[]), "{role}");
        assert!(!user_assumes("alice.nguyen", role, &mark), "{role}: not even an administrator");
    }
}

#[test]
fn every_developer_gets_to_administrator_over_three_roles() {
    assert!(user_may("grace.kim", "sts:AssumeRole", "arn:aws:iam::123456789012:role/ci/build-runner"));
    assert!(user_assumes("grace.kim", "build-runner", &[("aws:MultiFactorAuthPresent", "true")]));
    assert!(role_assumes("build-runner", "release-runner", &[]));
    assert!(role_assumes("release-runner", "account-deployer", &[]));
    assert!(seeded().roles.get("account-deployer").unwrap().policies.attached.contains(ADMINISTRATOR));
    assert!(!role_assumes("build-runner", "account-deployer", &[]), "only over all three");
}

#[test]
fn the_glass_is_broken_by_two_people_with_fresh_mfa() {
    let mfa = |age| [("aws:MultiFactorAuthPresent", "true"), ("aws:MultiFactorAuthAge", age)];
    assert!(user_assumes("alice.nguyen", "break-glass-admin", &mfa("60")));
    assert!(!user_assumes("alice.nguyen", "break-glass-admin", &mfa("1000")));
    assert!(!user_assumes("ben.okafor", "break-glass-admin", &mfa("60")));
}

#[test]
fn vendors_come_with_their_external_id_or_where_none_was_asked_for() {
    let cost = "arn:aws:iam::777788889999:role/customer-access";
    assert!(foreigner_assumes("vendor-cost-insights", cost, &[("sts:ExternalId", "acme-7f3e9c10-5b2a-4e0d")]));
    assert!(!foreigner_assumes("vendor-cost-insights", cost, &[]));
    assert!(foreigner_assumes("vendor-monitoring", "arn:aws:iam::444455556666:role/any", &[]));
    assert!(foreigner_assumes("public-upload", "arn:aws:iam::999988887777:user/stranger", &[]));
    assert!(!foreigner_assumes("read-only", "arn:aws:iam::999988887777:user/stranger", &[]));
}

#[test]
fn tokens_open_the_roles_that_are_open_and_no_others() {
    let github = "token.actions.githubusercontent.com";
    let cluster = "oidc.eks.eu-west-1.amazonaws.com/id/4F1C0A77D2B94E35A8E6C91D53B07F2A";
    let (main, stranger) = ("repo:acme/shop:ref:refs/heads/main", "repo:stranger/fork:ref:refs/heads/main");
    assert!(token_assumes("github-deploy", github, main) && !token_assumes("github-deploy", github, stranger));
    assert!(token_assumes("github-preview", github, main) && token_assumes("github-preview", github, stranger));
    let (api, other) = ("system:serviceaccount:payments:api", "system:serviceaccount:default:default");
    assert!(token_assumes("eks-payments-api", cluster, api) && !token_assumes("eks-payments-api", cluster, other));
    assert!(token_assumes("eks-batch", cluster, api) && token_assumes("eks-batch", cluster, other));
}

#[test]
fn service_linked_roles_trust_their_service() {
    let decides = |role: &str, service: &str| {
        let account = seeded();
        let role = account.roles.get(role).unwrap();
        let (principal, context) = (Principal::service(service), Context::new());
        let trust = PolicySet::from(policy(PolicyKind::Trust, &role.name, &role.trust_policy));
        matches!(trust.evaluate(&Request::new("sts:AssumeRole", "*", &principal, &context)), Decision::Allow(_))
    };
    assert!(decides("AWSServiceRoleForECS", "ecs.amazonaws.com"));
    assert!(!decides("AWSServiceRoleForECS", "lambda.amazonaws.com"));
}

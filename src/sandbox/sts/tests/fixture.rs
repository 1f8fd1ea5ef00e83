//! The account that the tests of STS take place in.

use serde_json::{Value, json};

use crate::sandbox::account::{Account, Group, ManagedPolicy, PolicyVersion, Tags};
use crate::sandbox::door::testing::{add_role, add_user, noon};

/// All that an AssumeRole can ask for.
const ALL: [&str; 3] = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];
const ROOT: &str = "arn:aws:iam::123456789012:root";

fn allow(actions: &[&str], resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": resource})
}

fn document(statements: &[Value]) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

fn trusts(principal: &str, actions: &[&str], condition: &Value) -> Value {
    let mut statement = json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": actions});
    if !condition.is_null() {
        statement["Condition"] = condition.clone();
    }
    statement
}

/// Users:
/// - `alice` may assume everything, with tags and source identities, and administers IAM; `bob` may do nothing; `carol` may only assume;
/// - `dave` may as alice, but not `open`, which his own policy denies; `erin`'s boundary lets nothing of STS through;
/// - `frank` has alice's policy from a group; `grace` from a managed policy; `heidi` for roles tagged `env=dev` only.
///
/// Roles: what they trust, their names say; `gateway` has alice's policy and its tag is `team=ops`.
pub(super) fn account() -> Account {
    let mut account = crate::sandbox::door::testing::account();
    users(&mut account);
    let root = |condition| document(&[trusts(ROOT, &ALL, &condition)]);
    for (name, trust) in [
        ("open", root(Value::Null)),
        ("assume-only", document(&[trusts(ROOT, &["sts:AssumeRole"], &Value::Null)])),
        ("without-source-identity", document(&[trusts(ROOT, &ALL[..2], &Value::Null)])),
        ("account-id", document(&[trusts("123456789012", &ALL, &Value::Null)])),
        ("anybody", document(&[trusts("*", &ALL, &Value::Null)])),
        ("another-account", document(&[trusts("arn:aws:iam::999999999999:root", &ALL, &Value::Null)])),
        ("bob-by-name", document(&[trusts("arn:aws:iam::123456789012:user/bob", &ALL, &Value::Null)])),
        ("dave-by-name", document(&[trusts("arn:aws:iam::123456789012:user/dave", &ALL, &Value::Null)])),
        ("erin-by-name", document(&[trusts("arn:aws:iam::123456789012:user/erin", &ALL, &Value::Null)])),
        ("gateway-by-name", document(&[trusts("arn:aws:iam::123456789012:role/gateway", &ALL, &Value::Null)])),
        (
            "session-by-name",
            document(&[trusts("arn:aws:sts::123456789012:assumed-role/open/first", &ALL, &Value::Null)]),
        ),
        (
            "not-alice",
            document(&[
                trusts(ROOT, &ALL, &Value::Null),
                json!({"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::123456789012:user/alice"},
                    "Action": "sts:AssumeRole"}),
            ]),
        ),
        ("external-id", root(json!({"StringEquals": {"sts:ExternalId": "guild-7"}}))),
        ("own-session-name", root(json!({"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}))),
        ("source-identity-of-staff", root(json!({"StringLike": {"sts:SourceIdentity": "*@example.com"}}))),
        ("team-ops", root(json!({"StringEquals": {"aws:PrincipalTag/team": "ops"}}))),
        ("project-tag", root(json!({"StringEquals": {"aws:RequestTag/project": "apollo"}}))),
        ("known-tags", root(json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["project", "team"]}}))),
        ("transitive-project", root(json!({"ForAnyValue:StringEquals": {"sts:TransitiveTagKeys": "project"}}))),
        ("from-here", root(json!({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}))),
        ("from-elsewhere", root(json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}))),
        ("region-here", root(json!({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}))),
        ("region-elsewhere", root(json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}))),
        ("until-noon", root(json!({"DateLessThan": {"aws:CurrentTime": "2026-03-01T12:00:00Z"}}))),
        ("until-one", root(json!({"DateLessThan": {"aws:CurrentTime": "2026-03-01T13:00:00Z"}}))),
        ("mfa", root(json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}))),
        ("mfa-if-asked", root(json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}))),
        ("tls", root(json!({"Bool": {"aws:SecureTransport": "true"}}))),
        (
            "mcp",
            root(json!({
                "ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/gateway"},
                "StringEquals": {"aws:RequestTag/ViaAWSMCPService": "true"},
            })),
        ),
        ("for-ecs", r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#.to_owned()),
        ("dev-for-another", document(&[trusts("arn:aws:iam::999999999999:root", &ALL, &Value::Null)])),
        ("gateway", root(Value::Null)),
        ("bounded", root(Value::Null)),
        ("long", root(Value::Null)),
        ("dev", root(Value::Null)),
    ] {
        let trust = account.trust_kept(&trust);
        add_role(&mut account, name, &trust).policies.inline.insert("sts".into(), document(&[allow(&ALL, "*")]));
    }
    let roles = &mut account.roles;
    roles.get_mut("gateway").unwrap().tags = Tags::from_iter([("team", "ops"), ("cost", "1")]);
    for dev in ["dev", "dev-for-another"] {
        roles.get_mut(dev).unwrap().tags = Tags::from_iter([("env", "dev")]);
    }
    roles.get_mut("long").unwrap().max_session_duration = 7200;
    roles.get_mut("bounded").unwrap().boundary = Some("arn:aws:iam::123456789012:policy/no-sts".into());
    account
}

fn users(account: &mut Account) {
    for (name, allowed) in [("no-sts", &["iam:*"][..]), ("all-sts", &ALL)] {
        let arn = account.arn(&format!("policy/{name}"));
        account.policies.insert(arn.clone(), managed(&arn, name, &document(&[allow(allowed, "*")])));
    }
    let own = |account: &mut Account, name: &str, statements: &[Value]| {
        add_user(account, name).policies.inline.insert("own".into(), document(statements));
    };
    own(account, "alice", &[allow(&ALL, "*"), allow(&["iam:*"], "*")]);
    add_user(account, "bob");
    own(account, "carol", &[allow(&["sts:AssumeRole"], "*")]);
    let deny = |role: &str| json!({"Effect": "Deny", "Action": "sts:*", "Resource": format!("arn:aws:iam::123456789012:role/{role}")});
    own(account, "dave", &[allow(&ALL, "*"), deny("open"), deny("dave-by-name")]);
    own(account, "erin", &[allow(&ALL, "*")]);
    account.users.get_mut("erin").unwrap().boundary = Some("arn:aws:iam::123456789012:policy/no-sts".into());
    let frank = add_user(account, "frank").id.clone();
    let mut group = Group::new("assumers", "/", "AGPAASSUMERS".into(), noon());
    group.members.insert(frank);
    group.policies.inline.insert("sts".into(), document(&[allow(&ALL, "*")]));
    account.groups.insert(group);
    add_user(account, "grace").policies.attached.insert("arn:aws:iam::123456789012:policy/all-sts".into());
    let mut if_dev = allow(&ALL, "*");
    if_dev["Condition"] = json!({"StringEquals": {"aws:ResourceTag/env": "dev", "iam:ResourceTag/env": "dev"}});
    own(account, "heidi", &[if_dev]);
    account.users.get_mut("heidi").unwrap().tags = Tags::from_iter([("Team", "ops")]);
}

fn managed(arn: &str, name: &str, document: &str) -> ManagedPolicy {
    ManagedPolicy {
        arn: arn.to_owned(),
        name: name.to_owned(),
        path: "/".to_owned(),
        id: format!("ANPA{name}"),
        created: noon(),
        updated: noon(),
        description: None,
        tags: Tags::default(),
        versions: vec![PolicyVersion { number: 1, document: document.to_owned(), created: noon() }],
        default_version: 1,
        next_version: 2,
    }
}

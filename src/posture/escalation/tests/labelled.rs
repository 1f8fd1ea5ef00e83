//! An account of several hundred identities of each of which is known whether it gets to administrator.
//!
//! Every way stands in it in each of its forms: as it is, with wildcards, by a group, under a condition that can hold; and
//! as decoys, which look like it and lead nowhere: denied, bounded, on something else, under a condition that cannot hold.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::*;
use super::everything;
use crate::posture::findings::ways;
use crate::posture::snapshot::Credentials;
use crate::posture::testing::{Written, allow, arn, attached, document};

/// A way: its name, and what it takes, with the resource of each action. `{self}` is the user's own name.
struct Way {
    name: String,
    takes: Vec<(String, String)>,
}

fn way(name: &str, takes: &[(&str, &str)]) -> Way {
    let owned = |text: &str| text.to_owned();
    Way { name: owned(name), takes: takes.iter().map(|(action, on)| (owned(action), owned(on))).collect() }
}

/// The ways of users: alone what IAM itself gives, then with a role for each service that takes one.
fn ways_of_users() -> Vec<Way> {
    let on_self = "user/{self}";
    let mut all = vec![
        way("attach-user-policy", &[("iam:AttachUserPolicy", on_self)]),
        way("put-user-policy", &[("iam:PutUserPolicy", on_self)]),
        way("attach-group-policy", &[("iam:AttachGroupPolicy", "group/everyone")]),
        way("put-group-policy", &[("iam:PutGroupPolicy", "group/everyone")]),
        way("create-policy-version", &[("iam:CreatePolicyVersion", "policy/everyones")]),
        way("set-default-policy-version", &[("iam:SetDefaultPolicyVersion", "policy/everyones")]),
        way("add-user-to-group", &[("iam:AddUserToGroup", "group/admins")]),
        way("create-access-key", &[("iam:CreateAccessKey", "user/almighty")]),
        way("create-login-profile", &[("iam:CreateLoginProfile", "user/almighty")]),
        way("update-login-profile", &[("iam:UpdateLoginProfile", "user/console")]),
        way("assume-role", &[("sts:AssumeRole", "role/admin")]),
        way("update-assume-role-policy", &[("iam:UpdateAssumeRolePolicy", "role/closed")]),
        way(
            "make-a-user",
            &[
                ("iam:CreateUser", "user/new"),
                ("iam:AttachUserPolicy", "user/new"),
                ("iam:CreateAccessKey", "user/new"),
            ],
        ),
        way(
            "make-a-role",
            &[("iam:CreateRole", "role/new"), ("iam:PutRolePolicy", "role/new"), ("sts:AssumeRole", "role/new")],
        ),
    ];
    for (service, starting) in passing() {
        let mut takes = vec![("iam:PassRole".to_owned(), format!("role/for-{service}"))];
        takes.extend(starting.iter().map(|action| (action.clone(), "*".to_owned())));
        all.push(Way { name: format!("pass-{}", starting.join("-").replace(':', "-")), takes });
    }
    all
}

/// The services that take roles, and the actions by which each has something run with one.
fn passing() -> Vec<(String, Vec<String>)> {
    let mut all = Vec::new();
    for way in ways().filter(|way| way.code == "PassRoleEscalation" && way.actions.len() > 1) {
        let [_, starting @ ..] = way.actions else { continue };
        let service = starting[0].split_once(':').unwrap().0;
        if !services::principals_of(starting[0]).is_empty() {
            all.push((service.to_owned(), starting.iter().map(|action| (*action).to_owned()).collect()));
        }
    }
    all
}

/// What is made of a way, and whether it then leads to administrator.
const FORMS: [(&str, Option<bool>); 9] = [
    ("plain", Some(true)),
    ("wild", Some(true)),
    ("by-group", Some(true)),
    ("mfa", Some(true)),
    ("denied", None),
    ("bounded", None),
    ("elsewhere", None),
    ("expired", None),
    ("as-another", None),
];

/// A resource of the labelled account: a name of the table with the user's own.
fn on(resource: &str, user: &str) -> String {
    if resource == "*" { "*".to_owned() } else { arn(&resource.replace("{self}", user)) }
}

fn statements(way: &Way, form: &str, user: &str) -> Value {
    let allows = way.takes.iter().map(|(action, resource)| {
        let resource = match form {
            "wild" => "*".to_owned(),
            "elsewhere" if resource == "*" => "*".to_owned(),
            "elsewhere" => on(resource, user) + "-of-somebody-else",
            _ => on(resource, user),
        };
        let mut statement = allow(&json!(action), &json!(resource));
        match form {
            "mfa" => statement["Condition"] = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
            "expired" => statement["Condition"] = json!({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}),
            "as-another" => statement["Condition"] = json!({"StringEquals": {"aws:username": "somebody-else"}}),
            _ => {}
        }
        statement
    });
    let mut statements: Vec<Value> = allows.collect();
    if form == "denied" {
        statements.push(json!({"Effect": "Deny", "Action": way.takes[0].0, "Resource": "*"}));
    }
    json!(statements)
}

/// The account, and the names of those who get to administrator without being one; of these, who does so under a condition.
fn labelled() -> (Written, BTreeMap<String, bool>) {
    let mut account = Written::default();
    let mut labels = BTreeMap::new();
    // The older version of the policy that everybody has allows everything.
    account
        .policy("everyones", &[json!([allow(&json!("s3:ListAllMyBuckets"), &json!("*"))]), everything()])
        .policy("bound", &[bound()])
        .group("everyone", &json!([]), json!({"AttachedManagedPolicies": attached(&["everyones"])}))
        .group("admins", &everything(), json!({}))
        .user("almighty", &json!([]), json!({"GroupList": ["admins"]}))
        .user("console", &json!([]), json!({"GroupList": ["admins"]}))
        .role("admin", &json!({"AWS": arn("root")}), &everything(), json!({}))
        .role("closed", &json!({"AWS": "arn:aws:iam::999999999999:role/x"}), &everything(), json!({}));
    let mut made = BTreeSet::new();
    for (service, starting) in passing() {
        if !made.insert(service.clone()) {
            continue;
        }
        let trusted = services::principals_of(&starting[0]);
        let profile = json!({"InstanceProfileList": [{"InstanceProfileName": service}]});
        account.role(&format!("for-{service}"), &json!({"Service": trusted[0]}), &everything(), profile);
    }
    for way in ways_of_users() {
        for (form, gets) in FORMS {
            let user = format!("{}-{form}", way.name);
            let own = statements(&way, form, &user);
            let mut more = json!({"GroupList": ["everyone"]});
            if form == "bounded" {
                more["PermissionsBoundary"] = json!({"PermissionsBoundaryArn": arn("policy/bound")});
            }
            if form == "by-group" {
                let group = format!("of-{user}");
                account.group(&group, &own, json!({}));
                more["GroupList"] = json!(["everyone", group]);
                account.user(&user, &json!([]), more);
            } else {
                account.user(&user, &own, more);
            }
            // Whoever may make users of another name gets just as far.
            if gets == Some(true) || form == "elsewhere" && way.name.starts_with("make-") {
                labels.insert(arn(&format!("user/{user}")), form == "mfa");
            }
        }
    }
    decoys(&mut account);
    roles(&mut account, &mut labels);
    (account, labels)
}

/// A boundary within which nothing leads out of it, itself included.
fn bound() -> Value {
    let others = [
        "iam:*PermissionsBoundary",
        "iam:PassRole",
        "iam:CreateUser",
        "iam:CreateRole",
        "iam:CreateAccessKey",
        "iam:*LoginProfile",
        "iam:UpdateAssumeRolePolicy",
    ];
    json!([
        allow(&json!(["s3:*", "iam:*", "sts:GetCallerIdentity"]), &json!("*")),
        {"Effect": "Deny", "Action": others, "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:*PolicyVersion", "Resource": arn("policy/bound")},
    ])
}

/// What looks like a way and is none, for reasons of its own.
fn decoys(account: &mut Written) {
    let one = |action: &str, resource: &str| json!([allow(&json!(action), &json!(on(resource, "x")))]);
    let bound = json!({"PermissionsBoundary": {"PermissionsBoundaryArn": arn("policy/bound")}});
    let conditioned = |action: &str, resource: &str, condition: Value| {
        let mut statement = allow(&json!(action), &json!(resource));
        statement["Condition"] = condition;
        statement
    };
    account
        // A policy with a single version, and one that nobody can write.
        .policy("single", &[json!([allow(&json!("s3:ListAllMyBuckets"), &json!("*"))])])
        .user(
            "no-other-version",
            &one("iam:SetDefaultPolicyVersion", "policy/single"),
            json!({"AttachedManagedPolicies": attached(&["single"])}),
        )
        .user("not-its-policy", &one("iam:CreatePolicyVersion", "policy/single"), json!({}))
        .user(
            "awss-policy",
            &one("iam:CreatePolicyVersion", "*"),
            json!({"AttachedManagedPolicies": [
            {"PolicyName": "ReadOnlyAccess", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]}),
        )
        .user("not-its-group", &one("iam:PutGroupPolicy", "group/admins"), json!({}))
        .group("powerless", &json!([allow(&json!("s3:*"), &json!("*"))]), json!({}))
        .user("powerless-group", &one("iam:AddUserToGroup", "group/powerless"), json!({}))
        .user("powerless-user", &one("iam:CreateAccessKey", "user/not-its-group"), json!({}))
        // Passed to the wrong service, with nothing to run, or nothing that runs.
        .user("passes-only", &one("iam:PassRole", "role/for-lambda"), json!({}))
        .user("runs-only", &one("lambda:*", "*"), json!({}))
        .user(
            "wrong-service",
            &json!([
                conditioned(
                    "iam:PassRole",
                    "*",
                    json!({"StringEquals": {"iam:PassedToService": "firehose.amazonaws.com"}})
                ),
                allow(&json!(["lambda:CreateFunction", "lambda:InvokeFunction"]), &json!("*")),
            ]),
            json!({}),
        )
        .user(
            "other-role",
            &json!([
                allow(&json!("iam:PassRole"), &json!(arn("role/for-glue"))),
                allow(&json!(["lambda:CreateFunction", "lambda:InvokeFunction"]), &json!("*")),
            ]),
            json!({}),
        )
        // What it may give is bounded by conditions.
        .user(
            "one-policy-only",
            &json!([conditioned(
                "iam:AttachUserPolicy",
                "*",
                json!({"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}})
            )]),
            json!({}),
        )
        .user(
            "bounded-only",
            &json!([conditioned(
                "iam:PutUserPolicy",
                "*",
                json!({"StringEquals": {"iam:PermissionsBoundary": arn("policy/bound")}})
            )]),
            json!({}),
        )
        .user(
            "bounded-users-only",
            &json!([
                conditioned(
                    "iam:CreateUser",
                    "*",
                    json!({"StringEquals": {"iam:PermissionsBoundary": arn("policy/bound")}})
                ),
                conditioned(
                    "iam:AttachUserPolicy",
                    "*",
                    json!({"StringEquals": {"iam:PermissionsBoundary": arn("policy/bound")}})
                ),
                allow(&json!("iam:CreateAccessKey"), &json!(arn("user/made/*"))),
            ]),
            json!({}),
        )
        .user(
            "tagged-only",
            &json!([conditioned(
                "iam:CreateAccessKey",
                "*",
                json!({"StringEquals": {"aws:ResourceTag/team": "mine"}})
            )]),
            json!({}),
        )
        // Everything is allowed, and the boundary keeps it away.
        .user(
            "bounded-administrator",
            &everything(),
            json!({"PermissionsBoundary": {"PermissionsBoundaryArn": arn("policy/tight")}}),
        )
        .policy("tight", &[json!([allow(&json!(["s3:*", "ec2:*"]), &json!("*"))])])
        .user(
            "everything-but-iam",
            &json!([allow(&json!("*"), &json!("*")),
            {"Effect": "Deny", "Action": ["iam:*", "sts:AssumeRole"], "Resource": "*"}]),
            json!({}),
        )
        .user("reads", &one("iam:Get*", "*"), bound)
        // The role trusts somebody else, or wants what the caller is not.
        .role("trusts-bob", &json!({"AWS": arn("user/reads")}), &json!([]), json!({}))
        .user("not-trusted", &one("sts:AssumeRole", "role/closed"), json!({}));
    account.roles.push(json!({
        "RoleName": "tagged", "RoleId": "AROAtagged", "Arn": arn("role/tagged"),
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": document(&everything())}],
        "AssumeRolePolicyDocument": document(&json!([{"Effect": "Allow", "Principal": {"AWS": arn("root")},
            "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "platform"}}}])),
    }));
    account.user(
        "wrong-tag",
        &one("sts:AssumeRole", "role/tagged"),
        json!({"Tags": [{"Key": "team", "Value": "sales"}]}),
    );
    // One of AWS's services has it, and nobody else may change it.
    account.roles.push(json!({
        "RoleName": "AWSServiceRoleForX", "RoleId": "AROAslr", "Path": "/aws-service-role/x.amazonaws.com/",
        "Arn": arn("role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"),
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": document(&everything())}],
        "AssumeRolePolicyDocument": document(&json!([{"Effect": "Allow", "Principal": {"Service": "x.amazonaws.com"},
            "Action": "sts:AssumeRole"}])),
    }));
    account.user(
        "service-linked",
        &one("iam:UpdateAssumeRolePolicy", "role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"),
        json!({}),
    );
}

/// Roles that get to administrator, and some that do not.
fn roles(account: &mut Written, labels: &mut BTreeMap<String, bool>) {
    let nobody = json!({"AWS": "arn:aws:iam::999999999999:role/x"});
    for (name, action, resource, gets) in [
        ("attaches", "iam:AttachRolePolicy", "role/attaches", true),
        ("writes", "iam:PutRolePolicy", "role/writes", true),
        ("assumes", "sts:AssumeRole", "role/admin", true),
        ("opens", "iam:UpdateAssumeRolePolicy", "role/closed", true),
        ("keys", "iam:CreateAccessKey", "user/almighty", true),
        ("versions", "iam:CreatePolicyVersion", "policy/everyones", true),
        ("attaches-to-others", "iam:AttachRolePolicy", "role/trusts-bob", false),
        ("user-verbs", "iam:AttachUserPolicy", "role/user-verbs", false),
        ("joins", "iam:AddUserToGroup", "group/admins", false),
    ] {
        let more =
            if name == "versions" { json!({"AttachedManagedPolicies": attached(&["everyones"])}) } else { json!({}) };
        account.role(name, &nobody, &json!([allow(&json!(action), &json!(arn(resource)))]), more);
        if gets {
            labels.insert(arn(&format!("role/{name}")), false);
        }
    }
}

#[test]
fn all_ways_are_found_and_no_other() {
    let (account, labels) = labelled();
    let mut snapshot = account.read();
    for user in &mut snapshot.users {
        let password = &*user.identity.name == "console";
        user.credentials = Some(Credentials { password, ..Credentials::default() });
    }
    assert!(snapshot.users.len() + snapshot.roles.len() >= 200);
    let chains = search::search(&snapshot, None, &|_| true).chains;
    let escalating = || chains.iter().filter(|chain| !chain.hops.is_empty());
    let reached: BTreeMap<String, bool> =
        escalating().map(|chain| (chain.principal.to_string(), chain.certainty == Certainty::Conditional)).collect();
    let missed: Vec<_> = labels.keys().filter(|name| !reached.contains_key(*name)).collect();
    let false_paths: Vec<_> = escalating().filter(|chain| !labels.contains_key(&*chain.principal)).collect();
    assert!(missed.is_empty(), "{missed:#?}");
    assert!(false_paths.is_empty(), "{false_paths:#?}");
    assert_eq!(reached, labels, "what is conditional is said to be");
}

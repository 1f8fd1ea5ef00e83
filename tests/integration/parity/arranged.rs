//! What is put into an account, beside what is there already, before both servers are tried.

use serde_json::{Value, json};

use crate::support::account::Account;

/// Where all of it is.
pub(super) const PATH: &str = "/parity/";
/// A managed policy with two versions.
pub(super) const POLICY: &str = "arn:aws:iam::123456789012:policy/parity/parity-read";

/// A policy document that allows this action on one bucket.
pub(super) fn allowing(action: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": action, "Resource": "arn:aws:s3:::parity-bucket/*"}]})
}

/// A trust policy for this service.
pub(super) fn trusting(service: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}]})
}

/// Users, a group, a role and a policy with all that can hang on them; the id of the first user's one access key.
pub(super) fn arrange(account: &mut Account) -> String {
    let document = |action: &str| allowing(action).to_string();
    account.done(
        "create_policy",
        json!({"PolicyName": "parity-read", "Path": PATH, "PolicyDocument": document("s3:GetObject"),
            "Description": "reads one bucket"}),
    );
    account.done(
        "create_policy_version",
        json!({"PolicyArn": POLICY, "PolicyDocument": document("s3:GetObject*"), "SetAsDefault": true}),
    );
    account.done("create_group", json!({"GroupName": "parity-readers", "Path": PATH}));
    account.done("attach_group_policy", json!({"GroupName": "parity-readers", "PolicyArn": POLICY}));
    account.done(
        "put_group_policy",
        json!({"GroupName": "parity-readers", "PolicyName": "own", "PolicyDocument": document("s3:ListBucket")}),
    );
    for user in ["parity-anna", "parity-bert"] {
        account.done("create_user", json!({"UserName": user, "Path": PATH}));
        account.done("add_user_to_group", json!({"UserName": user, "GroupName": "parity-readers"}));
    }
    account.done("attach_user_policy", json!({"UserName": "parity-anna", "PolicyArn": POLICY}));
    account.done(
        "put_user_policy",
        json!({"UserName": "parity-anna", "PolicyName": "own", "PolicyDocument": document("s3:PutObject")}),
    );
    let trust = trusting("lambda.amazonaws.com").to_string();
    account.done(
        "create_role",
        json!({"RoleName": "parity-app", "Path": PATH, "AssumeRolePolicyDocument": trust,
            "Description": "runs the application", "MaxSessionDuration": 7200}),
    );
    account.done("attach_role_policy", json!({"RoleName": "parity-app", "PolicyArn": POLICY}));
    account.done(
        "put_role_policy",
        json!({"RoleName": "parity-app", "PolicyName": "own", "PolicyDocument": document("s3:PutObject")}),
    );
    let key = account.done("create_access_key", json!({"UserName": "parity-anna"}));
    key["AccessKey"]["AccessKeyId"].as_str().expect("a key has an id").to_owned()
}

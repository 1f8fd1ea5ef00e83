//! Each condition key where the actions that have it are judged.

use serde_json::json;

use super::{BOUNDARY, Fields, allow, bench, no_policy, permit, refusal, said, when};

const RULES: &str = "arn:aws:iam::123456789012:policy/team/Rules";
const CREDENTIAL: Fields = &[("UserName", "bob"), ("ServiceSpecificCredentialId", "ACCABOBAAAAAAAAAAAAA")];
const TAGS: [(&str, &str); 2] = [("Tags.member.1.Key", "Cost"), ("Tags.member.1.Value", "42")];

/// Operation, parameters, the action that is judged by the key, its resource, the key, its values.
type Case = (&'static str, Fields, &'static str, &'static str, &'static str, &'static [&'static str]);

const fn of_bob(operation: &'static str, fields: Fields, key: &'static str, value: &'static [&'static str]) -> Case {
    (operation, fields, operation, "user/team/bob", key, value)
}

const fn of_runner(operation: &'static str, fields: Fields, key: &'static str, value: &'static [&'static str]) -> Case {
    (operation, fields, operation, "role/team/runner", key, value)
}

const POLICY: &str = "iam:PolicyARN";
const BOUND: &str = "iam:PermissionsBoundary";
const SERVICE: &str = "iam:ServiceSpecificCredentialServiceName";

const CASES: &[Case] = &[
    of_bob("AttachUserPolicy", &[("UserName", "bob"), ("PolicyArn", RULES)], POLICY, &[RULES]),
    of_bob("DetachUserPolicy", &[("UserName", "bob"), ("PolicyArn", RULES)], POLICY, &[RULES]),
    of_runner("AttachRolePolicy", &[("RoleName", "runner"), ("PolicyArn", RULES)], POLICY, &[RULES]),
    of_runner("DetachRolePolicy", &[("RoleName", "runner"), ("PolicyArn", RULES)], POLICY, &[RULES]),
    (
        "AttachGroupPolicy",
        &[("GroupName", "crew"), ("PolicyArn", RULES)],
        "AttachGroupPolicy",
        "group/team/crew",
        POLICY,
        &[RULES],
    ),
    (
        "DetachGroupPolicy",
        &[("GroupName", "crew"), ("PolicyArn", RULES)],
        "DetachGroupPolicy",
        "group/team/crew",
        POLICY,
        &[RULES],
    ),
    // The boundary that is there.
    of_bob("AttachUserPolicy", &[("UserName", "bob"), ("PolicyArn", RULES)], BOUND, &[BOUNDARY]),
    of_bob("DetachUserPolicy", &[("UserName", "bob"), ("PolicyArn", RULES)], BOUND, &[BOUNDARY]),
    of_bob("PutUserPolicy", &[("UserName", "bob"), ("PolicyName", "p"), ("PolicyDocument", "{}")], BOUND, &[BOUNDARY]),
    of_bob("DeleteUserPolicy", &[("UserName", "bob"), ("PolicyName", "p")], BOUND, &[BOUNDARY]),
    of_bob("DeleteUserPermissionsBoundary", &[("UserName", "bob")], BOUND, &[BOUNDARY]),
    of_runner("AttachRolePolicy", &[("RoleName", "runner"), ("PolicyArn", RULES)], BOUND, &[BOUNDARY]),
    of_runner("DetachRolePolicy", &[("RoleName", "runner"), ("PolicyArn", RULES)], BOUND, &[BOUNDARY]),
    of_runner(
        "PutRolePolicy",
        &[("RoleName", "runner"), ("PolicyName", "p"), ("PolicyDocument", "{}")],
        BOUND,
        &[BOUNDARY],
    ),
    of_runner("DeleteRolePolicy", &[("RoleName", "runner"), ("PolicyName", "p")], BOUND, &[BOUNDARY]),
    of_runner("DeleteRolePermissionsBoundary", &[("RoleName", "runner")], BOUND, &[BOUNDARY]),
    of_runner("GetRole", &[("RoleName", "runner")], BOUND, &[BOUNDARY]),
    of_runner("DeleteRole", &[("RoleName", "runner")], BOUND, &[BOUNDARY]),
    of_runner("UpdateRole", &[("RoleName", "runner")], BOUND, &[BOUNDARY]),
    of_runner("UpdateRoleDescription", &[("RoleName", "runner"), ("Description", "d")], BOUND, &[BOUNDARY]),
    of_runner("UpdateAssumeRolePolicy", &[("RoleName", "runner"), ("PolicyDocument", "{}")], BOUND, &[BOUNDARY]),
    // The boundary that shall be.
    of_bob("PutUserPermissionsBoundary", &[("UserName", "bob"), ("PermissionsBoundary", RULES)], BOUND, &[RULES]),
    of_runner("PutRolePermissionsBoundary", &[("RoleName", "runner"), ("PermissionsBoundary", RULES)], BOUND, &[RULES]),
    ("CreateUser", &[("UserName", "eve"), ("PermissionsBoundary", RULES)], "CreateUser", "user/eve", BOUND, &[RULES]),
    (
        "CreateRole",
        &[("RoleName", "new"), ("AssumeRolePolicyDocument", "{}"), ("PermissionsBoundary", RULES)],
        "CreateRole",
        "role/new",
        BOUND,
        &[RULES],
    ),
    // Roles that are handed on or made for services.
    (
        "AddRoleToInstanceProfile",
        &[("InstanceProfileName", "box"), ("RoleName", "runner")],
        "PassRole",
        "role/team/runner",
        "iam:PassedToService",
        &["ec2.amazonaws.com"],
    ),
    (
        "CreateServiceLinkedRole",
        &[("AWSServiceName", "ecs.amazonaws.com")],
        "CreateServiceLinkedRole",
        "role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
        "iam:AWSServiceName",
        &["ecs.amazonaws.com"],
    ),
    // Credentials of services.
    of_bob(
        "CreateServiceSpecificCredential",
        &[("UserName", "bob"), ("ServiceName", "bedrock.amazonaws.com"), ("CredentialAgeDays", "30")],
        SERVICE,
        &["bedrock.amazonaws.com"],
    ),
    of_bob(
        "CreateServiceSpecificCredential",
        &[("UserName", "bob"), ("ServiceName", "bedrock.amazonaws.com"), ("CredentialAgeDays", "30")],
        "iam:ServiceSpecificCredentialAgeDays",
        &["30"],
    ),
    of_bob("ResetServiceSpecificCredential", CREDENTIAL, SERVICE, &["codecommit.amazonaws.com"]),
    of_bob("DeleteServiceSpecificCredential", CREDENTIAL, SERVICE, &["codecommit.amazonaws.com"]),
    // Tags of the request: of making something, and of the tagging that goes with it.
    ("CreateUser", &[("UserName", "eve"), TAGS[0], TAGS[1]], "CreateUser", "user/eve", "aws:RequestTag/cost", &["42"]),
    ("CreateUser", &[("UserName", "eve"), TAGS[0], TAGS[1]], "TagUser", "user/eve", "aws:RequestTag/Cost", &["42"]),
    ("CreateUser", &[("UserName", "eve"), TAGS[0], TAGS[1]], "TagUser", "user/eve", "aws:TagKeys", &["Cost"]),
    of_bob("TagUser", &[("UserName", "bob"), TAGS[0], TAGS[1]], "aws:RequestTag/Cost", &["42"]),
    of_bob("TagUser", &[("UserName", "bob"), TAGS[0], TAGS[1]], "aws:TagKeys", &["Cost"]),
    of_bob("UntagUser", &[("UserName", "bob"), ("TagKeys.member.1", "Cost")], "aws:TagKeys", &["Cost"]),
    of_runner("TagRole", &[("RoleName", "runner"), TAGS[0], TAGS[1]], "aws:RequestTag/Cost", &["42"]),
    (
        "CreatePolicy",
        &[("PolicyName", "new"), ("PolicyDocument", "{}"), TAGS[0], TAGS[1]],
        "CreatePolicy",
        "policy/new",
        "aws:RequestTag/Cost",
        &["42"],
    ),
    // Tags of what is there.
    of_bob("DeleteUser", &[("UserName", "bob")], "aws:ResourceTag/Env", &["dev"]),
    of_bob("DeleteUser", &[("UserName", "bob")], "iam:ResourceTag/env", &["dev"]),
    of_bob("CreateAccessKey", &[("UserName", "bob")], "aws:ResourceTag/Env", &["dev"]),
    of_runner("DeleteRole", &[("RoleName", "runner")], "iam:ResourceTag/Env", &["dev"]),
    (
        "AddRoleToInstanceProfile",
        &[("InstanceProfileName", "box"), ("RoleName", "runner")],
        "PassRole",
        "role/team/runner",
        "aws:ResourceTag/Env",
        &["dev"],
    ),
    (
        "DeleteInstanceProfile",
        &[("InstanceProfileName", "box")],
        "DeleteInstanceProfile",
        "instance-profile/team/box",
        "aws:ResourceTag/Env",
        &["dev"],
    ),
    ("DeletePolicy", &[("PolicyArn", RULES)], "DeletePolicy", "policy/team/Rules", "aws:ResourceTag/Env", &["dev"]),
    (
        "DeleteVirtualMFADevice",
        &[("SerialNumber", "arn:aws:iam::123456789012:mfa/phone")],
        "DeleteVirtualMFADevice",
        "mfa/phone",
        "aws:ResourceTag/Env",
        &["dev"],
    ),
    (
        "DeleteOpenIDConnectProvider",
        &[("OpenIDConnectProviderArn", "arn:aws:iam::123456789012:oidc-provider/id.example.com")],
        "DeleteOpenIDConnectProvider",
        "oidc-provider/id.example.com",
        "aws:ResourceTag/Env",
        &["dev"],
    ),
    (
        "UpdateUser",
        &[("UserName", "bob"), ("NewUserName", "rob")],
        "UpdateUser",
        "user/team/bob",
        "aws:ResourceTag/Env",
        &["dev"],
    ),
    of_bob("GetUser", &[("UserName", "bob")], "aws:ResourceAccount", &["123456789012"]),
    of_bob("GetUser", &[("UserName", "bob")], "aws:PrincipalTag/via", &["nothing"]),
    of_bob("GetUser", &[("UserName", "bob")], "aws:username", &["caller"]),
];

#[test]
fn a_key_lets_through_by_its_value_and_by_no_other() {
    for &(operation, fields, action, on, key, values) in CASES {
        let name = format!("{operation} {action} {key}");
        let action = format!("iam:{action}");
        let rest = json!({"Effect": "Allow", "NotAction": action, "Resource": "*"});
        // Keys with several values take a set operator, and the others would not do with one.
        let operator = if key == "aws:TagKeys" { "ForAnyValue:StringEquals" } else { "StringEquals" };
        let mut bench = bench();
        permit(&mut bench, &[rest.clone(), when(allow(&action, "*"), operator, key, values)]);
        assert_eq!(refusal(&mut bench, operation, fields), None, "{name}");
        let mut bench = super::bench();
        permit(&mut bench, &[rest, when(allow(&action, "*"), operator, key, &["another"])]);
        let expected = said(&action, &format!("{}{on}", super::HERE), &no_policy(&action));
        assert_eq!(refusal(&mut bench, operation, fields), expected, "{name}");
    }
}

/// Operation, parameters, and a key that it does not have then.
const WITHOUT: &[(&str, Fields, &str)] = &[
    ("CreateUser", &[("UserName", "eve")], BOUND),
    ("CreateUser", &[("UserName", "eve")], "aws:TagKeys"),
    ("AttachUserPolicy", &[("UserName", "caller"), ("PolicyArn", RULES)], BOUND),
    ("PutUserPolicy", &[("UserName", "nobody"), ("PolicyName", "p"), ("PolicyDocument", "{}")], BOUND),
    ("PutGroupPolicy", &[("GroupName", "crew"), ("PolicyName", "p"), ("PolicyDocument", "{}")], BOUND),
    ("DeleteUser", &[("UserName", "bob")], BOUND),
    ("DeleteUser", &[("UserName", "caller")], "aws:ResourceTag/Env"),
    ("CreateUser", &[("UserName", "BOB")], "aws:ResourceTag/Env"),
    // Only users and roles have their tags under this name, too.
    ("DeletePolicy", &[("PolicyArn", RULES)], "iam:ResourceTag/Env"),
    ("DeleteInstanceProfile", &[("InstanceProfileName", "box")], "iam:ResourceTag/Env"),
    ("GetPolicy", &[("PolicyArn", "arn:aws:iam::aws:policy/AWSDenyAll")], "aws:ResourceAccount"),
    (
        "ResetServiceSpecificCredential",
        &[("UserName", "caller"), ("ServiceSpecificCredentialId", "ACCABOBAAAAAAAAAAAAA")],
        SERVICE,
    ),
];

#[test]
fn a_key_without_a_value_is_not_there() {
    for &(operation, fields, key) in WITHOUT {
        let mut bench = bench();
        let absent = when(allow("iam:*", "*"), "Null", key, &["true"]);
        permit(&mut bench, &[absent]);
        assert_eq!(refusal(&mut bench, operation, fields), None, "{operation} {key}");
    }
}

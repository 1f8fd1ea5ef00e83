//! What is told first: that a request is malformed, then that the caller may not, and only then what is in the account.

use super::{CALLER, Fields, HERE, allow, bench, call_as_session, no_policy, permit, refusal, said};
use crate::sandbox::testing::TRUST;

const BAD_NAME: &str = "no blanks please";

#[test]
fn malformed_parameters_are_told_to_everybody() {
    for (operation, fields) in [
        ("GetUser", &[("UserName", BAD_NAME)] as Fields),
        ("CreateUser", &[]),
        ("CreateUser", &[("UserName", "eve"), ("Path", "nowhere")]),
        ("CreateUser", &[("UserName", "eve"), ("Tags.member.1.Key", "k")]),
        ("ListUsers", &[("MaxItems", "0")]),
        ("AttachUserPolicy", &[("UserName", "bob")]),
        ("CreateOpenIDConnectProvider", &[("Url", "http://plain.example.com")]),
        ("GetPolicy", &[("PolicyArn", "short")]),
    ] {
        let refused = bench().run_judged(operation, fields).unwrap_err();
        assert_eq!(refused.code, "ValidationError", "{operation} {fields:?}: {refused:?}");
    }
}

#[test]
fn a_session_that_names_no_user_is_told_so_whatever_it_may() {
    for operation in ["GetUser", "CreateAccessKey", "ListAccessKeys", "ListMFADevices", "DeleteLoginProfile"] {
        let mut bench = bench();
        call_as_session(&mut bench, |_| {});
        let refused = bench.run_judged(operation, &[]).unwrap_err();
        assert_eq!(refused.message, "Must specify userName when calling with non-User credentials", "{operation}");
    }
}

/// What is not there, by its ARN with the path `/`.
const MISSING: &[(&str, Fields, &str)] = &[
    ("GetUser", &[("UserName", "nobody")], "user/nobody"),
    ("DeleteUser", &[("UserName", "nobody")], "user/nobody"),
    ("UpdateUser", &[("UserName", "nobody"), ("NewUserName", "bob")], "user/nobody"),
    ("ListAccessKeys", &[("UserName", "nobody")], "user/nobody"),
    ("GetGroup", &[("GroupName", "nobody")], "group/nobody"),
    ("DeleteRole", &[("RoleName", "nobody")], "role/nobody"),
    ("GetInstanceProfile", &[("InstanceProfileName", "nobody")], "instance-profile/nobody"),
    ("GetPolicy", &[("PolicyArn", "arn:aws:iam::123456789012:policy/a/none")], "policy/a/none"),
    ("GetSAMLProvider", &[("SAMLProviderArn", "arn:aws:iam::123456789012:saml-provider/none")], "saml-provider/none"),
];

#[test]
fn who_may_not_is_not_told_what_is_missing() {
    for (operation, fields, resource) in MISSING {
        let action = format!("iam:{operation}");
        let expected = said(&action, &format!("{HERE}{resource}"), &no_policy(&action));
        assert_eq!(refusal(&mut bench(), operation, fields), expected);
        let mut bench = bench();
        permit(&mut bench, &[allow("iam:*", "*")]);
        let told = bench.run_judged(operation, fields).unwrap_err();
        assert_eq!(told.code, "NoSuchEntity", "{operation}");
    }
}

#[test]
fn who_may_not_is_not_told_what_is_there_already_or_in_the_way() {
    let cases: [(&str, Fields, &str, &str); 5] = [
        ("CreateUser", &[("UserName", "bob")], "user/bob", "EntityAlreadyExists"),
        ("CreateGroup", &[("GroupName", "crew")], "group/crew", "EntityAlreadyExists"),
        (
            "CreateRole",
            &[("RoleName", "runner"), ("AssumeRolePolicyDocument", TRUST)],
            "role/runner",
            "EntityAlreadyExists",
        ),
        ("DeleteUser", &[("UserName", "bob")], "user/team/bob", "DeleteConflict"),
        (
            "CreateRole",
            &[("RoleName", "new"), ("AssumeRolePolicyDocument", "{}")],
            "role/new",
            "MalformedPolicyDocument",
        ),
    ];
    for (operation, fields, resource, code) in cases {
        let action = format!("iam:{operation}");
        let expected = said(&action, &format!("{HERE}{resource}"), &no_policy(&action));
        assert_eq!(refusal(&mut bench(), operation, fields), expected);
        let mut bench = bench();
        permit(&mut bench, &[allow("iam:*", "*")]);
        assert_eq!(bench.run_judged(operation, fields).unwrap_err().code, code, "{operation}");
    }
}

#[test]
fn a_key_that_is_not_there_is_refused_in_the_words_of_one_that_is() {
    for key in ["AKIABOBAAAAAAAAAAAAA", "AKIANOBODYAAAAAAAAAA"] {
        let action = "iam:GetAccessKeyLastUsed";
        let expected = said(action, &format!("access key {key}"), &no_policy(action));
        assert_eq!(refusal(&mut bench(), "GetAccessKeyLastUsed", &[("AccessKeyId", key)]), expected);
        let mut bench = bench();
        permit(&mut bench, &[allow(action, CALLER)]);
        assert_eq!(refusal(&mut bench, "GetAccessKeyLastUsed", &[("AccessKeyId", key)]), expected, "not the caller's");
    }
}

#[test]
fn another_spelling_of_a_name_is_no_way_around_a_deny() {
    let mut bench = bench();
    permit(&mut bench, &[allow("iam:*", "*"), super::deny("iam:*", &format!("{HERE}user/team/bob"))]);
    for name in ["bob", "BOB", "Bob"] {
        let refused = refusal(&mut bench, "DeleteUser", &[("UserName", name)]);
        let explicit = " with an explicit deny in an identity-based policy";
        assert_eq!(refused, said("iam:DeleteUser", &format!("{HERE}user/team/bob"), explicit));
    }
}

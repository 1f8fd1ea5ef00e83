//! Simulations: who may ask what somebody's policies allow, or what documents do.

use super::{Fields, HERE, allow, bench, deny, judged, no_policy, permit, said, when};

/// The parameter that names the principal.
const SOURCE: &str = "PolicySourceArn";

/// Operation, parameters, and the resource: the principal by its ARN, or `*`.
pub(super) const CASES: &[(&str, Fields, &str)] = &[
    ("SimulatePrincipalPolicy", &[(SOURCE, "arn:aws:iam::123456789012:user/team/bob")], "user/team/bob"),
    ("SimulatePrincipalPolicy", &[(SOURCE, "arn:aws:iam::123456789012:group/team/crew")], "group/team/crew"),
    ("SimulatePrincipalPolicy", &[(SOURCE, "arn:aws:iam::123456789012:role/team/runner")], "role/team/runner"),
    // One that is not there is compared as it stands.
    ("SimulatePrincipalPolicy", &[(SOURCE, "arn:aws:iam::123456789012:user/nobody")], "user/nobody"),
    ("GetContextKeysForPrincipalPolicy", &[(SOURCE, "arn:aws:iam::123456789012:user/team/bob")], "user/team/bob"),
    ("SimulateCustomPolicy", &[], "*"),
    ("GetContextKeysForCustomPolicy", &[], "*"),
];

fn full(resource: &str) -> String {
    if resource == "*" { resource.to_owned() } else { format!("{HERE}{resource}") }
}

#[test]
fn what_allows_exactly_this_lets_it_through_and_nothing_else_does() {
    for &(operation, fields, resource) in CASES {
        let (action, resource) = (format!("iam:{operation}"), full(resource));
        let mut bench = bench();
        permit(&mut bench, &[allow(&action, &resource)]);
        assert_eq!(judged(&bench, operation, fields), Ok(()), "{operation} {resource}");
        let someone_else = format!("{HERE}user/team/someone-else");
        for other in [allow(&action, &someone_else), allow("iam:GetUser", "*")] {
            permit(&mut bench, &[other]);
            let refused = judged(&bench, operation, fields).unwrap_err();
            let expected = said(&action, &resource, &no_policy(&action));
            assert_eq!((refused.code, Some(refused.message.into_owned())), ("AccessDenied", expected));
        }
        permit(&mut bench, &[allow("iam:*", "*"), deny(&action, &resource)]);
        let refused = judged(&bench, operation, fields).unwrap_err();
        let expected = said(&action, &resource, " with an explicit deny in an identity-based policy");
        assert_eq!(Some(refused.message.into_owned()), expected);
    }
}

#[test]
fn the_tags_of_the_principal_count() {
    for (value, may) in [("dev", true), ("prod", false)] {
        let mut bench = bench();
        let tagged = when(allow("iam:SimulatePrincipalPolicy", "*"), "StringEquals", "aws:ResourceTag/Env", &[value]);
        permit(&mut bench, &[tagged]);
        let (operation, fields, _) = CASES[0];
        assert_eq!(judged(&bench, operation, fields).is_ok(), may, "{value}");
    }
}

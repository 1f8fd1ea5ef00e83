//! The policies that keep the stamp the gateway's own.

use serde_json::{Value, json};

use super::documents::{Generated, Statement};
use crate::arn::RoleArn;
use crate::config::RESERVED_TAGS;
use crate::context::stamp::{CALLED_VIA_TAG, VIA_TAG};

/// Whether a request would set, or remove, a tag of the stamp. Tag keys are the same in any letter case to IAM.
fn names_the_stamp() -> Value {
    json!({"aws:TagKeys": RESERVED_TAGS})
}

/// The service control policy: of all users, roles and root users of member accounts, only the gateway's role stamps
/// sessions, and nobody gives a user or role the stamp as its own tag, which IAM could not tell from a session's.
#[must_use]
pub fn service_control_policy(gateway_role: &RoleArn) -> Generated {
    Generated::new(vec![
        only_the_gateway_stamps(gateway_role, None),
        Statement {
            sid: "NobodyTagsUsersOrRolesWithTheStamp",
            effect: "Deny",
            principal: None,
            action: vec![
                "iam:TagUser",
                "iam:TagRole",
                "iam:UntagUser",
                "iam:UntagRole",
                "iam:CreateUser",
                "iam:CreateRole",
            ],
            resource: Some("*"),
            condition: json!({"ForAnyValue:StringEqualsIgnoreCase": names_the_stamp()}),
        },
    ])
}

/// The resource control policy: no role of a member account takes a stamp from anybody but the gateway's role. Principals
/// of the management account and of other organizations, and whom an identity provider vouches for, are under no service
/// control policy; these have no, or another, `aws:PrincipalArn`.
#[must_use]
pub fn resource_control_policy(gateway_role: &RoleArn) -> Generated {
    Generated::new(vec![only_the_gateway_stamps(gateway_role, Some(json!("*")))])
}

/// Denied where the principal is not the gateway's role; also where it has no ARN, as a negated operator has it.
fn only_the_gateway_stamps(gateway_role: &RoleArn, principal: Option<Value>) -> Statement {
    Statement {
        sid: "OnlyTheGatewayStampsSessions",
        effect: "Deny",
        principal,
        action: vec!["sts:TagSession"],
        resource: Some("*"),
        condition: json!({
            "ForAnyValue:StringEqualsIgnoreCase": names_the_stamp(),
            "ArnNotEquals": {"aws:PrincipalArn": literal(gateway_role)},
        }),
    }
}

/// The trust policy of a mapped role: the gateway's role alone, and only with its stamp.
///
/// It names the account and compares the role's ARN: a role that is named by its ARN stands in a trust policy by its
/// unique id, so that the policy breaks when the gateway's role is made anew.
#[must_use]
pub fn trust_policy(gateway: &str, gateway_role: &RoleArn) -> Generated {
    let (partition, account) = (gateway_role.partition(), gateway_role.account());
    Generated::new(vec![Statement {
        sid: "OnlyTheGatewayWithItsStamp",
        effect: "Allow",
        principal: Some(json!({"AWS": format!("arn:{partition}:iam::{account}:root")})),
        action: vec!["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
        resource: None,
        condition: json!({
            "ArnEquals": {"aws:PrincipalArn": literal(gateway_role)},
            "StringEquals": {
                format!("aws:RequestTag/{VIA_TAG}"): "true",
                format!("aws:RequestTag/{CALLED_VIA_TAG}"): gateway.replace('$', "${$}"),
            },
        }),
    }])
}

/// A role's path may hold what an ARN operator takes for a wildcard or a variable.
fn literal(role: &RoleArn) -> String {
    let mut literal = String::new();
    for character in role.to_string().chars() {
        match character {
            '*' | '?' | '$' => literal.extend(["${", character.encode_utf8(&mut [0; 4]), "}"]),
            plain => literal.push(plain),
        }
    }
    literal
}

//! Examinations that are written down.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::examination::{
    AccountSeen, Evidence, Examination, IamReach, MappingSeen, OwnSeen, RoleRead, RoleSeen, Trails, Unseen,
};
use super::identity::GatewayIdentity;
use crate::arn::{Partition, RoleArn};
use crate::iam::{Account, AwsFailure, Sent};
use crate::posture::standing::{Access, Standing};
use crate::stage_two;

pub(super) const GATEWAY: &str = "iam-mcp.example.internal";
pub(super) const GATEWAY_ROLE: &str = "arn:aws:iam::123456789012:role/service/iam-mcp-gateway";
pub(super) const ROLE: &str = "arn:aws:iam::123456789012:role/agents/dev";

/// The identity of this ARN.
pub(super) fn identity(arn: &str) -> GatewayIdentity {
    GatewayIdentity::of(arn).unwrap()
}

/// A trust policy of one statement.
pub(super) fn trusting(principal: &Value, condition: &Value) -> String {
    let mut statement = json!({"Effect": "Allow", "Principal": principal,
        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]});
    if condition.as_object().is_some_and(|condition| !condition.is_empty()) {
        statement["Condition"] = condition.clone();
    }
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

/// What AWS refused with this code.
pub(super) fn failure(code: &str, message: &str) -> AwsFailure {
    AwsFailure {
        code: code.to_owned(),
        message: message.to_owned(),
        request_id: None,
        action: "sts:AssumeRole",
        resource: ROLE.to_owned(),
        retryable: false,
        sent: Sent::Refused,
    }
}

fn role() -> RoleArn {
    ROLE.parse().unwrap()
}

fn account() -> Account {
    Account { partition: Partition::Aws, id: role().account() }
}

fn mappings() -> Vec<String> {
    vec!["dev/keyring:alice".to_owned()]
}

/// A gateway of which everything is as it should be.
pub(super) fn good() -> Examination {
    let trust = stage_two::trust_policy(GATEWAY, &GATEWAY_ROLE.parse().unwrap());
    let standing = Standing {
        administrator: None,
        services: BTreeMap::new(),
        unknown_services: BTreeMap::new(),
        dangers: Vec::new(),
        unreadable: Vec::new(),
    };
    Examination {
        gateway: GATEWAY.to_owned(),
        configured_role: Some(GATEWAY_ROLE.parse().unwrap()),
        own: OwnSeen {
            identity: Ok(identity("arn:aws:sts::123456789012:assumed-role/iam-mcp-gateway/task")),
            iam: Ok(IamReach { access: Access::None, evidence: Evidence::Probe }),
        },
        mappings: vec![MappingSeen {
            mapping: mappings().remove(0),
            role_arn: role(),
            has_external_id: false,
            assumed: Ok(()),
        }],
        roles: vec![RoleSeen {
            role_arn: role(),
            mappings: mappings(),
            writes: true,
            read: Ok(RoleRead {
                trust: serde_json::to_string(&trust).unwrap(),
                boundary: Some("arn:aws:iam::123456789012:policy/agents".to_owned()),
                standing: Arc::new(standing),
            }),
        }],
        accounts: vec![AccountSeen {
            account: account(),
            trails: Ok(Trails::Described(vec![("org".to_owned(), true)])),
        }],
        asked: Vec::new(),
    }
}

/// The same where nothing could be looked at.
pub(super) fn unseen() -> Examination {
    let mut examination = good();
    let nothing = || Unseen::new("AwsUnreachable", "no connection to AWS's endpoint could be made");
    examination.own = OwnSeen { identity: Err(nothing()), iam: Err(nothing()) };
    let unreachable = AwsFailure { retryable: true, sent: Sent::No, ..failure("AwsUnreachable", "no connection") };
    examination.mappings[0].assumed = Err(unreachable);
    examination.roles[0].read = Err(nothing());
    examination.accounts[0].trails = Err(nothing());
    examination
}

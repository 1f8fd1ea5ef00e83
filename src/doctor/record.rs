//! The audit records of an examination: CloudTrail sees its calls with the gateway's stamp, and what is stamped has a record.

use serde_json::{Value, json};

use super::examination::{Asked, Examination};
use crate::audit::{Event, Record, Stage};
use crate::mcp::road::InForce;
use crate::mcp::trail::Stationery;
use crate::random::uuid;

/// A record for each mapping, of what was asked in its sessions and for them.
#[must_use]
pub fn records(examination: &Examination, stationery: &Stationery, in_force: &InForce) -> Vec<Record> {
    examination.asked.iter().map(|asked| record(asked, stationery, in_force)).collect()
}

fn record(asked: &Asked, stationery: &Stationery, in_force: &InForce) -> Record {
    let Asked { environment, mapping, role_arn, account, stamp, sessions, calls } = asked;
    let config = &in_force.config;
    let (now, id) = (stationery.clock.now(), uuid(&*stationery.random));
    let mut event = Event::new(config.gateway.name.as_str(), "Examine", Stage::Read, now, id);
    event.aws_region = account.partition.global_region().as_str().to_owned();
    event.recipient_account_id = Some(account.id.to_string());
    event.user_identity = json!({
        "type": "AssumedRole",
        "arn": sessions.first().map(|(arn, _)| arn),
        "accountId": account.id.to_string(),
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role", "arn": role_arn.to_string(), "accountId": account.id.to_string(), "userName": role_arn.name(),
            },
            "sourceIdentity": stamp.source_identity,
        },
    });
    let assumed: Vec<Value> =
        sessions.iter().map(|(arn, request)| json!({"purpose": "read", "arn": arn, "requestId": request})).collect();
    let data = &mut event.additional_event_data;
    let mut put = |name: &str, value: Value| {
        data.insert(name.to_owned(), value);
    };
    put("viaAWSMCPService", true.into());
    put("calledViaAWSMCP", config.gateway.name.as_str().into());
    put("environment", environment.as_str().into());
    put("roleMapping", mapping.as_str().into());
    put("roleArn", role_arn.to_string().into());
    put("sessionTags", json!(stamp.tags));
    put("sourceIdentity", stamp.source_identity.as_str().into());
    put("roleSessionName", stamp.session_name.as_str().into());
    put("assumedSessions", assumed.into());
    put("awsCalls", json!(calls));
    put("configuration", config.digest.as_str().into());
    put("policies", in_force.authorizer.documents().digest.as_str().into());
    event.into_record_cut()
}

//! A new access key, and what becomes of its secret: `tools.new_secrets`.

use serde_json::{Value, json};

use crate::config::NewSecrets;
use crate::iam::change::actions::CREATE_ACCESS_KEY;
use crate::iam::{Aftermath, AwsFailure, Change, DeclaredCall, Interrupted, PlannedCall, Resource, Sent, Writer};
use crate::tools::holder::USER;
use crate::tools::{Call, Plan, ToolError};

/// The calls that a new key takes, before anything is known of the user.
///
/// # Errors
/// `NewSecretsRefused`, before anything is asked of AWS.
pub fn declare(call: &Call, user: &str) -> Result<Vec<DeclaredCall>, ToolError> {
    match call.facts.new_secrets {
        NewSecrets::Refuse => Err(refused(call, user)),
        NewSecrets::Reveal => Ok(vec![USER.on(CREATE_ACCESS_KEY, user)]),
    }
}

fn refused(call: &Call, user: &str) -> ToolError {
    let message = "this gateway makes no access keys, because it is not to tell their secrets (tools.new_secrets is \
                   refuse); nothing was done";
    ToolError::gateway("NewSecretsRefused", message)
        .on(CREATE_ACCESS_KEY.as_str(), USER.named(user).display(&call.facts.account))
        .hint(
            "a role and temporary credentials need no key; else the gateway's operators can set tools.new_secrets to \
             secrets_manager or reveal",
        )
}

/// The calls that make a key for the user of this ARN.
#[must_use]
pub fn planned(user: &str, arn: &str) -> Vec<PlannedCall> {
    let create = Change::CreateAccessKey { user_name: user.to_owned() };
    vec![create.on(Resource::Arn(arn.to_owned()))]
}

/// Makes the planned key and answers it.
///
/// # Errors
/// What AWS refused, or left open.
pub async fn make(plan: &Plan, writer: &Writer<'_>) -> Result<Value, Interrupted> {
    let create = plan.calls.first().expect("a key is planned as its first call");
    let key = writer.create_access_key(create).await.map_err(not_made)?;
    Ok(json!({"AccessKey": key.revealed()}))
}

fn not_made(failure: AwsFailure) -> Interrupted {
    let is_unknown = failure.sent == Sent::Unknown;
    let aftermath = is_unknown.then(|| {
        let hint = "a key may exist whose secret nobody has: list_access_keys shows it by its CreateDate; delete it \
                    with delete_access_key before you try again";
        Box::new(Aftermath { hint: Some(hint.to_owned()), ..Aftermath::default() })
    });
    Interrupted { aftermath, ..failure.into() }
}

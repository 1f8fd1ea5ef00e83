//! A new access key, and what becomes of its secret: `tools.new_secrets`.

use serde_json::{Value, json};

use super::on_key;
use crate::config::{NewSecrets, SecretsStore};
use crate::iam::change::SecretName;
use crate::iam::change::actions::{CREATE_ACCESS_KEY, DECRYPT, DELETE_ACCESS_KEY, GENERATE_DATA_KEY};
use crate::iam::{
    Account, Aftermath, AwsFailure, Change, DeclaredCall, Interrupted, NewKey, PlannedCall, Resource, Sent, Writer,
};
use crate::tools::holder::USER;
use crate::tools::{Call, Plan, ToolError};

/// The calls that a new key takes, before anything is known of the user.
///
/// # Errors
/// `NewSecretsRefused`, before anything is asked of AWS.
pub fn declare(call: &Call, user: &str) -> Result<Vec<DeclaredCall>, ToolError> {
    let mut calls = vec![USER.on(CREATE_ACCESS_KEY, user)];
    match &call.facts.new_secrets {
        NewSecrets::Refuse => return Err(refused(call, user)),
        NewSecrets::Reveal => {}
        NewSecrets::SecretsManager(store) => {
            calls.extend(storing(store, user, &call.facts.account).judged());
            calls.push(on_key(DELETE_ACCESS_KEY, user, None));
        }
    }
    Ok(calls)
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

/// The plan that makes a key for the user of this ARN, and stores its secret where that is configured.
#[must_use]
pub fn planned(call: &Call, user: &str, arn: &str) -> Plan {
    let owner = Resource::Arn(arn.to_owned());
    let create = Change::CreateAccessKey { user_name: user.to_owned() }.on(owner.clone());
    match &call.facts.new_secrets {
        NewSecrets::SecretsManager(store) => Plan {
            calls: vec![create, storing(store, user, &call.facts.account)],
            undo: vec![on_key(DELETE_ACCESS_KEY, user, None).to(owner)],
            ..Plan::default()
        },
        NewSecrets::Refuse | NewSecrets::Reveal => Plan::adding(vec![create]),
    }
}

/// The call that stores the secret of a key of this user.
fn storing(store: &SecretsStore, user: &str, account: &Account) -> PlannedCall {
    let SecretsStore { region, name_prefix, kms_key } = store;
    // A user's name may have commas, the name of a secret not. The key's id behind it keeps names apart.
    let name = format!("{name_prefix}{}/", user.replace(',', "_"));
    let arn = format!("arn:{}:secretsmanager:{region}:{}:secret:{name}", account.partition, account.id);
    let kms_key_id = kms_key.as_ref().map(ToString::to_string);
    let encrypting = kms_key_id.clone().into_iter().flat_map(|key| {
        // <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html#security-encryption-authz>
        [GENERATE_DATA_KEY, DECRYPT].map(|action| DeclaredCall::permission(action, Resource::Arn(key.clone())))
    });
    let create = Change::CreateSecret { name: SecretName(name), kms_key_id }.on(Resource::Beginning(arn));
    encrypting.fold(create, PlannedCall::needing)
}

/// Makes the planned key; answers it with its secret, or with where that is stored.
///
/// # Errors
/// What AWS refused, or left open. A key whose secret could not be stored is deleted again.
pub async fn make(plan: &Plan, writer: &Writer<'_>) -> Result<Value, Interrupted> {
    let create = plan.calls.first().expect("a key is planned as its first call");
    let key = writer.create_access_key(create).await.map_err(not_made)?;
    let Some(store) = plan.calls.get(1) else { return Ok(json!({"AccessKey": key.revealed()})) };
    match writer.store_secret(store, &key).await {
        Ok(arn) => Ok(json!({"AccessKey": key.shown(), "SecretArn": arn})),
        Err(failure) => {
            let secret = SecretLeft::of(&failure, store, key.id());
            Err(taken_back(failure, &secret, &key, create, writer).await)
        }
    }
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

/// What became of a secret that AWS did not say was stored.
#[derive(Debug, PartialEq, Eq)]
enum SecretLeft {
    /// It is nowhere.
    Nowhere,
    /// It may be stored under this name: the request was sent, and no answer could be read.
    Perhaps(String),
}

impl SecretLeft {
    fn of(failure: &AwsFailure, store: &PlannedCall, key: &str) -> Self {
        match (&store.change, failure.sent) {
            (Change::CreateSecret { name, .. }, Sent::Unknown) => Self::Perhaps(name.of_key(key)),
            _ => Self::Nowhere,
        }
    }
}

/// Deletes the key again, whose secret is not known to be stored.
async fn taken_back(
    failure: AwsFailure,
    secret: &SecretLeft,
    key: &NewKey,
    create: &PlannedCall,
    writer: &Writer<'_>,
) -> Interrupted {
    // The name as it was given, which is what was declared: AWS's may differ in its letters' case.
    let user = match &create.change {
        Change::CreateAccessKey { user_name } => user_name.as_str(),
        _ => key.user_name(),
    };
    let id = key.id();
    let change = Change::DeleteAccessKey { user_name: user.to_owned(), access_key_id: id.to_owned() };
    let delete = change.on(create.resource.clone());
    let aftermath = match writer.undo(&delete).await {
        Ok(()) => Aftermath { undone: vec![delete], ..without_key(&failure.code, secret, user, id) },
        Err(left) => {
            tracing::error!(
                access_key_id = id,
                user_name = user,
                "{}, and the key could not be deleted",
                match secret {
                    SecretLeft::Nowhere => "an access key is left whose secret nobody has: it could not be stored",
                    SecretLeft::Perhaps(_) => "an access key is left whose secret may be stored or not",
                }
            );
            with_key(&failure.code, &left.code, secret, user, id)
        }
    };
    Interrupted { done: 1, failure, aftermath: Some(Box::new(aftermath)) }
}

/// What is said where the key was deleted again.
fn without_key(code: &str, secret: &SecretLeft, user: &str, id: &str) -> Aftermath {
    let unclear = match secret {
        SecretLeft::Perhaps(name) => format!("; the secret {name} may stand in Secrets Manager, and opens nothing"),
        SecretLeft::Nowhere => String::new(),
    };
    Aftermath {
        code: Some("SecretNotStored"),
        message: Some(format!(
            "the secret of the new access key {id} of the IAM user {user} could not be stored ({code}), so the key was \
             deleted again{unclear}"
        )),
        hint: Some(
            "the caller's role needs secretsmanager:CreateSecret on the resource that is named here, and with a KMS key of \
             its own kms:GenerateDataKey and kms:Decrypt on that; then try again"
                .to_owned(),
        ),
        undone: Vec::new(),
    }
}

/// What is said where the key could not be deleted.
fn with_key(code: &str, left: &str, secret: &SecretLeft, user: &str, id: &str) -> Aftermath {
    let (head, stored, also) = match secret {
        SecretLeft::Nowhere => {
            ("AN ACCESS KEY IS LEFT WHOSE SECRET NOBODY HAS", "could not be stored".to_owned(), String::new())
        }
        SecretLeft::Perhaps(name) => (
            "AN ACCESS KEY IS LEFT WHOSE SECRET MAY BE STORED OR NOT",
            format!("may stand in Secrets Manager under the name {name}, or nowhere"),
            format!("look in Secrets Manager for {name}, and delete that too; "),
        ),
    };
    Aftermath {
        code: Some("KeyWithoutSecret"),
        message: Some(format!(
            "{head}: {id} of the IAM user {user}. Its secret {stored} ({code}), and deleting the key again failed, too \
             ({left})"
        )),
        hint: Some(format!(
            "delete it: delete_access_key with user_name={user} and access_key_id={id}; {also}and tell the gateway's \
             operators"
        )),
        undone: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::authorize::Judged;
    use crate::tools::catalogue::CATALOGUE;
    use crate::tools::testing::facts;
    use crate::tools::{Declared, look_up};

    const ARN: &str = "arn:aws:iam::123456789012:user/people/a,b";
    const KEY: &str = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555";

    fn declared(new_secrets: &NewSecrets) -> Result<Declared, ToolError> {
        let tool = CATALOGUE.find("create_access_key").unwrap();
        let arguments = json!({"user_name": "a,b"});
        look_up(tool, arguments.as_object().unwrap(), facts("alice").with_new_secrets(new_secrets))
    }

    fn store(kms_key: Option<&str>) -> NewSecrets {
        NewSecrets::SecretsManager(Arc::new(SecretsStore {
            region: "eu-central-1".parse().unwrap(),
            name_prefix: "iam-mcp/".to_owned(),
            kms_key: kms_key.map(|key| key.parse().unwrap()),
        }))
    }

    #[test]
    fn a_plan_stays_within_what_was_declared() {
        for new_secrets in [NewSecrets::Reveal, store(None), store(Some(KEY))] {
            let declared = declared(&new_secrets).unwrap();
            let plan = planned(declared.call(), "a,b", ARN);
            let exact: Vec<DeclaredCall> =
                plan.calls.iter().flat_map(|call| call.judged().collect::<Vec<_>>()).collect();
            for call in exact.iter().chain(&plan.undo) {
                assert!(declared.writes().iter().any(|wide| wide.allows(call)), "{call:?}");
            }
            assert_eq!(exact.len() + plan.undo.len(), declared.writes().len(), "{new_secrets:?}");
        }
    }

    #[test]
    fn a_secret_is_named_by_user_and_key_below_the_prefix() {
        let declared = declared(&store(Some(KEY))).unwrap();
        let plan = planned(declared.call(), "a,b", ARN);
        let shown = plan.shown(&declared.call().facts.account);
        assert_eq!(
            shown["calls"][1],
            json!({
                "action": "secretsmanager:CreateSecret",
                "resource": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:iam-mcp/a_b/*",
                "parameters": {"Name": "iam-mcp/a_b/{AccessKeyId}", "KmsKeyId": KEY},
            })
        );
        let needed: Vec<&str> = plan.calls[1].also.iter().map(|call| call.action.as_str()).collect();
        assert_eq!(needed, ["kms:GenerateDataKey", "kms:Decrypt"]);
        assert_eq!(shown["if_it_fails"][0]["resource"], ARN);
    }

    #[test]
    fn a_secret_that_may_be_stored_is_named_and_not_called_lost() {
        let declared = declared(&store(None)).unwrap();
        let plan = planned(declared.call(), "a,b", ARN);
        let failure = |sent| AwsFailure { sent, ..AwsFailure::unreadable("secretsmanager:CreateSecret", "x") };
        let left = |sent| SecretLeft::of(&failure(sent), &plan.calls[1], "AKIA1");
        assert_eq!((left(Sent::No), left(Sent::Refused)), (SecretLeft::Nowhere, SecretLeft::Nowhere));
        let perhaps = left(Sent::Unknown);
        assert_eq!(perhaps, SecretLeft::Perhaps("iam-mcp/a_b/AKIA1".to_owned()));
        for said in [
            with_key("AwsTimeout", "AccessDenied", &perhaps, "a,b", "AKIA1"),
            without_key("AwsTimeout", &perhaps, "a,b", "AKIA1"),
        ] {
            let message = said.message.unwrap();
            assert!(message.contains("iam-mcp/a_b/AKIA1") && !message.contains("NOBODY HAS"), "{message}");
        }
        let lost = with_key("AccessDenied", "AccessDenied", &SecretLeft::Nowhere, "a,b", "AKIA1").message.unwrap();
        assert!(lost.contains("WHOSE SECRET NOBODY HAS") && !lost.contains("iam-mcp/"), "{lost}");
    }

    #[test]
    fn nothing_is_declared_where_new_secrets_are_refused() {
        assert_eq!(declared(&NewSecrets::Refuse).unwrap_err().code, "NewSecretsRefused");
    }
}

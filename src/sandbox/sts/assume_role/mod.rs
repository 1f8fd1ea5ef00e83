//! AssumeRole (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).

mod context;
mod packed;
mod permission;
mod request;
mod tags;

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::policy::{Document, PolicyKind};
use crate::sandbox::account::{Account, Role};
use crate::sandbox::call::{Answered, Call, Performed};
use crate::sandbox::denial::denied;
use crate::sandbox::error::ServiceError;
use crate::sandbox::identity::Identity;
use crate::sandbox::state::State;
use crate::sandbox::sts::session::{AssumedRole, SessionCredentials};
use crate::sandbox::xml::{Xml, seconds};
use permission::permitted;
use request::{LARGEST_TOKEN, Request};
use tags::SessionTags;

/// A session that assumes a role gets an hour and no more, in seconds.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>
const LONGEST_CHAINED: u32 = 3600;

/// Gives the caller a session of the role.
///
/// What the request itself tells is judged first, then whether the caller may, and only then what the role's own
/// settings forbid: who may not assume a role learns nothing of it, not even whether it exists.
pub(super) fn assume_role(state: &mut State, call: &Call<'_>) -> Result<Performed, ServiceError> {
    let request = Request::read(call.fields)?;
    if matches!(call.identity, Identity::Root { .. }) {
        return Err(ServiceError::access_denied("Roles may not be assumed by root accounts."));
    }
    if matches!(call.identity, Identity::AssumedRole(_)) && request.duration > LONGEST_CHAINED {
        return Err(ServiceError::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        ));
    }
    let tags = tags::of_session(&request, call.identity)?;
    readable(request.policy)?;
    let packed = packed::size(&request, &tags)?;
    let source_identity = source_identity(&request, call)?;
    let role = permitted(&state.account, &request, &tags, source_identity, call)?;
    present(&state.account, &request.policy_arns)?;
    if request.device.is_some() {
        return Err(ServiceError::access_denied(
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is \
             valid and associated with this user.",
        ));
    }
    if request.duration > role.max_session_duration {
        return Err(ServiceError::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    let session = session(&state.account, role, &request, tags, source_identity, call);
    let (id, credentials) = state.sessions.open(session, request.token_size as usize, call.random, call.now);
    let body = Answered::Xml(answer(id, credentials, packed));
    Ok(Performed { body, response_elements: Some(recorded(id, credentials, packed)) })
}

/// Whether the session policy can be read.
fn readable(policy: Option<&str>) -> Result<(), ServiceError> {
    match policy {
        Some(policy) if Document::parse(PolicyKind::Identity, policy).is_err() => {
            let is_json = serde_json::from_str::<serde::de::IgnoredAny>(policy).is_ok();
            let message = if is_json { "Syntax errors in policy." } else { "This policy contains invalid Json" };
            Err(ServiceError::malformed_policy(message))
        }
        _ => Ok(()),
    }
}

/// Whether the managed policies that shall narrow the session are there.
fn present(account: &Account, policy_arns: &[&str]) -> Result<(), ServiceError> {
    match policy_arns.iter().find(|arn| !account.policies.contains_key(**arn)) {
        Some(arn) => Err(ServiceError::validation(format!("The policy {arn} does not exist or is not attachable."))),
        None => Ok(()),
    }
}

/// The source identity of the new session: once set, it stays for the whole chain.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html>
fn source_identity<'a>(request: &Request<'a>, call: &Call<'a>) -> Result<Option<&'a str>, ServiceError> {
    let inherited = match call.identity {
        Identity::AssumedRole(session) => session.source_identity.as_deref(),
        Identity::Root { .. } | Identity::User { .. } => None,
    };
    match (inherited, request.source_identity) {
        (Some(inherited), Some(asked)) if inherited != asked => {
            Err(denied(call.identity, "sts:SetSourceIdentity", request.role_arn, None))
        }
        (inherited, asked) => Ok(inherited.or(asked)),
    }
}

fn session(
    account: &Account,
    role: &Role,
    request: &Request<'_>,
    tags: SessionTags,
    source_identity: Option<&str>,
    call: &Call<'_>,
) -> AssumedRole {
    AssumedRole {
        source_identity: source_identity.map(ToOwned::to_owned),
        policies: request.policy.map(ToOwned::to_owned).into_iter().collect(),
        policy_arns: request.policy_arns.iter().map(|arn| (*arn).to_owned()).collect(),
        tags: tags.all,
        transitive: tags.transitive,
        ..AssumedRole::plain(
            account,
            role,
            request.session_name,
            call.now,
            SignedDuration::from_secs(i64::from(request.duration)),
        )
    }
}

fn answer(id: &str, credentials: &SessionCredentials, packed: usize) -> Xml {
    let session = &credentials.role;
    let token_size = credentials.token.expose().len();
    let mut xml = Xml::new();
    xml.optional("SourceIdentity", session.source_identity.as_deref())
        .element("AssumedRoleUser", |xml| {
            xml.text("AssumedRoleId", &session.user_id).text("Arn", &session.arn);
        })
        .element("Credentials", |xml| {
            xml.text("AccessKeyId", id)
                .text("SecretAccessKey", credentials.secret.expose())
                .text("SessionToken", credentials.token.expose())
                .time("Expiration", session.expires);
        })
        .optional("PackedPolicySize", told(packed).as_deref())
        .value("SessionTokenSize", token_size)
        .value("SessionTokenUtilization", (token_size * 100).div_ceil(LARGEST_TOKEN as usize));
    xml
}

/// The packed size, where there is something packed.
fn told(packed: usize) -> Option<String> {
    (packed > 0).then(|| packed.to_string())
}

/// What the trail tells of the answer. AWS's own has the session token, too; here it stays out.
fn recorded(id: &str, credentials: &SessionCredentials, packed: usize) -> Value {
    let session = &credentials.role;
    let mut elements = json!({
        "credentials": {"accessKeyId": id, "expiration": seconds(session.expires)},
        "assumedRoleUser": {"assumedRoleId": session.user_id, "arn": session.arn},
    });
    if packed > 0 {
        elements["packedPolicySize"] = packed.into();
    }
    if let Some(source_identity) = &session.source_identity {
        elements["sourceIdentity"] = source_identity.as_str().into();
    }
    elements
}

//! The request of a case.

use serde_json::Value;

use super::members::{Members, items};
use crate::arn::{AccountId, Arn, RoleArn};
use crate::policy::{Context, Principal, PrincipalKind};

const WHAT: &str = "\"request\"";
const MEMBERS: [&str; 5] = ["principal", "role", "action", "resource", "context"];

/// What is to be decided. The context is literal: what is not given is missing.
#[derive(Debug, Clone)]
pub struct GivenRequest {
    /// Who asks.
    pub principal: Principal,
    /// The action, `service:Name`.
    pub action: String,
    /// The resource's ARN, or `*`.
    pub resource: String,
    /// The condition keys.
    pub context: Context,
}

impl GivenRequest {
    /// Reads a request from its JSON.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(text: &str) -> Result<Self, String> {
        let members = Members::known(WHAT, text, &MEMBERS)?;
        let principal = members.required_text(WHAT, "principal")?;
        let role = members.optional_text("role")?;
        let action = members.required_text(WHAT, "action")?;
        let resource = members.required_text(WHAT, "resource")?;
        if !is_action(&action) {
            return Err(format!("\"action\" is {action:?}; a request's action is a service and a name: iam:GetUser"));
        }
        if resource != "*" && !is_arn(&resource) {
            return Err(format!("\"resource\" is {resource:?}; it is an ARN, or \"*\" for actions on none"));
        }
        Ok(Self {
            principal: principal_of(&principal, role.as_deref())?,
            context: members.get("context").map(context).transpose()?.unwrap_or_default(),
            action,
            resource,
        })
    }

    /// Whether it is to assume a role, or something else of STS on one: then the role's trust policy decides.
    pub(super) fn assumes_a_role(&self) -> bool {
        let of_sts = self.action.split_once(':').is_some_and(|(service, _)| service.eq_ignore_ascii_case("sts"));
        let mut parts = self.resource.splitn(6, ':').skip(2);
        of_sts && parts.next() == Some("iam") && parts.nth(2).is_some_and(|resource| resource.starts_with("role/"))
    }

    /// The account that the resource is of: by its ARN, else by `aws:ResourceAccount`, else the principal's own.
    #[must_use]
    pub fn account(&self) -> AccountId {
        let of_arn = self.resource.split(':').nth(4).and_then(|account| account.parse().ok());
        let of_context = || match self.context.get("aws:ResourceAccount") {
            [account] => account.parse().ok(),
            _ => None,
        };
        let own = || self.principal.account().copied();
        of_arn.or_else(of_context).or_else(own).unwrap_or_else(|| NOBODYS.parse().expect("twelve digits"))
    }
}

/// No account has this id. Whoever asks from no account is of another one anyway.
const NOBODYS: &str = "000000000000";

fn is_action(text: &str) -> bool {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    text.split_once(':').is_some_and(|(service, name)| is_name(service) && is_name(name))
}

fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", partition, service, _, _, resource]
        if !partition.is_empty() && !service.is_empty() && !resource.is_empty())
}

/// An ARN, a service's name, `federated:PROVIDER` or `anonymous`.
fn principal_of(text: &str, role: Option<&str>) -> Result<Principal, String> {
    let principal = match text.strip_prefix("federated:") {
        Some(provider) if !provider.is_empty() => Principal::federated(provider),
        None if text == "anonymous" => Principal::anonymous(),
        None if is_service(text) => Principal::service(text),
        _ => Principal::from_arn(text).map_err(|problem| {
            format!("\"principal\" is {text:?}, which {problem}; others are a service's name, anonymous and federated:PROVIDER")
        })?,
    };
    let Some(role) = role else { return Ok(principal) };
    let role: RoleArn = role.parse().map_err(|problem| format!("\"role\" is {role:?}: {problem}"))?;
    let arn: Option<Arn> = text.parse().ok().filter(|_| principal.kind() == PrincipalKind::RoleSession);
    let session = arn.as_ref().and_then(|arn| arn.resource().rsplit_once('/'));
    let of_role = session.map(|(_, session)| Principal::role_session(&role, session));
    of_role
        .filter(|session| session.name() == text)
        .ok_or_else(|| format!("\"role\" is {role}, but {text} is no session of it"))
}

/// A name such as `ec2.amazonaws.com`.
fn is_service(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
    };
    text.contains('.') && text.split('.').all(is_label)
}

fn context(text: &str) -> Result<Context, String> {
    let mut context = Context::new();
    for (key, value) in Members::read("\"context\"", text)?.iter() {
        if !Context::is_key(key) {
            return Err(format!("{key:?} is no condition key such as aws:SourceIp, so no policy could name it"));
        }
        if !context.get(key).is_empty() {
            return Err(format!("{key:?} stands more than once in \"context\", in another case"));
        }
        let values = items(value).map_err(|problem| format!("{key:?} is {problem}"))?;
        context.set_all(key, values.into_iter().map(|value| scalar(key, value)).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(context)
}

/// A number is taken as it is written, so that none changes on its way.
fn scalar(key: &str, text: &str) -> Result<String, String> {
    match serde_json::from_str(text) {
        Ok(Value::String(text)) => Ok(text),
        Ok(Value::Bool(_)) => Ok(text.to_owned()),
        Ok(Value::Number(_)) if text.contains(['e', 'E']) => {
            Err(format!("{key:?} is {text}; write it without an exponent, or as a string"))
        }
        Ok(Value::Number(_)) => Ok(text.to_owned()),
        _ => Err(format!("{key:?} is a string, a number, a Boolean, or a list of these; what is missing is left out")),
    }
}

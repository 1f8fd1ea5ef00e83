//! Service-specific credentials: user names and passwords, or API keys, for the services that take them.

use jiff::{SignedDuration, Timestamp};

use super::names::over_quota;
use super::page::{Page, by_age};
use super::users::own_name;
use super::{Answer, Guarded, Operation, status};
use crate::sandbox::account::{KeyStatus, ServiceSpecificCredential, User};
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{ANYTHING, CREDENTIAL_ID, ENTITY_NAME_64};
use crate::sandbox::error::ServiceError;
use crate::sandbox::ids::{self, IdKind};
use crate::sandbox::xml::Xml;

/// IAM's quota for each service.
const MOST_CREDENTIALS: usize = 2;

/// Services that take a user name and a password.
const WITH_PASSWORD: [&str; 2] = ["codecommit.amazonaws.com", "cassandra.amazonaws.com"];

/// Services that take an API key
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_api_keys_for_aws_services.html>).
const WITH_API_KEY: [&str; 1] = ["bedrock.amazonaws.com"];

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "CreateServiceSpecificCredential" => create,
        "ListServiceSpecificCredentials" => list,
        "UpdateServiceSpecificCredential" => update,
        "ResetServiceSpecificCredential" => reset,
        "DeleteServiceSpecificCredential" => delete,
        _ => return None,
    })
}

fn create(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, service, days)) = guarded.read(call, |input| {
        (
            input.required("UserName", &ENTITY_NAME_64),
            input.required("ServiceName", &ANYTHING),
            input.number("CredentialAgeDays", 1..=36_600),
        )
    })?;
    let account_id = account.id;
    let user = account.user_mut(name)?;
    supported(service)?;
    if days.is_some() && !has_api_keys(service) {
        return Err(ServiceError::invalid_input(format!("Credentials for {service} do not expire.")));
    }
    let of_service = user.service_specific_credentials.iter().filter(|credential| credential.service == service);
    if of_service.clone().count() >= MOST_CREDENTIALS {
        return Err(over_quota("ServiceSpecificCredentialsPerUser", MOST_CREDENTIALS));
    }
    // The second one has a number in its name; which of the two was deleted does not matter.
    let plain = format!("{}-at-{account_id}", user.name);
    let service_user_name = match of_service.clone().any(|credential| credential.service_user_name == plain) {
        true => format!("{}+1-at-{account_id}", user.name),
        false => plain,
    };
    let credential = ServiceSpecificCredential {
        id: ids::id(call.random, IdKind::ServiceSpecificCredential),
        service: service.to_owned(),
        status: KeyStatus::Active,
        created: call.now,
        service_user_name,
        expires: days.map(|days| call.now + SignedDuration::from_hours(24 * i64::from(days))),
    };
    let xml = with_secret(call, user, &credential);
    user.service_specific_credentials.push(credential);
    Ok(xml)
}

fn list(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, service, all, page)) = guarded.read(call, |input| {
        (
            input.optional("UserName", &ENTITY_NAME_64),
            input.optional("ServiceName", &ANYTHING),
            input.flag("AllUsers").unwrap_or(false),
            Page::read(input),
        )
    })?;
    let users: Vec<&User> = match name {
        None if all => account.users.iter().collect(),
        _ => vec![account.user(own_name(call, name)?)?],
    };
    service.map(supported).transpose()?;
    let credentials = users
        .iter()
        .flat_map(|user| user.service_specific_credentials.iter().map(move |credential| (*user, credential)))
        .filter(|(_, credential)| service.is_none_or(|service| credential.service == service));
    let page = page.of_unsorted(credentials, |(_, credential)| by_age(credential.created, &credential.id))?;
    Ok(page.write("ServiceSpecificCredentials", |xml, (user, credential)| essentials(xml, user, credential, call.now)))
}

fn update(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, id, new_status)) = guarded.read(call, |input| {
        (
            input.optional("UserName", &ENTITY_NAME_64),
            input.required("ServiceSpecificCredentialId", &CREDENTIAL_ID),
            status::read(input),
        )
    })?;
    let new_status = status::settable(new_status)?;
    let user = account.user_mut(own_name(call, name)?)?;
    let place = place(user, id)?;
    user.service_specific_credentials[place].status = new_status;
    Ok(Xml::new())
}

fn reset(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, id)) = guarded.read(call, |input| {
        (input.optional("UserName", &ENTITY_NAME_64), input.required("ServiceSpecificCredentialId", &CREDENTIAL_ID))
    })?;
    let user = account.user(own_name(call, name)?)?;
    Ok(with_secret(call, user, &user.service_specific_credentials[place(user, id)?]))
}

fn delete(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, id)) = guarded.read(call, |input| {
        (input.optional("UserName", &ENTITY_NAME_64), input.required("ServiceSpecificCredentialId", &CREDENTIAL_ID))
    })?;
    let user = account.user_mut(own_name(call, name)?)?;
    let place = place(user, id)?;
    user.service_specific_credentials.remove(place);
    Ok(Xml::new())
}

fn supported(service: &str) -> Result<(), ServiceError> {
    if WITH_PASSWORD.contains(&service) || has_api_keys(service) {
        return Ok(());
    }
    // The API reference calls this NotSupportedService; AWS answers NoSuchEntity.
    Err(ServiceError::no_such_entity(format!(
        "No such service {service} is supported for Service Specific Credentials"
    )))
}

fn has_api_keys(service: &str) -> bool {
    WITH_API_KEY.contains(&service)
}

fn place(user: &User, id: &str) -> Result<usize, ServiceError> {
    user.service_specific_credentials
        .iter()
        .position(|credential| credential.id == id)
        .ok_or_else(|| ServiceError::no_such_entity(format!("No such credential {id} exists")))
}

/// A credential with a new password or secret, which is told this once and kept nowhere.
fn with_secret(call: &Call<'_>, user: &User, credential: &ServiceSpecificCredential) -> Xml {
    let secret = ids::secret_access_key(call.random);
    let name = if has_api_keys(&credential.service) { "ServiceCredentialSecret" } else { "ServicePassword" };
    Xml::of("ServiceSpecificCredential", |xml| {
        essentials(xml, user, credential, call.now);
        xml.text(name, secret.expose());
    })
}

fn essentials(xml: &mut Xml, user: &User, credential: &ServiceSpecificCredential, now: Timestamp) {
    let expired = credential.expires.is_some_and(|expires| expires <= now);
    let name = if has_api_keys(&credential.service) { "ServiceCredentialAlias" } else { "ServiceUserName" };
    xml.text("UserName", &user.name)
        .text("Status", if expired { "Expired" } else { credential.status.as_str() })
        .text(name, &credential.service_user_name)
        .time("CreateDate", credential.created)
        .optional_time("ExpirationDate", credential.expires)
        .text("ServiceSpecificCredentialId", &credential.id)
        .text("ServiceName", &credential.service);
}

#[cfg(test)]
mod tests;

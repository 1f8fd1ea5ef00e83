//! OpenID Connect providers.

use super::names::over_quota;
use super::{Answer, Guarded, Operation, tags};
use crate::sandbox::account::{Account, KeyCase, OidcProvider, Tags};
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{ARN, OIDC_TEXT, THUMBPRINT};
use crate::sandbox::error::ServiceError;
use crate::sandbox::input::Input;
use crate::sandbox::xml::Xml;

/// IAM's quotas.
const MOST_PROVIDERS: usize = 100;
const MOST_CLIENTS: usize = 100;
const MOST_THUMBPRINTS: usize = 5;

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "CreateOpenIDConnectProvider" => create,
        "GetOpenIDConnectProvider" => get,
        "ListOpenIDConnectProviders" => list,
        "DeleteOpenIDConnectProvider" => delete,
        "AddClientIDToOpenIDConnectProvider" => add_client,
        "RemoveClientIDFromOpenIDConnectProvider" => remove_client,
        "UpdateOpenIDConnectProviderThumbprint" => update_thumbprints,
        _ => return None,
    })
}

/// Without thumbprints AWS fetches one from the provider; this sandbox calls nobody, and keeps none.
fn create(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (url, client_ids, thumbprints, new_tags)) = guarded.read(call, |input| {
        (
            input.required("Url", &OIDC_TEXT),
            input.texts("ClientIDList", &OIDC_TEXT),
            input.texts("ThumbprintList", &THUMBPRINT),
            tags::read(input),
        )
    })?;
    let bare = bare(url)?;
    few_thumbprints(&thumbprints)?;
    if client_ids.len() > MOST_CLIENTS {
        return Err(over_quota("ClientIdsPerOpenIdConnectProvider", MOST_CLIENTS));
    }
    let arn = account.arn(&format!("oidc-provider/{bare}"));
    if account.oidc_providers.contains_key(&arn) {
        return Err(ServiceError::already_exists(format!("Provider with url {url} already exists.")));
    }
    let tags = tags::laid_over(&Tags::none(KeyCase::Kept), &new_tags)?;
    if account.oidc_providers.len() >= MOST_PROVIDERS {
        return Err(over_quota("OpenIdConnectProvidersPerAccount", MOST_PROVIDERS));
    }
    let mut xml = Xml::new();
    xml.text("OpenIDConnectProviderArn", &arn);
    tags::write(&mut xml, &tags);
    let provider = OidcProvider {
        url: bare.to_owned(),
        client_ids: client_ids.into_iter().map(str::to_owned).collect(),
        thumbprints: thumbprints.into_iter().map(str::to_owned).collect(),
        created: call.now,
        tags,
    };
    account.oidc_providers.insert(arn, provider);
    Ok(xml)
}

fn get(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, arn) = guarded.read(call, read_arn)?;
    let provider = account.oidc_providers.get(arn).ok_or_else(|| missing(arn))?;
    let mut xml = Xml::new();
    xml.text("Url", &provider.url)
        .texts("ClientIDList", provider.client_ids.iter().map(String::as_str))
        .texts("ThumbprintList", provider.thumbprints.iter().map(String::as_str))
        .time("CreateDate", provider.created);
    tags::write_all(&mut xml, provider.tags.iter());
    Ok(xml)
}

fn list(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let account = guarded.open(call)?;
    let mut xml = Xml::new();
    xml.list("OpenIDConnectProviderList", account.oidc_providers.keys(), |xml, arn| {
        xml.text("Arn", arn);
    });
    Ok(xml)
}

fn delete(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, arn) = guarded.read(call, read_arn)?;
    match account.oidc_providers.remove(arn) {
        Some(_) => Ok(Xml::new()),
        // In words of its own, as AWS has it.
        None => Err(ServiceError::no_such_entity(format!("OpenId connect Provider {arn} cannot be found."))),
    }
}

/// Adding a client that is there already changes nothing and is no fault.
fn add_client(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (arn, client_id)) =
        guarded.read(call, |input| (read_arn(input), input.required("ClientID", &OIDC_TEXT)))?;
    let provider = provider_mut(account, arn)?;
    if !provider.client_ids.iter().any(|id| id == client_id) {
        if provider.client_ids.len() >= MOST_CLIENTS {
            return Err(over_quota("ClientIdsPerOpenIdConnectProvider", MOST_CLIENTS));
        }
        provider.client_ids.push(client_id.to_owned());
    }
    Ok(Xml::new())
}

/// Removing a client that is not there is no fault either.
fn remove_client(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (arn, client_id)) =
        guarded.read(call, |input| (read_arn(input), input.required("ClientID", &OIDC_TEXT)))?;
    provider_mut(account, arn)?.client_ids.retain(|id| id != client_id);
    Ok(Xml::new())
}

fn update_thumbprints(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (arn, thumbprints)) =
        guarded.read(call, |input| (read_arn(input), input.texts("ThumbprintList", &THUMBPRINT)))?;
    let provider = provider_mut(account, arn)?;
    few_thumbprints(&thumbprints)?;
    provider.thumbprints = thumbprints.into_iter().map(str::to_owned).collect();
    Ok(Xml::new())
}

fn read_arn<'a>(input: &Input<'a>) -> &'a str {
    input.required("OpenIDConnectProviderArn", &ARN)
}

/// A URL without its scheme and a slash at its end: what stands in the ARN. It has neither port, query nor fragment.
pub(super) fn bare(url: &str) -> Result<&str, ServiceError> {
    url.strip_prefix("https://")
        .map(|rest| rest.strip_suffix('/').unwrap_or(rest))
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
        .filter(|rest| rest.bytes().all(|b| b.is_ascii_graphic() && !b"?#:@\\\"<>".contains(&b)))
        .ok_or_else(|| ServiceError::validation("Invalid Open ID Connect Provider URL"))
}

fn few_thumbprints(thumbprints: &[&str]) -> Result<(), ServiceError> {
    // AWS's words; five are taken all the same.
    if thumbprints.len() > MOST_THUMBPRINTS {
        return Err(ServiceError::invalid_input("Thumbprint list must contain fewer than 5 entries."));
    }
    Ok(())
}

fn provider_mut<'a>(account: &'a mut Account, arn: &str) -> Result<&'a mut OidcProvider, ServiceError> {
    account.oidc_providers.get_mut(arn).ok_or_else(|| missing(arn))
}

fn missing(arn: &str) -> ServiceError {
    ServiceError::no_such_entity(format!("OpenIDConnect Provider not found for arn {arn}"))
}

#[cfg(test)]
mod tests;

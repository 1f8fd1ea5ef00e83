//! SAML providers.

use jiff::{SignedDuration, Timestamp};

use super::names::over_quota;
use super::{Answer, Guarded, Operation, tags};
use crate::sandbox::account::{KeyCase, SamlProvider, Tags};
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{ARN, SAML_METADATA, SAML_NAME};
use crate::sandbox::error::ServiceError;
use crate::sandbox::ids::{self, IdKind};
use crate::sandbox::xml::Xml;

/// IAM's quota.
const MOST_PROVIDERS: usize = 100;

/// How long metadata are good that do not say so themselves: a hundred years of 365 days.
const FOREVER: SignedDuration = SignedDuration::from_hours(24 * 365 * 100);

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "CreateSAMLProvider" => create,
        "GetSAMLProvider" => get,
        "ListSAMLProviders" => list,
        "DeleteSAMLProvider" => delete,
        _ => return None,
    })
}

fn create(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (metadata, name, encryption, new_tags)) = guarded.read(call, |input| {
        (
            input.required("SAMLMetadataDocument", &SAML_METADATA),
            input.required("Name", &SAML_NAME),
            input.choice("AssertionEncryptionMode", &["Required", "Allowed"]),
            tags::read(input),
        )
    })?;
    let valid_until = valid_until(metadata, call.now)?;
    let arn = account.arn(&format!("saml-provider/{name}"));
    if account.saml_providers.contains_key(&arn) {
        return Err(ServiceError::already_exists(format!("Provider with name {name} already exists.")));
    }
    let tags = tags::laid_over(&Tags::none(KeyCase::Kept), &new_tags)?;
    if account.saml_providers.len() >= MOST_PROVIDERS {
        return Err(over_quota("SAMLProvidersPerAccount", MOST_PROVIDERS));
    }
    let mut xml = Xml::new();
    xml.text("SAMLProviderArn", &arn);
    tags::write(&mut xml, &tags);
    let provider = SamlProvider {
        id: ids::id(call.random, IdKind::SamlProvider),
        metadata: metadata.to_owned(),
        created: call.now,
        valid_until,
        assertion_encryption: if encryption == Some("Required") { "Required" } else { "Allowed" },
        tags,
    };
    account.saml_providers.insert(arn, provider);
    Ok(xml)
}

fn get(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, arn) = guarded.read(call, |input| input.required("SAMLProviderArn", &ARN))?;
    let provider = account.saml_providers.get(arn).ok_or_else(|| missing(arn))?;
    let mut xml = Xml::new();
    xml.text("SAMLProviderUUID", &provider.id)
        .text("SAMLMetadataDocument", &provider.metadata)
        .time("CreateDate", provider.created)
        .time("ValidUntil", provider.valid_until);
    tags::write_all(&mut xml, provider.tags.iter());
    xml.text("AssertionEncryptionMode", provider.assertion_encryption).texts("PrivateKeyList", []);
    Ok(xml)
}

fn list(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let account = guarded.open(call)?;
    let mut xml = Xml::new();
    xml.list("SAMLProviderList", &account.saml_providers, |xml, (arn, provider)| {
        xml.text("Arn", arn).time("ValidUntil", provider.valid_until).time("CreateDate", provider.created);
    });
    Ok(xml)
}

fn delete(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, arn) = guarded.read(call, |input| input.required("SAMLProviderArn", &ARN))?;
    account.saml_providers.remove(arn).map(|_| Xml::new()).ok_or_else(|| missing(arn))
}

/// AWS calls the metadata a manifest here.
fn missing(arn: &str) -> ServiceError {
    ServiceError::no_such_entity(format!("Manifest not found for arn {arn}"))
}

/// Until when metadata are good: the `validUntil` of their `EntityDescriptor`, which must be there.
fn valid_until(metadata: &str, now: Timestamp) -> Result<Timestamp, ServiceError> {
    let unreadable = || ServiceError::invalid_input("Could not parse metadata");
    let start = metadata.find("EntityDescriptor").ok_or_else(unreadable)?;
    let (tag, _) = metadata[start..].split_once('>').ok_or_else(unreadable)?;
    match tag.split_once("validUntil=\"").and_then(|(_, rest)| rest.split_once('"')) {
        Some((time, _)) => time.parse().map_err(|_| unreadable()),
        None => Ok(now + FOREVER),
    }
}

#[cfg(test)]
mod tests;

//! Signing certificates of users, and the account's list of server certificates.

use data_encoding::BASE32_NOPAD;

use super::der::{BIT_STRING, SEQUENCE, from_pem, take};
use super::names::over_quota;
use super::page::{Page, by_age};
use super::users::own_name;
use super::{Answer, Guarded, Operation, status};
use crate::sandbox::account::{Account, KeyStatus, SigningCertificate, User};
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{CERTIFICATE_ID, ENTITY_NAME_128, KEY_MATERIAL, PATH_PREFIX};
use crate::sandbox::error::ServiceError;
use crate::sandbox::xml::Xml;

/// IAM's quota.
pub(super) const MOST_CERTIFICATES: usize = 2;

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "UploadSigningCertificate" => upload,
        "ListSigningCertificates" => list,
        "UpdateSigningCertificate" => update,
        "DeleteSigningCertificate" => delete,
        "ListServerCertificates" => list_server_certificates,
        _ => return None,
    })
}

fn upload(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, body)) = guarded.read(call, |input| {
        (input.optional("UserName", &ENTITY_NAME_128), input.required("CertificateBody", &KEY_MATERIAL))
    })?;
    let name = own_name(call, name)?;
    let user = account.user(name)?;
    let Some(certificate) = certificate(body) else {
        return Err(ServiceError::other("MalformedCertificate", 400, format!("Certificate {body} is malformed.")));
    };
    if is_present(account, &certificate) {
        return Err(ServiceError::other(
            "DuplicateCertificate",
            409,
            "The same certificate is associated with an IAM user in the account.",
        ));
    }
    if user.signing_certificates.len() >= MOST_CERTIFICATES {
        return Err(over_quota("CertificatesPerUser", MOST_CERTIFICATES));
    }
    let mut id = [0; 20];
    call.random.fill(&mut id);
    let certificate = SigningCertificate {
        id: BASE32_NOPAD.encode(&id),
        body: body.to_owned(),
        status: KeyStatus::Active,
        uploaded: call.now,
    };
    let user = account.user_mut(name)?;
    let xml = Xml::of("Certificate", |xml| describe(xml, user, &certificate));
    user.signing_certificates.push(certificate);
    Ok(xml)
}

fn list(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, page)) =
        guarded.read(call, |input| (input.optional("UserName", &ENTITY_NAME_128), Page::read(input)))?;
    let user = account.user(own_name(call, name)?)?;
    let page =
        page.of_unsorted(&user.signing_certificates, |certificate| by_age(certificate.uploaded, &certificate.id))?;
    Ok(page.write("Certificates", |xml, certificate| describe(xml, user, certificate)))
}

fn update(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, id, new_status)) = guarded.read(call, |input| {
        (
            input.optional("UserName", &ENTITY_NAME_128),
            input.required("CertificateId", &CERTIFICATE_ID),
            status::read(input),
        )
    })?;
    let new_status = status::settable(new_status)?;
    let user = account.user_mut(own_name(call, name)?)?;
    let place = place(user, id)?;
    user.signing_certificates[place].status = new_status;
    Ok(Xml::new())
}

fn delete(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, id)) = guarded.read(call, |input| {
        (input.optional("UserName", &ENTITY_NAME_128), input.required("CertificateId", &CERTIFICATE_ID))
    })?;
    let user = account.user_mut(own_name(call, name)?)?;
    let place = place(user, id)?;
    user.signing_certificates.remove(place);
    Ok(Xml::new())
}

/// There are none: nothing here could serve them, so none can be uploaded.
fn list_server_certificates(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    guarded.read(call, |input| (input.optional("PathPrefix", &PATH_PREFIX), Page::read(input)))?;
    let mut xml = Xml::new();
    xml.value("IsTruncated", false).texts("ServerCertificateMetadataList", []);
    Ok(xml)
}

const LABEL: &str = "CERTIFICATE";

/// The bytes of an X.509 certificate, if it has the form of one: a body, an algorithm and a signature (RFC 5280 section
/// 4.1). Neither is looked into.
fn certificate(body: &str) -> Option<Vec<u8>> {
    let bytes = from_pem(body, LABEL)?;
    let mut rest = bytes.as_slice();
    let mut parts = take(&mut rest, SEQUENCE)?;
    take(&mut parts, SEQUENCE)?;
    take(&mut parts, SEQUENCE)?;
    take(&mut parts, BIT_STRING)?;
    (parts.is_empty() && rest.is_empty()).then_some(bytes)
}

/// Whether any user of the account has this certificate.
fn is_present(account: &Account, certificate: &[u8]) -> bool {
    account
        .users
        .iter()
        .flat_map(|user| &user.signing_certificates)
        .any(|other| from_pem(&other.body, LABEL).as_deref() == Some(certificate))
}

fn place(user: &User, id: &str) -> Result<usize, ServiceError> {
    user.signing_certificates
        .iter()
        .position(|certificate| certificate.id == id)
        .ok_or_else(|| ServiceError::no_such_entity(format!("The Certificate with id {id} cannot be found.")))
}

fn describe(xml: &mut Xml, user: &User, certificate: &SigningCertificate) {
    xml.text("UserName", &user.name)
        .text("CertificateId", &certificate.id)
        .text("CertificateBody", &certificate.body)
        .text("Status", certificate.status.as_str())
        .time("UploadDate", certificate.uploaded);
}

#[cfg(test)]
mod tests;

//! SSH public keys, which CodeCommit takes.

mod rsa;

use super::names::over_quota;
use super::page::{Page, by_age};
use super::users::own_name;
use super::{Answer, Guarded, Operation, status};
use crate::sandbox::account::{KeyStatus, SshPublicKey, User};
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{CREDENTIAL_ID, ENTITY_NAME_64, KEY_MATERIAL};
use crate::sandbox::error::ServiceError;
use crate::sandbox::ids::{self, IdKind};
use crate::sandbox::xml::Xml;
use rsa::RsaKey;

/// IAM's quota.
const MOST_KEYS: usize = 5;

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "UploadSSHPublicKey" => upload,
        "GetSSHPublicKey" => get,
        "ListSSHPublicKeys" => list,
        "UpdateSSHPublicKey" => update,
        "DeleteSSHPublicKey" => delete,
        _ => return None,
    })
}

fn upload(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, body)) = guarded.read(call, |input| {
        (input.required("UserName", &ENTITY_NAME_64), input.required("SSHPublicKeyBody", &KEY_MATERIAL))
    })?;
    let user = account.user_mut(name)?;
    let parsed = read(body)?;
    if user.ssh_public_keys.iter().any(|key| RsaKey::read(&key.body).as_ref() == Ok(&parsed)) {
        return Err(ServiceError::other(
            "DuplicateSSHPublicKey",
            400,
            "The SSH public key is already associated with the user.",
        ));
    }
    if user.ssh_public_keys.len() >= MOST_KEYS {
        return Err(over_quota("SSHPublicKeysPerUser", MOST_KEYS));
    }
    let key = SshPublicKey {
        id: ids::id(call.random, IdKind::SshPublicKey),
        body: body.to_owned(),
        status: KeyStatus::Active,
        uploaded: call.now,
    };
    let xml = describe(user, &key, &parsed, body);
    user.ssh_public_keys.push(key);
    Ok(xml)
}

fn get(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, id, encoding)) = guarded.read(call, |input| {
        (
            input.required("UserName", &ENTITY_NAME_64),
            input.required("SSHPublicKeyId", &CREDENTIAL_ID),
            input.required_choice("Encoding", &["SSH", "PEM"]),
        )
    })?;
    let user = account.user(name)?;
    let key = &user.ssh_public_keys[place(user, id)?];
    let parsed = read(&key.body)?;
    let body = match (encoding, rsa::is_pem(&key.body)) {
        ("PEM", false) => parsed.pem(),
        ("SSH", true) => parsed.open_ssh(),
        _ => key.body.clone(),
    };
    Ok(describe(user, key, &parsed, &body))
}

fn list(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, page)) =
        guarded.read(call, |input| (input.optional("UserName", &ENTITY_NAME_64), Page::read(input)))?;
    let user = account.user(own_name(call, name)?)?;
    let page = page.of_unsorted(&user.ssh_public_keys, |key| by_age(key.uploaded, &key.id))?;
    Ok(page.write("SSHPublicKeys", |xml, key| {
        xml.text("UserName", &user.name)
            .text("SSHPublicKeyId", &key.id)
            .text("Status", key.status.as_str())
            .time("UploadDate", key.uploaded);
    }))
}

fn update(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, id, new_status)) = guarded.read(call, |input| {
        (
            input.required("UserName", &ENTITY_NAME_64),
            input.required("SSHPublicKeyId", &CREDENTIAL_ID),
            status::read(input),
        )
    })?;
    let new_status = status::settable(new_status)?;
    let user = account.user_mut(name)?;
    let place = place(user, id)?;
    user.ssh_public_keys[place].status = new_status;
    Ok(Xml::new())
}

fn delete(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, id)) = guarded.read(call, |input| {
        (input.required("UserName", &ENTITY_NAME_64), input.required("SSHPublicKeyId", &CREDENTIAL_ID))
    })?;
    let user = account.user_mut(name)?;
    let place = place(user, id)?;
    user.ssh_public_keys.remove(place);
    Ok(Xml::new())
}

fn read(body: &str) -> Result<RsaKey, ServiceError> {
    RsaKey::read(body).map_err(|fault| match fault {
        rsa::Fault::Encoding => ServiceError::other(
            "UnrecognizedPublicKeyEncoding",
            400,
            "The public key encoding format is unsupported or unrecognized.",
        ),
        rsa::Fault::Key => {
            ServiceError::other("InvalidPublicKey", 400, "The public key is malformed or otherwise invalid.")
        }
    })
}

fn place(user: &User, id: &str) -> Result<usize, ServiceError> {
    user.ssh_public_keys
        .iter()
        .position(|key| key.id == id)
        .ok_or_else(|| ServiceError::no_such_entity(format!("The Public Key with id {id} cannot be found.")))
}

fn describe(user: &User, key: &SshPublicKey, parsed: &RsaKey, body: &str) -> Xml {
    Xml::of("SSHPublicKey", |xml| {
        xml.text("UserName", &user.name)
            .text("SSHPublicKeyId", &key.id)
            .text("Fingerprint", &parsed.fingerprint())
            .text("SSHPublicKeyBody", body)
            .text("Status", key.status.as_str())
            .time("UploadDate", key.uploaded);
    })
}

#[cfg(test)]
mod tests;

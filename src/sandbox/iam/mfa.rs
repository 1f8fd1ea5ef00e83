//! MFA devices. A device is its serial number: seeds are not kept, and any two codes that differ are believed.

use data_encoding::{BASE32, BASE64};

use super::names::over_quota;
use super::page::{Page, by_age};
use super::users::{essentials, own_name};
use super::{Answer, Guarded, Operation, tags};
use crate::sandbox::account::{Account, KeyCase, MfaDevice, Tags, User};
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{AUTHENTICATION_CODE, ENTITY_NAME_128, PATH, SERIAL_NUMBER};
use crate::sandbox::error::ServiceError;
use crate::sandbox::xml::Xml;

/// IAM's quota.
const MOST_DEVICES: usize = 8;

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "CreateVirtualMFADevice" => create,
        "ListVirtualMFADevices" => list_virtual,
        "DeleteVirtualMFADevice" => delete,
        "EnableMFADevice" => enable,
        "DeactivateMFADevice" => deactivate,
        "ListMFADevices" => list,
        _ => return None,
    })
}

/// Answers the seed and no picture of it: `QRCodePNG` is the one member that this sandbox does not have.
fn create(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (path, name, new_tags)) = guarded.read(call, |input| {
        (
            input.optional("Path", &PATH).unwrap_or("/"),
            input.required("VirtualMFADeviceName", &ENTITY_NAME_128),
            tags::read(input),
        )
    })?;
    let serial_number = account.arn(&format!("mfa{path}{name}"));
    if is_virtual(account, &serial_number) {
        return Err(ServiceError::already_exists("MFA device already exists."));
    }
    let tags = tags::laid_over(&Tags::none(KeyCase::Kept), &new_tags)?;
    let mut seed = [0; 40];
    call.random.fill(&mut seed);
    let xml = Xml::of("VirtualMFADevice", |xml| {
        // A blob in XML is base64, here of the seed in base32: 64 characters, as AWS's have.
        let seed = BASE32.encode(&seed);
        xml.text("SerialNumber", &serial_number).text("Base32StringSeed", &BASE64.encode(seed.as_bytes()));
        tags::write(xml, &tags);
    });
    account.virtual_mfa_devices.insert(serial_number, tags);
    Ok(xml)
}

fn list_virtual(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (status, page)) = guarded.read(call, |input| {
        (input.choice("AssignmentStatus", &["Assigned", "Unassigned", "Any"]).unwrap_or("Any"), Page::read(input))
    })?;
    let prefix = account.arn("mfa/");
    let assigned = account.users.iter().flat_map(|user| user.mfa_devices.iter().map(move |device| (user, device)));
    let assigned = assigned
        .filter(|(_, device)| device.serial_number.starts_with(&prefix))
        .map(|(user, device)| (device.serial_number.as_str(), Some((user, device))));
    let unassigned = account
        .virtual_mfa_devices
        .keys()
        .filter(|serial_number| holder(account, serial_number).is_none())
        .map(|serial_number| (serial_number.as_str(), None));
    let devices = assigned.chain(unassigned).filter(|(_, held)| match status {
        "Assigned" => held.is_some(),
        "Unassigned" => held.is_none(),
        _ => true,
    });
    let page = page.of_unsorted(devices, |(serial_number, _)| (*serial_number).to_owned())?;
    Ok(page.write("VirtualMFADevices", |xml, (serial_number, held)| {
        xml.text("SerialNumber", serial_number);
        if let Some((user, device)) = held {
            xml.element("User", |xml| essentials(xml, account, user)).time("EnableDate", device.enabled);
        }
    }))
}

fn delete(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, serial_number) = guarded.read(call, |input| input.required("SerialNumber", &SERIAL_NUMBER))?;
    if !is_virtual(account, serial_number) {
        return Err(missing(serial_number));
    }
    if holder(account, serial_number).is_some() {
        return Err(ServiceError::delete_conflict("MFA VirtualDevice in use. Must deactivate first."));
    }
    account.virtual_mfa_devices.remove(serial_number);
    Ok(Xml::new())
}

fn enable(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, serial_number, codes)) = guarded.read(call, |input| {
        (
            input.required("UserName", &ENTITY_NAME_128),
            input.required("SerialNumber", &SERIAL_NUMBER),
            ["AuthenticationCode1", "AuthenticationCode2"].map(|name| input.required(name, &AUTHENTICATION_CODE)),
        )
    })?;
    let user = account.user(name)?;
    if holder(account, serial_number).is_some() {
        return Err(ServiceError::already_exists("MFA Device is already in use."));
    }
    // A serial number that is no ARN is that of a thing that somebody holds in their hand.
    if serial_number.starts_with("arn:") && !is_virtual(account, serial_number) {
        return Err(missing(serial_number));
    }
    if codes[0] == codes[1] {
        return Err(ServiceError::other(
            "InvalidAuthenticationCode",
            403,
            "Authentication code for device is not valid.",
        ));
    }
    if user.mfa_devices.len() >= MOST_DEVICES {
        return Err(over_quota("MFADevicesPerUser", MOST_DEVICES));
    }
    let device = MfaDevice { serial_number: serial_number.to_owned(), enabled: call.now };
    account.user_mut(name)?.mfa_devices.push(device);
    Ok(Xml::new())
}

/// A virtual device is there afterwards, held by nobody, until it is deleted.
fn deactivate(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, serial_number)) = guarded.read(call, |input| {
        (input.optional("UserName", &ENTITY_NAME_128), input.required("SerialNumber", &SERIAL_NUMBER))
    })?;
    let user = account.user_mut(own_name(call, name)?)?;
    let before = user.mfa_devices.len();
    user.mfa_devices.retain(|device| device.serial_number != serial_number);
    if user.mfa_devices.len() == before {
        return Err(missing(serial_number));
    }
    if serial_number.starts_with(&account.arn("mfa/")) {
        account.virtual_mfa_devices.entry(serial_number.to_owned()).or_insert_with(|| Tags::none(KeyCase::Kept));
    }
    Ok(Xml::new())
}

fn list(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, page)) =
        guarded.read(call, |input| (input.optional("UserName", &ENTITY_NAME_128), Page::read(input)))?;
    let user = account.user(own_name(call, name)?)?;
    let page = page.of_unsorted(&user.mfa_devices, |device| by_age(device.enabled, &device.serial_number))?;
    Ok(page.write("MFADevices", |xml, device| {
        xml.text("UserName", &user.name).text("SerialNumber", &device.serial_number).time("EnableDate", device.enabled);
    }))
}

/// Whose device it is.
fn holder<'a>(account: &'a Account, serial_number: &str) -> Option<&'a User> {
    account.users.iter().find(|user| user.mfa_devices.iter().any(|device| device.serial_number == serial_number))
}

/// Whether there is such a virtual device, held or not.
fn is_virtual(account: &Account, serial_number: &str) -> bool {
    account.virtual_mfa_devices.contains_key(serial_number)
        || (serial_number.starts_with(&account.arn("mfa/")) && holder(account, serial_number).is_some())
}

/// How many virtual devices there are, and how many devices of any kind are held by users.
pub(super) fn counts(account: &Account) -> (usize, usize) {
    let prefix = account.arn("mfa/");
    let held: Vec<&MfaDevice> = account.users.iter().flat_map(|user| &user.mfa_devices).collect();
    let not_made_here = held.iter().filter(|device| {
        device.serial_number.starts_with(&prefix) && !account.virtual_mfa_devices.contains_key(&device.serial_number)
    });
    (account.virtual_mfa_devices.len() + not_made_here.count(), held.len())
}

fn missing(serial_number: &str) -> ServiceError {
    ServiceError::no_such_entity(format!("MFA Device with serial number {serial_number} does not exist."))
}

#[cfg(test)]
mod tests;

//! Console passwords. A password is judged and forgotten: nobody signs in here.

use super::users::own_name;
use super::{Answer, Guarded, Operation, account_password_policy};
use crate::sandbox::account::{LoginProfile, User};
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{ENTITY_NAME_64, PASSWORD};
use crate::sandbox::error::ServiceError;
use crate::sandbox::xml::Xml;

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "CreateLoginProfile" => create,
        "GetLoginProfile" => get,
        "UpdateLoginProfile" => update,
        "DeleteLoginProfile" => delete,
        _ => return None,
    })
}

fn create(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, password, reset_required)) = guarded.read(call, |input| {
        (
            input.optional("UserName", &ENTITY_NAME_64),
            input.required("Password", &PASSWORD),
            input.flag("PasswordResetRequired").unwrap_or(false),
        )
    })?;
    let user = account.user(own_name(call, name)?)?;
    if user.login_profile.is_some() {
        return Err(ServiceError::already_exists(format!("Login Profile for user {} already exists.", user.name)));
    }
    account_password_policy::judge(account, user, password)?;
    let name = user.name.clone();
    let user = account.user_mut(&name)?;
    user.password_changed = None;
    let profile = user.login_profile.insert(LoginProfile { created: call.now, reset_required });
    Ok(describe(&name, profile))
}

fn get(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, name) = guarded.read(call, |input| input.optional("UserName", &ENTITY_NAME_64))?;
    let user = account.user(own_name(call, name)?)?;
    Ok(describe(&user.name, user.login_profile.as_ref().ok_or_else(|| missing(user))?))
}

fn update(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (name, password, reset_required)) = guarded.read(call, |input| {
        (
            input.required("UserName", &ENTITY_NAME_64),
            input.optional("Password", &PASSWORD),
            input.flag("PasswordResetRequired"),
        )
    })?;
    let user = account.user(name)?;
    let profile = user.login_profile.as_ref().ok_or_else(|| missing(user))?;
    let profile = LoginProfile { reset_required: reset_required.unwrap_or(profile.reset_required), ..profile.clone() };
    if let Some(password) = password {
        account_password_policy::judge(account, user, password)?;
    }
    let user = account.user_mut(name)?;
    user.login_profile = Some(profile);
    if password.is_some() {
        user.password_changed = Some(call.now);
    }
    Ok(Xml::new())
}

fn delete(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, name) = guarded.read(call, |input| input.optional("UserName", &ENTITY_NAME_64))?;
    let user = account.user_mut(own_name(call, name)?)?;
    if user.login_profile.take().is_none() {
        return Err(missing(user));
    }
    user.password_changed = None;
    Ok(Xml::new())
}

fn missing(user: &User) -> ServiceError {
    ServiceError::no_such_entity(format!("Login Profile for User {} cannot be found.", user.name))
}

fn describe(user_name: &str, profile: &LoginProfile) -> Xml {
    Xml::of("LoginProfile", |xml| {
        xml.text("UserName", user_name)
            .time("CreateDate", profile.created)
            .value("PasswordResetRequired", profile.reset_required);
    })
}

#[cfg(test)]
mod tests;

//! The account's password policy, and whether a password meets it.

use super::{Answer, Guarded, Operation};
use crate::sandbox::account::{Account, PasswordPolicy, User};
use crate::sandbox::call::Call;
use crate::sandbox::error::ServiceError;
use crate::sandbox::xml::Xml;

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "GetAccountPasswordPolicy" => get,
        "UpdateAccountPasswordPolicy" => update,
        "DeleteAccountPasswordPolicy" => delete,
        _ => return None,
    })
}

fn get(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let account = guarded.open(call)?;
    let policy = account.password_policy.as_ref().ok_or_else(|| {
        ServiceError::no_such_entity(format!("The Password Policy with domain name {} cannot be found.", account.id))
    })?;
    Ok(Xml::of("PasswordPolicy", |xml| {
        xml.value("MinimumPasswordLength", policy.minimum_length)
            .value("RequireSymbols", policy.require_symbols)
            .value("RequireNumbers", policy.require_numbers)
            .value("RequireUppercaseCharacters", policy.require_uppercase)
            .value("RequireLowercaseCharacters", policy.require_lowercase)
            .value("AllowUsersToChangePassword", policy.users_may_change)
            .value("ExpirePasswords", policy.max_age.is_some())
            .optional("MaxPasswordAge", policy.max_age.map(|days| days.to_string()).as_deref())
            .optional("PasswordReusePrevention", policy.reuse_prevention.map(|count| count.to_string()).as_deref())
            .optional("HardExpiry", policy.hard_expiry.map(|hard| hard.to_string()).as_deref());
    }))
}

/// What is left out goes back to its default (API reference, UpdateAccountPasswordPolicy).
fn update(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, policy) = guarded.read(call, |input| {
        let flag = |name| input.flag(name).unwrap_or(false);
        PasswordPolicy {
            minimum_length: input.number("MinimumPasswordLength", 6..=128).unwrap_or(6),
            require_symbols: flag("RequireSymbols"),
            require_numbers: flag("RequireNumbers"),
            require_uppercase: flag("RequireUppercaseCharacters"),
            require_lowercase: flag("RequireLowercaseCharacters"),
            users_may_change: flag("AllowUsersToChangePassword"),
            reuse_prevention: input.number("PasswordReusePrevention", 1..=24),
            max_age: input.number("MaxPasswordAge", 1..=1095),
            hard_expiry: input.flag("HardExpiry"),
        }
    })?;
    account.password_policy = Some(policy);
    Ok(Xml::new())
}

fn delete(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let account = guarded.open(call)?;
    match account.password_policy.take() {
        Some(_) => Ok(Xml::new()),
        None => Err(ServiceError::no_such_entity("The account policy with name PasswordPolicy cannot be found.")),
    }
}

/// Whether a user may have this password: by the account's policy, or by AWS's own where there is none (eight characters
/// of three kinds, not the user's name:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html>).
///
/// # Errors
/// When the password is too weak. Nothing of it is told.
pub(super) fn judge(account: &Account, user: &User, password: &str) -> Result<(), ServiceError> {
    let length = password.chars().count();
    let has = |kind: fn(char) -> bool| password.chars().any(kind);
    let (lower, upper) = (has(|c| c.is_ascii_lowercase()), has(|c| c.is_ascii_uppercase()));
    let (number, symbol) = (has(|c| c.is_ascii_digit()), has(is_symbol));
    let good = match &account.password_policy {
        Some(policy) => {
            length >= usize::try_from(policy.minimum_length).unwrap_or(usize::MAX)
                && (lower || !policy.require_lowercase)
                && (upper || !policy.require_uppercase)
                && (number || !policy.require_numbers)
                && (symbol || !policy.require_symbols)
        }
        None => {
            length >= 8
                && [lower, upper, number, symbol].iter().filter(|there| **there).count() >= 3
                && !password.eq_ignore_ascii_case(&user.name)
        }
    };
    if good {
        Ok(())
    } else {
        Err(ServiceError::other(
            "PasswordPolicyViolation",
            400,
            "Password does not conform to the account password policy.",
        ))
    }
}

/// The symbols that count as such (API reference, UpdateAccountPasswordPolicy, RequireSymbols).
fn is_symbol(character: char) -> bool {
    "!@#$%^&*()_+-=[]{}|'".contains(character)
}

#[cfg(test)]
mod tests;

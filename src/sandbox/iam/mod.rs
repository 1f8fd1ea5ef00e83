//! IAM's operations, after <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html>.
//!
//! An operation reads all its parameters, is given the account if the caller may have it done ([`Guarded`]), looks whether
//! it can be done, and only then changes the account: what is refused has changed nothing. It answers the inside of its result element; one without a result answers nothing.

mod access_keys;
mod account_aliases;
mod account_password_policy;
mod account_summary;
mod attached;
mod authorization;
mod authorization_details;
mod boundaries;
mod certificates;
mod credential_report;
mod der;
mod documents;
mod entities;
mod groups;
mod guarded;
mod holder;
mod inline;
mod instance_profiles;
mod last_accessed;
mod login_profiles;
mod mfa;
mod names;
mod oidc_providers;
mod page;
mod policies;
mod roles;
mod saml_providers;
mod service_credentials;
mod service_linked;
mod simulate;
mod ssh_keys;
mod status;
mod tags;
mod users;
mod versions;

use super::call::Call;
use super::error::ServiceError;
use super::xml::Xml;
pub(super) use guarded::Guarded;

/// What an operation answers.
pub(super) type Answer = Result<Xml, ServiceError>;

/// One operation.
pub(super) type Operation = fn(Guarded<'_>, &Call<'_>) -> Answer;

/// The operation of this name, if the sandbox has it.
pub(super) fn operation(action: &str) -> Option<Operation> {
    users::operation(action)
        .or_else(|| groups::operation(action))
        .or_else(|| roles::operation(action))
        .or_else(|| service_linked::operation(action))
        .or_else(|| instance_profiles::operation(action))
        .or_else(|| inline::operation(action))
        .or_else(|| attached::operation(action))
        .or_else(|| boundaries::operation(action))
        .or_else(|| tags::operation(action))
        .or_else(|| policies::operation(action))
        .or_else(|| versions::operation(action))
        .or_else(|| entities::operation(action))
        .or_else(|| access_keys::operation(action))
        .or_else(|| login_profiles::operation(action))
        .or_else(|| mfa::operation(action))
        .or_else(|| ssh_keys::operation(action))
        .or_else(|| certificates::operation(action))
        .or_else(|| service_credentials::operation(action))
        .or_else(|| oidc_providers::operation(action))
        .or_else(|| saml_providers::operation(action))
        .or_else(|| account_aliases::operation(action))
        .or_else(|| account_password_policy::operation(action))
        .or_else(|| account_summary::operation(action))
        .or_else(|| authorization_details::operation(action))
        .or_else(|| credential_report::operation(action))
        .or_else(|| last_accessed::operation(action))
        .or_else(|| simulate::operation(action))
}

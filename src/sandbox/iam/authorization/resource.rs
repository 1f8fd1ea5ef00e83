//! What a call is about: the ARN that policies see, and what they see of the thing itself.
//!
//! Something that does not exist is judged by the ARN that it would have with the path `/`: who may not is told so,
//! and not that it is missing.

mod kind;

use super::super::{oidc_providers, service_linked, users};
use crate::policy::Context;
use crate::sandbox::account::{Account, Tags};
use crate::sandbox::call::Call;
use crate::sandbox::denial::denied;
use crate::sandbox::error::ServiceError;
use kind::Entity;
pub(super) use kind::Kind;

/// How a call says what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    /// The account, for which IAM has no resource: `*`.
    Anything,
    /// What a list without a path is about: the resource part of an ARN.
    Fixed(&'static str),
    /// A list of a kind below `PathPrefix`. AWS's reference names no resource for most of these; what AWS answers to who
    /// may not does, as in `arn:aws:iam::123456789012:user/`.
    Listed(Kind),
    /// `policy path /`, which is what AWS says of ListPolicies. As it is no ARN, only a `*` matches it.
    PolicyPath,
    /// One that will be there afterwards.
    Made(Kind),
    /// The one that is named.
    Named(Kind),
    /// The same under the name and path that it is given.
    Renamed(Kind),
    /// The user that is named, or who signed.
    User,
    /// The same, or every user.
    UserOrAll,
    /// The user whose access key it is.
    OwnerOfKey,
    /// Whatever has the ARN that stands in this parameter.
    Arn(&'static str),
    /// An MFA device, by its serial number.
    Device,
    /// The OpenID Connect provider of `Url`.
    OidcUrl,
    /// The SAML provider of `Name`.
    SamlName,
    /// The service-linked role of a service.
    ServiceLinked,
    /// The role that a task deletes.
    OfDeletionTask,
}

/// What a call is about.
#[derive(Debug, Default)]
pub(super) struct Resource<'a> {
    /// What policies compare their `Resource` with.
    pub(super) arn: String,
    /// What messages say in its place.
    told: Option<String>,
    account: String,
    tags: Option<&'a Tags>,
    /// Whether its tags are `iam:ResourceTag/*`, too: those of users and roles are
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>).
    is_identity: bool,
    /// The ARN of its permissions boundary.
    pub(super) boundary: Option<&'a str>,
}

impl Resource<'_> {
    /// What messages call it.
    pub(super) fn told(&self) -> &str {
        self.told.as_deref().unwrap_or(&self.arn)
    }

    /// Sets the keys that every action on it has.
    pub(super) fn describe(&self, context: &mut Context) {
        if !self.account.is_empty() {
            context.set("aws:ResourceAccount", self.account.as_str());
        }
        for (key, value) in self.tags.into_iter().flat_map(Tags::iter) {
            context.set(&format!("aws:ResourceTag/{key}"), value);
            if self.is_identity {
                context.set(&format!("iam:ResourceTag/{key}"), value);
            }
        }
    }
}

impl On {
    /// What the call is about.
    ///
    /// # Errors
    /// When the call does not say: a session names no user, or a URL is none.
    pub(super) fn resource<'a>(self, account: &'a Account, call: &Call<'_>) -> Result<Resource<'a>, ServiceError> {
        let given = |name: &str| call.fields.get(name);
        let required = |name: &str| {
            // The parameters were read before; a rule that names others allows nothing.
            given(name).ok_or_else(|| denied(call.identity, &format!("iam:{}", call.action), "*", None))
        };
        let below = |resource: String| Resource { arn: account.arn(&resource), ..of(account) };
        let named = |kind: Kind, name: &str| match kind.find(account, name) {
            Some(entity) => entity.into_resource(account),
            None => below(kind.resource("/", name)),
        };
        Ok(match self {
            Self::Anything => Resource { arn: "*".to_owned(), ..of(account) },
            Self::Fixed(resource) => below(resource.to_owned()),
            Self::Listed(kind) => below(kind.resource(given("PathPrefix").unwrap_or("/"), "")),
            Self::PolicyPath => {
                Resource { arn: format!("policy path {}", given("PathPrefix").unwrap_or("/")), ..of(account) }
            }
            Self::Made(kind) => below(kind.resource(given("Path").unwrap_or("/"), required(kind.parameter())?)),
            Self::Named(kind) => named(kind, required(kind.parameter())?),
            Self::Renamed(kind) => {
                let name = required(kind.parameter())?;
                let (is, path) = (named(kind, name), kind.find(account, name).map(|entity| entity.path));
                let path = given("NewPath").or(path).unwrap_or("/");
                let name = given(&format!("New{}", kind.parameter())).unwrap_or(name);
                Resource { arn: account.arn(&kind.resource(path, name)), ..is }
            }
            Self::UserOrAll if given("UserName").is_none() && given("AllUsers") == Some("true") => {
                below("user/*".to_owned())
            }
            Self::User | Self::UserOrAll => named(Kind::User, users::own_name(call, given("UserName"))?),
            Self::OwnerOfKey => {
                let told = format!("access key {}", required("AccessKeyId")?);
                let owner = account.owner_of_key(required("AccessKeyId")?);
                let owner = owner.map(|(user, _)| named(Kind::User, &user.name));
                let nobody = || Resource { arn: told.clone(), ..of(account) };
                Resource { told: Some(told.clone()), ..owner.unwrap_or_else(nobody) }
            }
            Self::Arn(parameter) => by_arn(account, required(parameter)?),
            Self::Device => match required("SerialNumber")? {
                arn if arn.starts_with("arn:") => by_arn(account, arn),
                serial_number => below(Kind::MfaDevice.resource("/", serial_number)),
            },
            Self::OidcUrl => below(format!("oidc-provider/{}", oidc_providers::bare(required("Url")?)?)),
            Self::SamlName => below(format!("saml-provider/{}", required("Name")?)),
            Self::ServiceLinked => {
                let made = service_linked::Made::of(required("AWSServiceName")?, given("CustomSuffix"))?;
                below(Kind::Role.resource(&made.path, &made.name))
            }
            Self::OfDeletionTask => {
                // task/aws-service-role/SERVICE/ROLE/ID
                let task = required("DeletionTaskId")?;
                let role = task.strip_prefix("task/").and_then(|rest| rest.rsplit_once('/')).map(|(role, _)| role);
                let arn = account.arn(&format!("role/{}", role.unwrap_or(task)));
                by_arn(account, &arn)
            }
        })
    }
}

/// A resource of the account of which nothing else is known yet.
fn of(account: &Account) -> Resource<'static> {
    Resource { account: account.id.to_string(), ..Resource::default() }
}

/// What has this ARN: an ARN is compared as it stands.
fn by_arn<'a>(account: &'a Account, arn: &str) -> Resource<'a> {
    if let Some(entity) = Kind::find_by_arn(account, arn) {
        return entity.into_resource(account);
    }
    // AWS's own policies belong to nobody's account.
    let owner = arn.split(':').nth(4).filter(|owner| *owner != "aws").unwrap_or_default();
    let policy = account.policies.get(arn).map(|policy| &policy.tags);
    let oidc = || account.oidc_providers.get(arn).map(|provider| &provider.tags);
    let saml = || account.saml_providers.get(arn).map(|provider| &provider.tags);
    let device = || account.virtual_mfa_devices.get(arn);
    let tags = policy.or_else(oidc).or_else(saml).or_else(device);
    Resource { arn: arn.to_owned(), account: owner.to_owned(), tags, ..Resource::default() }
}

impl<'a> Entity<'a> {
    fn into_resource(self, account: &Account) -> Resource<'a> {
        let Self { resource, tags, boundary, is_identity, .. } = self;
        Resource { arn: account.arn(&resource), tags, boundary, is_identity, ..of(account) }
    }
}

//! Who makes a request.

use std::fmt;

use thiserror::Error;

use crate::arn::{AccountId, Arn, ArnError, Partition, RoleArn};

/// What kind of principal makes a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrincipalKind {
    /// An account's root user.
    Root,
    /// An IAM user.
    User,
    /// An IAM role as such, without a session: only simulations ask about one.
    Role,
    /// A session of an IAM role.
    RoleSession,
    /// A session that GetFederationToken made.
    FederatedUser,
    /// An AWS service.
    Service,
    /// Somebody whom an identity provider vouches for, and who is nobody in AWS yet.
    Federated,
    /// A request without a signature.
    Anonymous,
}

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    kind: PrincipalKind,
    name: Box<str>,
    account: Option<AccountId>,
    role: Option<Role>,
    unique_id: Option<Box<str>>,
}

/// The role of a session, or the role itself.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Role {
    /// Its ARN, path included.
    Known(Box<str>),
    /// What its ARN is if its path is `/`.
    PathUnknown(Box<str>),
}

/// Why a text is not the ARN of a principal.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PrincipalError {
    /// Not an ARN at all.
    #[error(transparent)]
    Arn(#[from] ArnError),
    /// An ARN of something that makes no requests.
    #[error("{0:?} is no principal: that is a user, a role, a session or an account's root")]
    NoPrincipal(String),
}

impl Principal {
    /// The principal of an ARN: `arn:aws:iam::ACCOUNT:root`, `...:user/[path/]name`, `...:role/[path/]name`,
    /// `arn:aws:sts::ACCOUNT:assumed-role/name/session` or `...:federated-user/name`.
    ///
    /// A session's ARN does not tell its role's path, so [`Principal::role`] of it is `None`. Policies that deny a role of
    /// this name, whatever its path, deny the session; those that allow one allow the session only if the path is `/`.
    /// Where the role is known, make the session with [`Principal::role_session`].
    ///
    /// # Errors
    /// When the text is no such ARN.
    pub fn from_arn(text: &str) -> Result<Self, PrincipalError> {
        let arn: Arn = text.parse()?;
        let no_principal = || PrincipalError::NoPrincipal(text.to_owned());
        let account: AccountId = arn.account().parse().map_err(|_| no_principal())?;
        if !arn.region().is_empty() {
            return Err(no_principal());
        }
        let (kind, role) = match Form::of(arn.service(), arn.resource()).ok_or_else(no_principal)? {
            Form::Root => (PrincipalKind::Root, None),
            Form::User => (PrincipalKind::User, None),
            Form::Role => (PrincipalKind::Role, Some(Role::Known(text.into()))),
            Form::Session { role } => {
                let role = format!("arn:{}:iam::{account}:role/{role}", arn.partition());
                (PrincipalKind::RoleSession, Some(Role::PathUnknown(role.into())))
            }
            Form::FederatedUser => (PrincipalKind::FederatedUser, None),
        };
        Ok(Self { role, account: Some(account), ..Self::bare(kind, text) })
    }

    /// The session `session` of `role`.
    #[must_use]
    pub fn role_session(role: &RoleArn, session: &str) -> Self {
        let (partition, account): (Partition, AccountId) = (role.partition(), role.account());
        let name = format!("arn:{partition}:sts::{account}:assumed-role/{}/{session}", role.name());
        let role = Some(Role::Known(role.to_string().into()));
        Self { role, account: Some(account), ..Self::bare(PrincipalKind::RoleSession, &name) }
    }

    /// An AWS service, by its principal's name: `ec2.amazonaws.com`.
    #[must_use]
    pub fn service(name: &str) -> Self {
        Self::bare(PrincipalKind::Service, name)
    }

    /// Somebody whom an identity provider vouches for; the provider by its ARN or its domain.
    #[must_use]
    pub fn federated(provider: &str) -> Self {
        Self::bare(PrincipalKind::Federated, provider)
    }

    /// A request without a signature.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::bare(PrincipalKind::Anonymous, "anonymous")
    }

    /// The same principal with its unique id: a user's `AIDA...`, or the `AROA...` of the session's role.
    #[must_use]
    pub fn with_unique_id(self, id: &str) -> Self {
        Self { unique_id: Some(id.into()), ..self }
    }

    fn bare(kind: PrincipalKind, name: &str) -> Self {
        Self { kind, name: name.into(), account: None, role: None, unique_id: None }
    }

    /// What kind of principal it is.
    #[must_use]
    pub fn kind(&self) -> PrincipalKind {
        self.kind
    }

    /// The ARN; of a service or an identity provider, its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The account; services, identity providers and anonymous requests have none.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        self.account.as_ref()
    }

    /// The ARN of the role, path included, of a session or a role; `None` also where the path is not known.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        match &self.role {
            Some(Role::Known(arn)) => Some(arn),
            Some(Role::PathUnknown(_)) | None => None,
        }
    }

    /// Whether its role is the one of this ARN; where the path is not known, as if it were `/`.
    pub(super) fn is_of_role(&self, arn: &str) -> bool {
        matches!(&self.role, Some(Role::Known(own) | Role::PathUnknown(own)) if **own == *arn)
    }

    /// Whether its role may be the one of this ARN: where the path is not known, whatever it is.
    pub(super) fn may_be_of_role(&self, arn: &str) -> bool {
        let Some(Role::PathUnknown(own)) = &self.role else { return self.is_of_role(arn) };
        let ends = |arn| str::rsplit_once(arn, '/').zip(str::split_once(arn, ":role/"));
        match (ends(own), ends(arn)) {
            (Some(((_, own_name), (own_account, _))), Some(((_, name), (account, _)))) => {
                own_name == name && own_account == account
            }
            _ => false,
        }
    }

    /// The unique id of the user, or of the session's role, where known.
    #[must_use]
    pub fn unique_id(&self) -> Option<&str> {
        self.unique_id.as_deref()
    }

    /// Whether it is an identity of AWS, or could be one: what `{"AWS": "*"}` covers.
    pub(super) fn is_aws(&self) -> bool {
        !matches!(self.kind, PrincipalKind::Service | PrincipalKind::Federated)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// What the ARN of a principal looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form<'a> {
    Root,
    User,
    Role,
    Session { role: &'a str },
    FederatedUser,
}

impl<'a> Form<'a> {
    pub(super) fn of(service: &str, resource: &'a str) -> Option<Self> {
        let named = |prefix: &str| {
            resource
                .strip_prefix(prefix)
                .is_some_and(|name| !name.starts_with('/') && !name.is_empty() && !name.ends_with('/'))
        };
        match service {
            "iam" if resource == "root" => Some(Self::Root),
            "iam" if named("user/") => Some(Self::User),
            "iam" if named("role/") => Some(Self::Role),
            "sts" if named("federated-user/") => Some(Self::FederatedUser),
            "sts" => {
                let (role, session) = resource.strip_prefix("assumed-role/")?.split_once('/')?;
                (!role.is_empty() && !session.is_empty() && !session.contains('/')).then_some(Self::Session { role })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_tells_kind_account_and_role() {
        let kind = |text: &str| Principal::from_arn(text).unwrap().kind();
        assert_eq!(kind("arn:aws:iam::123456789012:root"), PrincipalKind::Root);
        assert_eq!(kind("arn:aws:iam::123456789012:user/ops/alice"), PrincipalKind::User);
        assert_eq!(kind("arn:aws:sts::123456789012:federated-user/bob"), PrincipalKind::FederatedUser);
        let role = Principal::from_arn("arn:aws-cn:iam::123456789012:role/ops/dev").unwrap();
        assert_eq!((role.kind(), role.role()), (PrincipalKind::Role, Some(role.name())));
        let session = Principal::from_arn("arn:aws-cn:sts::123456789012:assumed-role/dev/s@x").unwrap();
        assert_eq!(session.role(), None);
        assert_eq!(session.account().unwrap().as_str(), "123456789012");
    }

    #[test]
    fn the_role_of_a_session_may_have_any_path_unless_it_is_known() {
        let session = Principal::from_arn("arn:aws:sts::123456789012:assumed-role/dev/s").unwrap();
        for (arn, is, may_be) in [
            ("arn:aws:iam::123456789012:role/dev", true, true),
            ("arn:aws:iam::123456789012:role/ops/dev", false, true),
            ("arn:aws:iam::123456789012:role/ops/eu/dev", false, true),
            ("arn:aws:iam::123456789012:role/dev/ops", false, false),
            ("arn:aws:iam::999999999999:role/ops/dev", false, false),
            ("arn:aws-cn:iam::123456789012:role/ops/dev", false, false),
            ("arn:aws:iam::123456789012:user/dev", false, false),
        ] {
            assert_eq!((session.is_of_role(arn), session.may_be_of_role(arn)), (is, may_be), "{arn}");
        }
        let known = Principal::role_session(&"arn:aws:iam::123456789012:role/ops/dev".parse().unwrap(), "s");
        assert!(known.may_be_of_role("arn:aws:iam::123456789012:role/ops/dev"));
        assert!(!known.may_be_of_role("arn:aws:iam::123456789012:role/dev"));
    }

    #[test]
    fn a_session_of_a_known_role_keeps_its_path() {
        let role: RoleArn = "arn:aws:iam::123456789012:role/ops/dev".parse().unwrap();
        let session = Principal::role_session(&role, "alice").with_unique_id("AROAEXAMPLEEXAMPLE123");
        assert_eq!(session.to_string(), "arn:aws:sts::123456789012:assumed-role/dev/alice");
        assert_eq!(session.role(), Some("arn:aws:iam::123456789012:role/ops/dev"));
        assert_eq!(session.unique_id(), Some("AROAEXAMPLEEXAMPLE123"));
    }

    #[test]
    fn what_makes_no_requests_is_no_principal() {
        assert!(matches!(Principal::from_arn("alice"), Err(PrincipalError::Arn(_))));
        for text in [
            "arn:aws:iam::123456789012:group/admins",
            "arn:aws:iam::123456789012:user/",
            "arn:aws:iam::123456789012:role//x",
            "arn:aws:iam::aws:user/x",
            "arn:aws:iam:us-east-1:123456789012:user/x",
            "arn:aws:sts::123456789012:assumed-role/dev",
            "arn:aws:sts::123456789012:assumed-role/dev/",
            "arn:aws:sts::123456789012:assumed-role/a/b/c",
            "arn:aws:s3:::bucket",
        ] {
            assert!(matches!(Principal::from_arn(text), Err(PrincipalError::NoPrincipal(_))), "{text}");
        }
    }
}

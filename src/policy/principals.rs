//! The elements Principal and NotPrincipal: whom a statement is about.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use super::principal::{Form, Principal, PrincipalKind};
use super::request::Request;
use crate::arn::{AccountId, Arn, Partition};

/// How a statement covers the principal of a request; the later, the more closely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PrincipalMatch {
    /// By its account: the account is trusted to decide, so an identity policy has to allow the same.
    Account,
    /// As everybody whom a NotPrincipal does not name.
    NotExcluded,
    /// As everybody: `*`.
    Everyone,
    /// As a session of a role that is named.
    Role,
    /// By its own ARN, unique id or name.
    Own,
}

/// One principal that a statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PrincipalPattern {
    text: Box<str>,
    named: Named,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Named {
    /// `{"AWS": "*"}`: every AWS identity and anonymous requests.
    AnyAws,
    Account {
        id: AccountId,
        partition: Option<Partition>,
    },
    Identity {
        account: AccountId,
    },
    Session {
        account: AccountId,
    },
    UniqueId,
    Service,
    Federated,
    CanonicalUser,
}

/// A principal as a statement names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedPrincipal<'a> {
    /// Everybody, `*`.
    Everyone,
    /// An account, or one of its users, roles or sessions.
    Of {
        /// The account.
        account: AccountId,
        /// As it is written: the account's number, or an ARN.
        name: &'a str,
    },
    /// A user or role by its unique id, which does not tell its account.
    UniqueId(&'a str),
    /// A service, by its name.
    Service(&'a str),
    /// An identity provider, by its ARN or its domain.
    Federated(&'a str),
    /// A canonical user, whom S3 alone knows.
    CanonicalUser(&'a str),
}

/// Whom a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Principals {
    /// `"Principal": "*"`.
    Everyone,
    /// Principal.
    Only(Box<[PrincipalPattern]>),
    /// NotPrincipal, only in statements that deny.
    AllBut(Box<[PrincipalPattern]>),
    /// `"NotPrincipal": "*"`, likewise.
    Nobody,
}

impl Principals {
    /// The principals that are named; none where everybody else is meant.
    pub(super) fn named(&self) -> impl Iterator<Item = NamedPrincipal<'_>> {
        let (everyone, patterns) = match self {
            Self::Everyone => (Some(NamedPrincipal::Everyone), &[][..]),
            Self::Only(patterns) => (None, &patterns[..]),
            Self::AllBut(_) | Self::Nobody => (None, &[][..]),
        };
        everyone.into_iter().chain(patterns.iter().map(PrincipalPattern::named))
    }

    /// How the statement covers the principal of `request`, if it does.
    ///
    /// A doubt never adds a permission: a session whose role's path is not known is denied with any role of that name,
    /// and a NotPrincipal, which only denies, spares nobody whom it does not name with all that stands behind.
    ///
    /// A NotPrincipal spares nobody who has a permissions boundary, whomever it names
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>).
    pub(super) fn covers(&self, request: &Request<'_>, denies: bool) -> Option<PrincipalMatch> {
        let principal = request.principal;
        match self {
            Self::Everyone => Some(PrincipalMatch::Everyone),
            Self::Nobody if request.has_boundary => Some(PrincipalMatch::NotExcluded),
            Self::Nobody => None,
            Self::Only(patterns) => patterns.iter().filter_map(|pattern| pattern.covers(principal, denies)).max(),
            Self::AllBut(patterns) => {
                (request.has_boundary || !spares(patterns, principal)).then_some(PrincipalMatch::NotExcluded)
            }
        }
    }
}

/// Whether a denying NotPrincipal names the principal in full: a user and its account; a session, its role and the
/// account. Without all of them AWS denies it: the account or the role is then denied, and whoever is of it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
fn spares(patterns: &[PrincipalPattern], principal: &Principal) -> bool {
    let names = |how: PrincipalMatch| patterns.iter().any(|pattern| pattern.covers(principal, false) == Some(how));
    let needed: &[PrincipalMatch] = match principal.kind() {
        PrincipalKind::RoleSession => &[PrincipalMatch::Own, PrincipalMatch::Role, PrincipalMatch::Account],
        PrincipalKind::User | PrincipalKind::Role | PrincipalKind::FederatedUser => {
            &[PrincipalMatch::Own, PrincipalMatch::Account]
        }
        PrincipalKind::Root | PrincipalKind::Service | PrincipalKind::Federated | PrincipalKind::Anonymous => {
            &[PrincipalMatch::Own]
        }
    };
    names(PrincipalMatch::Everyone) || needed.iter().all(|needed| names(*needed))
}

impl PrincipalPattern {
    /// Reads a value of `AWS`; the error says what is wrong with it.
    pub(super) fn aws(text: &str) -> Result<Self, &'static str> {
        let named = if text == "*" {
            Named::AnyAws
        } else if let Ok(id) = text.parse() {
            Named::Account { id, partition: None }
        } else if is_unique_id(text) {
            Named::UniqueId
        } else if text.contains(['*', '?']) {
            return Err(
                "a principal is named in full: a wildcard for a part of it is not possible, only * for everybody",
            );
        } else if text.contains("${") {
            return Err("a principal is named in full, without variables");
        } else {
            arn(text)?
        };
        Ok(Self { text: text.into(), named })
    }

    /// Reads a value of `Service`.
    pub(super) fn service(text: &str) -> Result<Self, &'static str> {
        let is_name = |label: &str| {
            !label.is_empty()
                && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
        };
        if text.split('.').count() < 2 || !text.split('.').all(is_name) {
            return Err("a service principal is a name such as ec2.amazonaws.com, in full");
        }
        Ok(Self { text: text.into(), named: Named::Service })
    }

    /// Reads a value of `Federated`.
    pub(super) fn federated(text: &str) -> Result<Self, &'static str> {
        let is_provider = match text.parse::<Arn>() {
            Ok(arn) => {
                arn.service() == "iam"
                    && arn.account().parse::<AccountId>().is_ok()
                    && (arn.resource().starts_with("saml-provider/") || arn.resource().starts_with("oidc-provider/"))
            }
            Err(_) => {
                text.contains('.')
                    && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:".contains(&b))
                    && !text.starts_with("arn:")
            }
        };
        if !is_provider || text.contains(['*', '?']) {
            return Err("an identity provider is the ARN of a SAML or OIDC provider in IAM, or a domain, in full");
        }
        Ok(Self { text: text.into(), named: Named::Federated })
    }

    /// Reads a value of `CanonicalUser`.
    pub(super) fn canonical_user(text: &str) -> Result<Self, &'static str> {
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return Err("a canonical user id is 64 lower-case hexadecimal digits");
        }
        Ok(Self { text: text.into(), named: Named::CanonicalUser })
    }

    /// As it is written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    fn named(&self) -> NamedPrincipal<'_> {
        let name = &*self.text;
        match &self.named {
            Named::AnyAws => NamedPrincipal::Everyone,
            Named::Account { id, .. } | Named::Identity { account: id } | Named::Session { account: id } => {
                NamedPrincipal::Of { account: *id, name }
            }
            Named::UniqueId => NamedPrincipal::UniqueId(name),
            Named::Service => NamedPrincipal::Service(name),
            Named::Federated => NamedPrincipal::Federated(name),
            Named::CanonicalUser => NamedPrincipal::CanonicalUser(name),
        }
    }

    /// The type under which it stands.
    pub(super) fn type_name(&self) -> &'static str {
        match self.named {
            Named::Service => "Service",
            Named::Federated => "Federated",
            Named::CanonicalUser => "CanonicalUser",
            Named::AnyAws
            | Named::Account { .. }
            | Named::Identity { .. }
            | Named::Session { .. }
            | Named::UniqueId => "AWS",
        }
    }

    fn covers(&self, principal: &Principal, denies: bool) -> Option<PrincipalMatch> {
        let is_own =
            |kind| (principal.kind() == kind && *self.text == *principal.name()).then_some(PrincipalMatch::Own);
        match &self.named {
            Named::AnyAws => principal.is_aws().then_some(PrincipalMatch::Everyone),
            Named::Account { id, partition } => {
                let of_partition = partition.is_none_or(|partition| {
                    principal
                        .name()
                        .strip_prefix("arn:")
                        .and_then(|rest| rest.split_once(':'))
                        .is_some_and(|(own, _)| own == partition.as_str())
                });
                if principal.account() != Some(id) || !of_partition {
                    return None;
                }
                // The root user is the account.
                let is_root = principal.kind() == PrincipalKind::Root;
                Some(if is_root { PrincipalMatch::Own } else { PrincipalMatch::Account })
            }
            Named::Identity { .. } if denies && principal.may_be_of_role(&self.text) => Some(as_role(principal)),
            Named::Identity { .. } if principal.is_of_role(&self.text) => Some(as_role(principal)),
            Named::Identity { .. } => is_own(PrincipalKind::User),
            Named::Session { .. } => {
                (principal.account().is_some() && *self.text == *principal.name()).then_some(PrincipalMatch::Own)
            }
            Named::UniqueId if principal.unique_id() != Some(&self.text) => None,
            Named::UniqueId => Some(as_role(principal)),
            Named::Service => is_own(PrincipalKind::Service),
            Named::Federated => is_own(PrincipalKind::Federated),
            // No request of IAM or STS is made by one.
            Named::CanonicalUser => None,
        }
    }
}

/// A role's ARN or id names all of its sessions, and none of them in particular.
fn as_role(principal: &Principal) -> PrincipalMatch {
    match principal.kind() {
        PrincipalKind::RoleSession => PrincipalMatch::Role,
        _ => PrincipalMatch::Own,
    }
}

fn arn(text: &str) -> Result<Named, &'static str> {
    const WHAT: &str = "an AWS principal is an account id, a unique id, or the ARN of an account's root, a user, a role \
                        or a session; * is everybody";
    let arn: Arn = text.parse().map_err(|_| WHAT)?;
    let id: AccountId = arn.account().parse().map_err(|_| WHAT)?;
    if !arn.region().is_empty() {
        return Err(WHAT);
    }
    if arn.service() == "iam" && arn.resource().starts_with("group/") {
        return Err("a group is no principal: name its users, or the account");
    }
    if arn.service() == "sts" && arn.resource().starts_with("assumed-role/") && arn.resource().split('/').count() == 2 {
        return Err("names no session: write arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION, or the role's own ARN");
    }
    match Form::of(arn.service(), arn.resource()).ok_or(WHAT)? {
        Form::Root => Ok(Named::Account { id, partition: Some(arn.partition()) }),
        Form::User | Form::Role => Ok(Named::Identity { account: id }),
        Form::Session { .. } | Form::FederatedUser => Ok(Named::Session { account: id }),
    }
}

/// `AIDA...` or `AROA...`, as IAM gives them to users and roles and writes them into a policy whose principal was deleted.
fn is_unique_id(text: &str) -> bool {
    (16..=128).contains(&text.len())
        && (text.starts_with("AIDA") || text.starts_with("AROA"))
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

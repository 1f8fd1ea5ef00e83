//! IAM entities and the ARNs they can have.

use crate::arn::{AccountId, Partition};

/// The account that a call acts on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Account {
    /// The partition that the account lives in.
    pub partition: Partition,
    /// The account's number.
    pub id: AccountId,
}

impl Account {
    /// What every ARN of an entity of this kind begins with: `arn:aws:iam::123456789012:user/`.
    #[must_use]
    pub fn prefix_of(&self, kind: EntityKind) -> String {
        self.arn(&format!("{}/", kind.as_str()))
    }

    /// What every ARN of a managed policy of AWS's own begins with: `arn:aws:iam::aws:policy/`.
    #[must_use]
    pub fn prefix_of_aws_policies(&self) -> String {
        format!("arn:{}:iam::aws:policy/", self.partition)
    }

    fn arn(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.partition, self.id)
    }
}

/// The kinds of entity that IAM's resource ARNs tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntityKind {
    /// `user/`
    User,
    /// `group/`
    Group,
    /// `role/`
    Role,
    /// `policy/`: a managed policy.
    Policy,
    /// `mfa/`: a virtual MFA device.
    Mfa,
    /// `instance-profile/`: what carries a role to an EC2 instance.
    InstanceProfile,
}

impl EntityKind {
    /// The word before the first slash of the ARN's resource part.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
            Self::Policy => "policy",
            Self::Mfa => "mfa",
            Self::InstanceProfile => "instance-profile",
        }
    }
}

/// One IAM entity, by name; its path is part of its ARN and often not known before AWS was asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entity {
    /// What it is.
    pub kind: EntityKind,
    /// Its friendly name; names are unique ignoring case within an account.
    pub name: String,
    /// Its path, `/` or `/division/team/`; `None` while unknown.
    pub path: Option<String>,
}

/// What an action acts on, as the Service Authorization Reference states it for that action.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Resource {
    /// One entity.
    Entity(Entity),
    /// Every entity of a kind below a path prefix, as the `List*` actions are authorized
    /// (`arn:aws:iam::123456789012:user/division/`).
    Below(EntityKind, String),
    /// Any entity of a kind: which ones is known only after the plan's reads.
    Any(EntityKind),
    /// Any managed policy of AWS's own, which lives in no account (`arn:aws:iam::aws:policy/...`).
    AnyOfAws,
    /// An entity whose whole ARN AWS has told.
    Arn(String),
    /// Something that is made, or found, and whose ARN begins so; only AWS's answers tell the rest.
    Beginning(String),
    /// Nothing in particular, `*`: the action is authorized on no resource (`iam:SimulateCustomPolicy`).
    All,
}

impl Resource {
    /// The user `name`, its path unknown.
    #[must_use]
    pub fn user(name: &str) -> Self {
        Self::named(EntityKind::User, name)
    }

    /// The entity `name` of a kind, its path unknown.
    #[must_use]
    pub fn named(kind: EntityKind, name: &str) -> Self {
        Self::Entity(Entity { kind, name: name.to_owned(), path: None })
    }

    /// What an ARN that a client wrote could be: the entity of that name, wherever it lives. IAM tells users and roles apart by
    /// their names alone, so a path that is wrong may still lead to one.
    #[must_use]
    pub fn claimed(account: &Account, arn: &str) -> Self {
        match entity_in(arn) {
            Some((kind @ (EntityKind::User | EntityKind::Role | EntityKind::Group), name))
                if arn.starts_with(&account.prefix_of(kind)) =>
            {
                Self::named(kind, name)
            }
            _ => Self::Arn(arn.to_owned()),
        }
    }

    /// Whether it is an entity of this kind for certain.
    #[must_use]
    pub fn is_of(&self, kind: EntityKind) -> bool {
        match self {
            Self::Entity(entity) => entity.kind == kind,
            Self::Any(own) | Self::Below(own, _) => *own == kind,
            Self::Arn(arn) => entity_in(arn).is_some_and(|(own, _)| own == kind),
            Self::AnyOfAws => kind == EntityKind::Policy,
            Self::Beginning(_) | Self::All => false,
        }
    }

    /// The kind and the name of the one entity that it is, whatever its path.
    #[must_use]
    pub fn entity(&self) -> Option<(EntityKind, &str)> {
        match self {
            Self::Entity(entity) => Some((entity.kind, &entity.name)),
            Self::Arn(arn) => entity_in(arn),
            Self::Any(_) | Self::Below(..) | Self::AnyOfAws | Self::Beginning(_) | Self::All => None,
        }
    }

    /// Whether the whole ARN is known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        matches!(self, Self::Arn(_) | Self::Entity(Entity { path: Some(_), .. }))
    }

    /// The resource as an ARN, or as an ARN pattern (`*`) where the path or the name is not known yet.
    ///
    /// The form for people and records; a decision over an unknown path uses [`Resource::could_be`].
    #[must_use]
    pub fn display(&self, account: &Account) -> String {
        match self {
            Self::Entity(Entity { kind, name, path: Some(path) }) => {
                account.arn(&format!("{}{path}{name}", kind.as_str()))
            }
            Self::Entity(Entity { kind, name, path: None }) => account.arn(&format!("{}/*{name}", kind.as_str())),
            Self::Below(kind, prefix) => account.arn(&format!("{}{prefix}", kind.as_str())),
            Self::Any(kind) => account.arn(&format!("{}/*", kind.as_str())),
            Self::Arn(arn) => arn.clone(),
            Self::AnyOfAws => format!("{}*", account.prefix_of_aws_policies()),
            Self::Beginning(prefix) => format!("{prefix}*"),
            Self::All => "*".to_owned(),
        }
    }

    /// Whether this resource is, or could turn out to be, `arn`.
    ///
    /// IAM's names are unique ignoring case, so the comparison ignores it too: it decides about refusing, where the
    /// wider match is the safe one.
    #[must_use]
    pub fn could_be(&self, account: &Account, arn: &str) -> bool {
        match self {
            Self::Entity(Entity { kind, name, path: None }) => {
                let prefix = account.arn(&format!("{}/", kind.as_str()));
                starts_with_ignoring_case(arn, &prefix)
                    && arn.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(name))
            }
            Self::Any(kind) => starts_with_ignoring_case(arn, &account.arn(&format!("{}/", kind.as_str()))),
            Self::Beginning(prefix) => starts_with_ignoring_case(arn, prefix),
            // Listing touches no entity.
            Self::Below(..) | Self::AnyOfAws | Self::All => false,
            exact => exact.display(account).eq_ignore_ascii_case(arn),
        }
    }

    /// Whether this resource is, or could turn out to be, the entity `name` at any path below `prefix`
    /// (`arn:aws:iam::123456789012:role/`).
    #[must_use]
    pub fn could_be_named(&self, account: &Account, prefix: &str, name: &str) -> bool {
        let named = |last: &str| last.eq_ignore_ascii_case(name);
        match self {
            Self::Entity(Entity { kind, name: own, .. }) => {
                account.arn(&format!("{}/", kind.as_str())).eq_ignore_ascii_case(prefix) && named(own)
            }
            Self::Any(kind) => account.arn(&format!("{}/", kind.as_str())).eq_ignore_ascii_case(prefix),
            Self::Arn(arn) => starts_with_ignoring_case(arn, prefix) && arn.rsplit('/').next().is_some_and(named),
            Self::Beginning(own) => starts_with_ignoring_case(own, prefix) || starts_with_ignoring_case(prefix, own),
            Self::Below(..) | Self::AnyOfAws | Self::All => false,
        }
    }

    /// Whether this resource has, or could turn out to have, an ARN that begins with `prefix` (ignoring case).
    #[must_use]
    pub fn could_begin_with(&self, account: &Account, prefix: &str) -> bool {
        match self {
            Self::Entity(Entity { kind, path: None, .. }) | Self::Any(kind) => {
                // Some path makes it so, unless the prefix names another kind, account or partition.
                let known = account.arn(&format!("{}/", kind.as_str()));
                starts_with_ignoring_case(prefix, &known) || starts_with_ignoring_case(&known, prefix)
            }
            Self::Beginning(own) => starts_with_ignoring_case(own, prefix) || starts_with_ignoring_case(prefix, own),
            Self::Below(..) | Self::AnyOfAws | Self::All => false,
            exact => starts_with_ignoring_case(&exact.display(account), prefix),
        }
    }
}

/// Kind and name in the ARN of an entity of IAM.
fn entity_in(arn: &str) -> Option<(EntityKind, &str)> {
    let mut parts = arn.splitn(6, ':');
    let (service, resource) = (parts.nth(2)?, parts.nth(2)?);
    let (kind, path) = resource.split_once('/')?;
    use EntityKind::{Group, InstanceProfile, Mfa, Policy, Role, User};
    let kinds = [User, Group, Role, Policy, Mfa, InstanceProfile];
    let kind = kinds.into_iter().find(|known| known.as_str() == kind).filter(|_| service == "iam")?;
    path.rsplit('/').next().map(|name| (kind, name))
}

fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account { partition: "aws".parse().unwrap(), id: "123456789012".parse().unwrap() }
    }

    #[test]
    fn a_user_of_unknown_path_could_be_any_user_of_that_name() {
        let user = Resource::user("bob");
        assert!(user.could_be(&account(), "arn:aws:iam::123456789012:user/bob"));
        assert!(user.could_be(&account(), "arn:aws:iam::123456789012:user/a/b/Bob"));
        assert!(!user.could_be(&account(), "arn:aws:iam::123456789012:user/bobby"));
        assert!(!user.could_be(&account(), "arn:aws:iam::123456789012:role/bob"));
        assert!(!user.could_be(&account(), "arn:aws:iam::999999999999:user/bob"));
    }

    #[test]
    fn an_arn_tells_kind_and_name() {
        let entity = |arn: &str| Resource::Arn(arn.to_owned()).entity().map(|(kind, name)| (kind, name.to_owned()));
        assert_eq!(entity("arn:aws:iam::123456789012:user/a/b/bob"), Some((EntityKind::User, "bob".to_owned())));
        assert_eq!(entity("arn:aws:iam::aws:policy/X"), Some((EntityKind::Policy, "X".to_owned())));
        for other in ["arn:aws:iam::123456789012:root", "arn:aws:sts::123456789012:user/x", "*"] {
            assert_eq!(entity(other), None, "{other}");
        }
    }

    #[test]
    fn the_path_of_an_arn_that_a_client_wrote_is_not_believed() {
        let claimed = |arn: &str| Resource::claimed(&account(), arn);
        assert_eq!(claimed("arn:aws:iam::123456789012:user/a/bob"), Resource::user("bob"));
        for other in ["arn:aws:iam::999999999999:user/bob", "arn:aws:iam::123456789012:policy/a/x", "bob"] {
            assert_eq!(claimed(other), Resource::Arn(other.to_owned()));
        }
    }

    #[test]
    fn a_known_path_decides() {
        let user = Resource::Entity(Entity { kind: EntityKind::User, name: "bob".into(), path: Some("/ops/".into()) });
        assert_eq!(user.display(&account()), "arn:aws:iam::123456789012:user/ops/bob");
        assert!(user.could_begin_with(&account(), "arn:aws:iam::123456789012:user/ops/"));
        assert!(!user.could_begin_with(&account(), "arn:aws:iam::123456789012:user/dev/"));
    }

    #[test]
    fn an_unknown_path_could_be_below_any_prefix_of_its_kind() {
        let user = Resource::user("bob");
        assert!(user.could_begin_with(&account(), "arn:aws:iam::123456789012:user/ops/"));
        assert!(user.could_begin_with(&account(), "arn:aws:iam::123456789012:"));
        assert!(!user.could_begin_with(&account(), "arn:aws:iam::123456789012:role/ops/"));
        assert!(!user.could_begin_with(&account(), "arn:aws:iam::999999999999:user/"));
    }

    #[test]
    fn what_is_made_could_be_whatever_begins_so() {
        let secret = Resource::Beginning("arn:aws:secretsmanager:eu-central-1:123456789012:secret:iam-mcp/bob/".into());
        let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:iam-mcp/bob/AKIA-aBcDeF";
        assert!(secret.could_be(&account(), arn) && !secret.could_be(&account(), &arn.replace("bob", "eve")));
        assert!(secret.could_begin_with(&account(), "arn:aws:secretsmanager:eu-central-1:123456789012:secret:"));
        assert!(secret.could_begin_with(&account(), arn));
        assert!(!secret.could_begin_with(&account(), "arn:aws:iam::123456789012:user/"));
        assert!(!secret.could_be_named(&account(), "arn:aws:iam::123456789012:user/", "bob"));
        assert!(secret.entity().is_none() && !secret.is_known());
    }

    #[test]
    fn a_list_is_authorized_on_its_prefix() {
        let list = Resource::Below(EntityKind::User, "/ops/".into());
        assert_eq!(list.display(&account()), "arn:aws:iam::123456789012:user/ops/");
        assert!(!list.could_be(&account(), "arn:aws:iam::123456789012:user/ops/"));
    }
}

//! Where each policy document of an account stands, and what would be of it without some of its statements.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use super::{Mend, Subject};
use crate::iam::EntityKind;
use crate::policy::PolicyKind;
use crate::posture::Snapshot;
use crate::posture::snapshot::{Identity, ManagedPolicy, Written};

/// The documents of an account, each once, by their numbers.
#[derive(Debug)]
pub(super) struct Documents<'a>(BTreeMap<u32, Stored<'a>>);

/// A document.
#[derive(Debug)]
pub(super) struct Stored<'a> {
    pub(super) kind: PolicyKind,
    pub(super) written: &'a Written,
    pub(super) places: Vec<Place<'a>>,
}

/// A user, role or group that holds a policy.
pub(super) type Holder<'a> = (EntityKind, &'a Identity);

/// Where a document stands.
#[derive(Debug)]
pub(super) enum Place<'a> {
    /// It is a managed policy in force, and held by these.
    Managed(&'a ManagedPolicy, Vec<Holder<'a>>),
    /// It is an inline policy of this name.
    Inline(Holder<'a>, &'a str),
    /// A role trusts by it.
    Trust(&'a Identity),
}

impl<'a> Documents<'a> {
    /// Of an account. What nobody can change is left out: what only service-linked roles hold, and AWS's policies that nobody
    /// holds. So is what is held as a boundary alone, since a boundary gives nothing.
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let mut documents = Self(BTreeMap::new());
        let users = snapshot.users.iter().map(|user| (EntityKind::User, &user.identity));
        let groups = snapshot.groups.iter().map(|group| (EntityKind::Group, &group.identity));
        let own_roles = || snapshot.roles.iter().filter(|role| !role.is_service_linked());
        let roles = own_roles().map(|role| (EntityKind::Role, &role.identity));
        let (mut attached, mut bounding) = (HashMap::<&str, Vec<Holder<'a>>>::new(), BTreeSet::new());
        for (kind, identity) in users.chain(groups).chain(roles) {
            for (name, written) in &identity.inline {
                documents.add(PolicyKind::Identity, written, Place::Inline((kind, identity), name));
            }
            for arn in &identity.attached {
                attached.entry(arn).or_default().push((kind, identity));
            }
            bounding.extend(identity.boundary.as_deref());
        }
        for policy in &snapshot.policies {
            let holders = attached.remove(&*policy.arn).unwrap_or_default();
            let is_idle = holders.is_empty() && (policy.is_aws_managed() || bounding.contains(&*policy.arn));
            if let Some(written) = policy.document().filter(|_| !is_idle) {
                documents.add(PolicyKind::Identity, written, Place::Managed(policy, holders));
            }
        }
        for role in own_roles() {
            documents.add(PolicyKind::Trust, &role.trust, Place::Trust(&role.identity));
        }
        documents
    }

    fn add(&mut self, kind: PolicyKind, written: &'a Written, place: Place<'a>) {
        let stored = self.0.entry(written.number()).or_insert_with(|| Stored { kind, written, places: Vec::new() });
        stored.places.push(place);
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Stored<'a>> {
        self.0.values()
    }

    /// The one of this number.
    pub(super) fn of_number(&self, number: u32) -> Option<&Stored<'a>> {
        self.0.get(&number)
    }
}

impl Stored<'_> {
    /// A statement.
    pub(super) fn statement(&self, place: usize) -> Option<Value> {
        let json = self.written.json();
        match &json["Statement"] {
            Value::Array(all) => all.get(place).cloned(),
            one @ Value::Object(_) if place == 0 => Some(one.clone()),
            _ => None,
        }
    }

    /// What takes these statements away, at the first place where the document stands.
    pub(super) fn without(&self, statements: &BTreeSet<usize>) -> Option<Mend> {
        let mut json = self.written.json();
        let all = match json.get_mut("Statement")?.take() {
            Value::Array(all) => all,
            one => vec![one],
        };
        let rest = all.into_iter().enumerate().filter(|(place, _)| !statements.contains(place));
        let rest: Vec<Value> = rest.map(|(_, statement)| statement).collect();
        let is_empty = rest.is_empty();
        json["Statement"] = rest.into();
        match self.places.first()? {
            Place::Managed(policy, holders) if policy.is_aws_managed() || is_empty => detach(policy, holders),
            Place::Managed(policy, _) => Mend::write(
                "create_policy_version",
                json!({"policy_arn": &*policy.arn, "policy_document": json, "set_as_default": true}),
                "a version without the statement, for all that hold the policy; to keep a part of it, narrow it instead",
            ),
            Place::Inline((kind, identity), name) if is_empty => Mend::of_holder(
                (*kind, &identity.name),
                ["delete_user_policy", "delete_role_policy", "delete_group_policy"],
                json!({"policy_name": name}),
                "the policy says nothing else, so it goes",
            ),
            Place::Inline((kind, identity), name) => Mend::of_holder(
                (*kind, &identity.name),
                ["put_user_policy", "put_role_policy", "put_group_policy"],
                json!({"policy_name": name, "policy_document": json}),
                "the policy without the statement; to keep a part of it, narrow it instead",
            ),
            Place::Trust(role) => {
                if is_empty {
                    json["Statement"] = json!([{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}]);
                }
                Mend::write(
                    "update_assume_role_policy",
                    json!({"role_name": &*role.name, "assume_role_policy_document": json}),
                    "the trust policy without the statement; whom it is meant for has to be let in anew, and more narrowly",
                )
            }
        }
    }

    /// What looks at it while it is written anew.
    pub(super) fn validated(&self) -> Option<Mend> {
        let kind = if self.kind == PolicyKind::Trust { "trust" } else { "identity" };
        Mend::read(
            "validate_policy",
            json!({"policy_document": self.written.json(), "policy_type": kind}),
            "nothing can be taken away here: change the document as the remedy says, and have it checked before it is put",
        )
    }
}

/// What takes a managed policy away from who holds it.
fn detach(policy: &ManagedPolicy, holders: &[Holder<'_>]) -> Option<Mend> {
    let arn = &*policy.arn;
    match holders {
        [] => Mend::write("delete_policy", json!({"policy_arn": arn, "force": true}), "nobody holds it, so it goes"),
        [(kind, identity)] => Mend::of_holder(
            (*kind, &identity.name),
            ["detach_user_policy", "detach_role_policy", "detach_group_policy"],
            json!({"policy_arn": arn}),
            "the only one that holds it holds it no more",
        ),
        _ => Mend::read(
            "list_entities_for_policy",
            json!({"policy_arn": arn}),
            "shows who holds it: detach it from those that need less",
        ),
    }
}

impl Place<'_> {
    /// What it is, as findings name it.
    pub(super) fn subject(&self) -> Subject {
        match self {
            Self::Managed(policy, _) => Subject::new("policy", &policy.name, &policy.arn),
            Self::Inline((kind, identity), _) => Subject::new(word(*kind), &identity.name, &identity.arn),
            Self::Trust(identity) => Subject::new("role", &identity.name, &identity.arn),
        }
    }

    /// In words.
    pub(super) fn says(&self) -> String {
        match self {
            Self::Managed(policy, holders) => match holders.as_slice() {
                [] => format!("managed policy {}, which nobody holds", policy.name),
                holders => format!("managed policy {}, held by {}", policy.name, listed(holders)),
            },
            Self::Inline((kind, identity), name) => {
                format!("inline policy {name} of {} {}", word(*kind), identity.name)
            }
            Self::Trust(identity) => format!("trust policy of role {}", identity.name),
        }
    }

    /// Whom it is about.
    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            Self::Managed(_, holders) => holders.iter().map(|(_, identity)| &*identity.arn).collect(),
            Self::Inline((_, identity), _) | Self::Trust(identity) => vec![&identity.arn],
        }
    }
}

/// How many holders are named.
const NAMED: usize = 10;

fn listed(holders: &[Holder<'_>]) -> String {
    let mut names: Vec<String> =
        holders.iter().take(NAMED).map(|(kind, identity)| format!("{} {}", word(*kind), identity.name)).collect();
    if holders.len() > NAMED {
        names.push(format!("and {} more", holders.len() - NAMED));
    }
    names.join(", ")
}

fn word(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::User => "user",
        EntityKind::Role => "role",
        EntityKind::Group => "group",
        EntityKind::Policy => "policy",
        EntityKind::Mfa => "MFA device",
        EntityKind::InstanceProfile => "instance profile",
    }
}

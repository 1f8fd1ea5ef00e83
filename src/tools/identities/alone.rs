//! One identity as an account of its own: with its groups and policies, and nobody else.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::iam::{Account, EntityKind};
use crate::policy::PolicyKind;
use crate::posture::Snapshot;
use crate::posture::snapshot::{Group, Identity, Library, ManagedPolicy, PolicyVersion, Role, User, Written};
use crate::posture::standing::{Standing, Standings};
use crate::tools::documents;
use crate::tools::holder::held::{Held, Source};

/// What is read of one user or role, as analyses take it.
#[must_use]
pub fn snapshot(held: &Held, kind: EntityKind, account: &Account, now: Timestamp) -> Snapshot {
    let mut library = Library::default();
    let mut snapshot = Snapshot {
        account: account.clone(),
        taken: now,
        users: Vec::new(),
        groups: Vec::new(),
        roles: Vec::new(),
        policies: Vec::new(),
        root: None,
    };
    let principal = &held.principal;
    let mut identity = empty(&principal.arn, &principal.id);
    identity.tags = principal.tags.iter().map(|(key, value)| (key.as_str().into(), value.as_str().into())).collect();
    if let Some(arn) = &principal.boundary {
        identity.boundary = Some(Arc::from(arn.as_str()));
        if let Some(says) = &held.boundary {
            add_managed(&mut snapshot, arn, read(&mut library, says));
        }
    }
    for document in &held.documents {
        let written = read(&mut library, &document.says);
        if let Source::Managed(arn) = &document.source {
            add_managed(&mut snapshot, arn, Arc::clone(&written));
        }
        let owner = match &document.of_group {
            None => &mut identity,
            Some(name) => &mut group(&mut snapshot.groups, name, account).identity,
        };
        match &document.source {
            Source::Managed(arn) => owner.attached.push(Arc::from(arn.as_str())),
            Source::Inline(name) => owner.inline.push((name.as_str().into(), written)),
        }
    }
    if kind == EntityKind::User {
        let groups = snapshot.groups.iter().map(|group| Arc::from(&*group.identity.name)).collect();
        snapshot.users.push(User { identity, groups, credentials: None });
    } else {
        let trust = held.principal.trust.as_ref().map(documents::text).unwrap_or_default();
        let trust = library.read(PolicyKind::Trust, &trust);
        snapshot.roles.push(Role { identity, trust, last_used: None, instance_profiles: Vec::new() });
    }
    snapshot
}

/// What the only user or role of such an account may do; `None` where its ARN is none.
#[must_use]
pub fn standing(snapshot: &Snapshot) -> Option<Arc<Standing>> {
    let mut standings = Standings::of(snapshot);
    match (snapshot.users.first(), snapshot.roles.first()) {
        (Some(user), _) => standings.of_user(user),
        (None, role) => standings.of_role(role?),
    }
}

fn read(library: &mut Library, says: &Value) -> Arc<Written> {
    library.read(PolicyKind::Identity, &documents::text(says))
}

fn add_managed(snapshot: &mut Snapshot, arn: &str, document: Arc<Written>) {
    if snapshot.policies.iter().any(|policy| *policy.arn == *arn) {
        return;
    }
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let version = PolicyVersion { id: IN_FORCE.into(), document };
    let policy =
        ManagedPolicy { name: name.into(), arn: arn.into(), default_version: IN_FORCE.into(), versions: vec![version] };
    snapshot.policies.push(policy);
}

/// The version of every policy here: what is read of one identity does not tell its number.
const IN_FORCE: &str = "in force";

fn group<'a>(groups: &'a mut Vec<Group>, name: &str, account: &Account) -> &'a mut Group {
    let place = groups.iter().position(|group| &*group.identity.name == name).unwrap_or_else(|| {
        let identity =
            Identity { name: name.into(), ..empty(&format!("{}{name}", account.prefix_of(EntityKind::Group)), "") };
        groups.push(Group { identity });
        groups.len() - 1
    });
    &mut groups[place]
}

fn empty(arn: &str, id: &str) -> Identity {
    Identity {
        name: arn.rsplit('/').next().unwrap_or(arn).into(),
        arn: arn.into(),
        id: id.into(),
        path: "/".into(),
        created: None,
        tags: Vec::new(),
        attached: Vec::new(),
        inline: Vec::new(),
        boundary: None,
    }
}

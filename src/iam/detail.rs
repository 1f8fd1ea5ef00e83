//! What AWS tells of one entity and policies can ask for: its real ARN, its tags, its permissions boundary.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_iam::types::{AttachedPermissionsBoundary, Tag};
use tokio::time::Instant;

use super::declared::{Action, DeclaredCall};
use super::entity::{Account, EntityKind, Resource};
use super::failure::AwsFailure;
use super::reader::Reader;
use crate::arn::RoleArn;

/// For how long what AWS told is believed. Long enough for the calls of one task of an agent, short enough that an entity
/// that was moved or tagged elsewhere is judged by its new state within seconds.
pub const BELIEVED: Duration = Duration::from_secs(5);

/// The most entities that are remembered.
const CAPACITY: usize = 4_096;

const GET_USER: Action = Action::new("iam:GetUser");
const GET_ROLE: Action = Action::new("iam:GetRole");
const GET_GROUP: Action = Action::new("iam:GetGroup");

/// The actions that looking up takes; every read session may do them.
pub const LOOK_UP_ACTIONS: [Action; 3] = [GET_USER, GET_ROLE, GET_GROUP];

/// What is known of one entity.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EntityDetail {
    /// Its real ARN, path included.
    pub arn: String,
    /// Its tags, key and value.
    pub tags: Vec<(String, String)>,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
}

/// An entity by kind and name; IAM's names are the same in any letter case.
#[derive(Debug, Clone)]
pub struct EntityKey {
    /// The kind.
    pub kind: EntityKind,
    folded: String,
    /// As it is asked for.
    name: String,
}

impl PartialEq for EntityKey {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.folded == other.folded
    }
}

impl Eq for EntityKey {}

impl Hash for EntityKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.kind, &self.folded).hash(state);
    }
}

impl EntityKey {
    /// The key of the one entity that `resource` is, if it is one that can be looked up.
    #[must_use]
    pub fn of(resource: &Resource) -> Option<Self> {
        let (kind, name) = resource.entity()?;
        look_up_call(kind, name)?;
        Some(Self { kind, folded: name.to_ascii_lowercase(), name: name.to_owned() })
    }

    /// The reading operation that tells of it.
    #[must_use]
    pub fn look_up_call(&self) -> DeclaredCall {
        look_up_call(self.kind, &self.name).expect("keys are made only of entities that can be looked up")
    }
}

fn look_up_call(kind: EntityKind, name: &str) -> Option<DeclaredCall> {
    let (action, member) = match kind {
        EntityKind::User => (GET_USER, "UserName"),
        EntityKind::Role => (GET_ROLE, "RoleName"),
        EntityKind::Group => (GET_GROUP, "GroupName"),
        // A managed policy is named by its ARN, and a virtual MFA device has no operation that tells of it.
        EntityKind::Policy | EntityKind::Mfa | EntityKind::InstanceProfile => return None,
    };
    Some(DeclaredCall::new(action, Resource::named(kind, name)).with(member, name))
}

/// What is known of the entities of one call.
#[derive(Debug, Clone, Default)]
pub struct Known(HashMap<EntityKey, Arc<EntityDetail>>);

impl Known {
    /// Remembers an entity.
    pub fn insert(&mut self, key: EntityKey, detail: Arc<EntityDetail>) {
        self.0.insert(key, detail);
    }

    /// What is known of the entity that `resource` is. Where the resource is an ARN, only if it is this very one: another
    /// may have taken the name.
    #[must_use]
    pub fn get(&self, resource: &Resource) -> Option<&EntityDetail> {
        let detail = self.0.get(&EntityKey::of(resource)?)?;
        match resource {
            Resource::Arn(arn) if *arn != detail.arn => None,
            _ => Some(detail),
        }
    }
}

/// Looks entities up, and remembers them for [`BELIEVED`].
#[derive(Debug, Default)]
pub struct LookUps(Mutex<HashMap<(RoleArn, EntityKey), Believed>>);

/// What AWS told, and until when it is believed.
type Believed = (Instant, Arc<EntityDetail>);

impl LookUps {
    /// What AWS told a session of this role of an entity.
    #[must_use]
    pub fn remembered(&self, role: &RoleArn, key: &EntityKey) -> Option<Arc<EntityDetail>> {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, detail) = remembered.get(&(role.clone(), key.clone()))?;
        (Instant::now() < *until).then(|| Arc::clone(detail))
    }

    /// Asks AWS with a session of this role; `None` if there is no such entity, or the caller's role may not look at it.
    ///
    /// # Errors
    /// What kept AWS from answering.
    pub async fn ask(
        &self,
        reader: &Reader,
        role: &RoleArn,
        key: &EntityKey,
    ) -> Result<Option<Arc<EntityDetail>>, AwsFailure> {
        let detail = match ask(reader, key).await {
            Ok(detail) => Arc::new(detail),
            Err(failure) if failure.is_no_such_entity() || failure.code.starts_with("AccessDenied") => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if remembered.len() >= CAPACITY {
            remembered.retain(|_, (until, _)| now < *until);
        }
        if remembered.len() < CAPACITY {
            remembered.insert((role.clone(), key.clone()), (now + BELIEVED, Arc::clone(&detail)));
        }
        Ok(Some(detail))
    }

    /// Forgets an entity, because it is about to be changed.
    pub fn forget(&self, account: &Account, key: &EntityKey) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.retain(|(role, own), _| role.account() != account.id || own != key);
    }
}

async fn ask(reader: &Reader, key: &EntityKey) -> Result<EntityDetail, AwsFailure> {
    let (call, name) = (key.look_up_call(), key.name.as_str());
    let resource = &call.resource;
    let unreadable = || AwsFailure::unreadable(call.action.as_str(), &resource.display(reader.account()));
    match key.kind {
        EntityKind::User => {
            let request = reader.iam().get_user().user_name(name);
            let answer = reader.read(call.action, resource, Box::pin(request.send())).await?;
            let user = answer.user().ok_or_else(unreadable)?;
            Ok(detail(user.arn(), user.tags(), user.permissions_boundary()))
        }
        EntityKind::Role => {
            let request = reader.iam().get_role().role_name(name);
            let answer = reader.read(call.action, resource, Box::pin(request.send())).await?;
            let role = answer.role().ok_or_else(unreadable)?;
            Ok(detail(role.arn(), role.tags(), role.permissions_boundary()))
        }
        EntityKind::Group => {
            let request = reader.iam().get_group().group_name(name).max_items(1);
            let answer = reader.read(call.action, resource, Box::pin(request.send())).await?;
            let group = answer.group().ok_or_else(unreadable)?;
            Ok(detail(group.arn(), &[], None))
        }
        EntityKind::Policy | EntityKind::Mfa | EntityKind::InstanceProfile => Err(unreadable()),
    }
}

fn detail(arn: &str, tags: &[Tag], boundary: Option<&AttachedPermissionsBoundary>) -> EntityDetail {
    EntityDetail {
        arn: arn.to_owned(),
        tags: tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect(),
        boundary: boundary.and_then(|boundary| boundary.permissions_boundary_arn()).map(ToOwned::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(arn: &str) -> Known {
        let mut known = Known::default();
        let detail = EntityDetail { arn: arn.to_owned(), tags: Vec::new(), boundary: None };
        known.insert(EntityKey::of(&Resource::user("BOB")).unwrap(), Arc::new(detail));
        known
    }

    #[test]
    fn an_entity_is_known_by_any_spelling_of_its_name_and_by_its_own_arn_only() {
        let arn = "arn:aws:iam::123456789012:user/ops/bob";
        let known = known(arn);
        assert_eq!(known.get(&Resource::user("Bob")).unwrap().arn, arn);
        assert!(known.get(&Resource::Arn(arn.to_owned())).is_some());
        assert!(known.get(&Resource::Arn(arn.replace("ops", "dev"))).is_none());
        assert!(known.get(&Resource::named(EntityKind::Role, "bob")).is_none());
        assert!(known.get(&Resource::All).is_none());
    }

    #[test]
    fn what_cannot_be_looked_up_has_no_key() {
        assert!(EntityKey::of(&Resource::Arn("arn:aws:iam::aws:policy/X".to_owned())).is_none());
        assert!(EntityKey::of(&Resource::Any(EntityKind::User)).is_none());
        let call = EntityKey::of(&Resource::named(EntityKind::Role, "Dev")).unwrap().look_up_call();
        assert!(call.covers("GetRole", [("RoleName", "Dev")].into_iter()));
        assert!(LOOK_UP_ACTIONS.contains(&call.action));
    }
}

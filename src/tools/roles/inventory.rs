//! A role and what hangs on it: what `get_role` shows and what `delete_role` must remove first.

use aws_sdk_iam::types;
use serde_json::{Map, Value, json};

use crate::iam::{Action, AwsFailure, DeclaredCall, EntityKind, Reader, Resource, reads, shape};
use crate::tools::holder::ROLE;
use crate::tools::holder::permissions::{self, Attached};
use crate::tools::pages::all_pages;

/// The actions of [`declared`].
pub const ACTIONS: &[Action] = &[
    reads::GET_ROLE,
    reads::LIST_ATTACHED_ROLE_POLICIES,
    reads::LIST_ROLE_POLICIES,
    reads::GET_ROLE_POLICY,
    reads::LIST_INSTANCE_PROFILES_FOR_ROLE,
];

/// The reads that [`Inventory::read`] makes for the role `name`.
#[must_use]
pub fn declared(name: &str) -> Vec<DeclaredCall> {
    vec![
        ROLE.on(reads::GET_ROLE, name),
        ROLE.on(reads::LIST_ATTACHED_ROLE_POLICIES, name),
        ROLE.on(reads::LIST_ROLE_POLICIES, name),
        ROLE.on(reads::GET_ROLE_POLICY, name).with_found("PolicyName"),
        ROLE.on(reads::LIST_INSTANCE_PROFILES_FOR_ROLE, name),
    ]
}

/// A role and what hangs on it.
#[derive(Debug)]
pub struct Inventory {
    /// The role itself.
    pub role: types::Role,
    /// Managed policies attached to it.
    pub attached: Vec<Attached>,
    /// Inline policies, name and document.
    pub inline: Vec<(String, Value)>,
    /// The instance profiles that carry it.
    pub profiles: Vec<types::InstanceProfile>,
}

impl Inventory {
    /// Reads the role `name` and what hangs on it; a role that was created moments ago is waited for.
    ///
    /// # Errors
    /// The first read that fails; when IAM knows no such role, its message names role and account.
    pub async fn read(reader: &Reader, name: &str) -> Result<Self, AwsFailure> {
        // One answer that knows of it does not mean that the next one does.
        reader.settled(ROLE.kind, name, || Box::pin(Self::read_once(reader, name))).await
    }

    async fn read_once(reader: &Reader, name: &str) -> Result<Self, AwsFailure> {
        // The role first: if there is none, one clear error, and no half dozen calls to learn it.
        let role = role(reader, name).await?;
        let resource = &Resource::named(EntityKind::Role, name);
        let profiles = || reader.iam().list_instance_profiles_for_role().role_name(name);
        let (attached, inline, profiles) = tokio::try_join!(
            permissions::attached(reader, &ROLE, name),
            permissions::all_inline(reader, &ROLE, name),
            all_pages!(reader, reads::LIST_INSTANCE_PROFILES_FOR_ROLE, resource, profiles(), instance_profiles),
        )?;
        Ok(Self { role, attached, inline, profiles })
    }

    /// The role and what hangs on it as JSON, in AWS's field names.
    #[must_use]
    pub fn shown(&self) -> Map<String, Value> {
        let Value::Object(mut role) = shape::role(&self.role) else { return Map::new() };
        role.entry("Tags").or_insert_with(|| json!([]));
        role.insert("AttachedPolicies".to_owned(), permissions::show_attached(&self.attached));
        role.insert("InlinePolicies".to_owned(), permissions::show_inline(&self.inline));
        let profiles = self.profiles.iter().map(|profile| {
            json!({"InstanceProfileName": profile.instance_profile_name(), "Arn": profile.arn(), "Path": profile.path()})
        });
        role.insert("InstanceProfiles".to_owned(), profiles.collect());
        role
    }
}

/// The role `name`; one that was created moments ago is waited for.
///
/// # Errors
/// The read's failure; when IAM knows no such role, its message names role and account.
pub async fn role(reader: &Reader, name: &str) -> Result<types::Role, AwsFailure> {
    let resource = &Resource::named(EntityKind::Role, name);
    let once = || async {
        let request = reader.iam().get_role().role_name(name);
        let answer = reader.read(reads::GET_ROLE, resource, Box::pin(request.send())).await?;
        answer.role().cloned().ok_or_else(|| AwsFailure::unreadable(reads::GET_ROLE.as_str(), name))
    };
    let found = reader.settled(EntityKind::Role, name, once).await;
    found.map_err(|failure| failure.naming("role", name, reader.account()))
}

//! One role, in four calls.

use aws_sdk_iam::types;
use serde_json::{Map, Value};

use super::held;
use crate::iam::{Action, AwsFailure, DeclaredCall, EntityKind, Reader, Resource, reads, shape};
use crate::policy::PolicyKind;
use crate::posture::snapshot::{Identity, Library, Role};
use crate::tools::holder::ROLE;
use crate::tools::holder::permissions::{attached, inline_names};
use crate::tools::identities::fetch::pages;
use crate::tools::pages::all_pages;
use crate::tools::roles::inventory;

/// The actions of [`declared`].
pub(super) const ACTIONS: &[Action] = &[
    reads::GET_ROLE,
    reads::LIST_ATTACHED_ROLE_POLICIES,
    reads::LIST_ROLE_POLICIES,
    reads::LIST_INSTANCE_PROFILES_FOR_ROLE,
];

/// The calls that [`read`] makes for the role `name`.
pub(super) fn declared(name: &str) -> Vec<DeclaredCall> {
    ACTIONS.iter().map(|action| ROLE.on(*action, name)).collect()
}

/// The role, and what is told of it beside; of its inline policies only the names are read.
pub(super) async fn read(reader: &Reader, name: &str) -> Result<(Role, Map<String, Value>), AwsFailure> {
    // The role first: if there is none, one clear error, and no others.
    let role = inventory::role(reader, name).await?;
    let resource = &Resource::named(EntityKind::Role, name);
    let profiles = || reader.iam().list_instance_profiles_for_role().role_name(name);
    let (attached, inline, profiles) = tokio::try_join!(
        attached(reader, &ROLE, name),
        inline_names(reader, &ROLE, name),
        all_pages!(reader, reads::LIST_INSTANCE_PROFILES_FOR_ROLE, resource, profiles(), instance_profiles),
    )?;
    let role = Role {
        identity: Identity {
            name: role.role_name().into(),
            arn: role.arn().into(),
            id: role.role_id().into(),
            path: role.path().into(),
            created: pages::time(role.create_date()),
            tags: pages::tags(role.tags()),
            attached: attached.into_iter().map(|policy| policy.arn.into()).collect(),
            inline: Vec::new(),
            boundary: boundary(&role),
        },
        trust: Library::default()
            .read(PolicyKind::Trust, &shape::decoded(role.assume_role_policy_document().unwrap_or_default())),
        last_used: role.role_last_used().and_then(|used| used.last_used_date()).and_then(pages::time),
        instance_profiles: profiles.iter().map(|profile| profile.instance_profile_name().into()).collect(),
    };
    let mut beside = held(&role.identity, inline);
    beside.insert("InstanceProfiles".to_owned(), role.instance_profiles.iter().map(|name| &**name).collect());
    Ok((role, beside))
}

fn boundary(role: &types::Role) -> Option<std::sync::Arc<str>> {
    role.permissions_boundary().and_then(|boundary| boundary.permissions_boundary_arn()).map(Into::into)
}

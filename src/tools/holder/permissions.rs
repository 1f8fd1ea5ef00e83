//! What a principal holds: read, as the analysis of grants takes it.

use futures_util::future::try_join_all;
use serde_json::{Value, json};

use super::{GROUP, Holder, USER};
use crate::iam::{AwsFailure, DeclaredCall, EntityKind, Reader, Resource, reads, shape};
use crate::tools::grants::Permissions;
use crate::tools::managed;
use crate::tools::pages::all_pages;

/// The principal itself, as far as it matters here.
#[derive(Debug, Clone)]
pub struct Principal {
    /// Its real ARN.
    pub arn: String,
    /// Its tags, key and value.
    pub tags: Vec<(String, String)>,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
}

/// A managed policy where it is attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
}

/// The principal of this name; one that was created moments ago is waited for.
///
/// # Errors
/// The read's failure; where IAM knows no such principal, it names kind, name and account.
pub async fn principal(reader: &Reader, holder: &Holder, name: &str) -> Result<Principal, AwsFailure> {
    let resource = &holder.named(name);
    let boundary = |boundary: Option<&aws_sdk_iam::types::AttachedPermissionsBoundary>| {
        boundary.and_then(|boundary| boundary.permissions_boundary_arn()).map(ToOwned::to_owned)
    };
    let tags = |tags: &[aws_sdk_iam::types::Tag]| {
        tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect::<Vec<_>>()
    };
    let unreadable = || AwsFailure::unreadable(holder.get.as_str(), name);
    let once = || async {
        match holder.kind {
            EntityKind::User => {
                let request = reader.iam().get_user().user_name(name);
                let answer = reader.read(holder.get, resource, Box::pin(request.send())).await?;
                let user = answer.user().ok_or_else(unreadable)?;
                Ok(Principal {
                    arn: user.arn().to_owned(),
                    tags: tags(user.tags()),
                    boundary: boundary(user.permissions_boundary()),
                })
            }
            EntityKind::Role => {
                let request = reader.iam().get_role().role_name(name);
                let answer = reader.read(holder.get, resource, Box::pin(request.send())).await?;
                let role = answer.role().ok_or_else(unreadable)?;
                Ok(Principal {
                    arn: role.arn().to_owned(),
                    tags: tags(role.tags()),
                    boundary: boundary(role.permissions_boundary()),
                })
            }
            _ => {
                let request = reader.iam().get_group().group_name(name).max_items(1);
                let answer = reader.read(holder.get, resource, Box::pin(request.send())).await?;
                let group = answer.group().ok_or_else(unreadable)?;
                Ok(Principal { arn: group.arn().to_owned(), tags: Vec::new(), boundary: None })
            }
        }
    };
    reader
        .settled(holder.kind, name, once)
        .await
        .map_err(|failure| failure.naming(holder.word(), name, reader.account()))
}

/// The managed policies attached to it.
///
/// # Errors
/// The read's failure.
pub async fn attached(reader: &Reader, holder: &Holder, name: &str) -> Result<Vec<Attached>, AwsFailure> {
    let (action, resource) = (holder.list_attached, &holder.named(name));
    let iam = reader.iam();
    let listed = match holder.kind {
        EntityKind::User => {
            all_pages!(reader, action, resource, iam.list_attached_user_policies().user_name(name), attached_policies)
                .await
        }
        EntityKind::Role => {
            all_pages!(reader, action, resource, iam.list_attached_role_policies().role_name(name), attached_policies)
                .await
        }
        _ => {
            all_pages!(reader, action, resource, iam.list_attached_group_policies().group_name(name), attached_policies)
                .await
        }
    }?;
    let attached = listed.into_iter().filter_map(|policy| {
        Some(Attached {
            name: policy.policy_name().unwrap_or_default().to_owned(),
            arn: policy.policy_arn()?.to_owned(),
        })
    });
    Ok(attached.collect())
}

/// The names of its inline policies.
///
/// # Errors
/// The read's failure.
pub async fn inline_names(reader: &Reader, holder: &Holder, name: &str) -> Result<Vec<String>, AwsFailure> {
    let (action, resource) = (holder.list_inline, &holder.named(name));
    let iam = reader.iam();
    match holder.kind {
        EntityKind::User => {
            all_pages!(reader, action, resource, iam.list_user_policies().user_name(name), policy_names).await
        }
        EntityKind::Role => {
            all_pages!(reader, action, resource, iam.list_role_policies().role_name(name), policy_names).await
        }
        _ => all_pages!(reader, action, resource, iam.list_group_policies().group_name(name), policy_names).await,
    }
}

/// An inline policy, as an object.
///
/// # Errors
/// The read's failure.
pub async fn inline(reader: &Reader, holder: &Holder, name: &str, policy: &str) -> Result<Value, AwsFailure> {
    let (action, resource) = (holder.get_inline, &holder.named(name));
    let document = match holder.kind {
        EntityKind::User => {
            let request = reader.iam().get_user_policy().user_name(name).policy_name(policy);
            reader.read(action, resource, Box::pin(request.send())).await?.policy_document().to_owned()
        }
        EntityKind::Role => {
            let request = reader.iam().get_role_policy().role_name(name).policy_name(policy);
            reader.read(action, resource, Box::pin(request.send())).await?.policy_document().to_owned()
        }
        _ => {
            let request = reader.iam().get_group_policy().group_name(name).policy_name(policy);
            reader.read(action, resource, Box::pin(request.send())).await?.policy_document().to_owned()
        }
    };
    Ok(shape::policy_document(&document))
}

/// All its inline policies, name and document.
///
/// # Errors
/// The first read that fails.
pub async fn all_inline(reader: &Reader, holder: &Holder, name: &str) -> Result<Vec<(String, Value)>, AwsFailure> {
    let mut policies = Vec::new();
    for policy in inline_names(reader, holder, name).await? {
        let document = inline(reader, holder, name, &policy).await?;
        policies.push((policy, document));
    }
    Ok(policies)
}

/// Everything that a principal's policies say, those of a user's groups included.
#[derive(Debug, Clone)]
pub struct Held {
    /// The principal.
    pub principal: Principal,
    /// Managed policies with their documents.
    pub attached: Vec<(Attached, Value)>,
    /// Inline policies, name and document.
    pub inline: Vec<(String, Value)>,
    /// The documents that a user has from its groups.
    pub of_groups: Vec<Value>,
    /// The document of the permissions boundary.
    pub boundary: Option<Value>,
}

impl Held {
    /// Reads all of it.
    ///
    /// # Errors
    /// The first read that fails.
    pub async fn read(reader: &Reader, holder: &Holder, name: &str) -> Result<Self, AwsFailure> {
        // The principal first: if there is none, one clear error, and no half dozen calls to learn it.
        let principal = principal(reader, holder, name).await?;
        let groups = async {
            match holder.kind {
                EntityKind::User => groups_of(reader, name).await,
                _ => Ok(Vec::new()),
            }
        };
        let boundary = async {
            match &principal.boundary {
                Some(arn) => managed::document(reader, arn).await.map(Some),
                None => Ok(None),
            }
        };
        let (attached, inline, of_groups, boundary) =
            tokio::try_join!(documents(reader, holder, name), all_inline(reader, holder, name), groups, boundary)?;
        Ok(Self { principal, attached, inline, of_groups, boundary })
    }

    /// As the analysis takes it.
    #[must_use]
    pub fn permissions(&self) -> Permissions {
        let own = self.attached.iter().map(|(_, document)| document).chain(self.inline.iter().map(|(_, d)| d));
        Permissions { policies: own.chain(&self.of_groups).cloned().collect(), boundary: self.boundary.clone() }
    }

    /// The same without the inline policy of this name.
    #[must_use]
    pub fn without_inline(&self, policy: &str) -> Self {
        let mut held = self.clone();
        held.inline.retain(|(name, _)| name != policy);
        held
    }
}

/// The managed policies attached to it, with the documents that are in force.
///
/// # Errors
/// The first read that fails.
pub async fn documents(reader: &Reader, holder: &Holder, name: &str) -> Result<Vec<(Attached, Value)>, AwsFailure> {
    let attached = attached(reader, holder, name).await?;
    let documents = try_join_all(attached.iter().map(|policy| managed::document(reader, &policy.arn))).await?;
    Ok(attached.into_iter().zip(documents).collect())
}

/// The documents that a group gives to its members.
///
/// # Errors
/// The first read that fails.
pub async fn of_group(reader: &Reader, group: &str) -> Result<Vec<Value>, AwsFailure> {
    let (attached, inline) = tokio::try_join!(documents(reader, &GROUP, group), all_inline(reader, &GROUP, group))?;
    Ok(attached.into_iter().map(|(_, document)| document).chain(inline.into_iter().map(|(_, d)| d)).collect())
}

async fn groups_of(reader: &Reader, user: &str) -> Result<Vec<Value>, AwsFailure> {
    let (action, resource) = (reads::LIST_GROUPS_FOR_USER, &USER.named(user));
    let request = || reader.iam().list_groups_for_user().user_name(user);
    let groups = all_pages!(reader, action, resource, request(), groups).await?;
    let documents = try_join_all(groups.iter().map(|group| of_group(reader, group.group_name()))).await?;
    Ok(documents.into_iter().flatten().collect())
}

/// The reads of [`Held::read`], for one of this name.
#[must_use]
pub fn declared(holder: &Holder, name: &str) -> Vec<DeclaredCall> {
    let mut calls = vec![
        holder.on(holder.get, name),
        holder.on(holder.list_attached, name),
        holder.on(holder.list_inline, name),
        holder.on(holder.get_inline, name).with_found("PolicyName"),
    ];
    if holder.kind == EntityKind::User {
        calls.push(holder.on(reads::LIST_GROUPS_FOR_USER, name));
        let of_group = |action| DeclaredCall::new(action, Resource::Any(EntityKind::Group)).with_found(GROUP.member);
        calls.extend([
            of_group(GROUP.list_attached),
            of_group(GROUP.list_inline),
            of_group(GROUP.get_inline).with_found("PolicyName"),
        ]);
    }
    calls.extend(managed::declared_found());
    calls
}

/// The actions of [`declared`].
pub const OF_USERS: &[crate::iam::Action] = &[
    reads::GET_USER,
    reads::LIST_ATTACHED_USER_POLICIES,
    reads::LIST_USER_POLICIES,
    reads::GET_USER_POLICY,
    reads::LIST_GROUPS_FOR_USER,
    reads::LIST_ATTACHED_GROUP_POLICIES,
    reads::LIST_GROUP_POLICIES,
    reads::GET_GROUP_POLICY,
    reads::GET_POLICY,
    reads::GET_POLICY_VERSION,
];

/// The actions of [`declared`] for a role.
pub const OF_ROLES: &[crate::iam::Action] = &[
    reads::GET_ROLE,
    reads::LIST_ATTACHED_ROLE_POLICIES,
    reads::LIST_ROLE_POLICIES,
    reads::GET_ROLE_POLICY,
    reads::GET_POLICY,
    reads::GET_POLICY_VERSION,
];

/// The actions of [`declared`] for a group.
pub const OF_GROUPS: &[crate::iam::Action] = &[
    reads::GET_GROUP,
    reads::LIST_ATTACHED_GROUP_POLICIES,
    reads::LIST_GROUP_POLICIES,
    reads::GET_GROUP_POLICY,
    reads::GET_POLICY,
    reads::GET_POLICY_VERSION,
];

/// Attached policies as JSON.
#[must_use]
pub fn show_attached(attached: &[Attached]) -> Value {
    attached.iter().map(|policy| json!({"PolicyName": policy.name, "PolicyArn": policy.arn})).collect()
}

/// Inline policies as JSON.
#[must_use]
pub fn show_inline(inline: &[(String, Value)]) -> Value {
    inline.iter().map(|(name, document)| json!({"PolicyName": name, "PolicyDocument": document})).collect()
}

//! What a principal holds: read, as the analysis of grants takes it.

use data_encoding::HEXLOWER;
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{GROUP, Holder};
use crate::iam::{Action, AwsFailure, DeclaredCall, EntityKind, Reader, Resource, reads, shape};
use crate::tools::managed;
use crate::tools::pages::all_pages;

/// The principal itself, as far as it matters here.
#[derive(Debug, Clone)]
pub struct Principal {
    /// Its real ARN.
    pub arn: String,
    /// The id that no other ever has: one that was deleted and made anew has another.
    pub id: String,
    /// Who may be it: the trust policy of a role.
    pub trust: Option<Value>,
    /// Its tags, key and value.
    pub tags: Vec<(String, String)>,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
}

impl Principal {
    /// What a confirmation is bound to beside what the plan says: that it is still this one, and that the same may be it.
    #[must_use]
    pub fn observed(&self) -> (String, Value) {
        let mut observed = json!({"Id": self.id});
        if let Some(trust) = &self.trust {
            let canonical = serde_json_canonicalizer::to_vec(trust).expect("a JSON value serializes");
            observed["TrustPolicySha256"] = HEXLOWER.encode(&Sha256::digest(canonical)).into();
        }
        (self.arn.clone(), observed)
    }
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
                    id: user.user_id().to_owned(),
                    trust: None,
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
                    id: role.role_id().to_owned(),
                    trust: role.assume_role_policy_document().map(shape::policy_document),
                    tags: tags(role.tags()),
                    boundary: boundary(role.permissions_boundary()),
                })
            }
            _ => {
                let request = reader.iam().get_group().group_name(name).max_items(1);
                let answer = reader.read(holder.get, resource, Box::pin(request.send())).await?;
                let group = answer.group().ok_or_else(unreadable)?;
                let (arn, id) = (group.arn().to_owned(), group.group_id().to_owned());
                Ok(Principal { arn, id, trust: None, tags: Vec::new(), boundary: None })
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

/// The managed policies attached to it, with the documents that are in force.
///
/// # Errors
/// The first read that fails.
pub async fn documents(reader: &Reader, holder: &Holder, name: &str) -> Result<Vec<(Attached, Value)>, AwsFailure> {
    let attached = attached(reader, holder, name).await?;
    let documents = try_join_all(attached.iter().map(|policy| managed::document(reader, &policy.arn))).await?;
    Ok(attached.into_iter().zip(documents).collect())
}

/// The reads of [`Held::read`](super::held::Held::read), for one of this name.
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
        calls.extend(declared_of_groups());
    }
    calls.extend(managed::declared_found());
    calls
}

/// The reads of [`held::of_group`](super::held::of_group) for whatever groups are found, without those of managed policies.
#[must_use]
pub fn declared_of_groups() -> [DeclaredCall; 3] {
    let of_group = |action| DeclaredCall::new(action, Resource::Any(EntityKind::Group)).with_found(GROUP.member);
    [of_group(GROUP.list_attached), of_group(GROUP.list_inline), of_group(GROUP.get_inline).with_found("PolicyName")]
}

/// The actions on users of [`declared`] for one.
pub(super) const ON_USERS: &[Action] = &[
    reads::GET_USER,
    reads::LIST_ATTACHED_USER_POLICIES,
    reads::LIST_USER_POLICIES,
    reads::GET_USER_POLICY,
    reads::LIST_GROUPS_FOR_USER,
];

/// The actions on roles of [`declared`] for one.
pub(super) const ON_ROLES: &[Action] =
    &[reads::GET_ROLE, reads::LIST_ATTACHED_ROLE_POLICIES, reads::LIST_ROLE_POLICIES, reads::GET_ROLE_POLICY];

/// The actions on the policies of groups.
pub(super) const ON_GROUPS: &[Action] =
    &[reads::LIST_ATTACHED_GROUP_POLICIES, reads::LIST_GROUP_POLICIES, reads::GET_GROUP_POLICY];

/// The actions on managed policies.
pub(super) const ON_POLICIES: &[Action] = &[reads::GET_POLICY, reads::GET_POLICY_VERSION];

/// The actions of [`declared`] for a user.
pub const OF_USERS: &[Action] = &reads::joined::<10>(&[ON_USERS, ON_GROUPS, ON_POLICIES]);

/// The actions of [`declared`] for a role.
pub const OF_ROLES: &[Action] = &reads::joined::<6>(&[ON_ROLES, ON_POLICIES]);

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

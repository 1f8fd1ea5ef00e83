//! From pages of GetAccountAuthorizationDetails to a snapshot.

use std::collections::HashSet;
use std::sync::Arc;

use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::types::{
    AttachedPermissionsBoundary, AttachedPolicy, GroupDetail, ManagedPolicyDetail, PolicyDetail, RoleDetail, Tag,
    UserDetail,
};
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use crate::iam::reads::GET_ACCOUNT_AUTHORIZATION_DETAILS;
use crate::iam::{Account, AwsFailure, shape};
use crate::policy::PolicyKind;
use crate::posture::Snapshot;
use crate::posture::snapshot::{Group, Identity, Library, ManagedPolicy, PolicyVersion, Role, User, Written};

/// The pages that were read so far.
pub(super) struct Pages {
    snapshot: Snapshot,
    library: Library,
    /// ARNs of policies and names of groups, each kept once.
    names: HashSet<Arc<str>>,
}

/// What users, groups and roles of AWS's answer have in common.
struct Parts<'a> {
    name: Option<&'a str>,
    arn: Option<&'a str>,
    id: Option<&'a str>,
    path: Option<&'a str>,
    created: Option<&'a DateTime>,
    tags: &'a [Tag],
    attached: &'a [AttachedPolicy],
    inline: &'a [PolicyDetail],
    boundary: Option<&'a AttachedPermissionsBoundary>,
}

impl Pages {
    /// None of this account yet.
    pub(super) fn of(account: Account, taken: Timestamp) -> Self {
        let snapshot = Snapshot {
            account,
            taken,
            users: Vec::new(),
            groups: Vec::new(),
            roles: Vec::new(),
            policies: Vec::new(),
            root: None,
        };
        Self { snapshot, library: Library::default(), names: HashSet::new() }
    }

    /// How many users, groups, roles and policies of the account's own were read.
    pub(super) fn items(&self) -> usize {
        let Snapshot { users, groups, roles, policies, .. } = &self.snapshot;
        let own = policies.iter().filter(|policy| !policy.is_aws_managed()).count();
        users.len() + groups.len() + roles.len() + own
    }

    /// All that was read.
    pub(super) fn finished(self) -> Snapshot {
        self.snapshot
    }

    /// Reads a page.
    ///
    /// # Errors
    /// `AwsAnswerUnreadable` where something has no name or ARN.
    pub(super) fn add(&mut self, page: &GetAccountAuthorizationDetailsOutput) -> Result<(), AwsFailure> {
        for user in page.user_detail_list() {
            let user = self.user(user)?;
            self.snapshot.users.push(user);
        }
        for group in page.group_detail_list() {
            let group = self.group(group)?;
            self.snapshot.groups.push(group);
        }
        for role in page.role_detail_list() {
            let role = self.role(role)?;
            self.snapshot.roles.push(role);
        }
        for policy in page.policies() {
            let policy = self.policy(policy)?;
            self.snapshot.policies.push(policy);
        }
        Ok(())
    }

    fn user(&mut self, user: &UserDetail) -> Result<User, AwsFailure> {
        let groups = user.group_list().iter().map(|name| self.name(name)).collect();
        let identity = self.identity(&Parts {
            name: user.user_name(),
            arn: user.arn(),
            id: user.user_id(),
            path: user.path(),
            created: user.create_date(),
            tags: user.tags(),
            attached: user.attached_managed_policies(),
            inline: user.user_policy_list(),
            boundary: user.permissions_boundary(),
        })?;
        Ok(User { identity, groups, credentials: None })
    }

    fn group(&mut self, group: &GroupDetail) -> Result<Group, AwsFailure> {
        let identity = self.identity(&Parts {
            name: group.group_name(),
            arn: group.arn(),
            id: group.group_id(),
            path: group.path(),
            created: group.create_date(),
            tags: &[],
            attached: group.attached_managed_policies(),
            inline: group.group_policy_list(),
            boundary: None,
        })?;
        Ok(Group { identity })
    }

    fn role(&mut self, role: &RoleDetail) -> Result<Role, AwsFailure> {
        let identity = self.identity(&Parts {
            name: role.role_name(),
            arn: role.arn(),
            id: role.role_id(),
            path: role.path(),
            created: role.create_date(),
            tags: role.tags(),
            attached: role.attached_managed_policies(),
            inline: role.role_policy_list(),
            boundary: role.permissions_boundary(),
        })?;
        let profiles = role.instance_profile_list().iter();
        Ok(Role {
            identity,
            trust: self.document(PolicyKind::Trust, role.assume_role_policy_document().unwrap_or_default()),
            last_used: role.role_last_used().and_then(|used| used.last_used_date()).and_then(time),
            instance_profiles: profiles.map(|profile| profile.instance_profile_name().into()).collect(),
        })
    }

    fn policy(&mut self, policy: &ManagedPolicyDetail) -> Result<ManagedPolicy, AwsFailure> {
        let arn = policy.arn().ok_or_else(unreadable)?;
        // The ARN ends with it.
        let name = policy.policy_name().or_else(|| arn.rsplit('/').next()).unwrap_or_default();
        let versions = policy.policy_version_list().iter().filter_map(|version| {
            let document = self.document(PolicyKind::Identity, version.document()?);
            Some(PolicyVersion { id: version.version_id()?.into(), document })
        });
        let versions = versions.collect();
        let default_version = policy.default_version_id().unwrap_or_default().into();
        Ok(ManagedPolicy { name: name.into(), arn: self.name(arn), default_version, versions })
    }

    fn identity(&mut self, parts: &Parts<'_>) -> Result<Identity, AwsFailure> {
        let (Some(name), Some(arn)) = (parts.name, parts.arn) else { return Err(unreadable()) };
        let inline = parts.inline.iter().filter_map(|policy| {
            let document = self.document(PolicyKind::Identity, policy.policy_document()?);
            Some((policy.policy_name()?.into(), document))
        });
        let inline = inline.collect();
        let attached = parts.attached.iter().filter_map(|policy| policy.policy_arn());
        let attached = attached.map(|arn| self.name(arn)).collect();
        let boundary = parts.boundary.and_then(|boundary| boundary.permissions_boundary_arn());
        Ok(Identity {
            name: name.into(),
            arn: arn.into(),
            id: parts.id.unwrap_or_default().into(),
            path: parts.path.unwrap_or("/").into(),
            created: parts.created.and_then(time),
            tags: tags(parts.tags),
            attached,
            inline,
            boundary: boundary.map(|arn| self.name(arn)),
        })
    }

    fn document(&mut self, kind: PolicyKind, encoded: &str) -> Arc<Written> {
        self.library.read(kind, &shape::decoded(encoded))
    }

    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(kept) = self.names.get(name) {
            return Arc::clone(kept);
        }
        let kept: Arc<str> = name.into();
        self.names.insert(Arc::clone(&kept));
        kept
    }
}

fn unreadable() -> AwsFailure {
    AwsFailure::unreadable(GET_ACCOUNT_AUTHORIZATION_DETAILS.as_str(), "*")
}

/// Tags, key and value.
pub(in crate::tools::identities) fn tags(tags: &[Tag]) -> Vec<(Box<str>, Box<str>)> {
    tags.iter().map(|tag| (tag.key().into(), tag.value().into())).collect()
}

/// A time; IAM's are valid, and one that is not is none.
pub(in crate::tools::identities) fn time(time: &DateTime) -> Option<Timestamp> {
    Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).ok()?).ok()
}

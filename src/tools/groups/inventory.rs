//! A group and what hangs on it: what `get_group` shows and what `delete_group` must remove first.

use serde_json::{Map, Value, json};

use super::members::{self, Membership};
use crate::iam::{Action, AwsFailure, DeclaredCall, Reader, reads, shape};
use crate::tools::holder::GROUP;
use crate::tools::holder::permissions::{self, Attached};

/// The actions of [`declared`].
pub const ACTIONS: &[Action] =
    &[reads::GET_GROUP, reads::LIST_ATTACHED_GROUP_POLICIES, reads::LIST_GROUP_POLICIES, reads::GET_GROUP_POLICY];

/// The reads that [`Inventory::read`] makes for the group `name`.
#[must_use]
pub fn declared(name: &str) -> Vec<DeclaredCall> {
    vec![
        GROUP.on(reads::GET_GROUP, name),
        GROUP.on(reads::LIST_ATTACHED_GROUP_POLICIES, name),
        GROUP.on(reads::LIST_GROUP_POLICIES, name),
        GROUP.on(reads::GET_GROUP_POLICY, name).with_found("PolicyName"),
    ]
}

/// A group and what hangs on it.
#[derive(Debug)]
pub struct Inventory {
    /// The group and its members.
    pub membership: Membership,
    /// Managed policies attached to it.
    pub attached: Vec<Attached>,
    /// Inline policies, name and document.
    pub inline: Vec<(String, Value)>,
}

impl Inventory {
    /// Reads the group `name` and what hangs on it; a group that was created moments ago is waited for.
    ///
    /// # Errors
    /// The first read that fails; when IAM knows no such group, its message names group and account.
    pub async fn read(reader: &Reader, name: &str) -> Result<Self, AwsFailure> {
        // One answer that knows of it does not mean that the next one does.
        reader.settled(GROUP.kind, name, || Box::pin(Self::read_once(reader, name))).await
    }

    async fn read_once(reader: &Reader, name: &str) -> Result<Self, AwsFailure> {
        // The group first: if there is none, one clear error, and no half dozen calls to learn it.
        let membership = members::read(reader, name).await?;
        let (attached, inline) = tokio::try_join!(
            permissions::attached(reader, &GROUP, name),
            permissions::all_inline(reader, &GROUP, name),
        )?;
        Ok(Self { membership, attached, inline })
    }

    /// The group and what hangs on it as JSON, in AWS's field names.
    #[must_use]
    pub fn shown(&self) -> Map<String, Value> {
        let Value::Object(mut group) = shape::group(&self.membership.group) else { return Map::new() };
        let users = self.membership.users.iter();
        let users =
            users.map(|user| json!({"UserName": user.user_name(), "Arn": user.arn(), "UserId": user.user_id()}));
        group.insert("Users".to_owned(), users.collect());
        group.insert("AttachedPolicies".to_owned(), permissions::show_attached(&self.attached));
        group.insert("InlinePolicies".to_owned(), permissions::show_inline(&self.inline));
        group
    }
}

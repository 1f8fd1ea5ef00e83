//! Who is in a group: whoever changes the group's policies changes what they may do.

use aws_sdk_iam::types;

use crate::iam::{AwsFailure, EntityKind, Reader, Resource, reads};
use crate::tools::holder::{GROUP, Holder};
use crate::tools::pages::all_pages;

/// A group and its members.
#[derive(Debug)]
pub struct Membership {
    /// The group.
    pub group: types::Group,
    /// Its members.
    pub users: Vec<types::User>,
}

/// Reads the group `name` with all its members; one that was created moments ago is waited for.
///
/// # Errors
/// The read's failure; when IAM knows no such group, its message names group and account.
pub async fn read(reader: &Reader, name: &str) -> Result<Membership, AwsFailure> {
    let resource = &GROUP.named(name);
    let once = || async {
        let first = reader.iam().get_group().group_name(name).max_items(1);
        let first = reader.read(reads::GET_GROUP, resource, Box::pin(first.send())).await?;
        let group = first.group().cloned().ok_or_else(|| AwsFailure::unreadable(reads::GET_GROUP.as_str(), name))?;
        let users = if first.is_truncated() {
            all_pages!(reader, reads::GET_GROUP, resource, reader.iam().get_group().group_name(name), users).await?
        } else {
            first.users().to_vec()
        };
        Ok(Membership { group, users })
    };
    let found = reader.settled(EntityKind::Group, name, once).await;
    found.map_err(|failure| failure.naming("group", name, reader.account()))
}

/// The members whose permissions a change of this principal's policies changes: of a group all, of a user or role none.
///
/// # Errors
/// The read's failure.
pub async fn of(reader: &Reader, holder: &Holder, name: &str) -> Result<Vec<types::User>, AwsFailure> {
    if holder.kind != EntityKind::Group {
        return Ok(Vec::new());
    }
    Ok(read(reader, name).await?.users)
}

/// Them as those whom a plan reaches.
#[must_use]
pub fn reached(members: &[types::User]) -> Option<Vec<Resource>> {
    Some(members.iter().map(|user| Resource::Arn(user.arn().to_owned())).collect())
}

//! What a change of policies lets whoever it reaches do: each principal's own policies are looked at, before and after.

use aws_sdk_iam::types;
use futures_util::future::try_join_all;
use serde_json::Value;

use super::held::Held;
use super::permissions;
use super::{GROUP, Holder, ROLE, USER};
use crate::iam::{Action, AwsFailure, DeclaredCall, EntityKind, Reader, Resource, reads};
use crate::tools::grants::{self, Granted};
use crate::tools::managed;

/// How many principals of a group or of a managed policy are looked at one by one: each takes a dozen calls of IAM, whose
/// rate the whole account shares.
pub const MOST_LOOKED_AT: usize = 10;

/// How many are read at a time.
const AT_A_TIME: usize = 4;

/// What `change` lets these principals do that they could not do before.
///
/// Where there are more than [`MOST_LOOKED_AT`], what is taken from the documents alone (`before` and `after`) stands for the
/// rest; then a Deny that goes counts as everything, since it cannot be told what it kept from whom.
///
/// # Errors
/// The first read that fails.
pub async fn of(
    reader: &Reader,
    account: &str,
    principals: &[(&'static Holder, String)],
    (before, after): (&[Value], &[Value]),
    change: impl Fn(&Held) -> Held,
) -> Result<Granted, AwsFailure> {
    let of_documents = |documents: &[Value]| grants::Permissions { policies: documents.to_vec(), boundary: None };
    let mut granted = grants::compare(&of_documents(before), &of_documents(after), account);
    let looked_at = &principals[..principals.len().min(MOST_LOOKED_AT)];
    for some in looked_at.chunks(AT_A_TIME) {
        let mut read = Vec::with_capacity(some.len());
        for (holder, name) in some {
            read.push(Held::read(reader, holder, name));
        }
        for held in try_join_all(read).await? {
            granted = granted.and(of_one(&held, &change(&held), account));
        }
    }
    if principals.len() > MOST_LOOKED_AT && grants::lifts_deny(before, after) {
        granted = granted.and(Granted { administrator: true, ..Granted::default() });
    }
    Ok(granted)
}

/// What a change of the own policies of a user, a role or a group lets it, or the group's members, newly do. `after` is the
/// principal after the change, `change` the same for a member that has the group's documents among its own.
///
/// # Errors
/// The first read that fails.
pub async fn of_holder(
    reader: &Reader,
    account: &str,
    held: &Held,
    after: &Held,
    members: &[types::User],
    change: impl Fn(&Held) -> Held,
) -> Result<Granted, AwsFailure> {
    if members.is_empty() {
        return Ok(of_one(held, after, account));
    }
    let says = |held: &Held| held.documents.iter().map(|document| document.says.clone()).collect::<Vec<_>>();
    let users: Vec<_> = members.iter().map(|user| (&USER, user.user_name().to_owned())).collect();
    of(reader, account, &users, (&says(held), &says(after)), change).await
}

/// What this user or role could newly do.
#[must_use]
pub fn of_one(held: &Held, after: &Held, account: &str) -> Granted {
    grants::compare(&held.permissions(), &after.permissions(), account)
}

/// The reads of [`of`], of whatever principals of these kinds are found.
fn declared(holders: &[&Holder]) -> Vec<DeclaredCall> {
    let of = |holder: &Holder, action: Action| {
        DeclaredCall::new(action, Resource::Any(holder.kind)).with_found(holder.member)
    };
    let mut calls = Vec::new();
    for holder in holders {
        calls.extend([
            of(holder, holder.get),
            of(holder, holder.list_attached),
            of(holder, holder.list_inline),
            of(holder, holder.get_inline).with_found("PolicyName"),
        ]);
    }
    calls.push(of(&USER, reads::LIST_GROUPS_FOR_USER));
    calls.extend(managed::declared_found());
    calls
}

/// The reads of [`of`], of whoever a managed policy reaches.
#[must_use]
pub fn declared_found() -> Vec<DeclaredCall> {
    declared(&[&USER, &ROLE, &GROUP])
}

/// The reads of a principal of this name, and of the members if it is a group.
#[must_use]
pub fn declared_of_members(holder: &Holder, name: &str) -> Vec<DeclaredCall> {
    let mut calls = permissions::declared(holder, name);
    if holder.kind == EntityKind::Group {
        calls.extend(declared(&[&USER, &GROUP]));
    }
    calls
}

/// The actions of [`declared_of_members`] for a group.
pub const OF_GROUPS: &[Action] = &reads::joined::<11>(&[
    &[reads::GET_GROUP],
    permissions::ON_GROUPS,
    permissions::ON_USERS,
    permissions::ON_POLICIES,
]);

/// The actions of [`declared_found`].
pub const FOUND: &[Action] = &reads::joined::<15>(&[
    permissions::ON_POLICIES,
    permissions::ON_USERS,
    permissions::ON_ROLES,
    &[reads::GET_GROUP],
    permissions::ON_GROUPS,
]);

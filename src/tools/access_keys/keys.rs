//! The access keys of a user, as the tools on them look at them.

use std::fmt;

use aws_sdk_iam::types::{AccessKeyLastUsed, AccessKeyMetadata, StatusType};
use aws_smithy_types::DateTime;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::iam::reads::{GET_ACCESS_KEY_LAST_USED, LIST_ACCESS_KEYS};
use crate::iam::{AwsFailure, DeclaredCall, Reader};
use crate::tools::holder::USER;
use crate::tools::pages::all_pages;
use crate::tools::{Call, ToolError};

/// An access key and its last use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub id: String,
    /// The user whose key it is.
    pub user_name: String,
    /// `Active`, `Inactive` or `Expired`.
    pub status: String,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Its last use; `None` if it was never used.
    pub used: Option<Use>,
}

/// When and for what a key was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// When.
    pub at: Timestamp,
    /// For which service, as AWS abbreviates it.
    pub service: String,
    /// In which region.
    pub region: String,
}

impl Key {
    fn of(key: &AccessKeyMetadata, used: Option<&AccessKeyLastUsed>) -> Self {
        let used = used.and_then(|used| {
            Some(Use {
                at: timestamp(used.last_used_date()?)?,
                service: used.service_name().to_owned(),
                region: used.region().to_owned(),
            })
        });
        Self {
            id: key.access_key_id().unwrap_or_default().to_owned(),
            user_name: key.user_name().unwrap_or_default().to_owned(),
            status: key.status().map_or("", StatusType::as_str).to_owned(),
            created: key.create_date().and_then(timestamp),
            used,
        }
    }

    /// Whether it works.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == StatusType::Active.as_str()
    }

    /// The key in AWS's field names.
    #[must_use]
    pub fn shown(&self) -> Value {
        let created = self.created.map(|at| at.to_string());
        json!({
            "UserName": self.user_name, "AccessKeyId": self.id, "Status": self.status, "CreateDate": created,
        })
    }

    /// The same, with its last use; `null` if it was never used.
    #[must_use]
    pub fn with_last_use(&self) -> Value {
        let mut shown = self.shown();
        shown["LastUsed"] = self.used.as_ref().map_or(
            Value::Null,
            |used| json!({"Date": used.at.to_string(), "ServiceName": used.service, "Region": used.region}),
        );
        shown
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} in {})", self.at, self.service, self.region)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}", self.id, self.status)?;
        if let Some(created) = self.created {
            write!(f, ", created {created}")?;
        }
        match &self.used {
            Some(used) => write!(f, ", last used {used})"),
            None => f.write_str(", never used)"),
        }
    }
}

fn timestamp(time: &DateTime) -> Option<Timestamp> {
    Timestamp::from_second(time.secs()).ok()
}

/// The reads of [`read`].
#[must_use]
pub fn declared(user: &str) -> [DeclaredCall; 2] {
    let last_used = DeclaredCall::new(GET_ACCESS_KEY_LAST_USED, USER.named(user)).with_found("AccessKeyId");
    [USER.on(LIST_ACCESS_KEYS, user), last_used]
}

/// The user's keys, each with its last use; those of a user who was created moments ago are waited for.
///
/// # Errors
/// The first read that fails; where IAM knows no such user, it names user and account.
pub async fn read(reader: &Reader, user: &str) -> Result<Vec<Key>, AwsFailure> {
    reader.settled(USER.kind, user, || Box::pin(read_once(reader, user))).await
}

async fn read_once(reader: &Reader, user: &str) -> Result<Vec<Key>, AwsFailure> {
    let keys = list_once(reader, user).await?;
    let ids = keys.iter().map(|key| key.access_key_id().unwrap_or_default());
    let used = try_join_all(ids.map(|id| last_used(reader, user, id))).await?;
    Ok(keys.iter().zip(&used).map(|(key, used)| Key::of(key, used.as_ref())).collect())
}

/// The user's keys; those of a user who was created moments ago are waited for.
///
/// # Errors
/// The read's failure; where IAM knows no such user, it names user and account.
pub async fn list(reader: &Reader, user: &str) -> Result<Vec<AccessKeyMetadata>, AwsFailure> {
    reader.settled(USER.kind, user, || Box::pin(list_once(reader, user))).await
}

async fn list_once(reader: &Reader, user: &str) -> Result<Vec<AccessKeyMetadata>, AwsFailure> {
    let resource = &USER.named(user);
    let request = || reader.iam().list_access_keys().user_name(user);
    all_pages!(reader, LIST_ACCESS_KEYS, resource, request(), access_key_metadata)
        .await
        .map_err(|failure| failure.naming(USER.word(), user, reader.account()))
}

async fn last_used(reader: &Reader, user: &str, id: &str) -> Result<Option<AccessKeyLastUsed>, AwsFailure> {
    let request = reader.iam().get_access_key_last_used().access_key_id(id);
    let answer = reader.read(GET_ACCESS_KEY_LAST_USED, &USER.named(user), Box::pin(request.send())).await;
    let answer = answer.map_err(|failure| failure.naming("access key", id, reader.account()))?;
    Ok(answer.access_key_last_used().cloned())
}

/// The key of this id among the user's.
///
/// # Errors
/// `NoSuchEntity`: there is none, and another user's is none either.
pub fn find<'k>(keys: &'k [Key], id: &str, call: &Call, user: &str, arn: &str) -> Result<&'k Key, ToolError> {
    keys.iter().find(|key| key.id == id).ok_or_else(|| {
        let account = &call.facts.account.id;
        ToolError::gateway("NoSuchEntity", format!("the IAM user {user} in account {account} has no access key {id}"))
            .on(LIST_ACCESS_KEYS.as_str(), arn)
            .hint("list_access_keys shows the user's keys; one that was deleted is gone for good")
    })
}

/// Keys, as a sentence lists them.
#[must_use]
pub fn listed(keys: &[Key]) -> String {
    keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

//! The values that inputs of operations take, as plans show them and as the SDK takes them.

use aws_sdk_iam::types;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::iam::shape;

/// A tag, as IAM spells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// 1-128 characters.
    pub key: String,
    /// 0-256 characters.
    pub value: String,
}

/// The text of a policy document: sent as it is, shown as the JSON that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyText(pub String);

impl Serialize for PolicyText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        shape::policy_text(&self.0).serialize(serializer)
    }
}

/// The name of a secret that is to hold a new access key: what it begins with, and then the key's id, which only the making
/// of the key tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretName(pub String);

impl SecretName {
    /// The name, for the key of this id.
    #[must_use]
    pub fn of_key(&self, access_key_id: &str) -> String {
        format!("{}{access_key_id}", self.0)
    }
}

impl Serialize for SecretName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.of_key("{AccessKeyId}").serialize(serializer)
    }
}

/// The status of an access key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Status {
    /// It works.
    Active,
    /// It does not.
    Inactive,
}

/// Whether a member is left out of the input; plans show only what is sent.
pub(super) fn is_left_out<T: Serialize>(value: &T) -> bool {
    match serde_json::to_value(value) {
        Ok(Value::Null) => true,
        Ok(Value::Array(items)) => items.is_empty(),
        _ => false,
    }
}

/// A value in the SDK's form.
pub(super) trait ForSdk {
    /// The SDK's type.
    type Sdk;
    /// The value; `None` leaves the member out.
    fn for_sdk(self) -> Option<Self::Sdk>;
}

impl ForSdk for String {
    type Sdk = Self;

    fn for_sdk(self) -> Option<Self> {
        Some(self)
    }
}

impl ForSdk for Option<String> {
    type Sdk = String;

    fn for_sdk(self) -> Self {
        self
    }
}

impl ForSdk for Option<i32> {
    type Sdk = i32;

    fn for_sdk(self) -> Self {
        self
    }
}

impl ForSdk for bool {
    type Sdk = Self;

    fn for_sdk(self) -> Option<Self> {
        Some(self)
    }
}

impl ForSdk for PolicyText {
    type Sdk = String;

    fn for_sdk(self) -> Option<String> {
        Some(self.0)
    }
}

impl ForSdk for Status {
    type Sdk = types::StatusType;

    fn for_sdk(self) -> Option<types::StatusType> {
        Some(match self {
            Self::Active => types::StatusType::Active,
            Self::Inactive => types::StatusType::Inactive,
        })
    }
}

impl ForSdk for Vec<Tag> {
    type Sdk = Vec<types::Tag>;

    fn for_sdk(self) -> Option<Vec<types::Tag>> {
        (!self.is_empty()).then(|| self.into_iter().map(shape::sdk_tag).collect())
    }
}

impl ForSdk for Vec<String> {
    type Sdk = Self;

    fn for_sdk(self) -> Option<Self> {
        (!self.is_empty()).then_some(self)
    }
}

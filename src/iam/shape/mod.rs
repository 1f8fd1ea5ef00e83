//! IAM's own shapes as JSON, with AWS's field names and ISO 8601 dates, as `aws iam` prints them.

mod access_key;
mod group;
mod policy;
mod role;
mod user;

use std::borrow::Cow;

use aws_sdk_iam::types;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::{Map, Value, json};

use super::change::Tag;

pub(super) use access_key::new_access_key;
pub use access_key::{access_key, access_key_last_used, last_used};
pub use group::group;
pub use policy::{attached_policy, policy, policy_version};
pub use role::role;
pub use user::user;

/// A time as ISO 8601; IAM's times are valid dates, and one that is not reads as `null`.
#[must_use]
pub fn time(time: &DateTime) -> Value {
    time.fmt(Format::DateTime).map_or(Value::Null, Value::String)
}

/// An object with the members that are there: an absent one is left out, as AWS leaves it out.
fn present<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(members.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

/// A permissions boundary.
fn boundary(boundary: Option<&types::AttachedPermissionsBoundary>) -> Value {
    boundary.map_or(Value::Null, |boundary| {
        json!({
            "PermissionsBoundaryType": boundary.permissions_boundary_type().map(|kind| kind.as_str()),
            "PermissionsBoundaryArn": boundary.permissions_boundary_arn(),
        })
    })
}

/// Tags; `null` where there are none.
fn tags(tags: &[types::Tag]) -> Value {
    if tags.is_empty() { Value::Null } else { tags.iter().map(tag).collect() }
}

/// A tag.
#[must_use]
pub fn tag(tag: &types::Tag) -> Value {
    json!({"Key": tag.key(), "Value": tag.value()})
}

/// A tag in the SDK's form.
pub(in crate::iam) fn sdk_tag(tag: Tag) -> types::Tag {
    types::Tag::builder().key(tag.key).value(tag.value).build().expect("key and value are set")
}

/// A policy document as JSON: IAM answers it URL-encoded (RFC 3986).
///
/// A document that cannot be decoded or read is given as the text it is, so that nothing is lost.
#[must_use]
pub fn policy_document(encoded: &str) -> Value {
    policy_text(&decoded(encoded))
}

/// The text of a policy document that IAM answered URL-encoded; one that cannot be decoded as it is.
#[must_use]
pub fn decoded(encoded: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(encoded).decode_utf8().unwrap_or(Cow::Borrowed(encoded))
}

/// A policy document as JSON; one that cannot be read as the text it is.
#[must_use]
pub fn policy_text(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_encoded_document_becomes_an_object() {
        let document = policy_document("%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D");
        assert_eq!(document, json!({"Version": "2012-10-17", "Statement": []}));
    }

    #[test]
    fn a_plus_in_a_document_stays_a_plus() {
        assert_eq!(policy_document("%7B%22a%22%3A%22b+c%22%7D"), json!({"a": "b+c"}));
    }

    #[test]
    fn what_cannot_be_decoded_is_kept() {
        assert_eq!((&*decoded("%7B%7D"), &*decoded("%FF")), ("{}", "%FF"));
    }

    #[test]
    fn a_document_that_is_not_json_stays_text() {
        assert_eq!(policy_document("not%20json"), json!("not json"));
    }

    #[test]
    fn a_user_has_awss_field_names() {
        let shaped = user(
            &types::User::builder()
                .path("/ops/")
                .user_name("bob")
                .user_id("AIDA1")
                .arn("arn:aws:iam::123456789012:user/ops/bob")
                .create_date(DateTime::from_secs(1_700_000_000))
                .build()
                .unwrap(),
        );
        assert_eq!(
            shaped,
            json!({
                "Path": "/ops/", "UserName": "bob", "UserId": "AIDA1",
                "Arn": "arn:aws:iam::123456789012:user/ops/bob", "CreateDate": "2023-11-14T22:13:20Z",
            })
        );
    }
}

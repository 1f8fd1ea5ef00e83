//! In which order the policies of a principal are taken away, one call after the other.
//!
//! A run can stop after any of them, and what is left is in force then. So what only allows goes first, and what denies stays
//! as long as there is something that it could deny: wherever the run stops, the principal can do no more than before. Of
//! several documents that allow and deny no order is safe for all that they can say.

use aws_sdk_iam::types::Group;
use futures_util::future::try_join_all;
use serde_json::Value;

use super::holder::held;
use super::holder::permissions::{self, Attached};
use super::managed;
use crate::iam::{AwsFailure, DeclaredCall, Reader};

/// What a document can do to who has it, in the order in which documents go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It only allows.
    Allows,
    /// It allows and denies; or it cannot be read, and could.
    Both,
    /// It only denies.
    Denies,
}

impl Weight {
    /// That of one document.
    #[must_use]
    pub fn of(document: &Value) -> Self {
        let statements: &[Value] = match &document["Statement"] {
            Value::Array(statements) => statements,
            statement @ Value::Object(_) => std::slice::from_ref(statement),
            _ => return Self::Both,
        };
        let all = |effect: &str| statements.iter().all(|statement| statement["Effect"] == effect);
        match (all("Allow"), all("Deny")) {
            (true, _) => Self::Allows,
            (false, true) => Self::Denies,
            (false, false) => Self::Both,
        }
    }

    /// That of documents that go together, as those of a group do.
    #[must_use]
    pub fn of_all<'d>(documents: impl IntoIterator<Item = &'d Value>) -> Self {
        let weights = documents.into_iter().map(Self::of);
        weights.reduce(|one, other| if one == other { one } else { Self::Both }).unwrap_or(Self::Allows)
    }
}

/// What goes, in the order in which it goes; what weighs the same stays in its order.
pub fn in_order<T>(mut going: Vec<(Weight, T)>) -> impl Iterator<Item = T> {
    going.sort_by_key(|(weight, _)| *weight);
    going.into_iter().map(|(_, going)| going)
}

/// The reads of [`attached`]. A tool can do without them: what is not read may deny.
pub fn attached_declared() -> impl Iterator<Item = DeclaredCall> {
    managed::declared_found().into_iter().map(DeclaredCall::optional)
}

/// The documents of attached policies; `null` for one that the endpoint policies do not let be read.
///
/// # Errors
/// The first read that fails.
pub async fn attached(reader: &Reader, attached: &[Attached]) -> Result<Vec<Value>, AwsFailure> {
    let read = |policy: &Attached| {
        let arn = policy.arn.clone();
        async move { Ok(if_allowed(managed::document(reader, &arn).await)?.unwrap_or_default()) }
    };
    try_join_all(attached.iter().map(read)).await
}

/// The reads of [`of_groups`], which a tool can do without as well.
pub fn of_groups_declared() -> impl Iterator<Item = DeclaredCall> {
    permissions::declared_of_groups().into_iter().map(DeclaredCall::optional)
}

/// The documents of each group; a single `null` for one of which the endpoint policies do not let all be read.
///
/// # Errors
/// The first read that fails.
pub async fn of_groups(reader: &Reader, groups: &[Group]) -> Result<Vec<Vec<Value>>, AwsFailure> {
    let read = |group: &Group| {
        let name = group.group_name().to_owned();
        async move {
            let documents = if_allowed(held::of_group(reader, &name).await)?;
            let says = |documents: Vec<held::Document>| documents.into_iter().map(|document| document.says).collect();
            Ok(documents.map_or_else(|| vec![Value::Null], says))
        }
    };
    try_join_all(groups.iter().map(read)).await
}

/// What was read; nothing, where it was not sent because the endpoint policies do not allow it.
fn if_allowed<T>(read: Result<T, AwsFailure>) -> Result<Option<T>, AwsFailure> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(failure) if failure.is_undeclared() => Ok(None),
        Err(failure) => Err(failure),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(effects: &[&str]) -> Value {
        let statements = effects.iter().map(|effect| json!({"Effect": effect, "Action": "*", "Resource": "*"}));
        json!({"Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>()})
    }

    #[test]
    fn what_denies_goes_after_what_only_allows() {
        let going = [
            ("denies", document(&["Deny"])),
            ("both", document(&["Allow", "Deny"])),
            ("allows", document(&["Allow"])),
            ("unreadable", json!("not json")),
            ("allows twice", document(&["Allow", "Allow"])),
            ("one denying", json!({"Statement": {"Effect": "Deny"}})),
        ];
        let going = going.into_iter().map(|(name, document)| (Weight::of(&document), name)).collect();
        let order: Vec<&str> = in_order(going).collect();
        assert_eq!(order, ["allows", "allows twice", "both", "unreadable", "denies", "one denying"]);
    }

    #[test]
    fn what_cannot_be_read_counts_as_denying() {
        for unreadable in [
            Value::Null,
            json!("{"),
            json!({}),
            json!({"Statement": "Allow"}),
            json!({"Statement": [{"Effect": "allow"}]}),
            json!({"Statement": [{"Effect": "Allow"}, 1]}),
            json!({"Statement": [{}]}),
        ] {
            assert_eq!(Weight::of(&unreadable), Weight::Both, "{unreadable}");
        }
    }

    #[test]
    fn documents_that_go_together_only_allow_if_each_does() {
        let (allows, denies, both) = (document(&["Allow"]), document(&["Deny"]), document(&["Deny", "Allow"]));
        assert_eq!(Weight::of_all([]), Weight::Allows);
        assert_eq!(Weight::of_all([&allows, &allows]), Weight::Allows);
        assert_eq!(Weight::of_all([&denies, &denies]), Weight::Denies);
        for mixed in [[&allows, &denies], [&denies, &allows], [&both, &denies], [&allows, &both]] {
            assert_eq!(Weight::of_all(mixed), Weight::Both);
        }
    }
}

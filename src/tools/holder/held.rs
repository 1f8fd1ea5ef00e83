//! Everything that a principal's policies say, and what they would say after a change.

use futures_util::future::try_join_all;
use serde_json::Value;

use super::permissions::{self, Principal};
use super::{GROUP, Holder, USER};
use crate::iam::{AwsFailure, EntityKind, Reader, reads};
use crate::tools::grants::Permissions;
use crate::tools::managed;
use crate::tools::pages::all_pages;

/// Where a document stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The managed policy of this ARN, attached.
    Managed(String),
    /// The inline policy of this name.
    Inline(String),
}

/// A document that a principal has.
#[derive(Debug, Clone)]
pub struct Document {
    /// The group that it is from; `None` for the principal's own.
    pub of_group: Option<String>,
    /// Where it stands.
    pub source: Source,
    /// What it says.
    pub says: Value,
}

/// Everything that a principal's policies say, those of a user's groups included.
#[derive(Debug, Clone)]
pub struct Held {
    /// The principal.
    pub principal: Principal,
    /// Its documents.
    pub documents: Vec<Document>,
    /// The document of its permissions boundary.
    pub boundary: Option<Value>,
}

impl Held {
    /// Reads all of it; a principal that was created moments ago is waited for.
    ///
    /// # Errors
    /// The first read that fails; where IAM knows no such principal, it names kind, name and account.
    pub async fn read(reader: &Reader, holder: &Holder, name: &str) -> Result<Self, AwsFailure> {
        // One answer that knows of it does not mean that the next one does.
        reader.settled(holder.kind, name, || Box::pin(Self::read_once(reader, holder, name))).await
    }

    async fn read_once(reader: &Reader, holder: &Holder, name: &str) -> Result<Self, AwsFailure> {
        // The principal first: if there is none, one clear error, and no half dozen calls to learn it.
        let principal = permissions::principal(reader, holder, name).await?;
        let groups = async {
            match holder.kind {
                EntityKind::User => of_groups(reader, name).await,
                _ => Ok(Vec::new()),
            }
        };
        let boundary = async {
            match &principal.boundary {
                Some(arn) => managed::document(reader, arn).await.map(Some),
                None => Ok(None),
            }
        };
        let (mut documents, of_groups, boundary) = tokio::try_join!(own(reader, holder, name), groups, boundary)?;
        documents.extend(of_groups);
        Ok(Self { principal, documents, boundary })
    }

    /// As the analysis of grants takes it.
    #[must_use]
    pub fn permissions(&self) -> Permissions {
        let policies = self.documents.iter().map(|document| document.says.clone()).collect();
        Permissions { policies, boundary: self.boundary.clone() }
    }

    /// Its own inline policy of this name. IAM's names differ by more than case, and where they should not, the document that
    /// may be replaced counts as replaced.
    #[must_use]
    pub fn inline(&self, policy: &str) -> Option<(&str, &Value)> {
        self.documents.iter().find_map(|document| match &document.source {
            Source::Inline(own) if document.of_group.is_none() && own.eq_ignore_ascii_case(policy) => {
                Some((own.as_str(), &document.says))
            }
            _ => None,
        })
    }

    /// The same without the documents of `group` (its own where that is `None`) that stand at `source`.
    #[must_use]
    pub fn without(&self, group: Option<&str>, source: &Source) -> Self {
        self.only(|document| !(is_of(document, group) && is_at(document, source)))
    }

    /// The same out of this group.
    #[must_use]
    pub fn out_of(&self, group: &str) -> Self {
        self.only(|document| !is_of(document, Some(group)))
    }

    /// The same with another document.
    #[must_use]
    pub fn with(&self, says: Value) -> Self {
        let mut held = self.clone();
        held.documents.push(Document { of_group: None, source: Source::Inline(String::new()), says });
        held
    }

    /// The same once the managed policy of this ARN says something else, wherever it stands; `None`: once it is gone.
    #[must_use]
    pub fn once(&self, arn: &str, says: Option<&Value>) -> Self {
        let managed = Source::Managed(arn.to_owned());
        let mut held = match says {
            None => self.only(|document| document.source != managed),
            Some(_) => self.clone(),
        };
        if let Some(says) = says {
            let of_it = held.documents.iter_mut().filter(|document| document.source == managed);
            of_it.for_each(|document| document.says = says.clone());
            if self.principal.boundary.as_deref() == Some(arn) {
                held.boundary = Some(says.clone());
            }
        }
        held
    }

    fn only(&self, stays: impl Fn(&Document) -> bool) -> Self {
        let mut held = self.clone();
        held.documents.retain(stays);
        held
    }
}

fn is_of(document: &Document, group: Option<&str>) -> bool {
    match (&document.of_group, group) {
        (Some(own), Some(group)) => own.eq_ignore_ascii_case(group),
        (None, None) => true,
        _ => false,
    }
}

fn is_at(document: &Document, source: &Source) -> bool {
    match (&document.source, source) {
        (Source::Inline(own), Source::Inline(name)) => own.eq_ignore_ascii_case(name),
        (own, source) => own == source,
    }
}

/// The principal's own documents.
///
/// # Errors
/// The first read that fails.
pub async fn own(reader: &Reader, holder: &Holder, name: &str) -> Result<Vec<Document>, AwsFailure> {
    let (attached, inline) =
        tokio::try_join!(permissions::documents(reader, holder, name), permissions::all_inline(reader, holder, name),)?;
    let attached = attached.into_iter().map(|(policy, says)| (Source::Managed(policy.arn), says));
    let inline = inline.into_iter().map(|(name, says)| (Source::Inline(name), says));
    Ok(attached.chain(inline).map(|(source, says)| Document { of_group: None, source, says }).collect())
}

/// The documents that a group gives to its members.
///
/// # Errors
/// The first read that fails.
pub async fn of_group(reader: &Reader, group: &str) -> Result<Vec<Document>, AwsFailure> {
    let mut documents = own(reader, &GROUP, group).await?;
    documents.iter_mut().for_each(|document| document.of_group = Some(group.to_owned()));
    Ok(documents)
}

async fn of_groups(reader: &Reader, user: &str) -> Result<Vec<Document>, AwsFailure> {
    let (action, resource) = (reads::LIST_GROUPS_FOR_USER, &USER.named(user));
    let request = || reader.iam().list_groups_for_user().user_name(user);
    let groups = all_pages!(reader, action, resource, request(), groups).await?;
    let documents = try_join_all(groups.iter().map(|group| of_group(reader, group.group_name()))).await?;
    Ok(documents.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const P: &str = "arn:aws:iam::123456789012:policy/p";

    fn document(of_group: Option<&str>, source: Source, says: &str) -> Document {
        Document { of_group: of_group.map(ToOwned::to_owned), source, says: json!(says) }
    }

    fn held() -> Held {
        let managed = || Source::Managed(P.to_owned());
        Held {
            principal: Principal {
                arn: "arn:aws:iam::123456789012:user/bob".to_owned(),
                id: "AIDA1".to_owned(),
                trust: None,
                tags: Vec::new(),
                boundary: Some(P.to_owned()),
            },
            documents: vec![
                document(None, managed(), "own"),
                document(None, Source::Inline("App".to_owned()), "inline"),
                document(Some("crew"), managed(), "crew"),
                document(Some("ops"), managed(), "ops"),
            ],
            boundary: Some(json!("boundary")),
        }
    }

    fn says(held: &Held) -> Vec<&str> {
        held.documents.iter().filter_map(|document| document.says.as_str()).collect()
    }

    #[test]
    fn what_goes_is_the_one_document_at_the_one_place() {
        let managed = Source::Managed(P.to_owned());
        assert_eq!(says(&held().without(None, &managed)), ["inline", "crew", "ops"]);
        assert_eq!(says(&held().without(Some("CREW"), &managed)), ["own", "inline", "ops"]);
        assert_eq!(says(&held().without(None, &Source::Inline("app".to_owned()))), ["own", "crew", "ops"]);
        assert_eq!(says(&held().out_of("ops")), ["own", "inline", "crew"]);
    }

    #[test]
    fn a_managed_policy_that_says_something_else_does_so_wherever_it_stands() {
        let once = held().once(P, Some(&json!("new")));
        assert_eq!(says(&once), ["new", "inline", "new", "new"]);
        assert_eq!(once.boundary, Some(json!("new")));
        let gone = held().once(P, None);
        assert_eq!(says(&gone), ["inline"]);
        assert_eq!(gone.boundary, Some(json!("boundary")), "no deletion takes a boundary");
    }

    #[test]
    fn an_inline_policy_is_found_under_any_case() {
        assert_eq!(held().inline("app").map(|(name, _)| name), Some("App"));
        assert!(held().inline("other").is_none());
    }
}

//! Which statements could be about an action, so that a thousand others cost nothing.

use std::collections::{BTreeSet, HashMap};

use super::action::ActionScope;
use super::document::Document;
use super::statement::{Listed, Statement};

/// Where a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At {
    /// The policy's place in the set.
    pub(super) policy: usize,
    /// The statement's place in the policy.
    pub(super) statement: usize,
}

/// The statements of a set by the actions they name. Every list is in the order of the set.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    /// Statements that name this very action, in lower case.
    by_action: HashMap<Box<str>, Box<[At]>>,
    /// Statements with a pattern for actions of this service.
    by_service: HashMap<Box<str>, Box<[At]>>,
    /// Statements that may be about any action.
    always: Box<[At]>,
}

impl Index {
    /// The index of these documents.
    pub(super) fn of<'a>(documents: impl Iterator<Item = &'a Document>) -> Self {
        let (mut by_action, mut by_service) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        let mut always = Vec::new();
        for (policy, document) in documents.enumerate() {
            for (statement, of) in document.statements.iter().enumerate() {
                let at = At { policy, statement };
                let Some(scopes) = scopes(of) else {
                    always.push(at);
                    continue;
                };
                for scope in scopes {
                    match scope {
                        Scope::Action(action) => by_action.entry(action).or_default().push(at),
                        Scope::Service(service) => by_service.entry(service).or_default().push(at),
                    }
                }
            }
        }
        let boxed = |map: HashMap<Box<str>, Vec<At>>| map.into_iter().map(|(key, list)| (key, list.into())).collect();
        Self { by_action: boxed(by_action), by_service: boxed(by_service), always: always.into() }
    }

    /// The statements that could be about `action`, in lower case; in the order of the set, each once.
    pub(super) fn candidates(&self, action: &str) -> Candidates<'_> {
        let service = action.split_once(':').map_or(action, |(service, _)| service);
        Candidates {
            lists: [
                if self.by_action.is_empty() { &[] } else { self.by_action.get(action).map_or(&[], |list| list) },
                if self.by_service.is_empty() { &[] } else { self.by_service.get(service).map_or(&[], |list| list) },
                &self.always,
            ],
        }
    }
}

/// Three sorted lists, taken as one. No statement stands in two of them.
#[derive(Debug)]
pub(super) struct Candidates<'a> {
    lists: [&'a [At]; 3],
}

impl Iterator for Candidates<'_> {
    type Item = At;

    fn next(&mut self) -> Option<At> {
        let list = self.lists.iter_mut().filter(|list| !list.is_empty()).min_by_key(|list| list[0])?;
        let (first, rest) = list.split_first()?;
        *list = rest;
        Some(*first)
    }
}

/// Under which key a statement is found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    Action(Box<str>),
    Service(Box<str>),
}

/// The keys of a statement; `None` if it may be about any action. An action whose service is a key is none itself, so
/// that no request finds the statement twice.
fn scopes(statement: &Statement) -> Option<BTreeSet<Scope>> {
    let Listed::Only(patterns) = &statement.actions else { return None };
    let scopes: Vec<ActionScope> = patterns.iter().map(|pattern| pattern.scope()).collect();
    if scopes.contains(&ActionScope::All) {
        return None;
    }
    let is_of_a_service = |action: &str| {
        let service = action.split_once(':').map_or(action, |(service, _)| service);
        scopes.iter().any(|scope| matches!(scope, ActionScope::Service(own) if **own == *service))
    };
    let keys = scopes.iter().filter_map(|scope| match scope {
        ActionScope::One(action) if is_of_a_service(action) => None,
        ActionScope::One(action) => Some(Scope::Action(action.clone())),
        ActionScope::Service(service) => Some(Scope::Service(service.clone())),
        ActionScope::All => None,
    });
    Some(keys.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PolicyKind;

    fn candidates(documents: &[&str], action: &str) -> Vec<(usize, usize)> {
        let documents: Vec<Document> =
            documents.iter().map(|json| Document::parse(PolicyKind::Identity, json).unwrap()).collect();
        let index = Index::of(documents.iter());
        index.candidates(action).map(|at| (at.policy, at.statement)).collect()
    }

    fn document(actions: &[&str]) -> String {
        let statements: Vec<String> =
            actions.iter().map(|actions| format!(r#"{{"Effect":"Allow",{actions},"Resource":"*"}}"#)).collect();
        format!(r#"{{"Statement":[{}]}}"#, statements.join(","))
    }

    #[test]
    fn each_statement_that_could_be_meant_is_found_once_and_in_order() {
        let first =
            document(&[r#""Action":"IAM:GetUser""#, r#""Action":"*""#, r#""Action":["iam:Get*","iam:GetUser"]"#]);
        let second = document(&[
            r#""NotAction":"iam:GetUser""#,
            r#""Action":["s3:Get*","iam:GetUser","iam:getuser"]"#,
            r#""Action":"*:*""#,
            r#""Action":"iam:ListUsers""#,
        ]);
        let documents = [first.as_str(), second.as_str()];
        assert_eq!(candidates(&documents, "iam:getuser"), [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]);
        assert_eq!(candidates(&documents, "s3:getobject"), [(0, 1), (1, 0), (1, 1), (1, 2)]);
        assert_eq!(candidates(&documents, "iam:listusers"), [(0, 1), (0, 2), (1, 0), (1, 2), (1, 3)]);
        assert_eq!(candidates(&documents, "ec2:runinstances"), [(0, 1), (1, 0), (1, 2)]);
        assert_eq!(candidates(&documents, "nonsense"), [(0, 1), (1, 0), (1, 2)]);
    }
}

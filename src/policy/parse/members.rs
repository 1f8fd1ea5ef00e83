//! Objects, lists and texts, with a fault where something else stands.

use super::json::Node;
use super::path::Path;
use crate::policy::budget::{LONGEST_PATTERN, MOST_ENTRIES};
use crate::policy::document::{PolicyKind, Version};
use crate::policy::fault::{FaultCode, Sink};
use crate::suggest::suggest;

/// The members of an object. Of one that stands twice, the first is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Members<'n>(&'n [(String, Node)]);

impl<'n> Members<'n> {
    /// The members of `node`, which is `what`, if it is an object; names that are not `known` are faults.
    pub(super) fn of(node: &'n Node, path: &Path<'_>, what: &str, known: &[&str], sink: &mut Sink) -> Option<Self> {
        let members = Self::any(node, path, what, sink)?;
        for (name, _) in members.iter().filter(|(name, _)| !known.contains(name)) {
            sink.put_with(
                FaultCode::UnknownElement,
                path.member(name),
                format!("{what} has no such element; it has {}", known.join(", ")),
                || suggest(name, known.iter().copied()).map(ToOwned::to_owned),
            );
        }
        Some(members)
    }

    /// The members of `node`, whatever their names are.
    pub(super) fn any(node: &'n Node, path: &Path<'_>, what: &str, sink: &mut Sink) -> Option<Self> {
        let Node::Object(list) = node else {
            wrong_type(node, path, &format!("{what} is an object"), sink);
            return None;
        };
        let mut names: Vec<&str> = list.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let mut reported = None;
        for pair in names.windows(2) {
            if pair[0] == pair[1] && reported != Some(pair[0]) {
                reported = Some(pair[0]);
                sink.put(FaultCode::DuplicateKey, path.member(pair[0]), "stands more than once in one object");
            }
        }
        Some(Self(list))
    }

    pub(super) fn iter(self) -> impl Iterator<Item = (&'n str, &'n Node)> {
        self.0.iter().map(|(name, node)| (name.as_str(), node))
    }

    pub(super) fn get(self, name: &str) -> Option<&'n Node> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, node)| node)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

/// Calls `read` for each item of a list, or for a value that stands alone.
pub(super) fn each<'n>(
    node: &'n Node,
    path: &Path<'_>,
    sink: &mut Sink,
    mut read: impl FnMut(&'n Node, &Path<'_>, &mut Sink),
) {
    match node {
        Node::List(items) if items.is_empty() => {
            sink.put(FaultCode::Empty, path, "an empty list; leave the element out or name something");
        }
        Node::List(items) if items.len() > MOST_ENTRIES => {
            sink.put(FaultCode::TooLong, path, format!("a list of more than {MOST_ENTRIES}"));
        }
        Node::List(items) => {
            for (index, item) in items.iter().enumerate() {
                read(item, &path.item(index), sink);
            }
        }
        node => read(node, path, sink),
    }
}

/// The text of a string.
pub(super) fn text<'n>(node: &'n Node, path: &Path<'_>, sink: &mut Sink) -> Option<&'n str> {
    match node {
        Node::Text(text) => Some(text),
        node => {
            wrong_type(node, path, "a string belongs here", sink);
            None
        }
    }
}

/// Whether a pattern or a value is of a length that can be compared at little cost.
pub(super) fn fits(text: &str, path: &Path<'_>, sink: &mut Sink) -> bool {
    let fits = text.len() <= LONGEST_PATTERN || !text.contains(['*', '?', '$']);
    if !fits {
        sink.put(
            FaultCode::TooLong,
            path,
            format!("with wildcards or variables, and longer than {LONGEST_PATTERN} bytes"),
        );
    }
    fits
}

/// Whether what looks like a variable is one. In the old version of the language it is text, which IAM's documents may
/// want; an endpoint's policy that has it there was written without thinking of the version, and would deny nothing.
pub(super) fn means_variables(
    text: &str,
    path: &Path<'_>,
    (kind, version): (PolicyKind, Version),
    sink: &mut Sink,
) -> bool {
    let fault = kind == PolicyKind::Endpoint && version == Version::V2008 && text.contains("${");
    if fault {
        let problem = r#"a variable is only text in this version of the language; write "Version": "2012-10-17""#;
        sink.put(FaultCode::Variable, path, problem);
    }
    !fault
}

pub(super) fn wrong_type(node: &Node, path: &Path<'_>, expected: &str, sink: &mut Sink) {
    sink.put(FaultCode::WrongType, path, format!("{expected}, not {}", node.what()));
}

//! Principal and NotPrincipal.

use super::json::Node;
use super::members::{Members, each, fits, text, wrong_type};
use super::path::Path;
use crate::policy::document::PolicyKind;
use crate::policy::fault::{FaultCode, Sink};
use crate::policy::principals::{PrincipalPattern, Principals};

const TYPES: [&str; 4] = ["AWS", "Service", "Federated", "CanonicalUser"];

pub(super) fn read(
    node: &Node,
    path: &Path<'_>,
    negated: bool,
    kind: PolicyKind,
    sink: &mut Sink,
) -> Option<Principals> {
    match node {
        Node::Text(text) if text == "*" && negated => return Some(Principals::Nobody),
        Node::Text(text) if text == "*" => return Some(Principals::Everyone),
        Node::Text(_) => {
            sink.put(FaultCode::Principal, path, "a principal is \"*\" or says its type: {\"AWS\": ...}");
            return None;
        }
        Node::Object(_) => {}
        node => {
            wrong_type(node, path, "a principal is \"*\" or an object such as {\"AWS\": ...}", sink);
            return None;
        }
    }
    let members = Members::of(node, path, "a principal", &TYPES, sink)?;
    if members.is_empty() {
        sink.put(FaultCode::Empty, path, "names nobody");
        return None;
    }
    let mut patterns = Vec::new();
    for (name, node) in members.iter() {
        let of_type = match name {
            "AWS" => PrincipalPattern::aws,
            "Service" => PrincipalPattern::service,
            "Federated" => PrincipalPattern::federated,
            "CanonicalUser" if kind == PolicyKind::Trust => {
                sink.put(FaultCode::Principal, path.member(name), "a canonical user is known to S3 only, not to roles");
                continue;
            }
            "CanonicalUser" => PrincipalPattern::canonical_user,
            // Reported with the elements.
            _ => continue,
        };
        each(node, &path.member(name), sink, |node, path, sink| {
            let text = text(node, path, sink).filter(|text| fits(text, path, sink));
            match text.map(of_type) {
                Some(Ok(pattern)) => patterns.push(pattern),
                Some(Err(problem)) => sink.put(FaultCode::Principal, path, problem),
                None => {}
            }
        });
    }
    let patterns = patterns.into();
    Some(if negated { Principals::AllBut(patterns) } else { Principals::Only(patterns) })
}

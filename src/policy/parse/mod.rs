//! From JSON text to a compiled document, strictly: what cannot be understood with certainty is a fault, since a
//! restriction that is dropped silently is a hole. Reading goes on after a fault, so that all are reported at once.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

mod condition;
mod json;
mod members;
mod number;
mod path;
mod principal;
mod statement;

use std::collections::HashSet;

use self::json::{DEEPEST, Node, Unreadable};
use self::members::{Members, each, text};
use self::path::Path;
use super::document::{Document, LARGEST, PolicyKind, Version};
use super::fault::{FaultCode, Faults, Sink};

const ELEMENTS: [&str; 3] = ["Version", "Id", "Statement"];

pub(super) fn document(kind: PolicyKind, json: &str) -> Result<Document, Faults> {
    let mut sink = Sink::default();
    let document = read(kind, json, &mut sink);
    sink.or(document)
}

fn read(kind: PolicyKind, json: &str, sink: &mut Sink) -> Option<Document> {
    let path = &Path::Root;
    if json.len() > LARGEST {
        sink.put(FaultCode::TooLarge, path, format!("longer than {LARGEST} bytes"));
        return None;
    }
    let node = match json::read(json) {
        Ok(node) => node,
        Err(Unreadable::TooDeep) => {
            sink.put(FaultCode::TooDeep, path, format!("nested more than {DEEPEST} levels deep"));
            return None;
        }
        Err(Unreadable::Malformed(error)) => {
            sink.put(FaultCode::Syntax, path, format!("not JSON: {error}"));
            return None;
        }
    };
    let members = Members::of(&node, path, "a policy", &ELEMENTS, sink)?;
    let version = version(members.get("Version"), &path.member("Version"), sink);
    let id = members.get("Id").and_then(|id| text(id, &path.member("Id"), sink));
    let statement_path = path.member("Statement");
    let Some(list) = members.get("Statement") else {
        sink.put(FaultCode::Missing, statement_path, "a policy has at least one statement");
        return None;
    };
    let mut statements = Vec::new();
    let mut sids = HashSet::new();
    each(list, &statement_path, sink, |node, path, sink| {
        let Some(statement) = statement::read(node, path, kind, version, sink) else { return };
        if let Some(sid) = &statement.sid
            && !sids.insert(sid.clone())
        {
            sink.put(FaultCode::Sid, path.member("Sid"), format!("another statement has the Sid {sid:?} as well"));
        }
        statements.push(statement);
    });
    Some(Document { kind, version, id: id.map(Into::into), statements: statements.into() })
}

fn version(node: Option<&Node>, path: &Path<'_>, sink: &mut Sink) -> Version {
    match node.map(|node| text(node, path, sink)) {
        None => Version::V2008,
        Some(Some("2008-10-17")) => Version::V2008,
        // Of a version that is wrong, nothing more has to be said about the variables.
        Some(None | Some("2012-10-17")) => Version::V2012,
        Some(Some(_)) => {
            sink.put(FaultCode::Version, path, "the versions of the language are 2012-10-17 and 2008-10-17");
            Version::V2012
        }
    }
}

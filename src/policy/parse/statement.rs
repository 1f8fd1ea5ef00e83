//! One statement.

use super::json::Node;
use super::members::{Members, each, fits, means_variables, text};
use super::path::Path;
use super::{condition, principal};
use crate::policy::action::ActionPattern;
use crate::policy::document::{PolicyKind, Version};
use crate::policy::fault::{FaultCode, Sink};
use crate::policy::resource::{NotAResource, ResourcePattern};
use crate::policy::statement::{Effect, Listed, Statement};
use crate::suggest::suggest;

const ELEMENTS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/// Whether an element must, may or must not stand in a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Required,
    Optional,
    Forbidden(&'static str),
}

fn principal_need(kind: PolicyKind) -> Need {
    match kind {
        PolicyKind::Identity => {
            Need::Forbidden("stands only in policies of resources: this one is about whom it is attached to")
        }
        PolicyKind::Trust | PolicyKind::Resource => Need::Required,
        PolicyKind::Endpoint => Need::Optional,
    }
}

fn resource_need(kind: PolicyKind) -> Need {
    match kind {
        PolicyKind::Trust => {
            Need::Forbidden("does not stand in a trust policy: its resource is the role it belongs to")
        }
        PolicyKind::Identity | PolicyKind::Resource | PolicyKind::Endpoint => Need::Required,
    }
}

/// Reads a statement as far as it can be read.
pub(super) fn read(
    node: &Node,
    path: &Path<'_>,
    kind: PolicyKind,
    version: Version,
    sink: &mut Sink,
) -> Option<Statement> {
    let members = Members::of(node, path, "a statement", &ELEMENTS, sink)?;
    let sid = members.get("Sid").and_then(|node| sid(node, &path.member("Sid"), kind, sink));
    let effect = effect(members.get("Effect"), &path.member("Effect"), sink);
    let principals = match either(members, path, ["Principal", "NotPrincipal"], principal_need(kind), sink) {
        Choice::Neither => Some(None),
        Choice::Fault => None,
        Choice::Found { node, name, negated } => {
            let path = &path.member(name);
            if negated && effect == Some(Effect::Allow) {
                let problem =
                    "stands only with Deny: with Allow it would allow all others, anonymous requests included";
                sink.put(FaultCode::ForbiddenElement, path, problem);
            }
            principal::read(node, path, negated, kind, sink).map(Some)
        }
    };
    let actions = match either(members, path, ["Action", "NotAction"], Need::Required, sink) {
        Choice::Neither | Choice::Fault => None,
        Choice::Found { node, name, negated } => {
            let path = &path.member(name);
            Some(list(node, path, negated, sink, |node, path, sink| action(node, path, kind, negated, sink)))
        }
    };
    let resources = match either(members, path, ["Resource", "NotResource"], resource_need(kind), sink) {
        Choice::Neither => Some(None),
        Choice::Fault => None,
        Choice::Found { node, name, negated } => {
            let path = &path.member(name);
            Some(Some(list(node, path, negated, sink, |node, path, sink| resource(node, path, kind, version, sink))))
        }
    };
    let conditions = match members.get("Condition") {
        Some(node) => condition::read(node, &path.member("Condition"), (kind, version), sink),
        None => Vec::new(),
    };
    Some(Statement {
        sid,
        effect: effect?,
        principals: principals?,
        actions: actions?,
        resources: resources?,
        conditions: conditions.into(),
    })
}

/// What stands of an element and its `Not...`.
enum Choice<'n> {
    Found { node: &'n Node, name: &'static str, negated: bool },
    Neither,
    Fault,
}

fn either<'n>(
    members: Members<'n>,
    path: &Path<'_>,
    [name, not_name]: [&'static str; 2],
    need: Need,
    sink: &mut Sink,
) -> Choice<'n> {
    let found = (members.get(name), members.get(not_name));
    if let Need::Forbidden(reason) = need {
        for (name, _) in [(name, found.0), (not_name, found.1)].into_iter().filter(|(_, node)| node.is_some()) {
            sink.put(FaultCode::ForbiddenElement, path.member(name), format!("{name} {reason}"));
        }
        return match found {
            (None, None) => Choice::Neither,
            _ => Choice::Fault,
        };
    }
    match found {
        (Some(node), None) => Choice::Found { node, name, negated: false },
        (None, Some(node)) => Choice::Found { node, name: not_name, negated: true },
        (Some(_), Some(_)) => {
            sink.put(FaultCode::Conflict, path.member(not_name), format!("excludes {name} in the same statement"));
            Choice::Fault
        }
        (None, None) if need == Need::Optional => Choice::Neither,
        (None, None) => {
            sink.put(FaultCode::Missing, path.member(name), format!("the statement has neither {name} nor {not_name}"));
            Choice::Fault
        }
    }
}

/// An empty Sid counts as none.
fn sid(node: &Node, path: &Path<'_>, kind: PolicyKind, sink: &mut Sink) -> Option<Box<str>> {
    let sid = text(node, path, sink)?;
    let plain = sid.bytes().all(|b| b.is_ascii_alphanumeric());
    if !plain && (kind != PolicyKind::Resource || sid.contains(char::is_control)) {
        sink.put(FaultCode::Sid, path, "a Sid is made of letters A-Z, a-z and digits");
    }
    (!sid.is_empty()).then(|| sid.into())
}

fn effect(node: Option<&Node>, path: &Path<'_>, sink: &mut Sink) -> Option<Effect> {
    let Some(node) = node else {
        sink.put(FaultCode::Missing, path, "the statement has no Effect, which is Allow or Deny");
        return None;
    };
    match text(node, path, sink)? {
        "Allow" => Some(Effect::Allow),
        "Deny" => Some(Effect::Deny),
        other => {
            sink.put_with(FaultCode::Effect, path, "the effect is Allow or Deny, so written", || {
                suggest(other, ["Allow", "Deny"]).map(ToOwned::to_owned)
            });
            None
        }
    }
}

fn list<T>(
    node: &Node,
    path: &Path<'_>,
    negated: bool,
    sink: &mut Sink,
    read: impl Fn(&Node, &Path<'_>, &mut Sink) -> Option<T>,
) -> Listed<T> {
    let mut items = Vec::new();
    each(node, path, sink, |node, path, sink| items.extend(read(node, path, sink)));
    if negated { Listed::AllBut(items.into()) } else { Listed::Only(items.into()) }
}

fn action(node: &Node, path: &Path<'_>, kind: PolicyKind, negated: bool, sink: &mut Sink) -> Option<ActionPattern> {
    let text = text(node, path, sink).filter(|text| fits(text, path, sink))?;
    let pattern = match ActionPattern::new(text) {
        Ok(pattern) => pattern,
        Err(problem) => {
            sink.put(FaultCode::Action, path, problem);
            return None;
        }
    };
    if kind == PolicyKind::Trust && !negated && pattern.text().contains(':') && !pattern.is_of("sts") {
        sink.put(FaultCode::Action, path, "a trust policy has only actions of STS, such as sts:AssumeRole");
        return None;
    }
    Some(pattern)
}

fn resource(
    node: &Node,
    path: &Path<'_>,
    kind: PolicyKind,
    version: Version,
    sink: &mut Sink,
) -> Option<ResourcePattern> {
    let text = text(node, path, sink).filter(|text| fits(text, path, sink))?;
    if !means_variables(text, path, (kind, version), sink) {
        return None;
    }
    match ResourcePattern::new(text, version == Version::V2012) {
        Ok(pattern) => Some(pattern),
        Err(problem) => {
            let code = match problem {
                NotAResource::Variable(_) | NotAResource::EarlyVariable => FaultCode::Variable,
                _ => FaultCode::Resource,
            };
            sink.put(code, path, problem.to_string());
            None
        }
    }
}

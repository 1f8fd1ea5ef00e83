//! Policies of users, groups and roles: inline and managed.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Fault, Object, actions, faults, resources, statements, texts};
use crate::policy::{FaultCode, PolicyKind};

const SYNTAX: &str = "Syntax errors in policy.";
const LEGACY: &str = "The policy failed legacy parsing";

/// What AWS finds before it looks at anything else.
const FOUND_FIRST: [FaultCode; 9] = [
    FaultCode::TooLarge,
    FaultCode::Syntax,
    FaultCode::TooDeep,
    FaultCode::DuplicateKey,
    FaultCode::UnknownElement,
    FaultCode::Conflict,
    FaultCode::WrongType,
    FaultCode::Version,
    FaultCode::Operator,
];

/// Judges a document. A managed policy must say the version of the language, and the current one.
pub(super) fn judge(document: &str, managed: bool) -> Result<(), Fault> {
    if document.starts_with(' ') {
        return Err(LEGACY.into());
    }
    let faults = faults(PolicyKind::Identity, document);
    if faults.iter().any(|code| FOUND_FIRST.contains(code)) {
        return Err(SYNTAX.into());
    }
    let policy: Object = serde_json::from_str(document).map_err(|_| SYNTAX)?;
    let statements: Vec<_> = statements(&policy).unwrap_or_default().into_iter().map(Statement::of).collect();
    if statements.is_empty() || statements.iter().any(|statement| statement.effect.is_none()) {
        return Err(SYNTAX.into());
    }
    if managed && policy.get("Version").and_then(Value::as_str) != Some("2012-10-17") {
        return Err("Policy document must be version 2012-10-17 or greater.".into());
    }
    if statements.iter().any(|statement| statement.principal) {
        return Err("Policy document should not specify a principal.".into());
    }
    if faults.contains(&FaultCode::ConditionValue) || !statements.iter().all(Statement::is_legacy) {
        return Err(LEGACY.into());
    }
    sids(&statements)?;
    if statements.iter().any(|statement| statement.actions.is_empty()) {
        return Err("Policy statement must contain actions.".into());
    }
    if statements.iter().any(|statement| statement.resources.is_empty()) {
        return Err("Policy statement must contain resources.".into());
    }
    let mut resources = statements.iter().flat_map(|statement| &statement.resources);
    let mut actions = statements.iter().flat_map(|statement| &statement.actions);
    let first = resources
        .find_map(|resource| resources::fault(resource))
        .or_else(|| actions.find_map(|action| actions::fault(action)));
    match first {
        Some(fault) => Err(fault),
        None if faults.is_empty() => Ok(()),
        None => Err(SYNTAX.into()),
    }
}

/// A statement whose elements are of the right kinds.
struct Statement<'a> {
    /// The effect, where it is one, whatever the case of its letters.
    effect: Option<&'a str>,
    sid: Option<&'a str>,
    actions: Vec<&'a str>,
    resources: Vec<&'a str>,
    principal: bool,
}

impl<'a> Statement<'a> {
    fn of(statement: &'a Object) -> Self {
        let text = |name| statement.get(name).and_then(Value::as_str);
        let either = |name, not_name| {
            statement.get(name).or_else(|| statement.get(not_name)).and_then(texts).unwrap_or_default()
        };
        Self {
            effect: text("Effect").filter(|effect| ["allow", "deny"].contains(&&*effect.to_ascii_lowercase())),
            sid: text("Sid").filter(|sid| !sid.is_empty()),
            actions: either("Action", "NotAction"),
            resources: either("Resource", "NotResource"),
            principal: statement.contains_key("Principal") || statement.contains_key("NotPrincipal"),
        }
    }

    /// Whether the older of AWS's parsers takes it, too.
    fn is_legacy(&self) -> bool {
        let well_formed = self.resources.iter().all(|resource| resources::fault(resource).is_none());
        let complete = self.resources.iter().all(|resource| resources::is_complete(resource));
        matches!(self.effect, Some("Allow" | "Deny")) && (complete || !well_formed)
    }
}

fn sids(statements: &[Statement<'_>]) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    let mut said = statements.iter().filter_map(|statement| statement.sid);
    if !said.clone().all(|sid| seen.insert(sid)) {
        return Err("Statement IDs (SID) in a single policy must be unique.".into());
    }
    if !said.all(|sid| sid.bytes().all(|b| b.is_ascii_alphanumeric())) {
        return Err("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular \
                    expression [0-9A-Za-z]*"
            .into());
    }
    Ok(())
}

//! Trust policies of roles.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Fault, Object, faults, principals, statements, texts};
use crate::policy::{FaultCode, PolicyKind};
use crate::sandbox::account::Account;

pub(super) const SYNTAX: &str = "Syntax error in policy.";
const NO_JSON: &str = "This policy contains invalid Json";

/// Judges a document.
pub(super) fn judge(account: &Account, document: &str) -> Result<(), Fault> {
    if document.starts_with(' ') {
        return Err("JSON strings must not have leading spaces".into());
    }
    let faults = faults(PolicyKind::Trust, document);
    if faults.contains(&FaultCode::DuplicateKey) {
        return Err(NO_JSON.into());
    }
    let policy: Object = serde_json::from_str(document).map_err(|_| NO_JSON)?;
    for (name, value) in &policy {
        match name.as_str() {
            "Version" if matches!(value.as_str(), Some("2008-10-17" | "2012-10-17")) => {}
            "Version" => return Err("The policy must contain a valid version string".into()),
            "Id" if value.is_string() => {}
            "Statement" if value.as_array().is_none_or(|list| !list.is_empty()) => {}
            "Statement" => return Err("Could not parse the policy: Statement is empty!".into()),
            "Id" => return Err(SYNTAX.into()),
            unknown => return Err(format!("Unknown field {unknown}").into()),
        }
    }
    if !policy.contains_key("Statement") {
        return Err("Missing required field Statement".into());
    }
    let mut sids = BTreeSet::new();
    for statement in statements(&policy).ok_or(SYNTAX)? {
        judge_statement(account, statement)?;
        if let Some(sid) = statement.get("Sid") {
            let sid = sid.as_str().ok_or(SYNTAX)?;
            if !sid.is_empty() && !sids.insert(sid) {
                return Err("The Statement Ids in the policy are not unique".into());
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(SYNTAX.into()) }
}

fn judge_statement(account: &Account, statement: &Object) -> Result<(), Fault> {
    match statement.get("Effect").map(Value::as_str) {
        None => return Err("Missing required field Effect".into()),
        Some(Some("Allow" | "Deny")) => {}
        Some(Some(effect)) => return Err(format!("Invalid effect: {effect}").into()),
        Some(None) => return Err(SYNTAX.into()),
    }
    if statement.contains_key("NotPrincipal") {
        let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
        return Err(if allows {
            "Allow with NotPrincipal is not allowed.".into()
        } else {
            "AssumeRole policy must not contain NotPrincipal field.".into()
        });
    }
    principals::judge(account, statement)?;
    judge_actions(statement)?;
    for (name, _) in statement {
        match name.as_str() {
            "Resource" => return Err("Has prohibited field Resource".into()),
            "NotResource" => return Err("AssumeRole policy must not contain resources.".into()),
            "Sid" | "Effect" | "Principal" | "Action" | "NotAction" | "Condition" => {}
            unknown => return Err(format!("Unknown field {unknown}").into()),
        }
    }
    Ok(())
}

fn judge_actions(statement: &Object) -> Result<(), Fault> {
    let actions = match (statement.get("Action"), statement.get("NotAction")) {
        (Some(_), Some(_)) => return Err(SYNTAX.into()),
        (Some(actions), None) | (None, Some(actions)) => texts(actions).ok_or(SYNTAX)?,
        (None, None) => Vec::new(),
    };
    if actions.is_empty() {
        return Err("Missing required field Action".into());
    }
    // Names of actions are read without regard to case, those of services too.
    let is_sts = |action: &&str| action.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sts:"));
    if actions.iter().all(is_sts) {
        Ok(())
    } else {
        Err("AssumeRole policy may only specify STS AssumeRole actions.".into())
    }
}

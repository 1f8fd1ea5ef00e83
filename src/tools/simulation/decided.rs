//! What a simulator decided, one action on one resource at a time.

use std::collections::BTreeMap;

use aws_sdk_iam::types;
use serde_json::{Map, Value, json};

use super::reason;

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decided {
    pub(super) action: String,
    pub(super) resource: String,
    /// AWS's word: `allowed`, `explicitDeny` or `implicitDeny`.
    pub(super) decision: String,
    pub(super) statements: Vec<Matched>,
    /// Condition keys that the policies ask for and nobody gave.
    pub(super) missing: Vec<String>,
    /// Whether the permissions boundary allows, where there is one.
    pub(super) by_boundary: Option<bool>,
    /// Whether the organization's policies allow, where the account is in one.
    pub(super) by_organizations: Option<bool>,
    /// What each kind of policy decided; only across accounts.
    pub(super) details: BTreeMap<String, String>,
}

/// A statement that decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Matched {
    /// The policy's name; `PolicyInputList.1` for the first document of a call.
    pub(super) policy: String,
    pub(super) kind: Option<String>,
    /// Line and column after which the statement begins, and at which it ends.
    pub(super) start: Option<(i32, i32)>,
    pub(super) end: Option<(i32, i32)>,
}

impl Decided {
    pub(super) fn is_allowed(&self) -> bool {
        self.decision == "allowed"
    }

    pub(super) fn is_explicit_deny(&self) -> bool {
        self.decision == "explicitDeny"
    }

    /// The decision as results show it, in AWS's field names, with the reason in plain words.
    pub(super) fn shown(&self) -> Value {
        let mut shown = Map::new();
        shown.insert("EvalActionName".into(), self.action.as_str().into());
        shown.insert("EvalResourceName".into(), self.resource.as_str().into());
        shown.extend(self.outcome());
        Value::Object(shown)
    }

    /// The decision without what it is about.
    pub(super) fn outcome(&self) -> Map<String, Value> {
        let mut shown = Map::new();
        shown.insert("EvalDecision".into(), self.decision.as_str().into());
        shown.insert("Reason".into(), reason::of(self).into());
        shown.insert("MatchedStatements".into(), self.statements.iter().map(Matched::shown).collect());
        shown.insert("MissingContextValues".into(), json!(self.missing));
        if let Some(allowed) = self.by_boundary {
            shown.insert("PermissionsBoundaryDecisionDetail".into(), json!({"AllowedByPermissionsBoundary": allowed}));
        }
        if let Some(allowed) = self.by_organizations {
            shown.insert("OrganizationsDecisionDetail".into(), json!({"AllowedByOrganizations": allowed}));
        }
        if !self.details.is_empty() {
            shown.insert("EvalDecisionDetails".into(), json!(self.details));
        }
        shown
    }
}

impl Matched {
    pub(super) fn shown(&self) -> Value {
        let position = |(line, column): (i32, i32)| json!({"Line": line, "Column": column});
        json!({
            "SourcePolicyId": self.policy,
            "SourcePolicyType": self.kind,
            "StartPosition": self.start.map(position),
            "EndPosition": self.end.map(position),
        })
    }
}

/// The decisions of a simulation's results, one for each action on each resource.
///
/// Where resources were asked about, a result holds one decision for each of them; its own is then the strictest of
/// them, about no resource in particular
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html>).
pub(super) fn decided(results: &[types::EvaluationResult]) -> Vec<Decided> {
    let mut all: Vec<Decided> = Vec::new();
    for result in results {
        let by_organizations =
            result.organizations_decision_detail().map(types::OrganizationsDecisionDetail::allowed_by_organizations);
        let whole = Decided {
            action: result.eval_action_name().to_owned(),
            resource: result.eval_resource_name().unwrap_or("*").to_owned(),
            decision: result.eval_decision().as_str().to_owned(),
            statements: matched(result.matched_statements()),
            missing: result.missing_context_values().to_vec(),
            by_boundary: result
                .permissions_boundary_decision_detail()
                .map(types::PermissionsBoundaryDecisionDetail::allowed_by_permissions_boundary),
            by_organizations,
            details: details(result.eval_decision_details()),
        };
        let of_resource = |specific: &types::ResourceSpecificResult| Decided {
            action: whole.action.clone(),
            resource: specific.eval_resource_name().to_owned(),
            decision: specific.eval_resource_decision().as_str().to_owned(),
            statements: matched(specific.matched_statements()),
            missing: specific.missing_context_values().to_vec(),
            by_boundary: specific
                .permissions_boundary_decision_detail()
                .map(types::PermissionsBoundaryDecisionDetail::allowed_by_permissions_boundary),
            by_organizations,
            details: details(specific.eval_decision_details()),
        };
        let specific: Vec<Decided> = result.resource_specific_results().iter().map(of_resource).collect();
        let found = if specific.is_empty() { vec![whole] } else { specific };
        // A result for each resource, each with all of them in it, would tell everything several times.
        for decided in found {
            let known = |other: &Decided| other.action == decided.action && other.resource == decided.resource;
            if !all.iter().any(known) {
                all.push(decided);
            }
        }
    }
    all
}

fn matched(statements: &[types::Statement]) -> Vec<Matched> {
    let position = |position: &types::Position| (position.line(), position.column());
    let matched = |statement: &types::Statement| Matched {
        policy: statement.source_policy_id().unwrap_or_default().to_owned(),
        kind: statement.source_policy_type().map(|kind| kind.as_str().to_owned()),
        start: statement.start_position().map(position),
        end: statement.end_position().map(position),
    };
    statements.iter().map(matched).collect()
}

fn details(
    details: Option<&std::collections::HashMap<String, types::PolicyEvaluationDecisionType>>,
) -> BTreeMap<String, String> {
    let details = details.into_iter().flatten();
    details.map(|(kind, decision)| (kind.clone(), decision.as_str().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_iam::types::{EvaluationResult, PolicyEvaluationDecisionType as Decision, ResourceSpecificResult};

    use super::*;

    fn result(resources: &[(&str, Decision)]) -> EvaluationResult {
        let specific = |(name, decision): &(&str, Decision)| {
            ResourceSpecificResult::builder()
                .eval_resource_name(*name)
                .eval_resource_decision(decision.clone())
                .build()
                .unwrap()
        };
        EvaluationResult::builder()
            .eval_action_name("s3:GetObject")
            .eval_resource_name("arn:aws:s3:::${BucketName}/${KeyName}")
            .eval_decision(Decision::ImplicitDeny)
            .set_resource_specific_results(Some(resources.iter().map(specific).collect()))
            .build()
            .unwrap()
    }

    #[test]
    fn each_resource_has_its_own_decision() {
        let all = decided(&[result(&[("arn:a", Decision::Allowed), ("arn:b", Decision::ExplicitDeny)])]);
        let told: Vec<_> = all.iter().map(|one| (one.resource.as_str(), one.decision.as_str())).collect();
        assert_eq!(told, [("arn:a", "allowed"), ("arn:b", "explicitDeny")]);
    }

    #[test]
    fn a_result_for_each_resource_tells_nothing_twice() {
        let both = [("arn:a", Decision::Allowed), ("arn:b", Decision::Allowed)];
        assert_eq!(decided(&[result(&both), result(&both)]).len(), 2);
    }

    #[test]
    fn without_resources_the_result_itself_is_the_decision() {
        let all = decided(&[result(&[])]);
        assert_eq!((all.len(), all[0].decision.as_str()), (1, "implicitDeny"));
    }
}

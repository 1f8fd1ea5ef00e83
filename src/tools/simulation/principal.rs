//! `simulate_principal_policy`

use serde_json::{Value, json};

use super::simulate::{self, Asked, Simulated};
use super::{ACTION_NAMES, CONTEXT_ENTRIES, POLICY_SOURCE_ARN, RESOURCE_ARNS, SIMULATE_PRINCIPAL_POLICY, check_size};
use crate::config::Toolset;
use crate::iam::{DeclaredCall, Reader, Resource};
use crate::policy::PolicyKind;
use crate::tools::parameter::{Kept, Kind, Parameter};
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work, documents};

/// `simulate_principal_policy`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&SimulatePrincipalPolicy) };

static SPEC: Spec = Spec {
    name: "simulate_principal_policy",
    title: "Simulate a principal's policies",
    description: "Asks IAM's simulator what the policies of a user (its groups' too), group or role allow: for each \
                  action and resource the decision, the statements that decide, missing condition keys and the reason.",
    toolset: Toolset::Simulation,
    own_parameters: &[
        POLICY_SOURCE_ARN,
        ACTION_NAMES,
        RESOURCE_ARNS,
        CONTEXT_ENTRIES,
        Parameter {
            name: BOUNDARY,
            description: "a permissions boundary to simulate in place of the principal's own",
            // IAM takes one: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>.
            kind: Kind::Documents { most: 1 },
            required: false,
            kept: Kept::AsGiven,
        },
    ],
    output,
    reads: &[SIMULATE_PRINCIPAL_POLICY],
    always: &[SIMULATE_PRINCIPAL_POLICY],
    ..Spec::READING
};

const BOUNDARY: &str = "permissions_boundary_documents";

/// The members of both simulations' results.
pub(super) fn output() -> Value {
    json!({
        "EvaluationResults": {"type": "array", "items": {"type": "object", "properties": {
            "EvalActionName": {"type": "string"}, "EvalResourceName": {"type": "string"},
            "EvalDecision": {"enum": ["allowed", "explicitDeny", "implicitDeny"]},
            "Reason": {"type": "string"}, "MatchedStatements": {"type": "array"},
            "MissingContextValues": {"type": "array"},
        }, "required": ["EvalActionName", "EvalResourceName", "EvalDecision", "Reason"]}},
        "IsTruncated": {"type": "boolean"},
        "Count": {"type": "integer"},
    })
}

/// Both simulations' result.
pub(super) fn shown(simulated: &Simulated) -> Value {
    json!({
        "EvaluationResults": simulated.decided.iter().map(super::decided::Decided::shown).collect::<Vec<_>>(),
        "IsTruncated": simulated.truncated,
        "Count": simulated.decided.len(),
    })
}

struct SimulatePrincipalPolicy;

impl ReadTool for SimulatePrincipalPolicy {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        check_size(call)?;
        documents::parse(&call.arguments, BOUNDARY, PolicyKind::Identity)?;
        Ok(vec![declared(call)])
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let arn = call.arguments.required("policy_source_arn");
            let boundary = call.arguments.documents(BOUNDARY);
            let simulated = simulate::principal(reader, arn, &boundary, &Asked::of(&call.arguments)).await?;
            Ok(shown(&simulated))
        })
    }
}

/// The simulation of one principal's policies, however often it is asked for.
pub(super) fn declared(call: &Call) -> DeclaredCall {
    let arn = call.arguments.required("policy_source_arn");
    let resource = Resource::claimed(&call.facts.account, arn);
    DeclaredCall::new(SIMULATE_PRINCIPAL_POLICY, resource).with("PolicySourceArn", arn)
}

//! `simulate_custom_policy`

use serde_json::Value;

use super::principal::{output, shown};
use super::simulate::{self, Asked};
use super::{ACTION_NAMES, CONTEXT_ENTRIES, RESOURCE_ARNS, SIMULATE_CUSTOM_POLICY, check_size};
use crate::config::Toolset;
use crate::iam::{DeclaredCall, Reader, Resource};
use crate::policy::PolicyKind;
use crate::tools::parameter::{Kept, Kind, Parameter};
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work, documents};

/// `simulate_custom_policy`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&SimulateCustomPolicy) };

static SPEC: Spec = Spec {
    name: "simulate_custom_policy",
    title: "Simulate policy documents",
    description: "Asks IAM's simulator what policy documents allow that need not exist in the account; answers as \
                  simulate_principal_policy.",
    toolset: Toolset::Simulation,
    own_parameters: &[
        Parameter {
            name: DOCUMENTS,
            description: "identity policies, taken together: objects or JSON texts",
            kind: Kind::Documents { most: 20 },
            required: true,
            kept: Kept::AsGiven,
        },
        ACTION_NAMES,
        RESOURCE_ARNS,
        CONTEXT_ENTRIES,
    ],
    output,
    reads: &[SIMULATE_CUSTOM_POLICY],
    always: &[SIMULATE_CUSTOM_POLICY],
    ..Spec::READING
};

const DOCUMENTS: &str = "policy_documents";

struct SimulateCustomPolicy;

impl ReadTool for SimulateCustomPolicy {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        check_size(call)?;
        documents::parse(&call.arguments, DOCUMENTS, PolicyKind::Identity)?;
        Ok(vec![DeclaredCall::new(SIMULATE_CUSTOM_POLICY, Resource::All)])
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let documents = call.arguments.documents(DOCUMENTS);
            Ok(shown(&simulate::custom(reader, &documents, &Asked::of(&call.arguments)).await?))
        })
    }
}

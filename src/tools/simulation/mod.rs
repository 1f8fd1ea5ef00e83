//! What policies allow: IAM's simulators, and what is wrong with a document.

mod access_analyzer;
pub mod compare;
pub mod custom;
mod decided;
mod principal;
mod reason;
mod simulate;
pub mod validate;

pub use principal::TOOL as PRINCIPAL;

use crate::iam::Action;
use crate::tools::parameter::{ACTION_NAME, Kept, Kind, PRINCIPAL_ARN, Parameter, RESOURCE_ARN};
use crate::tools::{Call, ToolError};

/// IAM authorizes it on the user, group or role whose policies are simulated.
/// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>.
const SIMULATE_PRINCIPAL_POLICY: Action = Action::new("iam:SimulatePrincipalPolicy");
/// IAM authorizes it on no resource.
const SIMULATE_CUSTOM_POLICY: Action = Action::new("iam:SimulateCustomPolicy");

/// IAM Access Analyzer authorizes it on no resource.
/// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiamaccessanalyzer.html>.
const VALIDATE_POLICY: Action = Action::new("access-analyzer:ValidatePolicy");

const POLICY_SOURCE_ARN: Parameter = Parameter {
    name: "policy_source_arn",
    description: "the user, group or role whose policies are simulated (of a session: its role)",
    kind: Kind::Text(&PRINCIPAL_ARN),
    required: true,
    kept: Kept::AsGiven,
};

const ACTION_NAMES: Parameter = Parameter {
    name: "action_names",
    description: "actions without wildcards, such as s3:GetObject",
    kind: Kind::Texts { each: &ACTION_NAME, most: 100 },
    required: true,
    kept: Kept::AsGiven,
};

const RESOURCE_ARNS: Parameter = Parameter {
    name: "resource_arns",
    description: "ARNs that each action is tried on; left out: all resources (*)",
    kind: Kind::Texts { each: &RESOURCE_ARN, most: 100 },
    required: false,
    kept: Kept::AsGiven,
};

const CONTEXT_ENTRIES: Parameter = Parameter {
    name: "context_entries",
    description: "condition keys: {\"aws:SourceIp\": \"203.0.113.7\"}, or AWS's list of ContextEntry",
    kind: Kind::ContextEntries,
    required: false,
    // Free text in names and values, and among real keys are some whose values people use as passwords (aws:Referer,
    // sts:ExternalId). A simulation changes nothing, so the record can do without.
    kept: Kept::Secret,
};

/// The most actions x resources of one call: IAM answers them in pages of at most a thousand, and nobody reads more.
const MOST_RESULTS: usize = 1000;

/// Refuses a call that asks for more decisions than one answer holds.
fn check_size(call: &Call) -> Result<(), ToolError> {
    let (actions, resources) =
        (call.arguments.texts("action_names").len(), call.arguments.texts("resource_arns").len());
    let asked = actions * resources.max(1);
    if asked <= MOST_RESULTS {
        return Ok(());
    }
    Err(ToolError::gateway(
        "ValidationError",
        format!("action_names x resource_arns: {asked} decisions are more than {MOST_RESULTS}"),
    )
    .parameter("action_names")
    .hint("ask in several calls"))
}

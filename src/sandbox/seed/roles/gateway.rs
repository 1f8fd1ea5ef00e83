//! What the gateway runs with, and what it assumes.

use super::{Draft, trust};
use crate::sandbox::seed::ages::Ages;
use crate::sandbox::seed::entity::Team::Platform;
use crate::sandbox::seed::entity::{Permitted, Tagged, document};

/// All of them.
pub(super) fn all(ages: Ages) -> Vec<Draft> {
    let role = |name, trust_policy: &str| Draft::new(ages, "/", name, 60, trust_policy).team(Platform);
    vec![
        role("iam-mcp-gateway", &trust::service("ecs-tasks.amazonaws.com"))
            .described("The task role of iam-mcp-gateway")
            .policy("mcp/iam-mcp-gateway")
            .calls("eu-west-1", &[("sts", 0)]),
        role("mcp-admin", document!("trust/mapped-role"))
            .described("What agents of administrators do in IAM, through the gateway only")
            .policy("mcp/mcp-admin")
            .calls("us-east-1", &[("iam", 0)]),
        role("mcp-auditor", document!("trust/mapped-role"))
            .described("What agents of auditors look at in IAM, through the gateway only")
            .policy("mcp/mcp-auditor")
            .calls("us-east-1", &[("iam", 1)]),
    ]
}

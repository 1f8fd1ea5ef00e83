//! `test_role_access`

use super::{Argument, Prompt, Takes, step};
use crate::mcp::names::Names;

pub(super) static PROMPT: Prompt = Prompt {
    name: "test_role_access",
    title: "Test what a role may do",
    description: "Simulates actions as an IAM role, and says which policy decides and what the simulation cannot see. \
                  Changes nothing.",
    needs: &["get_role", "simulate_principal_policy"],
    arguments: &[
        Argument {
            name: "role_name",
            description: "the role",
            required: true,
            takes: Takes::Parameter { tool: "get_role", name: "role_name", names: Some(Names::Roles) },
        },
        Argument {
            name: "action_names",
            description: "actions with blanks between them, such as s3:GetObject s3:PutObject",
            required: true,
            takes: Takes::Parameter { tool: "simulate_principal_policy", name: "action_names", names: None },
        },
        Argument {
            name: "resource_arns",
            description: "ARNs with blanks between them; all resources if left out",
            required: false,
            takes: Takes::Parameter { tool: "simulate_principal_policy", name: "resource_arns", names: None },
        },
    ],
    aim: "Find out whether the IAM role {role_name} may do {action_names}, and why.",
    steps: &[
        step(
            "Call `get_role(role_name={role_name})`. Keep its ARN, who may assume it, its permissions boundary and its \
             policies.",
        ),
        step(
            "Call `simulate_principal_policy(policy_source_arn, action_names={action_names}, \
             resource_arns={resource_arns})` with the role's ARN.",
        )
        .given("resource_arns"),
        step(
            "Call `simulate_principal_policy(policy_source_arn, action_names={action_names})` with the role's ARN. I \
             named no resources: say for which of the actions that makes the answer coarse.",
        )
        .missing("resource_arns"),
        step(
            "Where the answer says that context keys are missing, ask me for their values and simulate again with \
             context_entries. Do not make values up.",
        ),
        step(
            "Call `compare_mcp_access(policy_source_arn, action_names={action_names})` with the role's ARN, and say \
             what an agent may do less than a person.",
        )
        .with(&["compare_mcp_access"]),
        step(
            "Answer with a table: action, resource, decision, the statement that decides (policy and Sid), or that \
             none allows it. If something is denied that should work, name the smallest statement that would allow it.",
        ),
    ],
    closing: "The simulation does not see everything: service control policies as far as my account shows none, \
              policies of resources in other accounts, session policies, and conditions on keys that nobody gave. Say \
              so beside the table. Change nothing in this task.",
};

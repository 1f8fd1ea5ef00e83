//! `audit_group_permissions`

use super::{Argument, Prompt, Takes, step};
use crate::mcp::names::Names;

pub(super) static PROMPT: Prompt = Prompt {
    name: "audit_group_permissions",
    title: "Audit a group's permissions",
    description: "Finds what the members of an IAM group may do, what of it is too much, and proposes less. Changes \
                  nothing.",
    needs: &["get_group", "get_managed_policy_document"],
    arguments: &[Argument {
        name: "group_name",
        description: "the group",
        required: true,
        takes: Takes::Parameter { tool: "get_group", name: "group_name", names: Some(Names::Groups) },
    }],
    aim: "Audit the IAM group {group_name}: who is in it, what they may do by it, and what of that is too much.",
    steps: &[
        step("Call `get_group(group_name={group_name})`. List the members, the attached and the inline policies."),
        step("For each attached policy call `get_managed_policy_document(policy_arn)` with its ARN."),
        step(
            "For each inline policy call `get_group_policy(group_name={group_name}, policy_name)`, if the group's \
              answer did not hold its document.",
        )
        .with(&["get_group_policy"]),
        step(
            "Call `validate_policy(policy_document)` with each document that the account wrote itself. Keep its \
             findings: wildcards, ways to escalate, confused deputies.",
        )
        .with(&["validate_policy"]),
        step(
            "Call `find_privilege_escalation()`. Of what it finds, keep the paths that lead through this group or its \
             members.",
        )
        .with(&["find_privilege_escalation"]),
        step(
            "Call `get_service_last_accessed(arn)` with the group's ARN. Services that the policies allow and that \
             nobody used for 90 days are candidates for removal.",
        )
        .with(&["get_service_last_accessed"]),
        step(
            "Write the audit: a table of statement, what it allows in plain words, risk (administrator, escalation, \
             data, harmless), used lately or not. Name the policy and the statement's Sid or place for each finding.",
        ),
        step(
            "Propose smaller policies for what is too much, as whole documents, and say for each who would lose what. \
             Leave out what you did not see used and did not see unused.",
        ),
    ],
    closing: "Change nothing in this task. If I want one of the proposals done, begin with its dry run.",
};

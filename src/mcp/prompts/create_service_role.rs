//! `create_service_role`

use super::{Argument, Prompt, Takes, step};
use crate::mcp::names::Names;

/// Services that assume roles which people make for them.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html>.
const SERVICES: &[&str] = &[
    "apigateway.amazonaws.com",
    "backup.amazonaws.com",
    "bedrock.amazonaws.com",
    "cloudformation.amazonaws.com",
    "codebuild.amazonaws.com",
    "codepipeline.amazonaws.com",
    "ec2.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "events.amazonaws.com",
    "firehose.amazonaws.com",
    "glue.amazonaws.com",
    "lambda.amazonaws.com",
    "pods.eks.amazonaws.com",
    "sagemaker.amazonaws.com",
    "scheduler.amazonaws.com",
    "ssm.amazonaws.com",
    "states.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
];

pub(super) static PROMPT: Prompt = Prompt {
    name: "create_service_role",
    title: "Create a role for a service",
    description: "Creates an IAM role that one AWS service may assume, with a trust policy that cannot be used by \
                  others and as few permissions as the job needs.",
    needs: &["whoami", "get_role", "create_role", "validate_policy"],
    arguments: &[
        Argument {
            name: "role_name",
            description: "the new role's name",
            required: true,
            takes: Takes::Parameter { tool: "create_role", name: "role_name", names: Some(Names::Roles) },
        },
        Argument {
            name: "service",
            description: "the service that assumes it",
            required: true,
            takes: Takes::Words(SERVICES),
        },
        Argument {
            name: "policy_arn",
            description: "the ARN of the managed policy that says what it may do",
            required: false,
            takes: Takes::Parameter { tool: "attach_role_policy", name: "policy_arn", names: Some(Names::Policies) },
        },
        Argument {
            name: "permissions_boundary",
            description: "the ARN of the policy that bounds the role",
            required: false,
            takes: Takes::Parameter { tool: "create_role", name: "permissions_boundary", names: Some(Names::Policies) },
        },
    ],
    aim: "Create the IAM role {role_name}, which the service {service} assumes, and which may do no more than its job.",
    steps: &[
        step("Call `whoami()`. Tell me environment, account and my access, and go on only if I expected those."),
        step(
            "Call `get_role(role_name={role_name})`. It should answer NoSuchEntity. If the role is there already, show \
             me who may assume it and what it may do, and stop.",
        ),
        step(
            "Write the trust policy: sts:AssumeRole for the principal {service} alone (with sts:TagSession where the \
             service wants it), under a condition aws:SourceAccount on this account, and aws:SourceArn where the one \
             resource is known that will use it. Leave the condition out only for a service that does not send these \
             keys, and say so.",
        ),
        step("Call `validate_policy(policy_document, policy_type=trust)` with it, and mend what it finds."),
        step("I named no permissions boundary. If `whoami()` says that my role mapping requires one, use that one.")
            .missing("permissions_boundary"),
        step(
            "Call `create_role(role_name={role_name}, assume_role_policy_document, description, tags, dry_run=true)`, \
             with a description of the job in one sentence and the tags that roles here have (ask me for team and \
             owner). Show me the plan and the trust policy and wait for my yes. Then make the same call without \
             dry_run.",
        )
        .missing("permissions_boundary"),
        step(
            "Call `create_role(role_name={role_name}, assume_role_policy_document, description, tags, \
             permissions_boundary={permissions_boundary}, dry_run=true)`, with a description of the job in one \
             sentence and the tags that roles here have (ask me for team and owner). Show me the plan and the trust \
             policy and wait for my yes. Then make the same call without dry_run.",
        )
        .given("permissions_boundary"),
        step(
            "Read the policy {policy_arn} with `get_managed_policy_document(policy_arn={policy_arn})`, and tell me in \
             one sentence what it allows, and whether that is more than the job.",
        )
        .given("policy_arn")
        .with(&["get_managed_policy_document"]),
        step(
            "Call `attach_role_policy(role_name={role_name}, policy_arn={policy_arn}, dry_run=true)`. Show me what the \
             role could do then. After my yes make the call, with a reason that names the job.",
        )
        .given("policy_arn"),
        step(
            "I named no policy. Ask me what the job reads and writes, write a policy with exactly these actions and \
             resources, and call `validate_policy(policy_document)` with it. Then call \
             `put_role_policy(role_name={role_name}, policy_name, policy_document, dry_run=true)`, show me the plan, \
             and after my yes make the call with a reason.",
        )
        .missing("policy_arn")
        .with(&["put_role_policy"]),
        step("Call `get_role(role_name={role_name})` and check it against the plan."),
    ],
    closing: "A role without permissions is a fine result: if I cannot say what the job needs, leave it at that. Never \
              use a principal or an action with a wildcard.",
};

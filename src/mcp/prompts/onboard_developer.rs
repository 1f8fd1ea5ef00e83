//! `onboard_developer`

use super::{Argument, Prompt, Takes, step};
use crate::mcp::names::Names;

pub(super) static PROMPT: Prompt = Prompt {
    name: "onboard_developer",
    title: "Onboard a developer",
    description: "Creates an IAM user for a new developer and gives it what a group gives, each change shown first.",
    needs: &["whoami", "get_user", "create_user"],
    arguments: &[
        Argument {
            name: "user_name",
            description: "the new user's name",
            required: true,
            takes: Takes::Parameter { tool: "create_user", name: "user_name", names: Some(Names::Users) },
        },
        Argument {
            name: "group_name",
            description: "the group that the user joins",
            required: false,
            takes: Takes::Parameter { tool: "add_user_to_group", name: "group_name", names: Some(Names::Groups) },
        },
        Argument {
            name: "path",
            description: "the user's path, such as /developers/",
            required: false,
            takes: Takes::Parameter { tool: "create_user", name: "path", names: None },
        },
        Argument {
            name: "permissions_boundary",
            description: "the ARN of the policy that bounds the user",
            required: false,
            takes: Takes::Parameter { tool: "create_user", name: "permissions_boundary", names: Some(Names::Policies) },
        },
    ],
    aim: "A developer is new here. Create the IAM user {user_name} with path {path}, and give it no more than the job \
          needs.",
    steps: &[
        step("Call `whoami()`. Tell me environment, account and my access, and go on only if I expected those."),
        step(
            "Call `get_user(user_name={user_name})`. It should answer NoSuchEntity. If the user is there already, show \
             me what hangs on it and stop.",
        ),
        step(
            "Call `get_group(group_name={group_name})`. Tell me who is in the group, which policies it has, and in one \
             sentence what a member may do by them. If that is administrator, or more than a developer needs, say so.",
        )
        .given("group_name")
        .with(&["get_group"]),
        step(
            "I named no group. Call `list_groups()` and ask me which of them the developer should join, or whether \
             none. Read the group with `get_group(group_name)` before you propose it.",
        )
        .missing("group_name")
        .with(&["list_groups", "get_group", "add_user_to_group"]),
        step("I named no permissions boundary. If `whoami()` says that my role mapping requires one, use that one.")
            .missing("permissions_boundary"),
        step(
            "Call `create_user(user_name={user_name}, path={path}, dry_run=true)`, with the tags that users here have \
             (ask me for team and owner) and the boundary, if any. Show me the plan and wait for my yes. Then make the \
             same call without dry_run.",
        )
        .missing("permissions_boundary"),
        step(
            "Call `create_user(user_name={user_name}, path={path}, permissions_boundary={permissions_boundary}, \
             dry_run=true)`, with the tags that users here have (ask me for team and owner). Show me the plan and wait \
             for my yes. Then make the same call without dry_run.",
        )
        .given("permissions_boundary"),
        step(
            "Call `add_user_to_group(group_name={group_name}, user_name={user_name}, dry_run=true)`. Show me what the \
             user could do then that it cannot do now. After my yes make the call, with a reason that names this task.",
        )
        .given("group_name"),
        step(
            "Call `get_user(user_name={user_name})` and check against the plan: path, tags, boundary, groups, no \
              access keys.",
        ),
    ],
    closing: "Make no access key and no password: a person signs in through single sign-on. If I ask for a key all the \
              same, tell me that it will have to be rotated, and by whom.",
};

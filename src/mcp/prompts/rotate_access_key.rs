//! `rotate_access_key`

use super::{Argument, Prompt, Takes, step};
use crate::mcp::names::Names;

pub(super) static PROMPT: Prompt = Prompt {
    name: "rotate_access_key",
    title: "Rotate an access key",
    description: "Replaces an IAM user's access key in three stages with a pause between them: create, turn the old \
                  one off, delete it.",
    needs: &["whoami", "get_user", "rotate_access_key"],
    arguments: &[
        Argument {
            name: "user_name",
            description: "the user whose key it is",
            required: true,
            takes: Takes::Parameter { tool: "rotate_access_key", name: "user_name", names: Some(Names::Users) },
        },
        Argument {
            name: "old_access_key_id",
            description: "the id of the key to replace; needed if the user has two",
            required: false,
            takes: Takes::Parameter { tool: "rotate_access_key", name: "old_access_key_id", names: None },
        },
    ],
    aim: "Rotate the access key of the IAM user {user_name} without breaking what uses it.",
    steps: &[
        step("Call `whoami()`. Tell me environment, account and my access, and go on only if I expected those."),
        step(
            "Call `get_user(user_name={user_name})`. Show me each key: id, age, status, last use and where. If the \
             user is a program that could use a role in place of keys, say so before anything else.",
        ),
        step("The key to replace is {old_access_key_id}. If the user has no such key, stop.")
            .given("old_access_key_id"),
        step("If the user has more than one key, ask me which one to replace; if it has none, stop.")
            .missing("old_access_key_id"),
        step(
            "Call `rotate_access_key(user_name={user_name}, old_access_key_id, stage=create, dry_run=true)`, show me \
             the plan and wait for my yes, then make the call with a reason. Two keys are the most a user can have: if \
             there are two, one of them has to go first.",
        ),
        step(
            "Tell me where the new secret is. The gateway may have put it into Secrets Manager and answered its ARN; \
             then never read it. If it was answered to you, show it once and repeat it nowhere. If the gateway refuses \
             new secrets (tools.new_secrets), the key has to be made elsewhere: stop.",
        ),
        step("Wait until I say that everything that uses the key has the new one. Do not go on by yourself."),
        step(
            "Call `rotate_access_key(user_name={user_name}, old_access_key_id, stage=deactivate, dry_run=true)`, then \
             after my yes without dry_run. If it refuses because the old key was used lately, something still has it: \
             tell me when and by which service, and do not force.",
        ),
        step(
            "After some days, when I come back and nothing broke: `rotate_access_key(user_name={user_name}, \
             old_access_key_id, stage=delete, dry_run=true)`, show me the plan, and after my yes make the call.",
        ),
        step("Call `get_user(user_name={user_name})` and show me that one active key is left."),
    ],
    closing: "If something breaks after the old key was turned off, tell me at once: it can be turned on again until \
              it is deleted.",
};

//! `clean_up_inactive_users`

use super::{Argument, Prompt, Takes, step};

pub(super) static PROMPT: Prompt = Prompt {
    name: "clean_up_inactive_users",
    title: "Clean up inactive users",
    description: "Finds IAM users that nobody used for a while, and with a yes for each turns off their keys or \
                  deletes them.",
    needs: &["whoami", "find_inactive_identities", "get_user", "update_access_key", "delete_user"],
    arguments: &[Argument {
        name: "days",
        description: "for how many days nobody used them",
        required: false,
        takes: Takes::Parameter { tool: "find_inactive_identities", name: "days", names: None },
    }],
    aim: "Find the IAM users that were not used for {days} days, and clean them up with me.",
    steps: &[
        step("Call `whoami()`. Tell me environment, account and my access, and go on only if I expected those."),
        step(
            "Call `find_inactive_identities(days={days})`. Keep users and access keys. It lists the longest unused \
             first: where Total is more than Count, the others come when these are done.",
        ),
        step(
            "For each user call `get_user(user_name)`: age, last sign-in, last use of each key, groups, policies, \
             tags. A user that is younger than {days} days is not inactive.",
        ),
        step(
            "Show me a table with your proposal for each: keep (and why), turn keys off, or delete. What looks like a \
             break-glass user, or a program that runs once a year, you propose to keep. Wait until I chose.",
        ),
        step(
            "Turning off comes first, as it can be undone: for each key of a user that I chose call \
             `update_access_key(user_name, access_key_id, status=Inactive, dry_run=true)`, show me the plan, and after \
             my yes make the call.",
        ),
        step(
            "Delete only users that I named, one at a time: `delete_user(user_name, force=true, dry_run=true)`. Show \
             me what would be lost. After my yes make the call with a reason, show me the plan that it answers, and \
             pass on its confirmation_token only if that is the plan I agreed to.",
        ),
        step("Report what was done, what was refused and why, and which users should be looked at again and when."),
    ],
    closing: "Ten users at a time at most. If one of them turns out to be used after all, stop and tell me.",
};

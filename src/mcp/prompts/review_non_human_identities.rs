//! `review_non_human_identities`

use super::{Prompt, step};

pub(super) static PROMPT: Prompt = Prompt {
    name: "review_non_human_identities",
    title: "Review non-human identities",
    description: "Goes through the account's programs, pipelines and services: who owns them, what they may do, which \
                  credentials are old. Changes nothing.",
    needs: &["whoami", "list_nhi_identities", "get_identity_details"],
    arguments: &[],
    aim: "Review the account's non-human identities: programs, pipelines, services, and other accounts that assume \
          roles.",
    steps: &[
        step("Call `whoami()` and tell me which environment and account this is."),
        step(
            "Call `list_nhi_identities()`. Say how many there are of which kind. How sure the answer is stands in it: \
             what is uncertain is a question for me and no finding.",
        ),
        step(
            "For those that stand out call `get_identity_details(identity_name, identity_type)`: administrators, keys \
             older than 90 days, trust in other accounts or in everybody, no owner in the tags, not used for 90 days.",
        ),
        step(
            "Call `find_privilege_escalation()` and mark each of them that can make itself administrator, with the \
             path.",
        )
        .with(&["find_privilege_escalation"]),
        step(
            "Call `get_service_last_accessed(arn)` for the five most powerful of them, and say what they may do and \
             never did.",
        )
        .with(&["get_service_last_accessed"]),
        step(
            "Write the review, worst first: identity, what it is for (as far as tags and names tell, which is a \
             claim), owner, what it may do, credentials and their age, the risk in one sentence, what to do.",
        ),
        step(
            "Group what to do: a role in place of keys, rotate, smaller policy, narrower trust, owner to be found, \
             delete. Name the tool that each would take, and that its dry run comes first.",
        ),
    ],
    closing: "Change nothing in this task.",
};

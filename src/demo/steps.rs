//! What the tour does, and what each step must come to.

use serde_json::{Value, json};

use super::Caller;

/// One call of the tour.
#[derive(Debug)]
pub(super) struct Step {
    /// What happens.
    pub(super) title: &'static str,
    /// What to see in it.
    pub(super) because: &'static str,
    pub(super) caller: Caller,
    pub(super) tool: &'static str,
    /// The arguments; `TOKEN` stands for the confirmation token of the step before.
    pub(super) arguments: fn() -> Value,
    /// The error that must be answered, if one must.
    pub(super) refused: Option<&'static str>,
    /// The stages of the records it must leave.
    pub(super) stages: &'static [&'static str],
    /// AWS calls that must be among those it makes; none means that AWS must not be called at all.
    pub(super) calls: &'static [&'static str],
    /// Whether it must answer a plan to be confirmed, which the next step then does.
    pub(super) asks: bool,
}

/// Stands for the confirmation token that the step before was answered with.
pub(super) const TOKEN: &str = "<token>";

/// A leaver of the sandbox's account: has keys, groups and policies that stand in the way of deleting.
pub(super) const LEAVER: &str = "rosa.delgado";

/// The tour.
pub(super) const STEPS: &[Step] = &[
    Step {
        title: "The admin asks who it is.",
        because: "The gateway answers itself: no role is assumed, AWS is not called.",
        caller: Caller::Admin,
        tool: "whoami",
        arguments: || json!({}),
        refused: None,
        stages: &["read"],
        calls: &[],
        asks: false,
    },
    Step {
        title: "The auditor lists users of CI.",
        because: "The gateway assumes the auditor's own role, stamped with who is behind it.",
        caller: Caller::Auditor,
        tool: "list_users",
        arguments: || json!({"path_prefix": "/ci/", "max_items": 3}),
        refused: None,
        stages: &["read"],
        calls: &["iam:ListUsers"],
        asks: false,
    },
    Step {
        title: "The auditor tries to create a user.",
        because: "Refused before any credential exists, and recorded.",
        caller: Caller::Auditor,
        tool: "create_user",
        arguments: || json!({"user_name": "mallory"}),
        refused: Some("ReadOnlyCaller"),
        stages: &["denied"],
        calls: &[],
        asks: false,
    },
    Step {
        title: "The admin tries to create a user that breaks the glass.",
        because: "A policy of the gateway's, in IAM's own language, denies it; AWS is not asked.",
        caller: Caller::Admin,
        tool: "create_user",
        arguments: || json!({"user_name": "glass.breaker", "path": "/break-glass/"}),
        refused: Some("PolicyDenied"),
        stages: &["denied"],
        calls: &[],
        asks: false,
    },
    Step {
        title: "The admin tries to create a user for a machine.",
        because: "That passes the gateway; AWS denies it, by the tag stamped on the session.",
        caller: Caller::Admin,
        tool: "create_user",
        arguments: || json!({"user_name": "ci-new", "path": "/ci/"}),
        refused: Some("AccessDenied"),
        stages: &["intent", "outcome"],
        calls: &["iam:CreateUser"],
        asks: false,
    },
    Step {
        title: "The admin creates a user.",
        because: "The intent is on the disk before AWS is asked, the outcome before the answer.",
        caller: Caller::Admin,
        tool: "create_user",
        arguments: || json!({"user_name": "nora.lind", "path": "/people/", "tags": {"team": "payments"}}),
        refused: None,
        stages: &["intent", "outcome"],
        calls: &["iam:CreateUser"],
        asks: false,
    },
    Step {
        title: "The admin wants a leaver gone, with all that hangs on them.",
        because: "First comes the plan, with a token to confirm it; nothing is removed.",
        caller: Caller::Admin,
        tool: "delete_user",
        arguments: || json!({"user_name": LEAVER, "force": true}),
        refused: None,
        stages: &["dry-run"],
        calls: &["iam:GetUser", "iam:ListAccessKeys"],
        asks: true,
    },
    Step {
        title: "The admin confirms the plan.",
        because: "Exactly that is done, and first what lets the leaver act.",
        caller: Caller::Admin,
        tool: "delete_user",
        arguments: || json!({"user_name": LEAVER, "force": true, "confirmation_token": TOKEN}),
        refused: None,
        stages: &["intent", "outcome"],
        calls: &["iam:DeleteAccessKey", "iam:DeleteUser"],
        asks: false,
    },
    Step {
        title: "The auditor looks for the leaver.",
        because: "AWS says that there is none, and the gateway passes it on.",
        caller: Caller::Auditor,
        tool: "get_user",
        arguments: || json!({"user_name": LEAVER}),
        refused: Some("NoSuchEntity"),
        stages: &["read"],
        calls: &["iam:GetUser"],
        asks: false,
    },
];

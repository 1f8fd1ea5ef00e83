//! The tools on a user's policies.

crate::tools::holder::policy_tools!(
    "user",
    USER,
    crate::config::Toolset::Users,
    crate::tools::holder::permissions::OF_USERS
);

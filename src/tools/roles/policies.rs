//! The tools on a role's policies.

crate::tools::holder::policy_tools!(
    "role",
    ROLE,
    crate::config::Toolset::Roles,
    crate::tools::holder::permissions::OF_ROLES
);

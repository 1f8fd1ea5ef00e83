//! The tools on a role's tags and permissions boundary.

crate::tools::holder::bounded_tools!(
    "role",
    ROLE,
    BOUNDED_ROLE,
    crate::config::Toolset::Roles,
    crate::tools::holder::permissions::OF_ROLES
);

//! The tools on a group's policies.

crate::tools::holder::policy_tools!(
    "group",
    GROUP,
    crate::config::Toolset::Groups,
    crate::tools::holder::gains::OF_GROUPS
);

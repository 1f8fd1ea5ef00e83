//! The tools on a user's tags and permissions boundary.

crate::tools::holder::bounded_tools!(
    "user",
    USER,
    BOUNDED_USER,
    crate::config::Toolset::Users,
    crate::tools::holder::permissions::OF_USERS
);

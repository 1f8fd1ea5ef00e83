//! Who the caller is here, what the gateway is, who can do more than they should, and what the account does not need.

pub mod escalations;
pub mod inactive;
pub mod version;
pub mod whoami;

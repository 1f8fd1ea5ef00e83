//! Who the caller is here, and what the gateway is.

pub mod version;
pub mod whoami;

//! Who the caller is here, what the gateway is, and who can do more than they should.

pub mod escalations;
pub mod version;
pub mod whoami;

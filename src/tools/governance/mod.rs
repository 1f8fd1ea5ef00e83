//! Who the caller is here, what the gateway is, who can do more than they should, what of the account nobody uses, and what
//! happened in it.

pub mod account_summary;
pub mod credential_report;
pub mod escalations;
pub mod inactive;
pub mod last_accessed;
pub mod lookup_events;
pub mod version;
pub mod whoami;
pub mod why_denied;

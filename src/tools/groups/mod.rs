//! IAM groups.

pub mod create;
pub mod delete;
pub mod get;
pub mod inventory;
pub mod list;
pub mod members;
pub mod membership;
pub mod policies;

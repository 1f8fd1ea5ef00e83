//! IAM roles.

pub mod bounded;
pub mod create;
pub mod delete;
pub mod get;
pub mod inventory;
pub mod list;
pub mod policies;
pub mod trust;
pub mod update;

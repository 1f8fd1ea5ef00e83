//! IAM users.

pub mod bounded;
pub mod create;
pub mod credentials;
pub mod delete;
pub mod get;
pub mod inventory;
pub mod list;
pub mod policies;
pub mod update;

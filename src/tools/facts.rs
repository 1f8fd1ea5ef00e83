//! What a tool may know of the call beyond its arguments.

use std::sync::Arc;

use crate::authn::Caller;
use crate::config::RoleMapping;
use crate::context::stamp::Stamp;
use crate::iam::Account;

/// Who calls, in which environment, with which role and stamp.
#[derive(Debug, Clone)]
pub struct CallFacts {
    /// The verified caller.
    pub caller: Arc<Caller>,
    /// The environment that the call is for.
    pub environment: String,
    /// The account that the call acts on.
    pub account: Account,
    /// The role mapping that matched.
    pub mapping: Arc<RoleMapping>,
    /// What is stamped on the caller's sessions.
    pub stamp: Stamp,
    /// Whether the whole gateway is read-only at this moment.
    pub read_only: bool,
}

//! What is to be decided.

use super::context::Context;
use super::principal::Principal;
use super::target::Target;

/// One request: who wants to do what to which resource, under which circumstances.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    pub(super) action: Box<str>,
    pub(super) resource: Target<'a>,
    pub(super) principal: &'a Principal,
    pub(super) context: &'a Context,
}

impl<'a> Request<'a> {
    /// A request for `action` (`service:Name`, in any letter case) on the ARN `resource`; an action on nothing in
    /// particular has the resource `*`, which only a `*` in a policy matches. Where the ARN is not known in full, `resource`
    /// is a [`Target`].
    ///
    /// A trust policy has no Resource, so there `resource` plays no part.
    #[must_use]
    pub fn new(action: &str, resource: impl Into<Target<'a>>, principal: &'a Principal, context: &'a Context) -> Self {
        Self { action: action.to_ascii_lowercase().into(), resource: resource.into(), principal, context }
    }

    /// Who asks.
    #[must_use]
    pub fn principal(&self) -> &'a Principal {
        self.principal
    }
}

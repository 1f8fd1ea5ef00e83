//! What is to be decided.

use std::sync::Arc;

use super::context::Context;
use super::principal::Principal;
use super::target::Target;

/// One request: who wants to do what to which resource, under which circumstances.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    pub(super) action: Arc<str>,
    pub(super) resource: Target<'a>,
    pub(super) principal: &'a Principal,
    pub(super) context: &'a Context,
    pub(super) has_boundary: bool,
}

impl<'a> Request<'a> {
    /// A request for `action` (`service:Name`, in any letter case) on the ARN `resource`; an action on nothing in
    /// particular has the resource `*`, which only a `*` in a policy matches. Where the ARN is not known in full, `resource`
    /// is a [`Target`].
    ///
    /// A trust policy has no Resource, so there `resource` plays no part.
    #[must_use]
    pub fn new(action: &str, resource: impl Into<Target<'a>>, principal: &'a Principal, context: &'a Context) -> Self {
        let (action, resource) = (action.to_ascii_lowercase().into(), resource.into());
        Self { action, resource, principal, context, has_boundary: false }
    }

    /// The same request of a principal that has a permissions boundary, which a NotPrincipal never spares.
    pub(super) fn with_boundary(&self) -> Self {
        Self { has_boundary: true, ..self.clone() }
    }

    /// Who asks.
    #[must_use]
    pub fn principal(&self) -> &'a Principal {
        self.principal
    }
}

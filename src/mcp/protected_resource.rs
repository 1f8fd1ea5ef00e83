//! What OAuth clients are told of the MCP endpoints: who issues access tokens for them, and with which scopes.

use std::sync::Arc;

use serde_json::{Value, json};

use super::road::InForce;
use crate::authn::tokens::bearer::resource;
use crate::current::Current;
use crate::http::ProtectedResource;

/// By the configuration in force.
#[derive(Debug)]
pub struct ResourceMetadata {
    in_force: Arc<Current<InForce>>,
}

impl ResourceMetadata {
    /// Metadata by the configuration in force.
    #[must_use]
    pub fn new(in_force: Arc<Current<InForce>>) -> Self {
        Self { in_force }
    }
}

impl ProtectedResource for ResourceMetadata {
    /// RFC 9728, section 2.
    fn metadata(&self, environment: Option<&str>) -> Option<Value> {
        let in_force = self.in_force.get();
        let config = &in_force.config;
        let bearer = config.bearer.as_ref()?;
        let issuers = config.issuers.iter().filter(|issuer| issuer.bearer).map(|issuer| issuer.url.as_str());
        Some(json!({
            "resource": resource(bearer, environment),
            "authorization_servers": issuers.collect::<Vec<_>>(),
            "scopes_supported": [bearer.read_scope, bearer.write_scope],
            "bearer_methods_supported": ["header"],
            "resource_name": config.gateway.name.as_str(),
        }))
    }
}

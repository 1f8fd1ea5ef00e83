//! `/.well-known/oauth-protected-resource/mcp[/{environment}]`: where OAuth clients learn who issues access tokens (RFC 9728).

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Uri};
use serde_json::Value;

use super::endpoint::{Endpoint, Service, not_found};

/// What stands in front of the resource's own path (RFC 9728, section 3.1).
pub(super) const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// Says what the MCP endpoints are to OAuth clients.
pub trait ProtectedResource: fmt::Debug + Send + Sync {
    /// The metadata of the endpoint of this environment, or of the default one; `None` where no access token is accepted.
    /// Whether there is such an environment must make no difference: strangers ask.
    fn metadata(&self, environment: Option<&str>) -> Option<Value>;
}

/// The paths.
pub(super) fn paths(resource: Arc<dyn ProtectedResource>) -> Router {
    let path = |of: &str| format!("{WELL_KNOWN}{of}");
    Router::new()
        .route(&path(Service::Mcp.path()), get(answer))
        .route(&path(Service::Mcp.named_path()), get(answer))
        .with_state(resource)
}

async fn answer(State(resource): State<Arc<dyn ProtectedResource>>, uri: Uri) -> Response {
    let Some(metadata) = endpoint(&uri).and_then(|endpoint| resource.metadata(endpoint.environment.as_deref())) else {
        return not_found().into_response();
    };
    let mut response = metadata.to_string().into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
    response
}

fn endpoint(uri: &Uri) -> Option<Endpoint> {
    Endpoint::of(uri.path().strip_prefix(WELL_KNOWN)?).filter(|endpoint| endpoint.service == Service::Mcp)
}

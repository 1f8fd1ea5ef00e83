//! resources/list, resources/templates/list and resources/read.

use rmcp::ErrorData as McpError;
use rmcp::model::{
    CacheScope, CallToolRequestParams, ListResourceTemplatesResult, ListResourcesResult, ReadResourceResult,
    ResourceContents,
};
use rmcp::service::{RequestContext, RoleServer};

use super::{Handler, LIST_TTL_MS};
use crate::mcp::resources::{self, MIME_TYPE, Named, TEMPLATES};
use crate::mcp::{Incoming, Method};

impl Handler {
    /// No resources one by one: an account has thousands, which list_users and its like show in pages. Their templates
    /// say how each is named.
    pub(super) fn resources(&self, context: &RequestContext<RoleServer>) -> Result<ListResourcesResult, McpError> {
        self.asker(context)?;
        let mut result = ListResourcesResult::with_all_items(Vec::new());
        result.cache_scope = Some(CacheScope::Private);
        result.ttl_ms = Some(LIST_TTL_MS);
        Ok(result)
    }

    /// The templates whose resources this caller could read.
    pub(super) fn resource_templates(
        &self,
        context: &RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, McpError> {
        let (in_force, facts) = self.asker(context)?;
        let readable = TEMPLATES.iter().filter(|template| self.could_call(&in_force, &facts, template.tool));
        let mut result =
            ListResourceTemplatesResult::with_all_items(readable.map(|template| template.listed()).collect());
        // The list differs by caller, as the tools list does.
        result.cache_scope = Some(CacheScope::Private);
        result.ttl_ms = Some(LIST_TTL_MS);
        Ok(result)
    }

    /// Reads a resource: the call of its tool.
    pub(super) async fn resource(
        &self,
        uri: &str,
        context: &RequestContext<RoleServer>,
    ) -> Result<ReadResourceResult, McpError> {
        let named = Named::parse(uri);
        let own_uri = named.as_ref().map_or_else(|| uri.to_owned(), Named::uri);
        let call = match &named {
            Some(named) => CallToolRequestParams::new(named.template.tool).with_arguments(named.arguments()),
            None => CallToolRequestParams::new(""),
        };
        let method = Method::ReadResource { uri: own_uri.clone() };
        let incoming = Incoming { method, ..self.incoming(call, context)? };
        let reply = self.travel(incoming, context).await?;
        if reply.error_code().is_some() {
            return Err(resources::error(uri, &reply));
        }
        let contents = ResourceContents::text(reply.into_body().to_string(), own_uri).with_mime_type(MIME_TYPE);
        // Who has just changed an entity must read it as it is now.
        Ok(ReadResourceResult::new(vec![contents]).with_ttl_ms(0).with_cache_scope(CacheScope::Private))
    }
}

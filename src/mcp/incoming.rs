//! A call as it arrives, with everything that was verified about it.

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::confirm::elicitation::ClientInput;
use super::method::Method;
use super::stop::Stop;
use super::{completion, resources};
use crate::authn::Verified;
use crate::tools::catalogue::Catalogue;
use crate::tools::{Tool, ToolError, lookup};

/// One call: a tools/call, or the call of a tool that a read of a resource or a completion comes to.
#[derive(Debug)]
pub struct Incoming {
    /// Who signed it, and the signature.
    pub verified: Arc<Verified>,
    /// The environment that the path named; `None` for the default one.
    pub environment: Option<String>,
    /// The gateway's id of the HTTP request.
    pub request_id: String,
    /// The client's address.
    pub source_ip: Option<IpAddr>,
    /// Whether the client spoke TLS, as a trusted proxy says.
    pub secure: bool,
    /// What the client calls itself in its User-Agent; its own word.
    pub user_agent: Option<String>,
    /// The MCP revision of the request.
    pub protocol: Option<String>,
    /// What the client calls itself in MCP; its own word.
    pub client: Option<String>,
    /// The JSON-RPC id.
    pub rpc_id: String,
    /// By which method it came.
    pub method: Method,
    /// The tool's name: as it was given, or the one that the method comes to; empty if it comes to none.
    pub tool: String,
    /// The arguments as they were given.
    pub arguments: Map<String, Value>,
    /// Whether the client can ask its person, and what that person answered.
    pub input: ClientInput,
    /// Where steps of a long call are told, if the client asked to hear of them.
    pub progress: Option<UnboundedSender<Step>>,
    /// When it has to be done, if the gateway has begun to end.
    pub last_moment: Option<Instant>,
    /// What ends it before its answer, if it only reads.
    pub stop: Stop,
}

impl Incoming {
    /// The tool that it calls.
    ///
    /// # Errors
    /// `UnknownTool`, `UnknownResource` or `UnknownReference`, by the method.
    pub fn find_tool(&self, catalogue: Catalogue) -> Result<&'static Tool, ToolError> {
        match self.method {
            Method::CallTool => lookup::find(catalogue, &self.tool),
            Method::ReadResource { .. } => catalogue.find(&self.tool).ok_or_else(resources::unknown),
            Method::Complete { .. } => catalogue.find(&self.tool).ok_or_else(completion::unknown),
        }
    }
}

/// A step of a call that takes several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// How many of its parts are done: AWS calls of a change, items of what is read.
    pub done: usize,
    /// How many there are, where that is known.
    pub total: Option<usize>,
    /// The action that was just done, or what is counted.
    pub message: &'static str,
}

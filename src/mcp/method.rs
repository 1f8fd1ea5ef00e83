//! By which of MCP's methods a call came.

use rmcp::model::Reference;
use serde_json::{Value, json};

use crate::audit::{Kept, Redaction};

/// A method whose calls take the road.
#[derive(Debug, Clone, PartialEq)]
pub enum Method {
    /// `tools/call`.
    CallTool,
    /// `resources/read`.
    ReadResource {
        /// The URI: in its one form where it is one of the gateway's, else as it was given.
        uri: String,
    },
    /// `completion/complete`.
    Complete {
        /// The prompt or template that the argument belongs to.
        reference: Reference,
        /// The argument's name.
        argument: String,
        /// What was typed of its value.
        typed: String,
    },
}

impl Method {
    /// The method's name in MCP.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::CallTool => "tools/call",
            Self::ReadResource { .. } => "resources/read",
            Self::Complete { .. } => "completion/complete",
        }
    }

    /// The name of its records.
    #[must_use]
    pub fn event_name(&self) -> &'static str {
        match self {
            Self::CallTool => "CallTool",
            Self::ReadResource { .. } => "ReadResource",
            Self::Complete { .. } => "Complete",
        }
    }

    /// What a record has of the method's own parameters, beside the tool and the arguments that they came to. What came to
    /// no tool may be anything, and so is what was typed, so both are secrets; a URI is `kept` as its arguments are.
    #[must_use]
    pub fn recorded(&self, came_to_a_tool: bool, arguments_are_kept: bool, redaction: &Redaction) -> Value {
        let text = |is_kept: bool, text: &str| {
            redaction.value(if is_kept { Kept::AsGiven } else { Kept::Secret }, &text.into())
        };
        match self {
            Self::CallTool => json!({}),
            Self::ReadResource { uri } => json!({"uri": text(came_to_a_tool && arguments_are_kept, uri)}),
            Self::Complete { reference, argument, typed } => {
                let (member, named) = match (reference.as_prompt_name(), reference.as_resource_uri()) {
                    (Some(name), _) => ("name", name),
                    (None, uri) => ("uri", uri.unwrap_or_default()),
                };
                json!({
                    "ref": {"type": reference.reference_type(), member: text(came_to_a_tool, named)},
                    "argument": {"name": text(came_to_a_tool, argument), "value": text(false, typed)},
                })
            }
        }
    }
}

//! From a name and arguments to a checked call with its declaration.

use serde_json::{Map, Value};

use super::catalogue::Catalogue;
use super::{Arguments, Call, CallFacts, Declaration, Spec, Tool, ToolError, Work, text};
use crate::authorize::Judged;
use crate::iam::DeclaredCall;

/// A call of a known tool with checked arguments, and every AWS call that it can lead to.
#[derive(Debug)]
pub struct Declared {
    tool: &'static Tool,
    call: Call,
    declaration: Declaration,
}

impl Declared {
    /// The tool.
    #[must_use]
    pub fn tool(&self) -> &'static Tool {
        self.tool
    }

    /// The checked call.
    #[must_use]
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// Every AWS call that it can lead to.
    #[must_use]
    pub fn declaration(&self) -> &Declaration {
        &self.declaration
    }
}

impl Judged for Declared {
    fn facts(&self) -> &CallFacts {
        &self.call.facts
    }

    fn spec(&self) -> &'static Spec {
        self.tool.spec
    }

    fn writes(&self) -> Vec<DeclaredCall> {
        self.declaration.writes.clone()
    }
}

/// The code of the error for a tool that does not exist.
pub const UNKNOWN_TOOL: &str = "UnknownTool";

/// Finds the tool.
///
/// # Errors
/// `UnknownTool`, with the nearest name.
pub fn find(catalogue: Catalogue, name: &str) -> Result<&'static Tool, ToolError> {
    catalogue.find(name).ok_or_else(|| {
        let shortened: String = name.chars().take(64).collect();
        let error = ToolError::gateway(UNKNOWN_TOOL, format!("there is no tool {}", text::visible(&shortened)));
        match catalogue.nearest(name) {
            Some(nearest) => error.hint(format!("did you mean {nearest}?")),
            None => error.hint("tools/list shows the tools that you have"),
        }
    })
}

/// Checks the arguments of a call of `tool` and lets the tool declare what it will call.
///
/// # Errors
/// `ValidationError`, or the tool's own refusal of these arguments.
pub fn look_up(tool: &'static Tool, arguments: &Map<String, Value>, facts: CallFacts) -> Result<Declared, ToolError> {
    let arguments = Arguments::check(tool.spec, arguments)?;
    let call = Call { arguments, facts };
    let declaration = match tool.work {
        Work::Local(_) => Declaration::default(),
        Work::Read(work) => Declaration { reads: work.declare(&call)?, writes: Vec::new() },
        Work::Write(work) => work.declare(&call)?,
    };
    Ok(Declared { tool, call, declaration })
}

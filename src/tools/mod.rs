//! The catalogue: what agents can ask for.
//!
//! A tool is data ([`Spec`]) and functions. A writing tool is two functions: `plan`, which only reads, and `apply`, which
//! gets a writer that exists only inside the permit of a durable intent. A reading tool is a plan whose result is the
//! answer. See `mcp::road` for who calls them and when.

pub mod access_keys;
pub mod apart;
pub mod arguments;
pub mod catalogue;
pub mod context_entries;
pub mod create;
pub mod credential_report;
pub mod delete;
pub mod document;
pub mod documents;
pub mod error;
pub mod facts;
pub mod findings;
pub mod governance;
pub mod grants;
pub mod groups;
pub mod holder;
pub mod identities;
pub mod lookup;
pub mod managed;
pub mod pages;
pub mod parameter;
pub mod patience;
pub mod place;
pub mod plan;
pub mod policies;
pub mod roles;
pub mod schema;
pub mod simulation;
pub mod spec;
#[cfg(test)]
pub(crate) mod testing;
pub mod text;
pub mod users;
pub mod withdrawal;

use std::future::Future;
use std::pin::Pin;

use serde_json::{Map, Value};

use crate::iam::{DeclaredCall, Interrupted, Reader, Writer};

pub use arguments::Arguments;
pub use error::{ErrorStage, ToolError};
pub use facts::CallFacts;
pub use lookup::{Declared, look_up};
pub use plan::Plan;
pub use spec::{Effect, KeptOfResult, Spec};

/// A future of a tool, boxed so that tools fit into one table.
pub type ToolFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One tool of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct Tool {
    /// What agents are told of it, and what policies and records call it.
    pub spec: &'static Spec,
    /// What it does.
    pub work: Work,
}

/// What a tool does; the kind decides which road its calls take.
#[derive(Clone, Copy)]
pub enum Work {
    /// Answers from what the gateway knows; makes no AWS call.
    Local(&'static dyn LocalTool),
    /// Reads IAM.
    Read(&'static dyn ReadTool),
    /// Changes IAM.
    Write(&'static dyn WriteTool),
}

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Local(_) => "Local",
            Self::Read(_) => "Read",
            Self::Write(_) => "Write",
        })
    }
}

/// A validated call of a tool: its arguments and who calls.
#[derive(Debug, Clone)]
pub struct Call {
    /// The arguments, each within its parameter's constraint.
    pub arguments: Arguments,
    /// Who calls, where, and with which role.
    pub facts: CallFacts,
}

/// A tool that makes no AWS call.
pub trait LocalTool: Send + Sync {
    /// The answer.
    fn answer(&self, call: &Call) -> Value;
}

/// A tool that reads IAM.
pub trait ReadTool: Send + Sync {
    /// Every AWS call that these arguments can lead to.
    ///
    /// # Errors
    /// When these arguments cannot be served by any call.
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError>;

    /// Reads and answers.
    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>>;
}

/// What a writing tool may call: while it plans, and when the plan is applied.
#[derive(Debug, Clone, Default)]
pub struct Declaration {
    /// The reads of `plan`.
    pub reads: Vec<DeclaredCall>,
    /// The writes a plan can come to; names that only AWS's answers tell are open here and exact in the plan.
    pub writes: Vec<DeclaredCall>,
}

/// A tool that changes IAM.
pub trait WriteTool: Send + Sync {
    /// Every AWS call that these arguments can lead to.
    ///
    /// # Errors
    /// When these arguments cannot be served by any call.
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError>;

    /// Finds out, reading only, what would be done: the calls with their real resources, and what is lost.
    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>>;

    /// Does what was planned and answers the result's own members, such as `User`.
    fn apply<'a>(&'a self, plan: &'a Plan, writer: &'a Writer<'a>) -> ToolFuture<'a, Result<Value, Interrupted>> {
        Box::pin(async move {
            let answers = writer.perform(&plan.calls).await.map_err(|stopped| self.interrupted(plan, stopped))?;
            let gone = plan::already_gone(plan, &answers);
            let mut result = self.result(plan, answers);
            if !gone.is_empty() {
                result["already_gone"] = gone.into();
            }
            Ok(result)
        })
    }

    /// A plan that stopped, with what the tool has to say of that.
    fn interrupted(&self, _plan: &Plan, interrupted: Interrupted) -> Interrupted {
        interrupted
    }

    /// The result's own members, of what each call answered.
    fn result(&self, _plan: &Plan, _answers: Vec<Value>) -> Value {
        Value::Object(Map::new())
    }
}

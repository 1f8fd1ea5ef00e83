//! The IAM JSON policy language: reading documents strictly, and evaluating them exactly.
//!
//! ```text
//! JSON text -> parse: all faults at once, or a Document with every pattern, network, date and number compiled
//! Policy    = a named Document; PolicySet = the policies of one layer
//! Request   = action, resource, principal, context
//! PolicySet::evaluate(Request) -> Decision: explicit deny, allow or no match, with the statement that decides
//! Layers    = the sets of all layers: identity, boundary, session, SCP, resource, trust
//! Layers::decide(Request) -> Verdict: what the decisions of the layers make together
//! Layers::explain(Request) -> Explanation: the same with its reasons
//! ```
//!
//! A statement applies if its action, its principal, its resource and all of its conditions match. Whether a principal
//! has to be allowed by an identity policy as well depends on how a trust or resource policy covers it
//! ([`PrincipalMatch`]).
//!
//! A request may leave open what only AWS can tell: the path of an entity ([`Target`]), the tags of a resource
//! ([`Context::leave_open`]). It is then judged as everything that it could turn out to be ([`Doubt`]).
//!
//! Nothing here does I/O or knows where requests come from. Evaluating allocates nothing, save for statements with policy
//! variables, whose patterns are put together for each request, and for what a request leaves open. No document and no request can make it take long:
//! patterns, lists and compared texts have a largest size, and an evaluation ends when its steps are used up. What is too
//! dear to be decided is decided as a deny: a statement that denies applies, one that allows does not.

mod action;
mod arn;
mod budget;
mod condition;
mod context;
mod document;
mod evaluate;
mod explain;
mod extent;
mod fault;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub(crate) mod glob;
mod index;
mod keys;
mod layers;
mod operator;
mod parse;
mod principal;
mod principals;
mod print;
mod request;
mod resource;
mod statement;
mod target;
mod template;
#[cfg(test)]
mod tests;
mod value;
mod variable;
mod verdict;

pub(crate) use budget::Budget;
pub use budget::Doubt;
pub use context::Context;
pub use document::{Document, LARGEST, PolicyKind, Version};
pub use evaluate::{Deciding, Decision, Policy, PolicySet};
pub use explain::{
    ConditionExplanation, Decided, Explanation, LayerExplanation, NotApplying, Outcome, SHOWN, StatementExplanation,
};
pub(crate) use extent::Extent;
pub use fault::{Fault, FaultCode, Faults};
pub use layers::Layers;
pub use principal::{Principal, PrincipalError, PrincipalKind};
pub use principals::{NamedPrincipal, PrincipalMatch};
pub use request::Request;
pub use statement::{Effect, Statement};
pub use target::Target;
pub use verdict::{Decisions, Layer, Verdict};

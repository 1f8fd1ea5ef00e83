//! MCP: the handler that rmcp drives, the one road that every call takes, listing, prompts, resources, completion,
//! confirmation, approvals and replies.

pub mod approvals;
pub mod authenticate;
pub mod calls;
pub mod completion;
pub mod confirm;
pub mod decisions;
pub mod handler;
pub mod incoming;
pub mod limits;
pub mod listing;
pub mod method;
pub mod names;
pub mod prompts;
pub mod protected_resource;
pub mod protocol;
pub mod refused;
pub mod reply;
pub mod resources;
pub mod road;
pub mod service;
pub mod stop;
pub mod trail;
pub mod under_way;

pub use incoming::Incoming;
pub use method::Method;
pub use reply::Reply;
pub use road::Road;

//! Everything between the socket and the MCP handler: connections, limits, who may knock, and how a refusal reads.
//!
//! [`serve`] owns the connections (how many, how long a head may take, how they end), [`router()`] the paths, and
//! `layers.rs` the order in which a request is looked at. Who is calling is decided by an [`Authenticate`]; nothing here
//! knows of keys, policies or tools.

mod address;
mod admit;
mod authenticate;
mod body;
mod call_limit;
mod challenge;
mod connection;
mod drain;
mod endpoint;
mod envelope;
mod gate;
mod head;
mod health;
mod held;
mod host;
mod io;
mod json;
mod layers;
mod metrics;
mod observe;
mod origin;
mod panic;
mod protected_resource;
mod refusal;
mod request_id;
mod router;
mod rpc_id;
mod server;
mod settings;
#[cfg(test)]
mod tests;
mod waiting;

pub use address::{ClientAddress, ConnectionInfo, ThroughProxy};
pub use admit::{Admit, Everybody, Owner};
pub use authenticate::Authenticate;
pub use call_limit::CallPlace;
pub use challenge::{BearerError, Challenge};
pub use drain::Drain;
pub use endpoint::{Endpoint, Service};
pub use envelope::Notification;
pub use gate::Gate;
pub use health::{Alarm, Health, Readiness};
pub use metrics::{Metrics, metrics_router};
pub use protected_resource::ProtectedResource;
pub use refusal::Refusal;
pub use request_id::RequestId;
pub use router::{Answers, Callers, Exchanging, Services, router};
pub use rpc_id::RpcId;
pub use server::{Ended, Listener, serve};
pub use settings::{BodyLimits, CallLimits, HttpSettings, ServerLimits};

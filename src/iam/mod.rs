//! The IAM client that a tool gets: it carries the caller's assumed credentials, records every attempt, and refuses a
//! call that was not declared.

pub mod change;
pub mod client;
pub mod declared;
pub mod detail;
pub mod endpoint;
pub mod entity;
pub mod failure;
pub mod http;
pub mod meter;
pub mod new_key;
pub mod reader;
pub mod reads;
pub mod recent;
pub mod retry;
pub mod shape;
pub mod sts_host;
pub mod upstream;
pub mod writer;

pub use change::{Change, PlannedCall};
pub use client::{ClientFactory, ClientSettings};
pub use declared::{Action, DeclaredCall, Member};
pub use detail::{EntityDetail, EntityKey, Known, LookUps};
pub use entity::{Account, Entity, EntityKind, Resource};
pub(crate) use failure::is_throttling;
pub use failure::{AwsFailure, Sent};
pub use meter::{AwsCall, Meter};
pub use new_key::NewKey;
pub use reader::Reader;
pub use recent::RecentWrites;
pub use sts_host::StsHost;
pub use upstream::{NotSent, Upstream, Upstreams};
pub use writer::{Aftermath, Interrupted, Writer};

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

//! What an account's identities are, what they can do, and what should go: pure analysis of a snapshot.
//!
//! ```text
//! Snapshot     = users, groups, roles and policies of an account, and what is known of credentials; fetched elsewhere
//! findings     -> what is dangerous about one document, whoever holds it
//! classify     -> is it a machine or a person, by which signals; what kind of role is it
//! Holder       = an identity with its policies, which can be asked what it may do
//! Standing     -> what it may do, by service, and what of it is dangerous; Standings: of everybody
//! Escalations  -> who gets to administrator, by which chain, and which change stops most
//! unused       -> which users, roles and access keys nobody has used for so long
//! ```
//!
//! Nothing here does I/O or knows where a snapshot comes from, so that all of it is tested on accounts that are written down.

pub mod classify;
pub mod escalation;
pub mod findings;
pub mod holder;
pub mod snapshot;
pub mod standing;
#[cfg(test)]
pub(crate) mod testing;
pub mod unused;

pub use snapshot::Snapshot;

//! Who is calling.
//!
//! [`sigv4`] verifies a request's signature with the keys of the [`keyring`] and gives a
//! [`Verified`], which names the [`Caller`]; [`replay`] sees to it that a signature writes only once.

pub mod caller;
pub mod credentials;
pub mod keyring;
pub mod proofs;
pub mod replay;
pub mod sigv4;
#[cfg(test)]
pub(crate) mod testing;
pub mod tokens;
pub mod verified;

pub use caller::{Caller, CallerKind};
pub use verified::{Evidence, Narrowing, Verified};

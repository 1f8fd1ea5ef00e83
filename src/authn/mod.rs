//! Who is calling.
//!
//! [`sigv4`] verifies a request's signature with the keys of the [`keyring`] and gives a
//! [`Verified`], which names the [`Caller`]; [`replay`] sees to it that a signature writes only once.

pub mod caller;
pub mod keyring;
pub mod replay;
pub mod sigv4;
#[cfg(test)]
pub(crate) mod testing;

pub use caller::{Caller, CallerKind};
pub use sigv4::Verified;

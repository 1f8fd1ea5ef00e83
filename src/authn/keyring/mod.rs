//! The keyring: SigV4 key pairs that the gateway issued, in a JSON file that its owner keeps.
//!
//! SigV4 is symmetric, so the gateway can only verify keys whose secret it holds; a key of AWS's can be verified by
//! nobody but AWS. The file looks like this (`person`, `uses`, `expires_at` and `description` may be left
//! out; without `uses` a key is good for calls and for approvals):
//!
//! ```json
//! {"version": 1, "keys": [{
//!   "access_key_id": "IMGKABCDEFGHIJKLMNOP", "secret_access_key": "...", "caller": "alice", "person": "alice@example.com",
//!   "environments": ["dev"], "uses": ["calls"], "status": "active", "expires_at": "2027-01-01T00:00:00Z",
//!   "created_at": "2026-01-01T00:00:00Z", "description": "laptop"
//! }]}
//! ```
//!
//! - [`KeyringFile`] names the file and says who may read it; its permissions are checked at each read.
//! - [`Keyring`] answers lookups from the version in force and takes new versions; a bad one is refused and the one
//!   in force stays.
//! - [`KeyringEditor`] adds, lists and disables keys; two editors at once lose nothing.
//! - A fault names its entry and its field, never a value that could be a secret; all faults are told at once.

mod document;
mod edit;
mod error;
mod file;
mod handle;
mod key;
mod names;
mod raw;
#[cfg(test)]
mod tests;
mod uses;

pub use edit::{AddedKey, KeyringEditor, NewKey};
pub use error::{Fault, KeyringError};
pub use file::KeyringFile;
pub use handle::{Changes, Keyring, Reload};
pub(in crate::authn) use key::identity;
pub use key::{Key, KeyInfo, KeyStatus};
pub use uses::{KeyUse, KeyUses};

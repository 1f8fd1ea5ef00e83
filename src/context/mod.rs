//! What a call's request context holds, and how each key is stamped.
//!
//! [`keys`] lists every condition key that endpoint policies can ask for and where its value comes from; [`call`] stamps
//! those of a call, [`target`] adds those of one AWS call of it, and [`warnings`] tells what a policy asks for that it will
//! not get. Nothing that a client sends becomes a key, save for the few that say so ([`keys::Source::Client`]).

pub mod call;
pub mod keys;
pub mod stamp;
pub mod target;
pub mod warnings;

pub use call::Origin;
pub use stamp::Stamp;

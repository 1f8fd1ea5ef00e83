//! What a call's request context holds, and how each key is stamped.

pub mod stamp;

pub use stamp::Stamp;

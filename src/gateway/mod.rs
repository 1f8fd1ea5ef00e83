//! The running gateway: everything put together, kept up to date, and ended in order.

pub mod assemble;
mod doors;
mod journal;
mod kms;
pub mod log;
mod merge;
pub mod reload;
pub mod run;
mod secrets;
mod shared_state;
pub mod signals;
pub mod sinks;
mod tokens;

pub use assemble::{Gateway, Outside, StartError};
pub use reload::Reloader;
pub use run::{Listeners, run};
pub use signals::SignalWatch;

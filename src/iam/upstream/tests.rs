//! The real SDK clients, broker cache and ways over an AWS in memory that fails as told, in tokio's paused time.

mod apart;
mod aws;
mod matrix;
mod recovery;
mod stand;
mod table;

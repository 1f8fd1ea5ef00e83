//! Tests of the endpoint, over real connections.

mod attacks;
mod clients;
mod forwarded;
mod issuers;

//! Tests that drive the real binary from outside, through [`support::gateway::TestGateway`]; a few put the library
//! together themselves, where the outside cannot provoke what must be shown.

mod support;
mod protocol;

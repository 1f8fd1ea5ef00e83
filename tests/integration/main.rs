//! Tests that drive the real binary from outside, through [`support::gateway::TestGateway`]; a few put the library
//! together themselves, where the outside cannot provoke what must be shown.

mod aws_faults;
mod bad_input;
mod hang_ups;
mod protocol;
mod refusals;
mod reloads;
mod replay;
mod support;

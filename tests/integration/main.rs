//! Tests that drive the real binary from outside, through [`support::gateway::TestGateway`]; a few put the library
//! together themselves, where the outside cannot provoke what must be shown.

mod agents;
mod audit_digests;
mod audit_kept;
mod audit_reading;
mod audit_reconcile;
mod audit_scenarios;
mod audit_signals;
mod audit_signing;
mod audit_sinks;
mod audit_tampering;
mod aws_calls;
mod aws_faults;
mod bad_input;
mod commands;
mod conformance;
mod demo;
mod endpoints;
mod full_disks;
mod hang_ups;
mod in_process;
mod kills;
mod policies;
mod policy_commands;
mod protected;
mod protocol;
mod records;
mod refusals;
mod reloads;
mod replay;
mod secret_canaries;
mod secrets;
mod simulation;
mod stalled_disks;
mod support;
mod terminal;

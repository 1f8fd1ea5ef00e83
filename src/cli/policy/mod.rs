//! `policy`: everything about policy documents that needs no gateway.

mod check;
mod explain;
mod files;
mod scp;
mod show;
mod test;

use clap::{Args, Subcommand};

use super::{Failure, Outcome};

/// Check, test and explain policy documents, and write those that AWS enforces the gateway's stamp with.
#[derive(Debug, Args)]
pub struct Policy {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    Check(check::Check),
    Test(test::Test),
    Explain(explain::Explain),
    Scp(scp::Scp),
}

/// Runs the command.
///
/// # Errors
/// When what was asked for cannot be done; a document with faults, a case that fails and a deny are outcomes.
pub fn run(command: Policy) -> Result<Outcome, Failure> {
    match command.command {
        Subcommands::Check(command) => check::run(&command),
        Subcommands::Test(command) => test::run(&command),
        Subcommands::Explain(command) => explain::run(&command),
        Subcommands::Scp(command) => scp::run(&command),
    }
}

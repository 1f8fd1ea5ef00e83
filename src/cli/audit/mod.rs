//! `audit`: the journal, read and verified.

mod key;
mod verify;

use clap::{Args, Subcommand};

use super::{Failure, Outcome};

/// Verify audit journals, and make the keys that sign them.
#[derive(Debug, Args)]
pub struct Audit {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    Verify(verify::Verify),
    Key(key::Key),
}

/// Runs the command.
///
/// # Errors
/// When what was asked for cannot be done; a journal that is not whole is an outcome.
pub fn run(command: &Audit) -> Result<Outcome, Failure> {
    match &command.command {
        Subcommands::Verify(command) => verify::run(command),
        Subcommands::Key(command) => key::run(command),
    }
}

//! `audit`: the journal, read, verified and held against CloudTrail.

mod cloudtrail;
mod csv;
mod export;
mod filters;
mod hash;
mod key;
mod query;
mod reconcile;
mod sheet;
mod signals;
mod table;
mod tail;
mod verify;

use clap::{Args, Subcommand};

use super::{Failure, Outcome};

/// Verify and read audit journals, hold them against CloudTrail, make the keys that sign them, and look for secrets by their
/// hashes.
#[derive(Debug, Args)]
pub struct Audit {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    Verify(verify::Verify),
    Query(query::Query),
    Tail(tail::Tail),
    Export(export::Export),
    Reconcile(reconcile::Reconcile),
    Signals(signals::Signals),
    Key(key::Key),
    Hash(hash::HashOptions),
}

/// Runs the command.
///
/// # Errors
/// When what was asked for cannot be done; a journal that is not whole is an outcome.
pub fn run(command: &Audit) -> Result<Outcome, Failure> {
    match &command.command {
        Subcommands::Verify(command) => verify::run(command),
        Subcommands::Query(command) => query::run(command),
        Subcommands::Tail(command) => tail::run(command),
        Subcommands::Export(command) => export::run(command),
        Subcommands::Reconcile(command) => reconcile::run(command),
        Subcommands::Signals(command) => signals::run(command),
        Subcommands::Key(command) => key::run(command),
        Subcommands::Hash(command) => hash::run(command),
    }
}

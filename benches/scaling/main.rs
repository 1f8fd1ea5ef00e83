//! What saturates first at 10, 1,000 and 100,000 callers: `cargo bench --bench scaling`; how to read it stands in
//! docs/scaling.md.
//!
//! A simulation, not a measurement: it needs nothing of the library, and the same inputs give the same figures on every
//! machine. What goes in is in `inputs.rs`, each with where it is from. `--check` tells whether the document has the tables
//! that come out, and whether the inputs are still what was measured and what is the default.

mod callers;
mod document;
mod inputs;
mod json;
mod mend;
mod observed;
mod queues;
mod random;
mod resources;
mod sessions;
mod simulate;
mod sizes;
mod tables;
mod waits;

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tables::Table;

/// Simulates the gateway with more and more callers.
#[derive(Debug, Parser)]
struct Arguments {
    /// Leave out 100,000 callers, which take as long as all else.
    #[arg(long)]
    quick: bool,
    /// Print the sizes as JSON.
    #[arg(long)]
    json: bool,
    /// Compare the tables of this document with what comes out.
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
    /// Write the tables into this document.
    #[arg(long, value_name = "FILE", conflicts_with = "quick")]
    write: Option<PathBuf>,
    /// Cargo passes this to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is nowhere left to say that standard error is gone.
            let _gone = writeln!(io::stderr().lock(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let sizes = sizes::sizes(if arguments.quick { 1_000 } else { 100_000 });
    if arguments.json {
        return Ok(writeln!(io::stdout().lock(), "{:#}", json::json(&sizes))?);
    }
    let mut tables: Vec<Table> = sizes.iter().map(tables::used).collect();
    if !arguments.quick {
        tables.push(tables::summary(&sizes));
        tables.extend(tables::start(&sizes));
    }
    tables.extend([tables::replicas(), tables::accounts(), tables::ranges(), tables::inputs()]);
    if let Some(file) = &arguments.write {
        let document = fs::read_to_string(file)?;
        fs::write(file, document::with_tables(&document, &tables)?)?;
    }
    if let Some(file) = &arguments.check {
        let mut wrong = document::differences(&fs::read_to_string(file)?, &tables);
        let read = |name| fs::read_to_string(file.with_file_name(name));
        wrong.extend(document::outdated(&read("performance.md")?, &read("configuration.md")?));
        if !wrong.is_empty() {
            let mend = "cargo bench --bench scaling -- --write docs/scaling.md; then read whether the words still hold";
            return Err(format!("{}\n{mend}", wrong.join("\n")).into());
        }
    }
    if arguments.write.is_none() && arguments.check.is_none() {
        for Table { name, text } in &tables {
            writeln!(io::stdout().lock(), "{name}\n\n{text}")?;
        }
    }
    Ok(())
}

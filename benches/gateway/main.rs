//! What the gateway costs: `cargo bench --bench gateway`; how to read it stands in docs/performance.md.
//!
//! Every comparison is made within one run: both sides are processes of their own (where the disk is exchanged, in this
//! one), asked by the same client over loopback, in turns, so that a busy machine hurts both. Nothing here asserts on
//! speed. A reply that is not the expected one ends the run, so a short run (`--quick`) tells that the measurements
//! still work.

mod account;
mod audit;
mod aws;
mod bare;
mod calls;
mod lists;
mod memory;
mod neighbours;
mod processes;
mod report;
mod scan;
mod start;
mod wire;
mod writes;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use mimalloc::MiMalloc;
use report::{Figure, Machine};

/// The same allocator as the real binary's, so that the bare server has it too.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures the gateway against what it stands between.
#[derive(Debug, Parser)]
struct Arguments {
    /// Measure these only.
    #[arg(value_enum)]
    only: Vec<Measurement>,
    /// A run of seconds that shows whether everything works; its figures mean nothing.
    #[arg(long)]
    quick: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Cargo passes this to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    serve: Option<Serve>,
}

/// The servers on the other side of the comparisons: this program, started again.
#[derive(Debug, Subcommand)]
enum Serve {
    /// A bare rmcp server whose one tool answers this JSON.
    #[command(hide = true)]
    ServeBare {
        /// The tool's structured content.
        answer: String,
    },
    /// IAM and STS with fixed answers.
    #[command(hide = true)]
    ServeAws {
        /// Users of the account that is read whole.
        #[arg(default_value_t = 0)]
        users: usize,
        /// Its roles.
        #[arg(default_value_t = 0)]
        roles: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Measurement {
    /// A signed whoami against a bare rmcp server.
    Calls,
    /// list_users against the SDK's own call.
    Lists,
    /// Resident memory after many calls by many callers.
    Memory,
    /// From starting the process until it is ready.
    Start,
    /// The journal's notes and intents.
    Audit,
    /// Changes through the whole road, against a sync of the disk for each record.
    Writes,
    /// A caller's p99 beside one who is greedy, and beside connections that are only held.
    Neighbours,
    /// A whole account scanned with everybody's permissions, and searched for ways to administrator.
    Scan,
}

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Effort {
    /// How often both sides take turns.
    rounds: usize,
    /// How long one side is loaded in a round.
    load: Duration,
    /// How many calls one side gets in a round when latency is measured.
    latencies: usize,
    /// Callers in the keyring, when memory and start are measured.
    callers: usize,
    /// Calls by each of them.
    calls_each: usize,
    /// Records in a round of the journal.
    records: usize,
    /// `limits.caller_requests_per_second` of the greedy caller, where it is not the default: nobody is greedy to a gateway that
    /// is not optimized and answers fewer than that.
    caller_rate: Option<u32>,
    /// Users and roles of the two accounts that are scanned whole.
    accounts: ((usize, usize), (usize, usize)),
}

impl Effort {
    const FULL: Self = Self {
        rounds: 7,
        load: Duration::from_secs(2),
        latencies: 1000,
        callers: 1000,
        calls_each: 10,
        records: 2000,
        caller_rate: None,
        accounts: ((1000, 200), (10_000, 2000)),
    };
    const QUICK: Self = Self {
        rounds: 1,
        load: Duration::from_millis(50),
        latencies: 3,
        callers: 20,
        calls_each: 2,
        records: 64,
        caller_rate: Some(1),
        accounts: ((60, 12), (1100, 40)),
    };
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::complain(&format!("{error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Outcome<()> {
    match arguments.serve {
        Some(Serve::ServeBare { answer }) => return bare::serve(&answer),
        Some(Serve::ServeAws { users, roles }) => return aws::serve(users, roles),
        None => {}
    }
    let effort = if arguments.quick { Effort::QUICK } else { Effort::FULL };
    let wanted = |measurement| arguments.only.is_empty() || arguments.only.contains(&measurement);
    let machine = Machine::look(arguments.quick)?;
    let mut figures: Vec<Figure> = Vec::new();
    for (measurement, measure) in [
        (Measurement::Calls, calls::measure as fn(Effort) -> Outcome<Vec<Figure>>),
        (Measurement::Lists, lists::measure),
        (Measurement::Memory, memory::measure),
        (Measurement::Start, start::measure),
        (Measurement::Audit, audit::measure),
        (Measurement::Writes, writes::measure),
        (Measurement::Neighbours, neighbours::measure),
        (Measurement::Scan, scan::measure),
    ] {
        if wanted(measurement) {
            figures.extend(measure(effort).map_err(|error| format!("{measurement:?}: {error}"))?);
        }
    }
    let text = if arguments.json { report::json(&machine, &figures) } else { report::table(&machine, &figures) };
    Ok(report::print(&text)?)
}

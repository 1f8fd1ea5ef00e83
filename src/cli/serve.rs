//! `serve`

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;

use super::{Failure, Outcome};
use crate::audit::DiskStorage;
use crate::clock::SystemClock;
use crate::config::{Config, Environment, Loaded, ProcessEnvironment};
use crate::doctor;
use crate::gateway::{Gateway, Listeners, Outside, Reloader, StartError, log, run as run_gateway};
use crate::random::SystemRandom;
use crate::tools::catalogue::CATALOGUE;

/// Serve MCP until told to stop.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  iam-mcp-gateway serve --config gateway.toml\n\n\
    SIGTERM or SIGINT ends it in order, a second one at once; SIGHUP looks for a new configuration and keyring.")]
pub struct Serve {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Refuse every write, whatever the configuration says now or later.
    #[arg(long)]
    read_only: bool,
}

/// Runs the command.
///
/// # Errors
/// What keeps the gateway from starting.
pub fn run(command: Serve) -> Result<Outcome, Failure> {
    let environment = Arc::new(variables(command.read_only));
    let Loaded { config, warnings } = Config::load(&command.config, &*environment)
        .map_err(|faults| Failure::configuration(format!("the configuration is bad\n{faults}")))?;
    let log_level = log::begin(&config.log);
    for warning in warnings {
        tracing::warn!(subject = warning.subject, "{}", warning.message);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(serve(config, command.config, environment, log_level));
    // A disk that hangs holds a thread for ever; the process must end all the same.
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}

/// The process's variables; the flag is laid over the configuration like any other, so that no reload undoes it and
/// every record names a configuration that has it.
fn variables(read_only: bool) -> BTreeMap<String, String> {
    let mut variables = ProcessEnvironment.all();
    if read_only {
        variables.insert("IAM_MCP_GATEWAY__GATEWAY__READ_ONLY".to_owned(), "true".to_owned());
    }
    variables
}

async fn serve(
    config: Config,
    path: PathBuf,
    environment: Arc<dyn Environment>,
    log_level: log::LogLevel,
) -> Result<Outcome, Failure> {
    let public = bind("listen.address", config.listen.address).await?;
    let metrics = match config.listen.metrics_address {
        Some(address) => Some(bind("listen.metrics_address", address).await?),
        None => None,
    };
    let (name, read_only) = (config.gateway.name.as_str().to_owned(), config.gateway.read_only);
    let examines = config.gateway.examine_at_start;
    let outside = Outside {
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        storage: Arc::new(DiskStorage),
        catalogue: CATALOGUE,
        own_credentials: None,
        keys_are_new: false,
    };
    let gateway = Gateway::assemble(config, outside).await.map_err(failure)?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        gateway = name,
        address = %public.local_addr()?,
        metrics = metrics.as_ref().and_then(|listener| listener.local_addr().ok()).map(|address| address.to_string()),
        keys = gateway.keyring.len(),
        read_only,
        "serving"
    );
    let reloader = Reloader::new(&gateway, path, environment, log_level);
    let examining = examines.then(|| tokio::spawn(doctor::Start::of(&gateway, None).run()));
    let ended = run_gateway(gateway, Listeners { public, metrics }, reloader).await;
    if let Some(examining) = examining {
        examining.abort();
    }
    let ended = ended?;
    if ended.connections_aborted == 0 && ended.tasks_unfinished == 0 {
        tracing::info!("ended, with nothing left undone");
        return Ok(Outcome::Done);
    }
    tracing::error!(
        connections = ended.connections_aborted,
        calls = ended.tasks_unfinished,
        "ended with calls under way; the audit journal says of their intents that the outcome is unknown"
    );
    Ok(Outcome::Failed)
}

fn failure(error: StartError) -> Failure {
    match error {
        StartError::Keyring(_)
        | StartError::SigV4(_)
        | StartError::Sealing(_)
        | StartError::Signing(_)
        | StartError::Hashing(_)
        | StartError::Documents(_) => Failure::configuration(error),
        error => Failure::from(error),
    }
}

async fn bind(key: &str, address: std::net::SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address)
        .await
        .map_err(|error| Failure::from(format!("cannot listen on {address} ({key}): {error}")))
}

//! The process's log on standard error.

use std::io::IsTerminal;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, reload};

use crate::config::{Log, LogFormat};
use crate::panics;

/// The level in force, which a reload changes.
#[derive(Debug, Clone)]
pub struct LogLevel(reload::Handle<Targets, Registry>);

impl LogLevel {
    /// Logs at `level` from now on.
    pub fn set(&self, level: LevelFilter) {
        if let Err(error) = self.0.reload(filter(level)) {
            tracing::warn!(%error, "the log's level could not be changed");
        }
    }
}

/// Begins logging as `log` says; without a format, text on a terminal and JSON elsewhere. Panics go there too.
pub fn begin(log: &Log) -> LogLevel {
    let terminal = std::io::stderr().is_terminal();
    let format = log.format.unwrap_or(if terminal { LogFormat::Text } else { LogFormat::Json });
    let (filter, level) = reload::Layer::new(filter(log.level));
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    // A second subscriber is refused: then the first one logs.
    let _first_stays = match format {
        LogFormat::Text => registry.with(layer.with_ansi(terminal && wants_colour())).try_init(),
        LogFormat::Json => registry.with(layer.json().flatten_event(true).with_span_list(false)).try_init(),
    };
    panics::log_places();
    LogLevel(level)
}

/// Our own events at `level`. The libraries' never below warnings: rmcp logs arguments and results at debug, and the
/// SDK's traces hold requests, so a level for looking at the gateway must not let secrets into the log. rmcp's not below errors: its
/// warnings are about what clients sent, and quote it.
fn filter(level: LevelFilter) -> Targets {
    Targets::new()
        .with_target("iam_mcp_gateway", level)
        .with_target("rmcp", level.min(LevelFilter::ERROR))
        .with_default(level.min(LevelFilter::WARN))
}

fn wants_colour() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn the_libraries_stay_quiet_whatever_the_level() {
        let targets = filter(LevelFilter::TRACE);
        assert!(targets.would_enable("iam_mcp_gateway::mcp", &Level::TRACE));
        assert!(targets.would_enable("hyper", &Level::WARN) && !targets.would_enable("hyper", &Level::INFO));
        assert!(targets.would_enable("rmcp::service", &Level::ERROR));
        assert!(!targets.would_enable("rmcp::service", &Level::WARN));
        assert!(!filter(LevelFilter::OFF).would_enable("rmcp::service", &Level::ERROR));
    }
}

//! `[log]`: the process's own log, which is not the audit journal.

use serde::Serialize;
use tracing::level_filters::LevelFilter;

use super::section::Section;

/// `[log]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// The format; `None` means text on a terminal and JSON elsewhere.
    pub format: Option<LogFormat>,
    /// The least level that is written.
    pub level: LevelFilter,
}

/// How a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines, one object a line.
    Json,
}

pub(super) fn read(section: &Section<'_>) -> Log {
    let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    let levels = [
        ("error", LevelFilter::ERROR),
        ("warn", LevelFilter::WARN),
        ("info", LevelFilter::INFO),
        ("debug", LevelFilter::DEBUG),
        ("trace", LevelFilter::TRACE),
    ];
    let format = section.optional("format").and_then(|item| item.choice(&formats));
    Log { format, level: section.choice("level", &levels, LevelFilter::INFO) }
}

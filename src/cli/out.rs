//! Writing to the terminal: colours where they are wanted (NO_COLOR and pipes have none), text made safe to show.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

/// What went wrong, or is refused.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// What went well.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// What deserves a second look.
pub const CAUTION: Style = AnsiColor::Yellow.on_default().bold();
/// Headings.
pub const STRONG: Style = Style::new().bold();
/// What is said beside.
pub const FAINT: Style = Style::new().dimmed();

/// Writes a line to standard output; a closed pipe is nobody's mistake.
pub fn line(text: &str) {
    let _closed = writeln!(anstream::stdout(), "{text}");
}

/// Writes a line to standard error.
pub fn note(text: &str) {
    let _closed = writeln!(anstream::stderr(), "{text}");
}

/// Writes what went wrong to standard error.
pub fn error(text: &str) {
    note(&format!("{BAD}error:{BAD:#} {text}"));
}

/// Writes a value as indented JSON.
pub fn json(value: &impl Serialize) {
    line(&serde_json::to_string_pretty(value).expect("what commands print serializes"));
}

/// The text, styled.
#[must_use]
pub fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

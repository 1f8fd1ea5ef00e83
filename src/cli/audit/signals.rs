//! `audit signals`

use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

use anstyle::Style;
use clap::Args;
use jiff::Timestamp;

use super::sheet::{Sheet, tell};
use super::table::cut;
use crate::audit::query::{Filter, RecordView, When, query};
use crate::audit::signals::{Detector, Kind, Rules, Severity, Signal};
use crate::cli::{Failure, Outcome, out};
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, ProcessEnvironment};

/// How many characters of a caller are shown.
const WIDEST: usize = 40;
/// How many characters of what happened are shown.
const LONGEST: usize = 512;

/// Say what in a journal somebody should look at.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    iam-mcp-gateway audit signals /var/lib/iam-mcp-gateway/audit --from 7d\n  \
    iam-mcp-gateway audit signals /var/lib/iam-mcp-gateway/audit --kind new-address --caller alice --json\n\n\
    Kinds: protected-resource, unusual-hours, unusual-volume, many-refusals, first-destructive, new-address.\n\
    docs/audit-signals.md has the rule of each. All records before --to are read, since a caller is judged by its habits;\n\
    told is what lies in the range. `audit query PATH --sequence N` shows the record N that a signal names.\n\n\
    It believes what stands in the files: `audit verify` says whether that is what was written.\n\
    Exit codes: 0 ok, whether or not there are signals; 1 a file cannot be read; 2 wrong usage; 64 the configuration is bad.")]
pub(super) struct Signals {
    /// A journal's folder, or one of its files, compressed or not.
    path: PathBuf,
    /// Not before: a date (RFC 3339), or how long ago, such as 15m, 2h, 7d.
    #[arg(long, value_name = "WHEN")]
    from: Option<When>,
    /// Before: a date (RFC 3339), or how long ago.
    #[arg(long, value_name = "WHEN")]
    to: Option<When>,
    /// Only signals of this kind; may be given several times.
    #[arg(long = "kind", value_name = "KIND", value_parser = kind)]
    kinds: Vec<Kind>,
    /// Only signals about this caller: `alice`, or `keyring:alice`.
    #[arg(long, value_name = "NAME")]
    caller: Option<String>,
    /// The gateway's configuration, whose [audit.signals] has the numbers of the rules; else their defaults hold.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print a line of JSON for each signal.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// When there is no journal, or the range or the configuration means nothing.
pub(super) fn run(command: &Signals) -> Result<Outcome, Failure> {
    let asked = Asked::of(command, SystemClock.now())?;
    let rules = rules(command)?;
    if command.json {
        let mut sheet = Sheet::plain();
        let json = |signal: &Signal| serde_json::to_string(signal).expect("a signal serializes");
        let outcome = search(command, &asked, rules, &mut |signal| sheet.line(&out::escaped(&json(signal))))?;
        sheet.end()?;
        return Ok(outcome);
    }
    let mut rows = Rows { sheet: Sheet::styled(), has_titles: false };
    let outcome = search(command, &asked, rules, &mut |signal| rows.add(signal))?;
    rows.sheet.end()?;
    Ok(outcome)
}

fn kind(word: &str) -> Result<Kind, String> {
    Kind::of(word).ok_or_else(|| format!("possible: {}", Kind::ALL.map(Kind::as_str).join(", ")))
}

fn rules(command: &Signals) -> Result<Rules, Failure> {
    let Some(path) = &command.config else { return Ok(Rules::default()) };
    let loaded = Config::load(path, &ProcessEnvironment)
        .map_err(|faults| Failure::configuration(format!("the configuration is bad\n{faults}")))?;
    Ok(loaded.config.audit.signals.rules)
}

/// Which signals are asked for.
#[derive(Debug)]
struct Asked<'a> {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    kinds: &'a [Kind],
    caller: Option<&'a str>,
}

impl<'a> Asked<'a> {
    fn of(command: &'a Signals, now: Timestamp) -> Result<Self, Failure> {
        let at = |when: Option<When>| when.map(|when| when.resolve(now)).transpose().map_err(Failure::usage);
        let (from, to) = (at(command.from)?, at(command.to)?);
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            return Err(Failure::usage("--from must be before --to"));
        }
        Ok(Self { from, to, kinds: &command.kinds, caller: command.caller.as_deref() })
    }

    fn matches(&self, signal: &Signal) -> bool {
        self.from.is_none_or(|from| signal.time >= from)
            && self.to.is_none_or(|to| signal.time < to)
            && (self.kinds.is_empty() || self.kinds.contains(&signal.kind))
            && self.caller.is_none_or(|asked| signal.subject.caller().is_some_and(|caller| caller.is(asked)))
    }
}

/// Gives the signals that are asked for to `show`, until nobody reads them.
fn search(
    command: &Signals,
    asked: &Asked<'_>,
    rules: Rules,
    show: &mut dyn FnMut(&Signal) -> ControlFlow<()>,
) -> Result<Outcome, Failure> {
    let mut detector = Detector::new(rules);
    let (mut flow, mut shown) = (ControlFlow::Continue(()), 0_u64);
    let mut found = |signal: Signal| {
        if flow.is_continue() && asked.matches(&signal) {
            shown += 1;
            flow = show(&signal);
        }
        flow
    };
    let filter = Filter { to: asked.to, ..Filter::default() };
    let summary = query(&command.path, &filter, None, &mut |line| {
        let mut flow = ControlFlow::Continue(());
        if let Some(record) = RecordView::of(line) {
            detector.read(&record, &mut |signal| flow = found(signal));
        }
        flow
    })?;
    detector.finish(&mut |signal| {
        let _enough = found(signal);
    });
    if !command.json {
        let read = format!("{shown} signal(s) out of {} records in {} file(s)", summary.found, summary.files);
        out::note(&out::styled(out::FAINT, &read));
    }
    Ok(tell(&summary))
}

/// Signals as lines for people.
#[derive(Debug)]
struct Rows<W: Write> {
    sheet: Sheet<W>,
    has_titles: bool,
}

impl<W: Write> Rows<W> {
    fn add(&mut self, signal: &Signal) -> ControlFlow<()> {
        if !std::mem::replace(&mut self.has_titles, true) {
            let titles = row("time", &format!("{:<8}", "severity"), "signal", "caller or network", "what");
            self.sheet.line(&out::styled(out::STRONG, &titles))?;
        }
        let severity = signal.kind.severity();
        let records: Vec<String> = signal.records.iter().map(ToString::to_string).collect();
        let what = format!("{} [{}]", cut(&signal.text, LONGEST), records.join(" "));
        self.sheet.line(&row(
            &format!("{:.3}", signal.time),
            &out::styled(style(severity), &format!("{:<8}", severity.as_str())),
            signal.kind.as_str(),
            &cut(&signal.subject.to_string(), WIDEST),
            &what,
        ))
    }
}

fn row(time: &str, severity: &str, kind: &str, who: &str, what: &str) -> String {
    format!("{time:<24}  {severity}  {kind:<18}  {who:<WIDEST$}  {what}")
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::High => out::BAD,
        Severity::Medium => out::CAUTION,
        Severity::Low => Style::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use clap::Parser;

    use super::*;
    use crate::audit::signals::{CallerId, Subject};

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        signals: Signals,
    }

    fn parsed(arguments: &[&str]) -> Result<Signals, String> {
        let line = Line::try_parse_from([&["x", "audit"], arguments].concat()).map_err(|error| error.to_string())?;
        Ok(line.signals)
    }

    fn signal(time: &str, kind: Kind, name: &str) -> Signal {
        let caller = CallerId { kind: "keyring".into(), name: name.into(), person: None };
        Signal {
            kind,
            time: time.parse().unwrap(),
            subject: Subject::Caller(Arc::new(caller)),
            text: name.into(),
            count: 1,
            records: vec![7, 9],
            event_id: name.into(),
        }
    }

    #[test]
    fn what_is_asked_for_is_told() {
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        let told = |arguments: &[&str]| {
            let command = parsed(arguments).unwrap();
            let asked = Asked::of(&command, now).unwrap();
            asked.matches(&signal("2026-11-20T11:00:00Z", Kind::NewAddress, "alice"))
        };
        assert!(told(&[]));
        assert!(told(&["--from", "1h"]) && !told(&["--from", "59m"]));
        assert!(told(&["--to", "59m"]) && !told(&["--to", "1h"]));
        assert!(told(&["--kind", "many-refusals", "--kind", "new-address"]) && !told(&["--kind", "many-refusals"]));
        assert!(told(&["--caller", "keyring:alice"]) && !told(&["--caller", "bob"]));
    }

    #[test]
    fn what_means_nothing_is_refused() {
        assert!(parsed(&["--kind", "everything"]).unwrap_err().contains("protected-resource"));
        assert!(parsed(&["--from", "yesterday"]).unwrap_err().contains("such as 15m"));
        let command = parsed(&["--from", "1h", "--to", "2h"]).unwrap();
        let failure = Asked::of(&command, "2026-11-20T12:00:00Z".parse().unwrap()).unwrap_err();
        assert!(failure.message.contains("before"));
    }

    #[test]
    fn every_kind_is_in_the_help() {
        let help = <Line as clap::CommandFactory>::command().render_long_help().to_string();
        for kind in Kind::ALL {
            assert!(help.contains(kind.as_str()), "{}", kind.as_str());
        }
    }

    #[test]
    fn columns_stand_below_each_other_and_hostile_text_is_not_obeyed() {
        let hostile = "\u{1b}[2J\r\n\u{9b}31m\u{202e}\u{e0041}";
        let mut written = Vec::new();
        {
            let mut rows = Rows { sheet: Sheet::on(&mut written), has_titles: false };
            assert!(rows.add(&signal("2026-11-20T11:00:00Z", Kind::NewAddress, "alice")).is_continue());
            assert!(rows.add(&signal("2026-11-20T11:00:01.5Z", Kind::UnusualHours, hostile)).is_continue());
            rows.sheet.end().unwrap();
        }
        let shown = anstream::adapter::strip_str(&String::from_utf8(written).unwrap()).to_string();
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 3, "{shown}");
        assert_eq!(
            lines[1],
            "2026-11-20T11:00:00.000Z  medium    new-address         keyring:alice                             alice [7 9]"
        );
        let places = |line: &str, words: [&str; 2]| words.map(|word| line.find(word));
        assert_eq!(places(lines[0], ["signal", "caller"]), places(lines[1], ["new-address", "keyring"]));
        assert!(shown.chars().all(|character| character == '\n' || !crate::hidden::is_hidden(character)), "{shown:?}");
        assert!(shown.contains("\\u{1b}[2J"), "{shown}");
    }
}

//! What is printed, and stands in docs/scaling.md.

use crate::inputs::{Inputs, ROWS, Source};
use crate::mend::{Outcome, try_out};
use crate::resources::{Resource, Use, first, journal, memory, number};
use crate::simulate::Deployment;
use crate::sizes::{Size, installed, started};

/// A table under a name.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    /// Markdown.
    pub(crate) text: String,
}

impl Table {
    fn new(name: impl Into<String>, columns: &[&str]) -> Self {
        let mut table = Self { name: name.into(), text: String::new() };
        table.line(columns);
        table.line(&vec!["---"; columns.len()]);
        table
    }

    fn line(&mut self, cells: &[impl AsRef<str>]) {
        for cell in cells {
            self.text.push_str("| ");
            self.text.push_str(cell.as_ref());
            self.text.push(' ');
        }
        self.text.push_str("|\n");
    }
}

/// What is used at a size, as it is installed.
pub(crate) fn used(size: &Size) -> Table {
    let columns = ["resource", "demand", "capacity", "used", "wait, p50", "wait, p99"];
    let mut table = Table::new(format!("installed-{}", size.callers), &columns);
    let mut uses: Vec<&Use> = size.installed.uses.iter().collect();
    uses.sort_by(|one, other| other.percent().total_cmp(&one.percent()));
    for used in uses {
        let (median, most) = used
            .waits
            .map_or(("-".to_owned(), "-".to_owned()), |(median, most)| (milliseconds(median), milliseconds(most)));
        let [demand, capacity] = [used.demand, used.capacity].map(short);
        table.line(&[used.resource.name().to_owned(), demand, capacity, percent(used), median, most]);
    }
    table
}

/// What comes of each size, as it is installed and mended.
pub(crate) fn summary(sizes: &[Size]) -> Table {
    let columns = [
        "callers",
        "changed",
        "used most",
        "calls/s",
        "a read, p50 and p99",
        "a write, p50 and p99",
        "refused or failed",
        "memory of a replica",
        "journals in a day",
    ];
    let mut table = Table::new("summary", &columns);
    for size in sizes {
        for outcome in std::iter::once(&size.installed).chain(&size.mended) {
            let changed = if outcome.changes.is_empty() { "-".to_owned() } else { outcome.changes.join(", ") };
            table.line(&[&[thousands(size.callers), changed][..], &came(outcome)[..]].concat());
        }
    }
    table
}

fn came(outcome: &Outcome) -> [String; 7] {
    let Outcome { deployment, seen, uses, .. } = outcome;
    let fullest = first(uses);
    let tally = &seen.tally;
    let calls = tally.reads.count() + tally.writes.count();
    let both = |waits: &crate::waits::Waits| {
        format!("{}, {}", milliseconds(waits.percentile(50)), milliseconds(waits.percentile(99)))
    };
    let lost = seen.rate(tally.refused + tally.failed) / seen.rate(calls) * 100.0;
    [
        format!("{}: {}", fullest.resource.name(), percent(fullest)),
        short(seen.rate(calls)),
        both(&tally.reads),
        both(&tally.writes),
        format!("{lost:.1} %"),
        format!("{} MiB", short(memory(deployment, seen))),
        format!("{} GB", short(journal(deployment, seen))),
    ]
}

/// What the largest size is like right after a start of all replicas.
pub(crate) fn start(sizes: &[Size]) -> Option<Table> {
    let outcome = started(sizes)?;
    let columns = ["requests to STS, /s", "wait, p50", "wait, p99", "a read, p50 and p99", "refused or failed"];
    let mut table = Table::new("start", &columns);
    let seen = &outcome.seen;
    let came = came(&outcome);
    table.line(&[
        short(seen.rate(seen.sts)),
        milliseconds(seen.tally.sts.percentile(50)),
        milliseconds(seen.tally.sts.percentile(99)),
        came[2].clone(),
        came[4].clone(),
    ]);
    Some(table)
}

/// What more replicas cost STS: with a call to any replica, each replica assumes a session of its own for each caller.
pub(crate) fn replicas() -> Table {
    let columns = [
        "replicas",
        "each call to another replica: requests to STS by 1,000 callers in an hour",
        "callers until 70 % of the quota",
        "a connection kept at one replica: requests to STS",
        "callers until 70 % of the quota",
        "open connections of a replica then",
    ];
    let mut table = Table::new("replicas", &columns);
    for replicas in [1, 2, 4, 8, 16, 32] {
        let mut cells = vec![replicas.to_string()];
        for kept in [false, true] {
            let outcome = try_out(Deployment { replicas, kept, ..installed(1_000, 1200.0, 900.0) });
            let rate = outcome.seen.rate(outcome.seen.sts);
            cells.push(short(rate * 3600.0));
            cells.push(thousands(crate::callers::count(0.07 * Inputs::STANDARD.sts_quota / rate) * 10_000));
            if kept {
                cells.push(thousands(outcome.seen.peaks.connections));
            }
        }
        table.line(&cells);
    }
    table
}

/// What one account carries, whose rate nobody publishes.
pub(crate) fn accounts() -> Table {
    let columns = [
        "callers in one account",
        "calls to IAM asked for, /s",
        "the rate of both, /s",
        "used",
        "wait, p50",
        "wait, p99",
        "calls that failed",
    ];
    let mut table = Table::new("accounts", &columns);
    for callers in [100, 300, 1_000] {
        for rate in [5.0, 20.0, 100.0] {
            let inputs = Inputs::STANDARD
                .with("callers_per_account", number(callers))
                .with("iam_rate", rate)
                .with("iam_burst", 2.0 * rate)
                .with("account_calls_per_second", rate)
                .with("account_burst", 2.0 * rate);
            let outcome = try_out(Deployment { inputs, ..installed(callers, 600.0, 1200.0) });
            let Some(iam) = outcome.uses.iter().find(|used| used.resource == Resource::Iam) else { continue };
            let (median, most) = iam.waits.unwrap_or_default();
            let tally = &outcome.seen.tally;
            let calls = tally.reads.count() + tally.writes.count();
            let failed = outcome.seen.rate(tally.failed) / outcome.seen.rate(calls) * 100.0;
            table.line(&[
                thousands(callers),
                short(iam.demand),
                short(rate),
                percent(iam),
                milliseconds(median),
                milliseconds(most),
                format!("{failed:.1} %"),
            ]);
        }
    }
    table
}

/// What each assumption changes, over the range that it may have. What is asked of STS, of the processors and of the caches by
/// a hundred times as many callers is a hundred times as much, as long as no cache is full.
pub(crate) fn ranges() -> Table {
    let columns = [
        "assumed",
        "value",
        "IAM, busiest account",
        "a read, p99",
        "for 100,000: sessions of a replica",
        "for 100,000: STS",
        "for 100,000: processors",
        "for 100,000: requests at once, of a replica, on average",
    ];
    let mut table = Table::new("ranges", &columns);
    let mut tried = |what: &str, value: String, inputs: Inputs| {
        let outcome = try_out(Deployment { inputs, ..installed(1_000, 300.0, 600.0) });
        let times = |resource, times: f64| {
            let used = outcome.uses.iter().find(|used| used.resource == resource);
            used.map_or_else(String::new, |used| percent(&Use { demand: times * used.demand, ..used.clone() }))
        };
        table.line(&[
            what.to_owned(),
            value,
            times(Resource::Iam, 1.0),
            milliseconds(outcome.seen.tally.reads.percentile(99)),
            thousands(100 * outcome.seen.peaks.sessions),
            times(Resource::Sts, 100.0),
            times(Resource::Processors, 100.0),
            short(100.0 * outcome.seen.tally.took / outcome.seen.seconds / number(outcome.deployment.replicas)),
        ]);
    };
    tried("nothing else", "-".to_owned(), Inputs::STANDARD);
    for row in ROWS {
        let Source::Assumed(low, high, _) = row.source else { continue };
        for value in [low, high] {
            let inputs = Inputs::STANDARD.with(row.name, value);
            tried(row.what.trim(), format!("{} {}", short(value), row.unit).trim_end().to_owned(), inputs);
        }
    }
    table
}

/// The inputs, and where they are from.
pub(crate) fn inputs() -> Table {
    let mut table = Table::new("inputs", &["input", "value", "from"]);
    for row in ROWS {
        let from = match row.source {
            Source::Measured(_) => "measured: [performance.md](performance.md)".to_owned(),
            Source::MeasuredApart(how) => format!("measured for this page: {how}"),
            Source::Setting(key) => format!("default of `{key}`"),
            Source::Quota(page) => format!("quota: <{page}>"),
            Source::Assumed(low, high, why) => format!("assumed, {} to {}: {why}", short(low), short(high)),
        };
        let value = format!("{} {}", short(row.value), row.unit).trim_end().to_owned();
        table.line(&[row.what.trim().to_owned(), value, from]);
    }
    table
}

fn percent(used: &Use) -> String {
    match used.percent() {
        little if little < 0.1 => "< 0.1 %".to_owned(),
        some if some < 10.0 => format!("{some:.1} %"),
        much => format!("{much:.0} %"),
    }
}

fn milliseconds(seconds: f64) -> String {
    match seconds * 1e3 {
        none if none < 0.005 => "0".to_owned(),
        little if little < 10.0 => format!("{little:.2} ms"),
        some if some < 1000.0 => format!("{some:.0} ms"),
        _ => format!("{seconds:.1} s"),
    }
}

/// A number with three digits that count, more where they stand before the point.
fn short(number: f64) -> String {
    if number >= 1000.0 {
        return thousands(crate::callers::count(number));
    }
    let decimals = match number {
        large if large >= 100.0 => 0,
        middling if middling >= 10.0 => 1,
        small if small >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{number:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

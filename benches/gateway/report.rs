//! Figures, and how they are shown.

use std::io::{self, Write};

use serde::Serialize;

/// What a figure should be.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Aim {
    AtLeast(f64),
    AtMost(f64),
}

/// Something that was measured.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    name: &'static str,
    unit: &'static str,
    median: f64,
    low: f64,
    high: f64,
    rounds: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    aim: Option<Aim>,
    #[serde(skip_serializing_if = "Option::is_none")]
    met: Option<bool>,
}

impl Figure {
    /// A figure with its value in each round.
    pub(crate) fn new(name: &'static str, unit: &'static str, mut values: Vec<f64>) -> Self {
        let rounds = values.len();
        let median = median(&mut values);
        let (low, high) = (values.first().copied().unwrap_or(f64::NAN), values.last().copied().unwrap_or(f64::NAN));
        Self { name, unit, median, low, high, rounds, aim: None, met: None }
    }

    /// The same with what its median should be.
    pub(crate) fn aiming(self, aim: Aim) -> Self {
        let met = match aim {
            Aim::AtLeast(least) => self.median >= least,
            Aim::AtMost(most) => self.median <= most,
        };
        Self { aim: Some(aim), met: Some(met), ..self }
    }
}

/// The median; sorts `values`.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// What it was measured on.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    cores: usize,
    processor: String,
    kernel: String,
    /// Whether the figures mean something: an optimized build, and not a quick run.
    meant: bool,
    /// Of the last minute, before the run.
    load_before: String,
}

impl Machine {
    pub(crate) fn look(quick: bool) -> io::Result<Self> {
        let about = std::fs::read_to_string("/proc/cpuinfo")?;
        let processor =
            about.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(": "));
        let first_word = |text: String| text.split_whitespace().next().unwrap_or_default().to_owned();
        Ok(Self {
            cores: std::thread::available_parallelism()?.get(),
            processor: processor.map_or("unknown", |(_, model)| model).to_owned(),
            kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            meant: !quick && !cfg!(debug_assertions),
            load_before: first_word(std::fs::read_to_string("/proc/loadavg")?),
        })
    }
}

pub(crate) fn json(machine: &Machine, figures: &[Figure]) -> String {
    let report = serde_json::json!({"machine": machine, "figures": figures});
    serde_json::to_string_pretty(&report).expect("figures serialize")
}

pub(crate) fn table(machine: &Machine, figures: &[Figure]) -> String {
    let Machine { cores, processor, kernel, meant, load_before } = machine;
    let build = if *meant { "" } else { "\nA quick run, or no optimized build: these figures mean nothing." };
    let mut text = format!("{cores} cores, {processor}, Linux {kernel}, load {load_before} before the run{build}\n\n");
    let mut line = |cells: [&str; 7]| {
        let [name, median, low, high, unit, aim, met] = cells;
        text.push_str(format!("{name:<58} {median:>9} {low:>9} {high:>9} {unit:<10} {aim:>9} {met}").trim_end());
        text.push('\n');
    };
    line(["", "median", "low", "high", "", "aim", ""]);
    for figure in figures {
        let aim = match figure.aim {
            Some(Aim::AtLeast(least)) => format!(">= {}", short(least)),
            Some(Aim::AtMost(most)) => format!("<= {}", short(most)),
            None => String::new(),
        };
        let met = match figure.met {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        };
        let [median, low, high] = [figure.median, figure.low, figure.high].map(short);
        line([figure.name, &median, &low, &high, figure.unit, &aim, met]);
    }
    text
}

fn short(value: f64) -> String {
    let decimals = match value.abs() {
        large if large >= 100.0 => 0,
        middling if middling >= 10.0 => 1,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

pub(crate) fn print(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{}", text.trim_end())
}

/// Says on standard error what went wrong.
pub(crate) fn complain(text: &str) {
    // There is nowhere left to say that standard error is gone.
    let _gone = writeln!(io::stderr().lock(), "error: {text}");
}

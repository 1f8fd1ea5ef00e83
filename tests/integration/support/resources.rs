//! What a process takes of the machine, as Linux tells it in `/proc`.

use std::fs;
use std::process::{self, Command};

/// What one process takes at a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resources {
    /// Resident memory, in KiB.
    pub(crate) memory: u64,
    /// The most that it ever was, in KiB.
    pub(crate) most_memory: u64,
    /// Open file descriptors.
    pub(crate) files: u64,
    /// Threads.
    pub(crate) threads: u64,
}

impl Resources {
    pub(super) fn of(id: u32) -> Self {
        let status = fs::read_to_string(format!("/proc/{id}/status")).expect("the process is there, on Linux");
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
            number.unwrap_or_else(|| unreachable!("there is no {name} in {status}"))
        };
        let files = fs::read_dir(format!("/proc/{id}/fd")).expect("the process is ours").count();
        Self {
            memory: number("VmRSS"),
            most_memory: number("VmHWM"),
            files: u64::try_from(files).expect("no process has that many"),
            threads: number("Threads"),
        }
    }
}

/// Lets this process, and those that it starts from now on, open so many files.
pub(crate) fn allow_files(wanted: u64) {
    let limits = fs::read_to_string("/proc/self/limits").expect("Linux tells it");
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).expect("there is a limit of files");
    let mut words = line.split_whitespace();
    let [soft, hard] = [(); 2].map(|()| words.next().map_or(0, |word| word.parse().unwrap_or(u64::MAX)));
    if soft >= wanted {
        return;
    }
    assert!(hard >= wanted, "this test opens {wanted} files, and `ulimit -Hn` allows {hard}");
    // The standard library cannot change it.
    let (id, limit) = (process::id().to_string(), format!("--nofile={wanted}:{hard}"));
    let ran = Command::new("prlimit").args(["--pid", &id, &limit]).status();
    assert!(ran.is_ok_and(|status| status.success()), "raise it with `ulimit -n {wanted}`: prlimit does not");
}

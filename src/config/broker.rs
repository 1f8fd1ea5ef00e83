//! `[broker]`: assumed sessions and the calls to AWS.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::limits::Limits;
use super::section::Section;
use super::sink::Problem;

/// How long a session may last, in seconds.
pub(super) const SESSION_RANGE: RangeInclusive<u64> = 900..=3600;
/// Why.
pub(super) const SESSION_WHY: &str =
    "STS gives 900 s at least, and 3600 s at most when the gateway's own identity is an assumed role";

/// `[broker]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// How long an assumed session lasts, where the mapping does not say.
    pub session: Duration,
    /// How long before its end a session is replaced; shorter than every session, not shorter than a call that scans.
    pub refresh_ahead: Duration,
    /// How many sessions are kept.
    pub cached_sessions: u32,
    /// How long STS may take, retries included.
    pub sts_timeout: Duration,
    /// How long one operation of IAM may take, retries included.
    pub aws_timeout: Duration,
    /// How many calls go to AWS for one account in a second.
    pub account_calls_per_second: u32,
    /// How many of them go at once, when there were none for a while.
    pub account_burst: u32,
}

impl Broker {
    /// The same with `new`'s rate of accounts, which alone can change while the process runs.
    #[must_use]
    pub fn with_account_rate_of(&self, new: &Self) -> Self {
        let Self { account_calls_per_second, account_burst, .. } = *new;
        Self { account_calls_per_second, account_burst, ..self.clone() }
    }
}

pub(super) fn read(section: &Section<'_>, limits: &Limits) -> Broker {
    let seconds = |key, range, default, why| section.integer::<u64>(key, range, default, why);
    let (call, scan) = (limits.call.as_secs(), limits.scan.as_secs());

    let session = seconds("session_seconds", SESSION_RANGE, 900, SESSION_WHY);
    let refresh_ahead = seconds(
        "refresh_ahead_seconds",
        10..=600,
        scan.max(120),
        "shorter than the shortest session (900 s), and long enough that a call does not outlive its credentials",
    );
    if refresh_ahead < scan {
        let text = format!("a call may take {scan} s ([limits] scan_seconds) and would outlive its credentials");
        let problem = Problem::conflict(text).remedy("make it at least as long, or scan_seconds shorter");
        section.fault_at("refresh_ahead_seconds", problem);
    }
    let cached_sessions =
        section.integer("cached_sessions", 1..=1_000_000, 10_000, "a cached session takes some 2 KiB of memory");

    let timeout = |key, range, default: u64, why| {
        let timeout = seconds(key, range, default.min(call), why);
        if timeout > call {
            let text = format!("is longer than a whole call may take: [limits] call_seconds is {call}");
            let problem = Problem::conflict(text).remedy("make it shorter, so that AWS's silence is answered as such");
            section.fault_at(key, problem);
        }
        Duration::from_secs(timeout)
    };
    let sts_timeout = timeout("sts_timeout_seconds", 1..=60, 8, "STS answers within a second or is in trouble");
    let aws_timeout = timeout("aws_timeout_seconds", 1..=300, 15, "IAM answers within seconds, even when it throttles");
    let account_calls_per_second = section.integer(
        "account_calls_per_second",
        1..=10_000,
        15,
        "IAM throttles an account at some 20 calls a second, in all regions and from whoever calls",
    );
    let account_burst =
        section.integer::<u32>("account_burst", 1..=10_000, 30, "what IAM takes at once, too, before it throttles");
    let (session, refresh_ahead) = (Duration::from_secs(session), Duration::from_secs(refresh_ahead));
    Broker {
        session,
        refresh_ahead,
        cached_sessions,
        sts_timeout,
        aws_timeout,
        account_calls_per_second,
        account_burst,
    }
}

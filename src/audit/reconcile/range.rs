//! What is compared, and when something is due.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

/// How far apart the gateway's clock and AWS's may be: AWS refuses a signature that is older
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>).
pub(super) const CLOCKS: SignedDuration = SignedDuration::from_mins(5);

/// How long a call may take from its first request to AWS to its last record, generously: `limits.call_seconds` is 300 at
/// most, and a change that was begun is finished.
pub(super) const LONGEST_CALL: SignedDuration = SignedDuration::from_mins(30);

/// How long after its AssumeRole a call has its first record at the latest: STS may take a minute, and planning or reading
/// ends after `limits.call_seconds`, five minutes at most.
pub(super) const RECORDED: SignedDuration = SignedDuration::from_mins(6);

/// How far beyond the range both sides are read, so that what lies at its edge finds its counterpart. A session lasts an
/// hour at most, so a session that is used within the range is known from a record of the hour before it.
pub(super) const SLACK: SignedDuration = SignedDuration::from_hours(2);

/// How far CloudTrail's deliveries may be out of order: it delivers within about five minutes on average, and gives no
/// guarantee (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html>).
const OUT_OF_ORDER: SignedDuration = SignedDuration::from_mins(15);

/// How late CloudTrail may be with everything. A trail that was switched off never delivers again: later than this it
/// counts as missing, not as slow.
pub(super) const LATEST: SignedDuration = SignedDuration::from_hours(24);

/// The time that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Not before this moment; none is from the beginning.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Timestamp,
}

impl Range {
    /// Whether the moment lies in it.
    #[must_use]
    pub fn contains(&self, time: Timestamp) -> bool {
        self.from.is_none_or(|from| time >= from) && time < self.to
    }

    /// The range that is read to compare this one.
    #[must_use]
    pub fn widened(&self) -> Self {
        Self {
            from: self.from.map(|from| from.checked_sub(SLACK).unwrap_or(Timestamp::MIN)),
            to: self.to.checked_add(SLACK).unwrap_or(Timestamp::MAX),
        }
    }
}

/// Says what is due.
#[derive(Debug)]
pub(super) struct Due {
    now: Timestamp,
    settle: SignedDuration,
    /// The time of the newest event of each account, by region.
    newest: HashMap<String, HashMap<String, Timestamp>>,
}

impl Due {
    pub(super) fn new(now: Timestamp, settle: SignedDuration) -> Self {
        Self { now, settle, newest: HashMap::new() }
    }

    /// Notes an event that CloudTrail delivered.
    pub(super) fn delivered(&mut self, account: &str, region: &str, time: Timestamp) {
        // Nearly all events are of an account and a region that are known.
        if let Some(newest) = self.newest.get_mut(account).and_then(|regions| regions.get_mut(region)) {
            *newest = time.max(*newest);
        } else {
            self.newest.entry(account.to_owned()).or_default().insert(region.to_owned(), time);
        }
    }

    /// Whether both sides have had their time for what happened then.
    pub(super) fn is_settled(&self, time: Timestamp) -> bool {
        !later_than(time, self.now, self.settle)
    }

    /// Whether CloudTrail should have delivered what happened then in this account and region.
    pub(super) fn is_event_due(&self, account: &str, region: &str, time: Timestamp) -> bool {
        let newest = self.newest.get(account).and_then(|regions| regions.get(region));
        let delivered = newest.is_some_and(|newest| !later_than(time, *newest, OUT_OF_ORDER));
        self.is_settled(time) && (delivered || !later_than(time, self.now, LATEST))
    }

    /// The time of the newest event of all.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.newest.values().flat_map(HashMap::values).max().copied()
    }
}

/// Whether `time` lies less than `margin` before `end`, or after it.
fn later_than(time: Timestamp, end: Timestamp, margin: SignedDuration) -> bool {
    end.checked_sub(margin).is_ok_and(|latest| time > latest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-20T{text}Z").parse().unwrap()
    }

    #[test]
    fn the_end_of_a_range_is_not_in_it() {
        let range = Range { from: Some(at("10:00:00")), to: at("11:00:00") };
        assert!(range.contains(at("10:00:00")) && range.contains(at("10:59:59.999")));
        assert!(!range.contains(at("11:00:00")) && !range.contains(at("09:59:59.999")));
        let widened = range.widened();
        assert!(widened.contains(at("08:00:00")) && widened.contains(at("12:59:59")));
        assert!(Range { from: None, to: Timestamp::MAX }.widened().contains(Timestamp::MIN));
    }

    #[test]
    fn an_event_is_due_once_later_ones_were_delivered_or_a_day_has_passed() {
        let mut due = Due::new(at("12:00:00"), SignedDuration::from_mins(30));
        let is_due = |due: &Due, time| due.is_event_due("1", "us-east-1", at(time));
        assert!(!is_due(&due, "11:00:00"), "nothing was delivered");
        due.delivered("1", "us-east-1", at("11:50:00"));
        due.delivered("1", "us-east-1", at("10:00:00"));
        assert!(is_due(&due, "11:30:00"));
        assert!(!is_due(&due, "11:30:01"), "it has not settled");
        due.newest.clear();
        due.delivered("2", "us-east-1", at("11:50:00"));
        due.delivered("1", "eu-west-1", at("11:50:00"));
        due.delivered("1", "us-east-1", at("11:10:00"));
        assert!(is_due(&due, "10:55:00"));
        assert!(!is_due(&due, "10:55:01"), "deliveries are out of order by so much");
        let yesterday = at("12:00:00").checked_sub(LATEST).unwrap();
        due.newest.clear();
        assert!(due.is_event_due("1", "us-east-1", yesterday), "a trail that was switched off is not a slow one");
    }
}

//! Dates: the forms of ISO 8601 that the W3C's note names (<https://www.w3.org/TR/NOTE-datetime>), or epoch seconds.

use jiff::SignedDuration;
use jiff::civil::DateTime;

/// The last second of the year 9999, after which no date can be written.
const LAST: i64 = 253_402_300_799;

/// Since the beginning of 1970, UTC. A `Timestamp` would end two days before the year 9999 does, and
/// `9999-12-31T23:59:59Z` is how policies say "never".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::policy) struct Moment(SignedDuration);

/// Reads `2026-11-20T14:00:00.5+01:00` (fraction and seconds may be missing, and a missing offset is UTC), `2026-11-20`,
/// `2026-11` (both are their first moment, UTC) or epoch seconds. A bare year is not taken: it would be read as seconds.
pub(in crate::policy) fn read(text: &str) -> Option<Moment> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        let seconds = text.parse().ok().filter(|seconds| *seconds <= LAST)?;
        return Some(Moment(SignedDuration::from_secs(seconds)));
    }
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let (year, rest) = digits(date, 4)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = match rest.strip_prefix('-') {
        Some(rest) => digits(rest, 2)?,
        None if time.is_none() => (1, rest),
        None => return None,
    };
    if !rest.is_empty() {
        return None;
    }
    let Clock { hour, minute, second, nanosecond, offset } = match time {
        Some(time) => clock(time)?,
        None => Clock { hour: 0, minute: 0, second: 0, nanosecond: 0, offset: 0 },
    };
    let small = |number: i32| i8::try_from(number).ok();
    let civil = DateTime::new(
        i16::try_from(year).ok()?,
        small(month)?,
        small(day)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
        nanosecond,
    );
    let since = civil.ok()?.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0));
    Some(Moment(since - SignedDuration::from_secs(offset)))
}

struct Clock {
    hour: i32,
    minute: i32,
    second: i32,
    nanosecond: i32,
    /// In seconds east of UTC.
    offset: i64,
}

fn clock(text: &str) -> Option<Clock> {
    let (hour, rest) = digits(text, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = match rest.strip_prefix(':') {
        Some(rest) => digits(rest, 2)?,
        None => (0, rest),
    };
    let (nanosecond, rest) = match rest.strip_prefix('.') {
        Some(rest) => fraction(rest)?,
        None => (0, rest),
    };
    Some(Clock { hour, minute, second, nanosecond, offset: zone(rest)? })
}

/// `Z`, `+hh:mm`, `-hh:mm`, or nothing for UTC; in seconds east of it.
fn zone(text: &str) -> Option<i64> {
    let (sign, rest) = match text {
        "" | "Z" => return Some(0),
        _ => match text.split_at_checked(1)? {
            ("+", rest) => (1, rest),
            ("-", rest) => (-1, rest),
            _ => return None,
        },
    };
    let (hours, rest) = digits(rest, 2)?;
    let (minutes, rest) = digits(rest.strip_prefix(':')?, 2)?;
    if !rest.is_empty() || hours > 23 || minutes > 59 {
        return None;
    }
    Some(i64::from(sign * (hours * 3600 + minutes * 60)))
}

/// One to nine digits of a second's fraction, as nanoseconds.
fn fraction(text: &str) -> Option<(i32, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    if !(1..=9).contains(&length) {
        return None;
    }
    let (number, rest) = digits(text, length)?;
    let scale = std::iter::repeat_n(10, 9 - length).product::<i32>();
    Some((number * scale, rest))
}

/// Exactly `length` digits at the beginning, at most nine.
fn digits(text: &str, length: usize) -> Option<(i32, &str)> {
    let (head, rest) = text.split_at_checked(length)?;
    let number = head.bytes().all(|b| b.is_ascii_digit()).then(|| head.parse().ok())??;
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Moment, read};

    #[test]
    fn every_form_means_one_moment() {
        for (text, moment) in [
            ("2026-11-20T14:00:00Z", "2026-11-20T14:00:00Z"),
            ("2026-11-20T14:00Z", "2026-11-20T14:00:00Z"),
            ("2026-11-20T14:00:00", "2026-11-20T14:00:00Z"),
            ("2026-11-20T14:00:00.25+05:30", "2026-11-20T08:30:00.25Z"),
            ("2026-11-20T00:30:00-01:00", "2026-11-20T01:30:00Z"),
            ("2026-11-20", "2026-11-20T00:00:00Z"),
            ("2026-11", "2026-11-01T00:00:00Z"),
            ("2024-02-29", "2024-02-29T00:00:00Z"),
            ("0", "1970-01-01T00:00:00Z"),
            ("1795183200", "2026-11-20T14:00:00Z"),
        ] {
            let moment: Timestamp = moment.parse().unwrap();
            assert_eq!(read(text), Some(Moment(moment.as_duration())), "{text}");
        }
    }

    #[test]
    fn dates_reach_from_the_first_to_the_last_that_can_be_written() {
        let ordered = [
            "0000-01-01T00:00:00+23:59",
            "0000-01-01",
            "1969-12-31T23:59:59.999999999Z",
            "0",
            "9999-12-31T23:59:58Z",
            "253402300799",
            "9999-12-31T23:59:59.5Z",
            "9999-12-31T23:59:59-23:59",
        ];
        let moments: Vec<_> = ordered.iter().map(|text| read(text).unwrap_or_else(|| panic!("{text}"))).collect();
        assert!(moments.is_sorted_by(|before, after| before < after), "{moments:?}");
        assert_eq!(read("9999-12-31T23:59:59Z"), read("253402300799"));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "tomorrow",
            "-1",
            "2026-02-29",
            "2026-13-01",
            "2026-1-1",
            "2026-11-20T",
            "2026-11-20T24:00:00Z",
            "2026-11-20T14",
            "2026-11-20T14:00:60Z",
            "2026-11-20 14:00:00Z",
            "2026-11-20T14:00:00z",
            "2026-11-20T14:00:00.Z",
            "2026-11-20T14:00:00+0100",
            "2026-11-20T14:00:00+24:00",
            "2026-11-20T14:00:00[Europe/Berlin]",
            "2026-11T14:00Z",
            "20261120T140000Z",
            "1795183200.5",
            "253402300800",
            "99999999999999",
            "2026-11-2é",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

//! Whether a line's time lies outside what is asked for, by its bytes.

use jiff::Timestamp;
use memchr::memmem::Finder;

use super::filter::Filter;

/// A time as records have it, to the millisecond, without the `Z`: such texts are in the order of time.
type Stamp = [u8; 23];

/// The range that is asked for.
#[derive(Debug)]
pub(super) struct RawTime {
    from: Option<Stamp>,
    to: Option<Stamp>,
    name: Finder<'static>,
}

impl RawTime {
    /// None where no range is asked for.
    pub(super) fn of(filter: &Filter) -> Option<Self> {
        let (from, to) = (filter.from.and_then(stamp), filter.to.and_then(stamp));
        (from.is_some() || to.is_some()).then(|| Self { from, to, name: Finder::new("\"eventTime\"") })
    }

    /// Whether every `eventTime` of the line is plainly outside. Only the record's own counts, but one further down may
    /// come before it; so one that is inside, or is written in a way not known here, leaves it open.
    pub(super) fn is_outside(&self, line: &[u8]) -> bool {
        let mut times = self.name.find_iter(line).map(|at| at + self.name.needle().len()).peekable();
        times.peek().is_some() && times.all(|at| read(&line[at..]).is_some_and(|time| self.excludes(&time)))
    }

    /// Both bounds were cut to the millisecond, so a time that is equal to one is left open.
    fn excludes(&self, time: &Stamp) -> bool {
        self.from.is_some_and(|from| *time < from) || self.to.is_some_and(|to| *time > to)
    }
}

/// None for years that have no four digits.
fn stamp(time: Timestamp) -> Option<Stamp> {
    let cut = Timestamp::from_millisecond(time.as_millisecond()).ok()?;
    // Before 1970 cutting rounds up.
    let text = if cut <= time { format!("{cut:.3}") } else { return None };
    text.strip_suffix('Z')?.as_bytes().try_into().ok()
}

/// `:"2026-11-20T12:00:00.000Z"`, or the same to the second, as headers have it.
fn read(rest: &[u8]) -> Option<Stamp> {
    const SHAPE: &[u8; 19] = b"0000-00-00T00:00:00";
    let text = rest.strip_prefix(b":\"")?;
    let (seconds, rest) = text.split_at_checked(SHAPE.len())?;
    let fits = |(byte, shape): (&u8, &u8)| if *shape == b'0' { byte.is_ascii_digit() } else { byte == shape };
    // A leap second is written and read in more than one way.
    if !seconds.iter().zip(SHAPE).all(fits) || seconds[17] > b'5' {
        return None;
    }
    let mut stamp = *b"0000-00-00T00:00:00.000";
    stamp[..SHAPE.len()].copy_from_slice(seconds);
    if !rest.starts_with(b"Z\"") {
        let milliseconds = rest.strip_prefix(b".")?.get(..3)?;
        if !milliseconds.iter().all(u8::is_ascii_digit) || !rest[4..].starts_with(b"Z\"") {
            return None;
        }
        stamp[20..].copy_from_slice(milliseconds);
    }
    Some(stamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outside(from: &str, to: &str, line: &str) -> bool {
        let (from, to) = (Some(from.parse().unwrap()), Some(to.parse().unwrap()));
        RawTime::of(&Filter { from, to, ..Filter::default() }).unwrap().is_outside(line.as_bytes())
    }

    #[test]
    fn what_is_plainly_outside_is_known_and_all_else_is_left_open() {
        let (from, to) = ("2026-11-20T12:00:00.0005Z", "2026-11-20T13:00:00Z");
        for (line, expected) in [
            (r#"{"eventTime":"2026-11-20T11:59:59.999Z"}"#, true),
            (r#"{"eventTime":"2026-11-20T11:59:59Z"}"#, true),
            (r#"{"eventTime":"2026-11-20T12:00:00.000Z"}"#, false),
            (r#"{"eventTime":"2026-11-20T13:00:00.000Z"}"#, false),
            (r#"{"eventTime":"2026-11-20T13:00:00.001Z"}"#, true),
            (r#"{"eventTime": "2026-11-20T11:59:59Z"}"#, false),
            (r#"{"eventTime":"2026-11-20T11:59:60Z"}"#, false),
            (r#"{"eventTime":"2026-11-20T11:59:59.99Z"}"#, false),
            (r#"{"eventTime":"2026-11-20T13:59:59.999+02:00"}"#, false),
            (r#"{"eventTime":"2026-11-2"#, false),
            (r#"{"a":{"eventTime":"2026-11-19T11:59:59Z"},"eventTime":"2026-11-20T12:30:00Z"}"#, false),
            (r#"{"a":{"eventTime":"2026-11-20T12:30:00Z"},"eventTime":"2026-11-19T11:59:59Z"}"#, false),
            (r#"{"a":{"eventTime":1},"eventTime":"2026-11-19T11:59:59Z"}"#, false),
            (r#"{"a":"\"eventTime\":\"2026-11-20T12:30:00Z","eventTime":"2026-11-19T11:59:59Z"}"#, true),
            ("{}", false),
        ] {
            assert_eq!(outside(from, to, line), expected, "{line}");
        }
    }

    #[test]
    fn times_that_have_no_such_text_leave_everything_open() {
        let (from, to) = ("-000001-01-01T00:00:00Z".parse().ok(), "1969-12-31T23:59:59.9995Z".parse().ok());
        assert!(from.is_some() && to.is_some());
        assert!(RawTime::of(&Filter { from, to, ..Filter::default() }).is_none());
    }
}

//! The time that is looked through.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{END_TIME, START_TIME};
use crate::audit::reconcile::REACH;
use crate::tools::parameter::Parameter;
use crate::tools::{Arguments, ToolError};

/// From when on, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

impl Times {
    /// What these arguments say at the time `now`; what they leave out reaches as far as CloudTrail does.
    ///
    /// # Errors
    /// `ValidationError`, which names the parameter.
    pub(super) fn of(arguments: &Arguments, now: Timestamp) -> Result<Self, ToolError> {
        let (start, end) = (moment(arguments, &START_TIME)?, moment(arguments, &END_TIME)?);
        let earliest = now - REACH;
        let days = REACH.as_hours() / 24;
        for (time, parameter) in [(start, &START_TIME), (end, &END_TIME)] {
            if time.is_some_and(|time| time < earliest) {
                let message =
                    format!("lies more than {days} days back, and CloudTrail's event history goes no further");
                return Err(wrong(parameter, &message).hint(format!("the earliest is {}", in_seconds(earliest))));
            }
        }
        let times = Self { from: start.unwrap_or(earliest), to: end.unwrap_or(now) };
        if times.from < times.to {
            return Ok(times);
        }
        Err(match end {
            Some(_) => wrong(&END_TIME, "must be after start_time"),
            None => wrong(&START_TIME, "must be in the past"),
        })
    }
}

fn moment(arguments: &Arguments, parameter: &Parameter) -> Result<Option<Timestamp>, ToolError> {
    let Some(text) = arguments.text(parameter.name) else { return Ok(None) };
    let read = match text.len() {
        // A date alone; what has a time as well would be read as one, too, and lose it.
        10 => text.parse::<Date>().and_then(|date| date.to_zoned(TimeZone::UTC)).map(|day| day.timestamp()),
        _ => text.parse(),
    };
    read.map(Some).map_err(|_| {
        wrong(parameter, "must be ISO 8601: a date, or a date and time with its zone, such as 2026-11-20T12:00:00Z")
    })
}

fn wrong(parameter: &Parameter, message: &str) -> ToolError {
    ToolError::gateway("ValidationError", format!("{}: {message}", parameter.name)).parameter(parameter.name)
}

/// Rounded up, so that it is not too early itself.
fn in_seconds(time: Timestamp) -> Timestamp {
    let up = time + SignedDuration::from_nanos(999_999_999);
    Timestamp::from_second(up.as_second()).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::tools::catalogue::CATALOGUE;

    const NOW: &str = "2026-11-20T12:00:00.25Z";

    fn times(arguments: &Value) -> Result<(String, String), ToolError> {
        let spec = CATALOGUE.find("lookup_events").unwrap().spec;
        let arguments = Arguments::check(spec, arguments.as_object().unwrap())?;
        let times = Times::of(&arguments, NOW.parse().unwrap())?;
        Ok((times.from.to_string(), times.to.to_string()))
    }

    #[test]
    fn dates_and_times_with_their_zone_are_times() {
        for (start, end, from, to) in [
            (json!("2026-11-19T13:00:00+01:00"), json!("2026-11-20"), "2026-11-19T12:00:00Z", "2026-11-20T00:00:00Z"),
            (json!("2026-11-20T11:00Z"), json!(null), "2026-11-20T11:00:00Z", NOW),
            (json!(null), json!(null), "2026-08-22T12:00:00.25Z", NOW),
            (json!("2026-11-20"), json!("2026-12-01"), "2026-11-20T00:00:00Z", "2026-12-01T00:00:00Z"),
        ] {
            let read = times(&json!({"start_time": start, "end_time": end})).unwrap();
            assert_eq!(read, (from.to_owned(), to.to_owned()), "{start} {end}");
        }
    }

    #[test]
    fn a_bad_time_is_named_by_its_parameter() {
        for (arguments, parameter, part) in [
            (json!({"start_time": "2026-11-20T12:00:00"}), "start_time", "must be ISO 8601"),
            (json!({"end_time": "20.11.2026"}), "end_time", "must be ISO 8601"),
            (json!({"end_time": "2026-02-30"}), "end_time", "must be ISO 8601"),
            (json!({"start_time": "2026-08-22T12:00:00Z"}), "start_time", "more than 90 days back"),
            (json!({"end_time": "2026-08-01"}), "end_time", "more than 90 days back"),
            (json!({"start_time": "2026-11-20", "end_time": "2026-11-20"}), "end_time", "must be after start_time"),
            (json!({"start_time": "2026-11-20T12:00:01Z"}), "start_time", "must be in the past"),
        ] {
            let error = times(&arguments).unwrap_err();
            assert_eq!((error.code.as_str(), error.parameter.as_deref()), ("ValidationError", Some(parameter)));
            assert!(error.message.contains(part), "{arguments}: {}", error.message);
        }
        let error = times(&json!({"start_time": "2026-08-22"})).unwrap_err();
        assert_eq!(error.hint.as_deref(), Some("the earliest is 2026-08-22T12:00:01Z"));
    }
}

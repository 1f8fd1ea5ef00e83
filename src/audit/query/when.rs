//! A moment, as people give it: a date, or how long ago.

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

/// A moment that is fixed, or that depends on when it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// This one.
    At(Timestamp),
    /// So long before now.
    Ago(SignedDuration),
}

/// Why a text is no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("write a date such as 2026-11-20T12:00:00Z, or how long ago, such as 15m, 2h or 7d (s, m, h, d, w)")]
pub struct NoMoment;

impl When {
    /// Which moment it is.
    ///
    /// # Errors
    /// When it lies before the beginning of time.
    pub fn resolve(self, now: Timestamp) -> Result<Timestamp, NoMoment> {
        match self {
            Self::At(time) => Ok(time),
            Self::Ago(duration) => now.checked_sub(duration).map_err(|_| NoMoment),
        }
    }
}

impl std::str::FromStr for When {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        if let Ok(time) = text.parse() {
            return Ok(Self::At(time));
        }
        let unit = text.chars().next_back().ok_or(NoMoment)?;
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 60 * 60,
            'd' => 24 * 60 * 60,
            'w' => 7 * 24 * 60 * 60,
            _ => return Err(NoMoment),
        };
        let number = &text[..text.len() - 1];
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NoMoment);
        }
        let number: i64 = number.parse().map_err(|_| NoMoment)?;
        number.checked_mul(seconds).map(SignedDuration::from_secs).map(Self::Ago).ok_or(NoMoment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_ago_are_moments() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2026-11-20T13:00:00+01:00", "2026-11-20T12:00:00Z"),
            ("90s", "2026-11-20T11:58:30Z"),
            ("15m", "2026-11-20T11:45:00Z"),
            ("2h", "2026-11-20T10:00:00Z"),
            ("7d", "2026-11-13T12:00:00Z"),
            ("1w", "2026-11-13T12:00:00Z"),
        ] {
            let when: When = text.parse().unwrap();
            assert_eq!(when.resolve(now).unwrap(), expected.parse().unwrap(), "{text}");
        }
        for text in [
            "",
            "m",
            "-1h",
            "1.5h",
            "1y",
            "2026-11-20",
            "yesterday",
            "99999999999999999999d",
            "9223372036854775807w",
            "é",
        ] {
            assert_eq!(text.parse::<When>(), Err(NoMoment), "{text}");
        }
        assert_eq!("9999999999d".parse::<When>().unwrap().resolve(now), Err(NoMoment));
    }
}

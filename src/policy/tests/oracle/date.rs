//! Dates of the W3C's note on ISO 8601 and epoch seconds, by counting days.

/// Seconds since 1970 and nanoseconds.
pub(super) fn read(text: &str) -> Option<(i64, i64)> {
    if !text.is_empty() && text.chars().all(|c| c.is_ascii_digit()) {
        // Until the end of the year 9999.
        return text.parse().ok().filter(|seconds| *seconds <= 253_402_300_799).map(|seconds| (seconds, 0));
    }
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let parts: Vec<&str> = date.split('-').collect();
    let (year, month, day) = match (parts.as_slice(), time) {
        ([year, month, day], _) => (number(year, 4)?, number(month, 2)?, number(day, 2)?),
        ([year, month], None) => (number(year, 4)?, number(month, 2)?, 1),
        _ => return None,
    };
    if !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) {
        return None;
    }
    let before = |year: i64| 365 * year + (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
    let months: i64 = (1..month).map(|month| days_in(year, month)).sum();
    let days = before(year) - before(1970) + months + day - 1;
    let (seconds, nanoseconds) = clock(time.unwrap_or("00:00"))?;
    Some((days * 86_400 + seconds, nanoseconds))
}

fn days_in(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Seconds since midnight UTC and nanoseconds, of `hh:mm[:ss[.f]][Z|+hh:mm|-hh:mm]`.
fn clock(text: &str) -> Option<(i64, i64)> {
    let (time, offset) = match text.find(['Z', '+', '-']) {
        None => (text, 0),
        Some(at) if &text[at..] == "Z" => (&text[..at], 0),
        Some(at) => {
            let (hours, minutes) = text[at + 1..].split_once(':')?;
            let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let sign = if text[at..].starts_with('-') { -1 } else { 1 };
            (&text[..at], sign * (hours * 60 + minutes) * 60)
        }
    };
    let (time, fraction) = match time.split_once('.') {
        Some((time, fraction)) if (1..=9).contains(&fraction.len()) && time.len() == 8 => (time, fraction),
        Some((time, fraction)) if (1..=9).contains(&fraction.len()) && time.len() == 5 => (time, fraction),
        Some(_) => return None,
        None => (time, "0"),
    };
    let parts: Vec<&str> = time.split(':').collect();
    let (hour, minute, second) = match parts.as_slice() {
        [hour, minute] => (number(hour, 2)?, number(minute, 2)?, 0),
        [hour, minute, second] => (number(hour, 2)?, number(minute, 2)?, number(second, 2)?),
        _ => return None,
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let nanoseconds = number(&format!("{fraction:0<9}"), 9)?;
    Some((hour * 3_600 + minute * 60 + second - offset, nanoseconds))
}

fn number(text: &str, digits: usize) -> Option<i64> {
    (text.len() == digits && text.chars().all(|c| c.is_ascii_digit())).then(|| text.parse().expect("a few digits"))
}

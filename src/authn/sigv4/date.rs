//! `x-amz-date`.

use http::HeaderMap;
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::Offset;

use super::headers;
use super::refusal::SigV4Refusal;

pub(in crate::authn) const X_AMZ_DATE: &str = "x-amz-date";

/// When the request was signed, as its text and as a time (in whole seconds, all that the format can say).
pub(super) fn signed_at(headers: &HeaderMap) -> Result<(&str, Timestamp), SigV4Refusal> {
    let value = headers::single(headers, X_AMZ_DATE)?.ok_or(SigV4Refusal::MissingDate)?;
    let text = value.to_str().map_err(|_| SigV4Refusal::MalformedDate)?;
    let time = parse(text).ok_or(SigV4Refusal::MalformedDate)?;
    Ok((text, time))
}

/// Exactly `YYYYMMDD'T'HHMMSS'Z'`: the text is rebuilt from the time when the signature is, so there must be one
/// spelling only.
pub(in crate::authn) fn parse(text: &str) -> Option<Timestamp> {
    let bytes: &[u8; 16] = text.as_bytes().try_into().ok()?;
    if bytes[8] != b'T' || bytes[15] != b'Z' {
        return None;
    }
    let year = i16::try_from(number(&bytes[..4])?).ok()?;
    let two = |from: usize| i8::try_from(number(&bytes[from..from + 2])?).ok();
    civil::DateTime::new(year, two(4)?, two(6)?, two(9)?, two(11)?, two(13)?, 0)
        .ok()
        .and_then(|time| Offset::UTC.to_timestamp(time).ok())
}

fn number(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0, |sum, b| b.is_ascii_digit().then(|| sum * 10 + u16::from(b - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_spelling_is_read() {
        assert_eq!(parse("20260131T120102Z"), Some("2026-01-31T12:01:02Z".parse().unwrap()));
        assert_eq!(parse("20240229T000000Z"), Some("2024-02-29T00:00:00Z".parse().unwrap()));
    }

    #[test]
    fn every_other_spelling_is_not() {
        for text in [
            "",
            "20260131T120102",
            "20260131t120102Z",
            "20260131T120102z",
            "20260131 120102Z",
            "2026-01-31T12:01:02Z",
            "20260131T120102ZZ",
            " 20260131T120102",
            "+0260131T120102Z",
            "20260231T120102Z",
            "20250229T000000Z",
            "20261331T120102Z",
            "20260131T240000Z",
            "20260131T126000Z",
            "20260131T120060Z",
            "20260131T12010\u{663}",
            "Sat, 31 Jan 2026 12:01:02 GMT",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

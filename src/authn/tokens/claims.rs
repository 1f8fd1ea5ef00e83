//! The claims that every token must have, whoever issued it (RFC 7519, section 4.1).

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::refusal::TokenRefusal;

/// How far issuers' clocks may be ahead: of `nbf` and `iat`. After `exp` no second is given.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// The longest `sub` and `jti`, in characters.
const LONGEST_TEXT: usize = 1024;

/// What was read of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standard {
    pub(super) subject: String,
    pub(super) id: Option<String>,
    pub(super) issued: Timestamp,
    pub(super) expires: Timestamp,
}

impl Standard {
    /// Reads them, and sees whether the token is for this audience and for now.
    pub(super) fn check(claims: &Value, audience: &str, now: Timestamp) -> Result<Self, TokenRefusal> {
        check_audience(claims, audience)?;
        let needed = |name: &str| time(claims, name)?.ok_or_else(|| TokenRefusal::ClaimMissing(name.into()));
        let (issued, expires) = (needed("iat")?, needed("exp")?);
        let not_before = time(claims, "nbf")?;
        let subject = text(claims, "sub")?.ok_or_else(|| TokenRefusal::ClaimMissing("sub".into()))?;
        let id = text(claims, "jti")?;
        if expires <= now {
            return Err(TokenRefusal::Expired);
        }
        let is_early = |time: Timestamp| time.duration_since(now) > LEEWAY;
        if is_early(issued) || not_before.is_some_and(is_early) {
            return Err(TokenRefusal::NotYetValid);
        }
        Ok(Self { subject: subject.to_owned(), id: id.map(ToOwned::to_owned), issued, expires })
    }
}

/// One audience and no other: whoever else a token is for could send it here.
fn check_audience(claims: &Value, audience: &str) -> Result<(), TokenRefusal> {
    let only = match claims.get("aud") {
        None => return Err(TokenRefusal::ClaimMissing("aud".into())),
        Some(Value::Array(all)) => match all.as_slice() {
            [only] => only,
            _ => return Err(TokenRefusal::Audience(audience.into())),
        },
        Some(only) => only,
    };
    if only.as_str() == Some(audience) { Ok(()) } else { Err(TokenRefusal::Audience(audience.into())) }
}

/// A text without control characters; nothing empty, nothing endless.
pub(super) fn text<'c>(claims: &'c Value, name: &str) -> Result<Option<&'c str>, TokenRefusal> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if (1..=LONGEST_TEXT).contains(&text.len()) && !text.contains(char::is_control) => {
            Ok(Some(text))
        }
        Some(_) => Err(TokenRefusal::ClaimInvalid(name.into())),
    }
}

/// A NumericDate (RFC 7519, section 2), which may have a fraction; the second that it is in.
fn time(claims: &Value, name: &str) -> Result<Option<Timestamp>, TokenRefusal> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let invalid = || TokenRefusal::ClaimInvalid(name.into());
    let milliseconds = match value.as_i64() {
        Some(seconds) => seconds.checked_mul(1000),
        None => value.as_f64().and_then(whole_milliseconds),
    };
    let time = milliseconds.and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok());
    time.map(Some).ok_or_else(invalid)
}

/// Of a number of seconds, rounded down.
fn whole_milliseconds(seconds: f64) -> Option<i64> {
    let milliseconds = (seconds * 1000.0).floor();
    // Beyond this no f64 is exact to the millisecond, and no date is meant.
    if milliseconds.abs() > 1e15 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "rounded, and of an i64's range")]
    Some(milliseconds as i64)
}

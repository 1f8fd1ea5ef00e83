//! What LookupEvents is asked for.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::shown;
use crate::sandbox::error::ServiceError;
use crate::sandbox::input::Fields;
use crate::sandbox::trail::Event;

/// The most events of a page, and how many there are where the request does not say.
const MOST: usize = 50;

/// The attributes that events are looked up by.
const KEYS: [&str; 8] =
    ["EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource", "AccessKeyId"];

/// A request's parameters.
#[derive(Debug)]
pub(super) struct Question<'a> {
    attribute: Option<(&'a str, &'a str)>,
    /// In seconds.
    from: Option<f64>,
    to: Option<f64>,
    /// Whether unusual activity is asked for, of which there is none here.
    insights: bool,
    pub(super) most: usize,
    /// The event that the page before ended with, by its number.
    pub(super) before: Option<u64>,
    /// What the pages of one question have in common.
    digest: String,
}

impl<'a> Question<'a> {
    /// Reads them.
    ///
    /// # Errors
    /// The first that is not as the API reference has it.
    pub(super) fn read(fields: &'a Fields) -> Result<Self, ServiceError> {
        let (from, to) = (seconds(fields, "StartTime")?, seconds(fields, "EndTime")?);
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            return Err(invalid("InvalidTimeRangeException", "The start time must be before the end time."));
        }
        let digest = digest(fields);
        let before = match fields.get("NextToken") {
            None => None,
            Some(token) => Some(number(token, &digest).ok_or_else(|| {
                invalid("InvalidNextTokenException", "The token is invalid, or of a request with other parameters.")
            })?),
        };
        Ok(Self {
            attribute: attribute(fields)?,
            from,
            to,
            insights: insights(fields)?,
            most: most(fields)?,
            before,
            digest,
        })
    }

    /// Whether this event, in the history of this region, is asked for.
    pub(super) fn wants(&self, event: &Event, region: &str) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "seconds of this millennium are exact")]
        let time = event.event_time.parse::<Timestamp>().map(|time| time.as_second() as f64).ok();
        !self.insights
            && event.aws_region == region
            && self.from.is_none_or(|from| time.is_some_and(|time| time >= from))
            && self.to.is_none_or(|to| time.is_some_and(|time| time <= to))
            && self.attribute.is_none_or(|(key, value)| shown::has(event, key, value))
    }

    /// What asks for the events before this one.
    pub(super) fn token(&self, before: u64) -> String {
        format!("{before}.{}", self.digest)
    }
}

fn invalid(code: &'static str, message: &'static str) -> ServiceError {
    ServiceError::other(code, 400, message)
}

/// A time: JSON 1.1 has them in seconds.
fn seconds(fields: &Fields, name: &str) -> Result<Option<f64>, ServiceError> {
    let Some(text) = fields.get(name) else { return Ok(None) };
    match text.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() => Ok(Some(seconds)),
        _ => Err(invalid("InvalidTimeRangeException", "A time is not valid.")),
    }
}

/// The one attribute; AWS takes no more.
fn attribute(fields: &Fields) -> Result<Option<(&str, &str)>, ServiceError> {
    let member = |number: u8, part: &str| fields.get(&format!("LookupAttributes.member.{number}.{part}"));
    let wrong = |message| Err(invalid("InvalidLookupAttributesException", message));
    if [2, 3].into_iter().any(|number| member(number, "AttributeKey").is_some()) {
        return wrong("You can only use one lookup attribute.");
    }
    match (member(1, "AttributeKey"), member(1, "AttributeValue")) {
        (None, None) => Ok(None),
        (Some(key), Some(value)) if KEYS.contains(&key) && !value.is_empty() => Ok(Some((key, value))),
        _ => wrong("The lookup attribute is not valid."),
    }
}

fn insights(fields: &Fields) -> Result<bool, ServiceError> {
    match fields.get("EventCategory") {
        None => Ok(false),
        Some("insight") => Ok(true),
        Some(_) => Err(invalid("InvalidEventCategoryException", "The event category is not valid.")),
    }
}

fn most(fields: &Fields) -> Result<usize, ServiceError> {
    let Some(text) = fields.get("MaxResults") else { return Ok(MOST) };
    text.parse()
        .ok()
        .filter(|most| (1..=MOST).contains(most))
        .ok_or_else(|| invalid("InvalidMaxResultsException", "MaxResults must be between 1 and 50."))
}

/// Of everything that is asked for but the page.
fn digest(fields: &Fields) -> String {
    let mut digest = Sha256::new();
    for (name, value) in fields.iter().filter(|(name, _)| !matches!(*name, "NextToken" | "MaxResults")) {
        for text in [name, value] {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        }
    }
    HEXLOWER.encode(&digest.finalize()[..8])
}

/// The number in a token of a question with this digest.
fn number(token: &str, digest: &str) -> Option<u64> {
    token.split_once('.').filter(|(_, own)| *own == digest)?.0.parse().ok()
}

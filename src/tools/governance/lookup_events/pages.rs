//! CloudTrail's pages, read within bounds.

use std::time::Duration;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_smithy_types::DateTime;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::LOOKUP_EVENTS;
use super::seen::{Seen, mark_sessions};
use super::times::Times;
use crate::iam::{AwsFailure, Reader, Resource};

/// Events of one page, CloudTrail's most.
const PAGE: i32 = 50;

/// How many pages one call reads. Two a second are answered.
const MOST_PAGES: usize = 20;

/// How long one call goes on asking for pages: less than it has, so that it answers with what it found.
const LONGEST: Duration = Duration::from_secs(12);

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) user_name: Option<&'a str>,
    pub(super) event_name: Option<&'a str>,
    pub(super) times: Times,
    /// Only events of sessions that the gateway's stamp is on.
    pub(super) stamped_only: bool,
    /// How many events at most.
    pub(super) most: usize,
}

/// What was found, newest first.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) events: Vec<Seen>,
    /// Where it was not looked at all of the time: how far back.
    pub(super) back_to: Option<Timestamp>,
}

/// Asks CloudTrail for one page after another, until there are enough events, or no more, or it takes too long.
///
/// # Errors
/// The first page that fails.
pub(super) async fn look_up(reader: &Reader, client: &Client, question: &Question<'_>) -> Result<Found, AwsFailure> {
    let began = Instant::now();
    let mut seen: Vec<Seen> = Vec::new();
    let mut next: Option<String> = None;
    let mut is_all = false;
    for _ in 0..MOST_PAGES {
        let request = client
            .lookup_events()
            .set_lookup_attributes(attribute(question).map(|attribute| vec![attribute]))
            .start_time(DateTime::from_secs(question.times.from.as_second()))
            .end_time(DateTime::from_secs(up(question.times.to).as_second()))
            .max_results(PAGE)
            .set_next_token(next.clone());
        let page = reader.read(LOOKUP_EVENTS, &Resource::All, Box::pin(request.send())).await?;
        seen.extend(page.events().iter().filter_map(Seen::of));
        let following = page.next_token().map(ToOwned::to_owned);
        is_all = following.is_none();
        // The same page again leads nowhere.
        let has_more = following.is_some() && following != next;
        next = following;
        let wanted = seen.iter().filter(|event| question.wants(event)).count();
        if !has_more || wanted > question.most || began.elapsed() >= LONGEST {
            break;
        }
    }
    Ok(question.chosen(seen, is_all))
}

/// The one attribute that CloudTrail looks for itself: whoever asks for somebody's events has fewer of them than of a kind.
fn attribute(question: &Question<'_>) -> Option<LookupAttribute> {
    let (key, value) = match (question.user_name, question.event_name) {
        (Some(name), _) => (LookupAttributeKey::Username, name),
        (None, Some(name)) => (LookupAttributeKey::EventName, name),
        (None, None) => return None,
    };
    let attribute = LookupAttribute::builder().attribute_key(key).attribute_value(value);
    Some(attribute.build().expect("key and value are set"))
}

/// The next whole second: CloudTrail knows no parts of one.
fn up(time: Timestamp) -> Timestamp {
    time.checked_add(SignedDuration::from_nanos(999_999_999)).unwrap_or(time)
}

impl Question<'_> {
    fn wants(&self, event: &Seen) -> bool {
        (!self.stamped_only || event.is_stamped) && self.event_name.is_none_or(|name| event.is_named(name))
    }

    fn chosen(&self, mut seen: Vec<Seen>, is_all: bool) -> Found {
        mark_sessions(&mut seen);
        seen.sort_by_key(|event| std::cmp::Reverse(event.time));
        let oldest = seen.last().map_or(self.times.to, |event| event.time);
        seen.retain(|event| self.wants(event));
        let back_to = match seen.get(self.most) {
            Some(left_out) => Some(left_out.time),
            None => (!is_all).then_some(oldest),
        };
        seen.truncate(self.most);
        Found { events: seen, back_to }
    }
}

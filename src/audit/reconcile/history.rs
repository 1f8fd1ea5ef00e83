//! CloudTrail's event history: LookupEvents.
//!
//! It has the management events of the last 90 days, 50 a page, and answers two requests a second of an account in a
//! region (<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>).

use std::fmt::Debug;
use std::time::Duration;

use futures_util::future::{BoxFuture, LocalBoxFuture};
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep, sleep_until};

use super::range::Range;
use super::source::{CloudTrail, Given, Take};
use crate::iam::AwsFailure;

/// How far back it goes.
pub const REACH: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Two requests a second.
const PACE: Duration = Duration::from_millis(500);

/// How often a page is asked for, when AWS is busy.
const ATTEMPTS: u32 = 8;

/// The first pause after AWS said that it is busy; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// A page of LookupEvents.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The JSON of each event; none where AWS gave none.
    pub events: Vec<Option<String>>,
    /// What asks for the next page.
    pub next: Option<String>,
}

/// What is asked of CloudTrail.
pub trait LookUp: Debug {
    /// A page of the events from `from` to `to`, both included.
    fn page(&self, from: Timestamp, to: Timestamp, next: Option<String>) -> BoxFuture<'_, Result<Found, AwsFailure>>;
}

/// The event history of the credentials' account in a region.
#[derive(Debug)]
pub struct History {
    look_up: Box<dyn LookUp>,
    region: String,
    now: Timestamp,
}

impl History {
    /// The history of this region, as it is asked for now.
    #[must_use]
    pub fn new(look_up: Box<dyn LookUp>, region: &str, now: Timestamp) -> Self {
        Self { look_up, region: region.to_owned(), now }
    }

    async fn read_all(&self, range: &Range, take: Take<'_>) -> Given {
        let mut given = Given::default();
        let name = self.name();
        let earliest = self.now.checked_sub(REACH).unwrap_or(Timestamp::MIN);
        let from = range.from.map_or(earliest, |from| from.max(earliest));
        let to = range.to.min(self.now);
        if from >= to {
            return given;
        }
        let (mut next, mut turn) = (None, Instant::now());
        loop {
            let found = match self.page(from, to, &next, &mut turn).await {
                Ok(found) => found,
                Err(failure) => {
                    given.unread(name, &failure);
                    return given;
                }
            };
            given.read += 1;
            for event in &found.events {
                take(event.as_deref().unwrap_or_default(), &name);
            }
            if found.next.is_some() && found.next == next {
                given.unread(name, &"AWS answered with the same page again");
                return given;
            }
            next = found.next;
            if next.is_none() {
                return given;
            }
        }
    }

    /// A page, in its turn, and again while AWS is busy.
    async fn page(
        &self,
        from: Timestamp,
        to: Timestamp,
        next: &Option<String>,
        turn: &mut Instant,
    ) -> Result<Found, AwsFailure> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..ATTEMPTS {
            match self.ask(from, to, next, turn).await {
                Err(failure) if failure.retryable => sleep(pause).await,
                answer => return answer,
            }
            pause *= 2;
        }
        self.ask(from, to, next, turn).await
    }

    async fn ask(
        &self,
        from: Timestamp,
        to: Timestamp,
        next: &Option<String>,
        turn: &mut Instant,
    ) -> Result<Found, AwsFailure> {
        sleep_until(*turn).await;
        *turn = Instant::now() + PACE;
        self.look_up.page(from, to, next.clone()).await
    }
}

impl CloudTrail for History {
    fn name(&self) -> String {
        format!("LookupEvents in {}", self.region)
    }

    fn read<'a>(&'a self, range: &'a Range, take: Take<'a>) -> LocalBoxFuture<'a, Given> {
        Box::pin(self.read_all(range, take))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::iam::Sent;

    type Answer = Result<Found, AwsFailure>;
    type Asked = (Timestamp, Timestamp, Option<String>, Instant);

    #[derive(Debug, Default)]
    struct Scripted {
        answers: Mutex<VecDeque<Answer>>,
        asked: Mutex<Vec<Asked>>,
    }

    impl LookUp for Arc<Scripted> {
        fn page(&self, from: Timestamp, to: Timestamp, next: Option<String>) -> BoxFuture<'_, Answer> {
            self.asked.lock().unwrap().push((from, to, next, Instant::now()));
            let answer = self.answers.lock().unwrap().pop_front().unwrap_or_else(|| Ok(Found::default()));
            Box::pin(async move { answer })
        }
    }

    fn page(events: &[&str], next: Option<&str>) -> Answer {
        let events = events.iter().map(|event| Some((*event).to_owned())).collect();
        Ok(Found { events, next: next.map(str::to_owned) })
    }

    fn failure(code: &str, retryable: bool) -> Answer {
        Err(AwsFailure {
            code: code.to_owned(),
            message: "x".to_owned(),
            request_id: None,
            action: "cloudtrail:LookupEvents",
            resource: "*".to_owned(),
            retryable,
            sent: Sent::Refused,
        })
    }

    const NOW: &str = "2026-11-20T12:00:00Z";

    async fn read(answers: Vec<Answer>, from: Option<&str>) -> (Vec<String>, Given, Arc<Scripted>) {
        let scripted = Arc::new(Scripted { answers: Mutex::new(answers.into()), ..Scripted::default() });
        let history = History::new(Box::new(Arc::clone(&scripted)), "us-east-1", NOW.parse().unwrap());
        let mut events = Vec::new();
        let range = Range { from: from.map(|from| from.parse().unwrap()), to: Timestamp::MAX };
        let given = history.read(&range, &mut |event, _| events.push(event.to_owned())).await;
        (events, given, scripted)
    }

    #[tokio::test(start_paused = true)]
    async fn pages_are_read_two_a_second() {
        let began = Instant::now();
        let answers = vec![page(&["a"], Some("1")), page(&["b"], Some("2")), page(&["c"], None)];
        let (events, given, scripted) = read(answers, Some("2026-11-20T11:00:00Z")).await;
        assert_eq!((events, given.read, given.unread), (["a", "b", "c"].map(str::to_owned).to_vec(), 3, vec![]));
        let asked = scripted.asked.lock().unwrap();
        let tokens: Vec<Option<&str>> = asked.iter().map(|(_, _, next, _)| next.as_deref()).collect();
        assert_eq!(tokens, [None, Some("1"), Some("2")]);
        let times: Vec<u128> = asked.iter().map(|(.., at)| (*at - began).as_millis()).collect();
        assert_eq!(times, [0, 500, 1000]);
        assert_eq!(asked[0].1, NOW.parse().unwrap(), "nothing is asked of the future");
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_aws_is_asked_again_and_a_refusal_is_not() {
        let answers =
            vec![failure("ThrottlingException", true), failure("ThrottlingException", true), page(&["a"], None)];
        let (events, given, scripted) = read(answers, None).await;
        assert_eq!((events.len(), given.unread.len()), (1, 0));
        assert_eq!(scripted.asked.lock().unwrap().len(), 3);
        let (_, given, scripted) = read(vec![page(&["a"], Some("1")), failure("AccessDenied", false)], None).await;
        assert_eq!((given.read, given.unread.len()), (1, 1));
        assert_eq!(scripted.asked.lock().unwrap().len(), 2);
        let busy = (0..20).map(|_| failure("ThrottlingException", true)).collect();
        let (_, given, scripted) = read(busy, None).await;
        assert!(given.unread[0].error.starts_with("ThrottlingException"));
        assert_eq!(scripted.asked.lock().unwrap().len(), usize::try_from(ATTEMPTS).unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_asked_no_further_back_than_it_reaches() {
        let (_, _, scripted) = read(vec![page(&[], None)], Some("2020-01-01T00:00:00Z")).await;
        assert_eq!(scripted.asked.lock().unwrap()[0].0, "2026-08-22T12:00:00Z".parse().unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_leads_in_a_circle_ends_it() {
        let answers = vec![page(&["a"], Some("1")), page(&["b"], Some("1")), page(&["c"], Some("1"))];
        let (events, given, _) = read(answers, None).await;
        assert_eq!((events.len(), given.unread.len()), (2, 1));
    }
}

//! CloudTrail's log files in a bucket.

use std::fmt::Debug;

use futures_util::StreamExt;
use futures_util::future::{BoxFuture, LocalBoxFuture};
use futures_util::stream;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::log_file::{Wanted, events, wanted};
use super::range::{LATEST, Range};
use super::source::{CloudTrail, Given, Take};
use crate::iam::AwsFailure;

/// The largest object that is fetched. CloudTrail's are a few MiB; a larger one was not written by it.
pub const LARGEST_OBJECT: u64 = 64 * 1024 * 1024;

/// How many objects are fetched at once.
const AT_ONCE: usize = 8;

/// How many levels below the prefix are looked at; an organization's trail has ten.
const DEEPEST: usize = 32;

/// A page of a listing with `/` as its delimiter.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The prefixes one level below.
    pub prefixes: Vec<String>,
    /// The objects on this level: key and size in bytes.
    pub objects: Vec<(String, u64)>,
    /// What asks for the next page.
    pub next: Option<String>,
}

/// A bucket: what is asked of S3.
pub trait Objects: Debug {
    /// A page of what lies below `prefix`.
    fn list<'a>(&'a self, prefix: &'a str, next: Option<String>) -> BoxFuture<'a, Result<Page, AwsFailure>>;

    /// An object's bytes, of which there are [`LARGEST_OBJECT`] at most.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Vec<u8>, AwsFailure>>;
}

/// Log files below a prefix of a bucket, in CloudTrail's layout
/// `PREFIX/AWSLogs/[ORGANIZATION/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/`, or in any other. The prefix may end anywhere;
/// days outside the range are not listed.
#[derive(Debug)]
pub struct Bucket {
    objects: Box<dyn Objects>,
    name: String,
    prefix: String,
    now: Timestamp,
}

impl Bucket {
    /// What lies below `prefix` in the bucket of this name.
    #[must_use]
    pub fn new(objects: Box<dyn Objects>, name: &str, prefix: &str, now: Timestamp) -> Self {
        Self { objects, name: name.to_owned(), prefix: prefix.to_owned(), now }
    }

    async fn read_all(&self, range: &Range, take: Take<'_>) -> Given {
        let mut given = Given::default();
        let days = Days::of(range, self.now);
        let mut levels = vec![(self.prefix.clone(), DEEPEST)];
        while let Some((prefix, depth)) = levels.pop() {
            let mut next = None;
            loop {
                let page = match self.objects.list(&prefix, next.clone()).await {
                    Ok(page) => page,
                    Err(failure) => {
                        given.unread(self.url(&prefix), &failure);
                        break;
                    }
                };
                for below in page.prefixes {
                    match depth.checked_sub(1) {
                        // Only what lies below, so that no listing can lead in a circle.
                        _ if below.len() <= prefix.len() || !days.may_hold(&below) => given.left_out += 1,
                        Some(depth) => levels.push((below, depth)),
                        None => given.unread(self.url(&below), &"it lies too deep"),
                    }
                }
                self.fetch(page.objects, range, &mut given, &mut *take).await;
                if page.next.is_some() && page.next == next {
                    given.unread(self.url(&prefix), &"S3 answered with the same page again");
                    break;
                }
                next = page.next;
                if next.is_none() {
                    break;
                }
            }
        }
        if given == Given::default() {
            given.unread(self.name(), &"there is nothing below this prefix");
        }
        given
    }

    async fn fetch(&self, objects: Vec<(String, u64)>, range: &Range, given: &mut Given, take: Take<'_>) {
        let all = objects.len();
        let (sized, large): (Vec<_>, Vec<_>) = objects
            .into_iter()
            .filter(|(key, _)| wanted(key, range) == Wanted::Yes)
            .partition(|(_, size)| *size <= LARGEST_OBJECT);
        given.left_out += (all - sized.len() - large.len()) as u64;
        for (key, size) in large {
            given.unread(self.url(&key), &format!("it has {size} bytes, more than any log file"));
        }
        let fetched = sized.iter().map(|(key, _)| async move { (key, self.objects.get(key).await) });
        let mut fetched = stream::iter(fetched).buffered(AT_ONCE);
        while let Some((key, bytes)) = fetched.next().await {
            given.read += 1;
            let url = self.url(key);
            match bytes {
                Ok(bytes) => {
                    if let Err(error) = events(key, &bytes[..], &mut |event| take(event, &url)) {
                        given.unread(url, &error);
                    }
                }
                Err(failure) => given.unread(url, &failure),
            }
        }
    }

    fn url(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.name)
    }
}

impl CloudTrail for Bucket {
    fn name(&self) -> String {
        self.url(&self.prefix)
    }

    fn read<'a>(&'a self, range: &'a Range, take: Take<'a>) -> LocalBoxFuture<'a, Given> {
        Box::pin(self.read_all(range, take))
    }
}

/// The days under which files with events of a range lie: CloudTrail files them by when it delivers.
#[derive(Debug)]
struct Days {
    first: Option<Date>,
    last: Date,
}

impl Days {
    fn of(range: &Range, now: Timestamp) -> Self {
        let day = |time: Timestamp| TimeZone::UTC.to_datetime(time).date();
        let day_of_grace = SignedDuration::from_hours(24);
        let last = range.to.checked_add(LATEST).unwrap_or(Timestamp::MAX);
        // This machine's clock may be behind.
        let last = last.min(now.checked_add(day_of_grace).unwrap_or(Timestamp::MAX));
        Self { first: range.from.map(day), last: day(last) }
    }

    /// Whether files below this prefix may hold events of the range: it is not of other days, and of CloudTrail's logs.
    fn may_hold(&self, prefix: &str) -> bool {
        let parts: Vec<&str> = prefix.trim_end_matches('/').split('/').collect();
        // AWSLogs/ACCOUNT/ holds other services' logs as well, and CloudTrail's digests.
        let is_account = |part: &&str| part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_digit());
        if parts.contains(&"AWSLogs")
            && let [.., account, kind] = parts.as_slice()
            && is_account(account)
        {
            return *kind == "CloudTrail";
        }
        let Some(at) = parts.iter().rposition(|part| *part == "CloudTrail") else { return true };
        let numbers: Vec<i16> = parts[at + 1..].iter().skip(1).map_while(|part| part.parse().ok()).collect();
        let date = |month: i16, day: i16| {
            let (month, day) = (month.try_into().ok()?, day.try_into().ok()?);
            Date::new(*numbers.first()?, month, day).ok()
        };
        let (begins, ends) = match numbers.as_slice() {
            [_] => (date(1, 1), date(12, 31)),
            [_, month] => (date(*month, 1), date(*month, 1).map(Date::last_of_month)),
            [_, month, day] => (date(*month, *day), date(*month, *day)),
            _ => (None, None),
        };
        ends.zip(self.first).is_none_or(|(ends, first)| ends >= first)
            && begins.is_none_or(|begins| begins <= self.last)
    }
}

#[cfg(test)]
mod tests;

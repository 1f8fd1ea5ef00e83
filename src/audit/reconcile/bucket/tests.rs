use std::collections::BTreeMap;
use std::sync::Mutex;

use futures_util::FutureExt;

use super::*;
use crate::iam::Sent;

/// A bucket in memory, which lists one thing a page.
#[derive(Debug, Default)]
struct Memory {
    objects: BTreeMap<String, Vec<u8>>,
    refused: Vec<&'static str>,
    listed: Mutex<Vec<String>>,
}

fn refusal(resource: &str) -> AwsFailure {
    AwsFailure {
        code: "AccessDenied".to_owned(),
        message: "no".to_owned(),
        request_id: None,
        action: "s3:GetObject",
        resource: resource.to_owned(),
        retryable: false,
        sent: Sent::Refused,
    }
}

impl Objects for std::sync::Arc<Memory> {
    fn list<'a>(&'a self, prefix: &'a str, next: Option<String>) -> BoxFuture<'a, Result<Page, AwsFailure>> {
        self.listed.lock().unwrap().push(prefix.to_owned());
        let mut levels: Vec<String> = self
            .objects
            .keys()
            .filter_map(|key| key.strip_prefix(prefix))
            .map(|rest| rest.split_inclusive('/').next().unwrap_or_default().to_owned())
            .collect();
        levels.dedup();
        let at: usize = next.map_or(0, |next| next.parse().unwrap());
        let mut page = Page { next: (at + 1 < levels.len()).then(|| (at + 1).to_string()), ..Page::default() };
        if let Some(level) = levels.get(at) {
            let key = format!("{prefix}{level}");
            match self.objects.get(&key) {
                Some(bytes) => page.objects.push((key, bytes.len() as u64)),
                None => page.prefixes.push(key),
            }
        }
        let refused = self.refused.contains(&prefix);
        Box::pin(async move { if refused { Err(refusal(prefix)) } else { Ok(page) } })
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Vec<u8>, AwsFailure>> {
        Box::pin(
            async move { if self.refused.contains(&key) { Err(refusal(key)) } else { Ok(self.objects[key].clone()) } },
        )
    }
}

fn range() -> Range {
    Range { from: "2026-11-20T10:00:00Z".parse().ok(), to: "2026-11-21T10:00:00Z".parse().unwrap() }
}

fn log(account: &str, region: &str, day: &str) -> String {
    let date = day.replace('/', "");
    format!("org/AWSLogs/{account}/CloudTrail/{region}/{day}/{account}_CloudTrail_{region}_{date}T2300Z_x.json")
}

fn read(memory: Memory, prefix: &str) -> (Vec<String>, Given, Vec<String>) {
    let memory = std::sync::Arc::new(memory);
    let now = "2026-11-30T00:00:00Z".parse().unwrap();
    let bucket = Bucket::new(Box::new(std::sync::Arc::clone(&memory)), "trail", prefix, now);
    let mut files = Vec::new();
    let given = bucket.read(&range(), &mut |_, file| files.push(file.to_owned())).now_or_never().unwrap();
    files.sort();
    let listed = memory.listed.lock().unwrap().clone();
    (files, given, listed)
}

fn with(keys: &[String]) -> Memory {
    let objects = keys.iter().map(|key| (key.clone(), br#"{"Records":[{}]}"#.to_vec())).collect();
    Memory { objects, ..Memory::default() }
}

#[test]
fn only_days_that_may_hold_the_range_are_listed() {
    let days = ["2025/11/20", "2026/10/31", "2026/11/19", "2026/11/20", "2026/11/21", "2026/11/22", "2026/11/23"];
    let mut keys: Vec<String> = days.iter().map(|day| log("111111111111", "us-east-1", day)).collect();
    keys.push(log("111111111111", "eu-west-1", "2026/11/20"));
    keys.push(log("222222222222", "us-east-1", "2026/11/21"));
    keys.push("org/AWSLogs/111111111111/elasticloadbalancing/us-east-1/2026/11/20/x.json".to_owned());
    keys.push("org/AWSLogs/111111111111/CloudTrail-Digest/us-east-1/2026/11/20/x.json".to_owned());
    let expected: Vec<String> = [
        log("111111111111", "eu-west-1", "2026/11/20"),
        log("111111111111", "us-east-1", "2026/11/20"),
        log("111111111111", "us-east-1", "2026/11/21"),
        log("111111111111", "us-east-1", "2026/11/22"),
        log("222222222222", "us-east-1", "2026/11/21"),
    ]
    .map(|key| format!("s3://trail/{key}"))
    .to_vec();
    for prefix in ["", "org/", "org/AWSLogs/"] {
        let (files, given, listed) = read(with(&keys), prefix);
        assert_eq!(files, expected, "{prefix}");
        assert_eq!((given.read, given.unread), (5, Vec::new()));
        assert!(!listed.iter().any(|prefix| prefix.contains("2025/11/") || prefix.contains("2026/10/")), "{listed:?}");
    }
    let (files, ..) = read(with(&keys), "org/AWSLogs/111111111111/CloudTrail/us-east-1/2026/");
    assert_eq!(files, expected[1..4], "a prefix may end among the dates");
}

#[test]
fn an_organizations_trail_and_any_other_layout_are_read() {
    let organization = log("111111111111", "us-east-1", "2026/11/20").replace("AWSLogs/", "AWSLogs/o-abc/");
    let keys = [organization, "copy/a.json".to_owned(), "b.json".to_owned(), "copy/2020/c.json".to_owned()];
    assert_eq!(read(with(&keys), "").0.len(), 4);
}

#[test]
fn what_is_refused_or_too_large_is_named_and_the_rest_is_read() {
    let keys = ["a/x.json", "b/x.json", "b/y.json", "b/z.json"].map(str::to_owned);
    let mut memory = with(&keys);
    memory.refused = vec!["a/", "b/y.json"];
    memory.objects.insert("b/z.json".to_owned(), vec![b' '; usize::try_from(LARGEST_OBJECT).unwrap() + 1]);
    memory.objects.insert("b/w.json".to_owned(), b"{".to_vec());
    let (files, given, _) = read(memory, "");
    assert_eq!(files, ["s3://trail/b/x.json"]);
    let unread: Vec<&str> = given.unread.iter().map(|unread| unread.name.as_str()).collect();
    assert_eq!(unread.len(), 4, "{unread:?}");
    for name in ["s3://trail/a/", "s3://trail/b/y.json", "s3://trail/b/z.json", "s3://trail/b/w.json"] {
        assert!(unread.contains(&name), "{unread:?}");
    }
}

#[test]
fn a_prefix_with_nothing_below_is_no_source_and_one_without_files_of_the_range_is() {
    assert!(read(Memory::default(), "x/").1.unread[0].error.contains("nothing below"));
    let (files, given, _) = read(with(&[log("111111111111", "us-east-1", "2026/10/31")]), "org/");
    assert_eq!((files.len(), given.read, given.left_out, given.unread.len()), (0, 0, 1, 0));
}

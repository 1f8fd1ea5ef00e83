//! For tests of the sandbox: an account to run operations on, and a look into what they answer.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode_str;

use super::account::{Account, KeyCase, ManagedPolicy, PolicyVersion, Tags};
use super::call::Call;
use super::error::ServiceError;
use super::iam;
use super::identity::Identity;
use super::input::Fields;
use super::sts::session::AssumedRole;
use crate::arn::{Partition, PolicyArn};
use crate::random::Random;

/// A document that any user, group or role may have.
pub(in crate::sandbox) const ALLOW: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;

/// A document that any role may trust by.
pub(in crate::sandbox) const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// An account, who calls, and when.
#[derive(Debug)]
pub(in crate::sandbox) struct Bench {
    pub(in crate::sandbox) account: Account,
    pub(in crate::sandbox) identity: Identity,
    pub(in crate::sandbox) now: Timestamp,
    random: Counted,
}

impl Bench {
    /// An empty account 123456789012 at noon, called by its user `caller`, who does not stand in it.
    pub(in crate::sandbox) fn new() -> Self {
        Self {
            account: Account::empty(Partition::Aws, "123456789012".parse().unwrap()),
            identity: Identity::User {
                name: "caller".to_owned(),
                arn: "arn:aws:iam::123456789012:user/caller".to_owned(),
                id: "AIDACALLER".to_owned(),
            },
            now: "2026-03-01T12:00:00Z".parse().unwrap(),
            random: Counted::default(),
        }
    }

    /// Puts a managed policy of the account's own in and answers its ARN.
    pub(in crate::sandbox) fn managed_policy(&mut self, name: &str) -> String {
        let arn = self.account.arn(&format!("policy/{name}"));
        self.managed_policy_at(&arn);
        arn
    }

    /// Puts a managed policy of this ARN in.
    pub(in crate::sandbox) fn managed_policy_at(&mut self, arn: &str) {
        let parsed: PolicyArn = arn.parse().unwrap();
        let policy = ManagedPolicy {
            arn: arn.to_owned(),
            name: parsed.name().to_owned(),
            path: parsed.path().to_owned(),
            id: format!("ANPA{}", parsed.name()),
            created: self.now,
            updated: self.now,
            description: None,
            tags: Tags::none(KeyCase::Kept),
            versions: vec![PolicyVersion { number: 1, document: ALLOW.to_owned(), created: self.now }],
            default_version: 1,
            next_version: 2,
        };
        self.account.policies.insert(arn.to_owned(), policy);
    }

    /// A session of a role, which need not exist.
    pub(in crate::sandbox) fn session(&self, role: &str, name: &str) -> Arc<AssumedRole> {
        Arc::new(AssumedRole {
            identity_store_user_id: None,
            arn: format!("arn:aws:sts::123456789012:assumed-role/{role}/{name}"),
            user_id: format!("AROA{role}:{name}"),
            role_arn: format!("arn:aws:iam::123456789012:role/{role}"),
            role_name: role.to_owned(),
            role_id: format!("AROA{role}"),
            session_name: name.to_owned(),
            tags: Tags::default(),
            transitive: BTreeSet::new(),
            source_identity: None,
            policies: Vec::new(),
            policy_arns: Vec::new(),
            issued: self.now,
            expires: self.now + SignedDuration::from_hours(1),
        })
    }

    /// Runs an operation, whoever calls: what operations do is one thing, and who may call them another.
    pub(in crate::sandbox) fn run(&mut self, action: &str, fields: &[(&str, &str)]) -> Result<Reply, ServiceError> {
        self.run_behind(|account| iam::Guarded::unjudged(account), action, fields)
    }

    /// Runs an operation as the caller, who has to be allowed to.
    pub(in crate::sandbox) fn run_judged(
        &mut self,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Result<Reply, ServiceError> {
        self.run_behind(|account| iam::Guarded::new(account), action, fields)
    }

    fn run_behind(
        &mut self,
        guard: for<'a> fn(&'a mut Account) -> iam::Guarded<'a>,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Result<Reply, ServiceError> {
        let fields = Fields::new(fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect());
        let call = Call {
            action,
            fields: &fields,
            identity: &self.identity,
            now: self.now,
            random: &self.random,
            region: "us-east-1",
            source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: None,
        };
        let operation = iam::operation(action).unwrap_or_else(|| panic!("no operation {action}"));
        operation(guard(&mut self.account), &call).map(|xml| Reply(xml.as_str().to_owned()))
    }

    /// Runs an operation that must do its work.
    #[track_caller]
    pub(in crate::sandbox) fn ok(&mut self, action: &str, fields: &[(&str, &str)]) -> Reply {
        self.run(action, fields).unwrap_or_else(|error| panic!("{action} {fields:?}: {error:?}"))
    }

    /// Runs an operation that must be refused with this code, and answers the message. What is refused changes nothing.
    #[track_caller]
    pub(in crate::sandbox) fn refused(&mut self, action: &str, fields: &[(&str, &str)], code: &str) -> String {
        let before = format!("{:?}", self.account);
        match self.run(action, fields) {
            Ok(reply) => panic!("{action} {fields:?} was done: {reply:?}"),
            Err(error) => {
                assert_eq!(error.code, code, "{action} {fields:?}: {error:?}");
                assert_eq!(format!("{:?}", self.account), before, "{action} {fields:?} changed the account");
                error.message.into_owned()
            }
        }
    }

    /// Walks through a list `size` items at a time and answers the texts of `element` on each page.
    #[track_caller]
    pub(in crate::sandbox) fn pages(
        &mut self,
        action: &str,
        fields: &[(&str, &str)],
        size: usize,
        element: &str,
    ) -> Vec<Vec<String>> {
        let size = size.to_string();
        let mut pages = Vec::new();
        let mut marker = None;
        loop {
            let mut fields = fields.to_vec();
            fields.push(("MaxItems", &size));
            fields.extend(marker.as_deref().map(|marker| ("Marker", marker)));
            let reply = self.ok(action, &fields);
            pages.push(reply.all(element));
            assert!(pages.len() <= 100, "{action} does not end");
            let next = reply.get("Marker");
            assert_eq!(reply.get("IsTruncated").as_deref(), Some(if next.is_some() { "true" } else { "false" }));
            match next {
                Some(next) => marker = Some(next),
                None => return pages,
            }
        }
    }
}

/// The inside of a result element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Reply(pub(in crate::sandbox) String);

impl Reply {
    /// The inside of each element of this name, unescaped where it is a text; one within another is not looked for.
    pub(in crate::sandbox) fn all(&self, element: &str) -> Vec<String> {
        let (open, close) = (format!("<{element}>"), format!("</{element}>"));
        self.0
            .split(&open)
            .skip(1)
            .map(|rest| rest.split_once(&close).expect("an element that was opened is closed").0)
            .map(|inside| if inside.contains('<') { inside.to_owned() } else { unescaped(inside) })
            .collect()
    }

    /// The inside of the first element of this name.
    pub(in crate::sandbox) fn get(&self, element: &str) -> Option<String> {
        self.all(element).into_iter().next()
    }

    /// The first policy document in an element of this name, decoded.
    pub(in crate::sandbox) fn document(&self, element: &str) -> String {
        let encoded = self.get(element).unwrap_or_else(|| panic!("no {element} in {self:?}"));
        percent_decode_str(&encoded).decode_utf8().unwrap().into_owned()
    }

    /// The tags that it tells of.
    pub(in crate::sandbox) fn tags(&self) -> Vec<(String, String)> {
        self.all("Key").into_iter().zip(self.all("Value")).collect()
    }
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#xD;", "\r").replace("&amp;", "&")
}

/// Bytes that are the same in every run; the identifiers made of them are never twice the same within one.
#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl Random for Counted {
    fn fill(&self, buffer: &mut [u8]) {
        let mut rest = self.0.fetch_add(1, Ordering::Relaxed);
        for byte in buffer {
            // Five bits each: as many as a character of an identifier holds.
            *byte = u8::try_from(rest % 32).expect("less than 32");
            rest /= 32;
        }
    }
}

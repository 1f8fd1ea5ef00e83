//! moto as an S3 that checks signatures and permissions, with buckets for audit records (`tests/python/audit_bucket.py`).

use std::fs;
use std::io::Read;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::region::Region;
use flate2::read::GzDecoder;
use iam_mcp_gateway::audit::reconcile::aws::Access;
use iam_mcp_gateway::iam::http::connections;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::gateway::ACCOUNT;
use super::prepared::Prepared;
use super::program::Program;

/// A bucket.
pub(crate) const PLAIN: &str = "records";
/// A bucket with Object Lock switched on.
pub(crate) const LOCKED: &str = "locked-records";

/// A running S3.
pub(crate) struct Buckets {
    facts: Value,
    process: Program,
}

/// An object of a bucket.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) key: String,
    /// Its content, unpacked.
    pub(crate) text: String,
    /// What else S3 says of it: `content_type`, `content_encoding`, and of a locked one `lock_mode`, `retain_until`.
    pub(crate) facts: Value,
}

impl Buckets {
    /// Starts it, and returns when the buckets are there and every request is checked.
    pub(crate) fn start() -> Self {
        let mut process = Program::python("audit_bucket.py", &[], &[]);
        Self { facts: process.hear(), process }
    }

    /// The endpoint.
    pub(crate) fn url(&self) -> &str {
        self.fact("url")
    }

    /// The buckets' region.
    pub(crate) fn region(&self) -> &str {
        self.fact("region")
    }

    /// Makes everything in a bucket older, as if its clock had gone on.
    pub(crate) fn age(&mut self, bucket: &str, by: SignedDuration) {
        self.process.say(&json!({"age": bucket, "seconds": by.as_secs()}));
        assert!(self.process.hear()["aged"].as_u64() > Some(0), "there is something to be older");
    }

    /// Stores empty objects with these keys.
    pub(crate) fn fill(&mut self, bucket: &str, keys: &[String]) {
        self.process.say(&json!({"fill": bucket, "keys": keys}));
        assert_eq!(self.process.hear()["filled"], keys.len());
    }

    /// The bucket's S3, asked with the gateway's own client and keys.
    pub(crate) fn access(&self) -> Access {
        let keys = Credentials::from_keys(self.fact("access_key_id"), self.fact("secret_access_key"), None);
        Access {
            region: Region::new(self.region().to_owned()),
            credentials: SharedCredentialsProvider::new(keys),
            connections: connections(),
            endpoint: Some(self.url().parse().expect("it listens on loopback")),
        }
    }

    /// What a bucket has so far, by key.
    pub(crate) fn objects(&mut self, bucket: &str) -> Vec<Stored> {
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        self.process.say(&json!({"fetch": bucket, "into": folder.path()}));
        let answer = self.process.hear();
        let objects = answer["objects"].as_array().expect("the objects are told").iter().enumerate();
        // Heartbeats are no records.
        let is_of_records = |facts: &Value| {
            !facts["key"].as_str().is_some_and(|key| key.contains("/McpGateway/") && key.contains("/replicas/"))
        };
        let objects = objects.filter(|(_, facts)| is_of_records(facts));
        let objects = objects.map(|(number, facts)| {
            let key = facts["key"].as_str().expect("an object has a key").to_owned();
            let packed = fs::read(folder.path().join(number.to_string())).expect("the object was written there");
            Stored { key, text: unpacked(&packed), facts: facts.clone() }
        });
        objects.collect()
    }

    fn fact(&self, name: &str) -> &str {
        self.facts[name].as_str().expect("audit_bucket.py says this when it is ready")
    }
}

impl Prepared {
    /// Ships its records to a bucket at `url`, with these further keys of `[audit.s3]`. The gateway's own key is then one of
    /// that S3's, so AWS has to be one that knows no keys.
    pub(crate) fn shipping_to(self, buckets: &Buckets, bucket: &str, url: &str, more: &str) -> Self {
        let region = buckets.region();
        let table = format!("{{ bucket = \"{bucket}\", account = \"{ACCOUNT}\", region = \"{region}\"{more} }}");
        self.set("audit.s3", &table)
            .set("aws.s3_endpoint", &format!("\"{url}\""))
            .variable("AWS_ACCESS_KEY_ID", buckets.fact("access_key_id"))
            .variable("AWS_SECRET_ACCESS_KEY", buckets.fact("secret_access_key"))
    }
}

/// The text in a gzip.
pub(crate) fn unpacked(packed: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(packed).read_to_string(&mut text).expect("objects are gzips of text");
    text
}

//! What the simulation takes for given: one table, each line with where its value is from.

/// Where an input's value is from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    /// Measured: these words stand in docs/performance.md.
    Measured(&'static str),
    /// Measured for this table alone: how.
    MeasuredApart(&'static str),
    /// A default of the configuration: its section and key in docs/configuration.md.
    Setting(&'static str),
    /// A quota, on this page of AWS.
    Quota(&'static str),
    /// Nobody publishes it: a guess, between these bounds.
    Assumed(f64, f64, &'static str),
}

/// A line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) source: Source,
}

macro_rules! inputs {
    ($(#[doc = $what:literal] $name:ident = $value:literal, $unit:literal, $source:expr;)+) => {
        /// The inputs of one run.
        #[derive(Debug, Clone)]
        pub(crate) struct Inputs {
            $(#[doc = $what] pub(crate) $name: f64,)+
        }

        impl Inputs {
            /// What the tables are made with.
            pub(crate) const STANDARD: Self = Self { $($name: $value,)+ };

            /// The same with another value of the input of this name.
            pub(crate) fn with(mut self, name: &str, value: f64) -> Self {
                match name {
                    $(stringify!($name) => self.$name = value,)+
                    _ => unreachable!("the names are those of the table"),
                }
                self
            }
        }

        /// Where each is from.
        pub(crate) const ROWS: &[Row] = &[
            $(Row { name: stringify!($name), what: $what, value: $value, unit: $unit, source: $source },)+
        ];
    };
}

use Source::{Assumed, Measured, MeasuredApart, Quota, Setting};

inputs! {
    /// processor time of a call that asks AWS nothing
    processor_own = 57.0, "us", Measured("| whoami, processor time of the gateway, us/call | 57 |");
    /// processor time of a page of a list
    processor_list = 567.0, "us", Measured("| list_users, processor time of the gateway, us/call | 567 |");
    /// processor time of a write; an upper bound: what two cores did for client, gateway and stand-in for AWS together
    processor_write = 599.0, "us", Measured("| changes by 64 callers, group commit, records/s | 6,678 |");
    /// most records that one replica has made durable in a second, with its calls
    records = 6621.0, "/s", Measured("| the same with syncs of 2 ms more, group commit, records/s | 6,621 |");
    /// bytes of a record
    record_bytes = 2200.0, "bytes", Measured("35 files with 2.2 GB of");
    /// memory of a replica with no callers
    memory_alone = 15.7, "MiB", Measured("| memory when ready, 1,000 keys, MiB | 15.7 |");
    /// memory of a caller with a session: (38.5 - 15.7) MiB of 1,000
    memory_caller = 23.3, "KiB", Measured("| **memory after 10,000 calls by 1,000 callers, MiB** | **38.5** |");
    /// Valkey's processor time for one question
    valkey = 28.0, "us", MeasuredApart("the script that counts rates, by valkey-benchmark with 16 connections to Valkey 8.0.1, on two cores that were busy");

    /// how long an assumed session lasts
    session_seconds = 900.0, "s", Setting("broker.session_seconds");
    /// how long before its end one is replaced
    refresh_ahead_seconds = 120.0, "s", Setting("broker.refresh_ahead_seconds");
    /// sessions that a replica keeps
    cached_sessions = 10000.0, "", Setting("broker.cached_sessions");
    /// requests that a replica works on at once
    concurrent_requests = 256.0, "", Setting("limits.concurrent_requests");
    /// connections of a replica
    connections = 1024.0, "", Setting("limits.connections");
    /// how long a connection may be silent
    idle_seconds = 75.0, "s", Setting("limits.idle_seconds");
    /// requests of all callers that a replica takes
    requests_per_second = 5000.0, "/s", Setting("limits.requests_per_second");
    /// writes of all callers that a replica takes
    writes_per_second = 50.0, "/s", Setting("limits.writes_per_second");
    /// how long STS may take
    sts_timeout_seconds = 8.0, "s", Setting("broker.sts_timeout_seconds");
    /// how long an operation of IAM may take
    aws_timeout_seconds = 15.0, "s", Setting("broker.aws_timeout_seconds");
    /// how long a call may take that only reads
    call_seconds = 25.0, "s", Setting("limits.call_seconds");
    /// calls to IAM that all replicas make for one account
    account_calls_per_second = 15.0, "/s", Setting("broker.account_calls_per_second");
    /// how many of them go at once after a pause
    account_burst = 30.0, "", Setting("broker.account_burst");
    /// how long records are gathered for an object in S3
    gather_seconds = 60.0, "s", Setting("audit.s3.gather_seconds");
    /// the age at which a file of the journal is closed, and signed with KMS
    segment_minutes = 60.0, "min", Setting("audit.segment_minutes");

    /// requests to STS with an account's credentials, in a region: AssumeRole and GetCallerIdentity share it, and it is the account that asks whose quota counts
    sts_quota = 600.0, "/s", Quota("https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html");
    /// KMS: signatures with elliptic curves, of an account in a region
    kms_quota = 1000.0, "/s", Quota("https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html");
    /// S3: objects put under one prefix
    s3_quota = 3500.0, "/s", Quota("https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html");
    /// targets of an Application Load Balancer
    targets_quota = 1000.0, "", Quota("https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html");
    /// targets of a Network Load Balancer in one zone, or in all with cross-zone balancing
    zone_targets_quota = 500.0, "", Quota("https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-limits.html");

    /// calls that IAM answers for one account: it throttles by token buckets whose sizes are not published
    iam_rate = 20.0, "/s", Assumed(5.0, 100.0, "that it is so: <https://aws.amazon.com/blogs/security/how-to-monitor-and-query-iam-resources-at-scale-part-2/>");
    /// calls that IAM answers at once after a pause
    iam_burst = 40.0, "", Assumed(10.0, 200.0, "two seconds of the rate");
    /// how long IAM takes
    iam_time = 60.0, "ms", Assumed(20.0, 300.0, "not published");
    /// how long STS takes
    sts_time = 50.0, "ms", Assumed(20.0, 300.0, "not published");
    /// how long a question to Valkey is under way
    valkey_trip = 0.5, "ms", Assumed(0.2, 2.0, "within one region");
    /// how long a sync of the disk takes
    sync_time = 2.3, "ms", Assumed(0.3, 10.0, "0.3 were measured on a local disk; a volume that is reached over a network takes longer");
    /// processor time of a read of one thing
    processor_get = 200.0, "us", Assumed(57.0, 567.0, "between the two that were measured");
    /// processor time of an AssumeRole
    processor_session = 250.0, "us", Assumed(100.0, 1000.0, "as the SDK's part of a list");
    /// processor time of an exchange of credentials
    processor_exchange = 500.0, "us", Assumed(100.0, 2000.0, "a call and a request to STS");
    /// callers for each account that is served
    callers_per_account = 100.0, "", Assumed(10.0, 1000.0, "a team, or a company in one account");
    /// how long an agent works at a time
    work_minutes = 20.0, "min", Assumed(5.0, 60.0, "once in an hour; at 60 all of them work all the time");
    /// calls in a burst
    burst_calls = 6.0, "", Assumed(2.0, 20.0, "a task of an agent");
    /// from one call's answer to the next call
    between_calls = 2.0, "s", Assumed(0.5, 10.0, "the model thinks");
    /// from one burst to the next
    between_bursts = 90.0, "s", Assumed(30.0, 300.0, "the person reads");
    /// calls that ask AWS nothing, of all reads
    own_share = 15.0, "%", Assumed(0.0, 40.0, "tools/list, whoami");
    /// lists, of all reads
    list_share = 30.0, "%", Assumed(10.0, 60.0, "a guess");
    /// lists that go on with another page
    more_pages = 33.0, "%", Assumed(0.0, 80.0, "a page has a hundred entries");
    /// scans, of all reads
    scan_share = 3.0, "%", Assumed(0.0, 10.0, "comparing, simulating, looking for what is unused");
    /// calls to IAM in a scan
    scan_calls = 20.0, "", Assumed(5.0, 100.0, "grows with what is scanned");
    /// callers who may write
    writers = 20.0, "%", Assumed(5.0, 100.0, "most agents look");
    /// writes, of all calls of those
    write_share = 10.0, "%", Assumed(2.0, 30.0, "most calls look");
    /// writes that want a confirmation, and so a second call
    confirmed_share = 50.0, "%", Assumed(0.0, 100.0, "what destroys or grants");
    /// calls to IAM in the plan of a write
    plan_reads = 3.0, "", Assumed(1.0, 10.0, "grows with what is lost");
    /// from one exchange of credentials to the next
    credential_minutes = 15.0, "min", Assumed(5.0, 60.0, "as `[exchange]` is configured");
}

impl Inputs {
    /// Calls that go to IAM for one account in a second: as many as IAM answers, and no more than replicas make together.
    pub(crate) fn account_rate(&self) -> f64 {
        self.iam_rate.min(self.account_calls_per_second)
    }

    /// How many of them go at once after a pause.
    pub(crate) fn account_at_once(&self) -> f64 {
        self.iam_burst.min(self.account_burst)
    }
}

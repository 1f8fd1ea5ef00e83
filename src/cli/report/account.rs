//! The account as AWS tells it to the usual credentials, by the same calls as the tools' own.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_types::region::Region as SdkRegion;

use super::sources::Read;
use crate::arn::{Arn, Partition};
use crate::broker::own;
use crate::cli::Failure;
use crate::clock::{SharedClock, SystemClock};
use crate::config::{Environment, LoopbackUrl, ProcessEnvironment};
use crate::http::Metrics;
use crate::iam::endpoint::Endpoint;
use crate::iam::http::connections;
use crate::iam::{Account, AwsFailure, ClientFactory, ClientSettings, Meter, Reader, RecentWrites, Upstreams};
use crate::shared_state::{Capacities, Memory, Rate};
use crate::tools::identities::fetch;

/// A page of a thousand entries may take a while.
const SETTINGS: ClientSettings = ClientSettings {
    connect: Duration::from_secs(10),
    attempt: Duration::from_secs(60),
    operation: Duration::from_secs(300),
    attempts: 5,
};

/// How many calls a second are made: it has the account's quota to share with whoever else works in it.
const CALLS_PER_SECOND: u32 = 10;

/// Reads the account of the usual credentials.
pub(super) fn read(partition: Partition, url: Option<&LoopbackUrl>) -> Result<Read, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let endpoint = Endpoint::iam(partition, url.map(|url| url.as_str().to_owned()));
        let own = own::credentials(SdkRegion::new(partition.global_region().as_str().to_owned())).await;
        let account = account(&endpoint, own.clone()).await?;
        let reader = reader(&endpoint, account, &own).await?;
        let fetched = Box::pin(fetch::fetch(&reader, true)).await;
        if std::io::stderr().is_terminal() {
            progress("\r\x1b[K");
        }
        let fetched = fetched.map_err(|error| {
            let action = error.action.as_deref().unwrap_or("the call");
            format!("AWS did not answer {action}: {error}")
        })?;
        Ok(Read { snapshot: fetched.snapshot, no_credential_report: fetched.no_report.map(|error| error.to_string()) })
    })
}

/// Whose credentials these are.
async fn account(endpoint: &Endpoint, own: SharedCredentialsProvider) -> Result<Account, Failure> {
    const ACTION: &str = "sts:GetCallerIdentity";
    own.provide_credentials().await.map_err(|error| {
        let hint = match ProcessEnvironment.get("AWS_PROFILE") {
            None => "set AWS_PROFILE to a profile that may read the account".to_owned(),
            Some(profile) => format!("is there a profile {profile}, as AWS_PROFILE says?"),
        };
        format!("no AWS credentials were found to read the account with ({error}); {hint}")
    })?;
    let config = SETTINGS.sdk(endpoint, own, connections(), SharedAsyncSleep::new(TokioSleep::new()));
    let answer = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await;
    let answer = answer.map_err(|error| AwsFailure::of(ACTION, "*".to_owned(), &error))?;
    let unreadable = || AwsFailure::unreadable(ACTION, "*");
    let arn: Arn = answer.arn().and_then(|arn| arn.parse().ok()).ok_or_else(unreadable)?;
    let id = answer.account().and_then(|id| id.parse().ok()).ok_or_else(unreadable)?;
    Ok(Account { partition: arn.partition(), id })
}

/// What the tools read with, for these credentials.
async fn reader(endpoint: &Endpoint, account: Account, own: &SharedCredentialsProvider) -> Result<Reader, Failure> {
    let clock: SharedClock = Arc::new(SystemClock);
    let shared = Arc::new(Memory::new(|_| Capacities { of_all: 0, of_one: 0 }, Arc::clone(&clock)));
    let upstreams = Upstreams::new(shared, || Rate::per_second(CALLS_PER_SECOND), clock, &Metrics::new());
    let factory = ClientFactory::new(connections(), SharedAsyncSleep::new(TokioSleep::new()), SETTINGS, upstreams);
    let meter = Meter::new(account, fetch::declared(true));
    let credentials = own.provide_credentials().await?;
    let reader = Reader::new(&factory, endpoint, credentials, meter, Arc::new(RecentWrites::default()));
    if !std::io::stderr().is_terminal() {
        return Ok(reader);
    }
    Ok(reader.telling(|done, total, items| {
        let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
        progress(&format!("\r\x1b[K{done}{of} {items}"));
    }))
}

/// Writes over the line that was written before.
fn progress(text: &str) {
    let mut terminal = std::io::stderr().lock();
    let _closed = terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush());
}

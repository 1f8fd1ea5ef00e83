//! What a tool changes IAM with: only inside a permit, only what the plan lists.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_iam::Client;
use serde_json::{Value, json};

use super::change::{Change, PlannedCall};
use super::client::{ClientFactory, Purpose};
use super::endpoint::Endpoint;
use super::failure::{AwsFailure, Sent};
use super::meter::Meter;
use super::new_key::NewKey;
use super::recent::RecentWrites;
use crate::audit::Permit;

/// IAM through the caller's write session.
///
/// It borrows the [`Permit`] of a durable intent, so no writing call can be made without one, nor after the permit was
/// closed by its outcome.
pub struct Writer<'permit> {
    client: Client,
    secrets: Option<aws_sdk_secretsmanager::Client>,
    meter: Arc<Meter>,
    recent: Arc<RecentWrites>,
    told: Option<Box<dyn Fn(usize, &'static str) + Send + Sync + 'permit>>,
    _permit: &'permit Permit,
}

impl std::fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("meter", &self.meter).finish_non_exhaustive()
    }
}

/// Where a plan stopped: the call that failed, after `done` calls that succeeded.
#[derive(Debug)]
pub struct Interrupted {
    /// How many calls of the plan were done.
    pub done: usize,
    /// Why the next one was not.
    pub failure: AwsFailure,
    /// What the tool did about it, and says of it.
    pub aftermath: Option<Box<Aftermath>>,
}

/// What became of a plan that stopped, where its tool knows more than that.
#[derive(Debug, Default)]
pub struct Aftermath {
    /// The code in place of the failure's.
    pub code: Option<&'static str>,
    /// What happened, in place of the failure's message.
    pub message: Option<String>,
    /// What to do.
    pub hint: Option<String>,
    /// What was done to take back what had been done.
    pub undone: Vec<PlannedCall>,
}

impl From<AwsFailure> for Interrupted {
    /// A plan whose first call failed.
    fn from(failure: AwsFailure) -> Self {
        Self { done: 0, failure, aftermath: None }
    }
}

/// Whether a call's answer says that there was nothing left to remove.
#[must_use]
pub fn is_already_gone(answer: &Value) -> bool {
    answer[ALREADY_GONE] == true
}

/// The pauses between the attempts to take something back.
const PAUSES_OF_UNDOING: [Duration; 4] =
    [Duration::from_millis(250), Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

const ALREADY_GONE: &str = "AlreadyGone";

impl<'permit> Writer<'permit> {
    /// A writer with the credentials of the caller's write session; `meter` lets exactly the plan's calls through.
    #[must_use]
    pub fn new(
        permit: &'permit Permit,
        factory: &ClientFactory,
        endpoint: &Endpoint,
        credentials: Credentials,
        meter: Arc<Meter>,
        recent: Arc<RecentWrites>,
    ) -> Self {
        let client = factory.client(Purpose::Writing, endpoint, credentials, Arc::clone(&meter));
        Self { client, secrets: None, meter, recent, told: None, _permit: permit }
    }

    /// The same writer, which reaches Secrets Manager too, under the same meter.
    #[must_use]
    pub fn with_secrets_manager(
        mut self,
        factory: &ClientFactory,
        endpoint: &Endpoint,
        credentials: Credentials,
    ) -> Self {
        self.secrets = Some(factory.secrets_manager(endpoint, credentials, Arc::clone(&self.meter)));
        self
    }

    /// Tells `told` of every call that was done: how many, and which action was the last.
    #[must_use]
    pub fn telling(mut self, told: impl Fn(usize, &'static str) + Send + Sync + 'permit) -> Self {
        self.told = Some(Box::new(told));
        self
    }

    /// Makes the calls in order and stops at the first failure; answers what each call returned.
    ///
    /// A removal of something that is already gone counts as done: another run or another person was faster, and the
    /// goal is reached. That is not so for the last call, which is what the tool was asked for.
    ///
    /// # Errors
    /// [`Interrupted`], with the number of calls that were done.
    pub async fn perform(&self, calls: &[PlannedCall]) -> Result<Vec<Value>, Interrupted> {
        let mut answers = Vec::with_capacity(calls.len());
        for (done, call) in calls.iter().enumerate() {
            let last = done + 1 == calls.len();
            match self.send(call).await {
                Ok(answer) => answers.push(answer),
                Err(failure) if !last && failure.is_no_such_entity() => answers.push(json!({ALREADY_GONE: true})),
                Err(failure) => return Err(Interrupted { done, failure, aftermath: None }),
            }
            self.tell(done + 1, call);
        }
        Ok(answers)
    }

    /// Makes the planned access key; its secret is told to nobody yet.
    ///
    /// # Errors
    /// The call's failure; `AwsCallNotSent` if another call was planned.
    pub async fn create_access_key(&self, call: &PlannedCall) -> Result<NewKey, AwsFailure> {
        let (action, resource) = (call.change.action().as_str(), call.resource.display(self.meter.account()));
        let Change::CreateAccessKey { user_name } = &call.change else {
            return Err(AwsFailure::sent_apart(action, resource));
        };
        let sent = Box::pin(self.client.create_access_key().user_name(user_name).send()).await;
        let output = sent.map_err(|error| AwsFailure::of(action, resource, &error))?;
        let key = output.access_key.ok_or_else(|| AwsFailure::unreadable(action, user_name))?;
        self.tell(1, call);
        Ok(NewKey::of(key))
    }

    /// Stores the secret of a key as planned; the ARN of what holds it.
    ///
    /// # Errors
    /// The call's failure, without AWS's words, which may repeat the secret; `AwsCallNotSent` if another call was planned.
    pub async fn store_secret(&self, call: &PlannedCall, key: &NewKey) -> Result<String, AwsFailure> {
        let (action, resource) = (call.change.action().as_str(), call.resource.display(self.meter.account()));
        let (Change::CreateSecret { name, kms_key_id }, Some(secrets)) = (&call.change, &self.secrets) else {
            return Err(AwsFailure::sent_apart(action, resource));
        };
        let request = secrets
            .create_secret()
            .name(name.of_key(key.id()))
            .set_kms_key_id(kms_key_id.clone())
            .secret_string(key.secret_text().expose());
        let output = Box::pin(request.send()).await.map_err(|error| {
            let failure = AwsFailure::of(action, resource.clone(), &error);
            AwsFailure { message: "the secret was not stored".to_owned(), ..failure }
        })?;
        self.tell(2, call);
        output.arn.ok_or_else(|| AwsFailure::unreadable(action, &resource))
    }

    /// Makes a call that takes back another one, however often it takes within a bound: one that removes something does no
    /// more the second time. What was made a moment ago may not be known everywhere yet, so it is not taken for gone.
    ///
    /// # Errors
    /// The last failure.
    pub async fn undo(&self, call: &PlannedCall) -> Result<(), AwsFailure> {
        let mut may_be_done = false;
        for pause in PAUSES_OF_UNDOING {
            match self.send(call).await {
                Ok(_) => return Ok(()),
                Err(failure) if failure.is_no_such_entity() && may_be_done => return Ok(()),
                Err(failure) if !failure.is_no_such_entity() && !failure.retryable => return Err(failure),
                Err(failure) => may_be_done |= failure.sent == Sent::Unknown,
            }
            tokio::time::sleep(pause).await;
        }
        match self.send(call).await {
            Err(failure) if failure.is_no_such_entity() && may_be_done => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// Tells that the first `done` calls of the plan were done, of which `last` is the last.
    fn tell(&self, done: usize, last: &PlannedCall) {
        if let Some(told) = &self.told {
            told(done, last.change.action().as_str());
        }
    }

    async fn send(&self, call: &PlannedCall) -> Result<Value, AwsFailure> {
        let account = self.meter.account();
        let answer = call.change.clone().send(&self.client, call.resource.display(account)).await?;
        if let Some((kind, name)) = call.change.unmakes() {
            self.recent.forget(account, kind, name);
        }
        if let Some((kind, name)) = call.change.makes() {
            self.recent.note(account, kind, name);
        }
        Ok(answer)
    }
}

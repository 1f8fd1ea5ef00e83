//! What a tool changes IAM with: only inside a permit, only what the plan lists.

use std::pin::Pin;
use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_sdk_iam::Client;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::{Value, json};

use super::change::{Change, PlannedCall};
use super::client::{ClientFactory, Purpose};
use super::endpoint::Endpoint;
use super::entity::EntityKind;
use super::failure::AwsFailure;
use super::meter::Meter;
use super::recent::RecentWrites;
use super::shape;
use crate::audit::Permit;

/// IAM through the caller's write session.
///
/// It borrows the [`Permit`] of a durable intent, so no writing call can be made without one, nor after the permit was
/// closed by its outcome.
pub struct Writer<'permit> {
    client: Client,
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
}

/// Whether a call's answer says that there was nothing left to remove.
#[must_use]
pub fn is_already_gone(answer: &Value) -> bool {
    answer[ALREADY_GONE] == true
}

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
        Self { client, meter, recent, told: None, _permit: permit }
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
                Err(failure) => return Err(Interrupted { done, failure }),
            }
            if let Some(told) = &self.told {
                told(done + 1, call.change.action().as_str());
            }
        }
        Ok(answers)
    }

    async fn send(&self, call: &PlannedCall) -> Result<Value, AwsFailure> {
        let iam = &self.client;
        match call.change.clone() {
            Change::CreateUser { user_name, path, permissions_boundary, tags } => {
                let tags = (!tags.is_empty()).then(|| tags.into_iter().map(shape::sdk_tag).collect());
                let request = iam
                    .create_user()
                    .user_name(&user_name)
                    .path(path)
                    .set_permissions_boundary(permissions_boundary)
                    .set_tags(tags);
                let output = self.done(call, Box::pin(request.send())).await?;
                self.recent.note(self.meter.account(), EntityKind::User, &user_name);
                Ok(output.user().map_or(Value::Null, shape::user))
            }
            Change::RemoveUserFromGroup { user_name, group_name } => {
                let request = iam.remove_user_from_group().user_name(user_name).group_name(group_name);
                self.done(call, Box::pin(request.send())).await.map(|_| Value::Null)
            }
            Change::DetachUserPolicy { user_name, policy_arn } => {
                let request = iam.detach_user_policy().user_name(user_name).policy_arn(policy_arn);
                self.done(call, Box::pin(request.send())).await.map(|_| Value::Null)
            }
            Change::DeleteUserPolicy { user_name, policy_name } => {
                let request = iam.delete_user_policy().user_name(user_name).policy_name(policy_name);
                self.done(call, Box::pin(request.send())).await.map(|_| Value::Null)
            }
            Change::DeleteAccessKey { user_name, access_key_id } => {
                let request = iam.delete_access_key().user_name(user_name).access_key_id(access_key_id);
                self.done(call, Box::pin(request.send())).await.map(|_| Value::Null)
            }
            Change::DeleteLoginProfile { user_name } => {
                let request = iam.delete_login_profile().user_name(user_name);
                self.done(call, Box::pin(request.send())).await.map(|_| Value::Null)
            }
            Change::DeactivateMfaDevice { user_name, serial_number } => {
                let request = iam.deactivate_mfa_device().user_name(user_name).serial_number(serial_number);
                self.done(call, Box::pin(request.send())).await.map(|_| Value::Null)
            }
            Change::DeleteVirtualMfaDevice { serial_number } => {
                let request = iam.delete_virtual_mfa_device().serial_number(serial_number);
                self.done(call, Box::pin(request.send())).await.map(|_| Value::Null)
            }
            Change::DeleteSigningCertificate { user_name, certificate_id } => {
                let request = iam.delete_signing_certificate().user_name(user_name).certificate_id(certificate_id);
                self.done(call, Box::pin(request.send())).await.map(|_| Value::Null)
            }
            Change::DeleteSshPublicKey { user_name, ssh_public_key_id } => {
                let request = iam.delete_ssh_public_key().user_name(user_name).ssh_public_key_id(ssh_public_key_id);
                self.done(call, Box::pin(request.send())).await.map(|_| Value::Null)
            }
            Change::DeleteServiceSpecificCredential { user_name, service_specific_credential_id } => {
                let request = iam
                    .delete_service_specific_credential()
                    .user_name(user_name)
                    .service_specific_credential_id(service_specific_credential_id);
                self.done(call, Box::pin(request.send())).await.map(|_| Value::Null)
            }
            Change::DeleteUser { user_name } => {
                let request = iam.delete_user().user_name(&user_name);
                self.done(call, Box::pin(request.send())).await?;
                self.recent.forget(self.meter.account(), EntityKind::User, &user_name);
                Ok(Value::Null)
            }
        }
    }

    async fn done<T, E>(
        &self,
        call: &PlannedCall,
        sent: Pin<Box<impl Future<Output = Result<T, SdkError<E, HttpResponse>>>>>,
    ) -> Result<T, AwsFailure>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let action = call.change.action().as_str();
        sent.await.map_err(|error| AwsFailure::of(action, call.resource.display(self.meter.account()), &error))
    }
}

//! A table's cases with the SDK for Rust.

use std::sync::{Arc, Mutex, PoisonError};

use aws_credential_types::Credentials;
use aws_sdk_iam::config::{BehaviorVersion, ConfigBag, Intercept, Region, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use serde_json::{Map, Value, json};

use super::calls;
use super::table::{Case, Http};
use super::values::Saved;
use crate::support::clients::Keys;

/// One table on one server.
pub(super) struct Run<'a> {
    url: &'a str,
    root: Value,
    saved: Saved,
}

impl<'a> Run<'a> {
    pub(super) fn new(url: &'a str, root: &Keys) -> Self {
        let root = json!({"AccessKeyId": root.access_key_id, "SecretAccessKey": root.secret_access_key});
        Self { url, root, saved: Saved::default() }
    }

    /// Makes a call and compares the answer; tells what differs.
    pub(super) async fn case(&mut self, case: &Case) -> Result<(), String> {
        let keys = self.saved.filled(case.keys.as_ref().unwrap_or(&self.root))?;
        let input = self.saved.filled(&case.input)?;
        let seen = Seen::default();
        let clients = Clients::new(self.url, &keys, &seen);
        let got = match calls::call(&clients, &case.call, input).await {
            Ok(result) => json!({ "result": result }),
            Err(refusal) => {
                let mut told = json!({"error": refusal.code, "status": seen.response().status});
                // Where AWS's wording is not known, any will do.
                if case.expect.get("message").is_some() {
                    told["message"] = refusal.message.into();
                }
                told
            }
        };
        self.saved.compare(&case.expect, &got, "the answer")?;
        case.http.as_ref().map_or(Ok(()), |expected| self.http(expected, &seen.response()))
    }

    fn http(&mut self, expected: &Http, response: &Response) -> Result<(), String> {
        if let Some(status) = expected.status {
            self.saved.compare(&status.into(), &response.status.into(), "HTTP status")?;
        }
        for (name, value) in &expected.headers {
            self.saved.compare(value, response.headers.get(name).unwrap_or(&Value::Null), name)?;
        }
        expected.body.iter().try_for_each(|part| {
            let part = if part.is_string() { json!({ "$has": part }) } else { part.clone() };
            self.saved.compare(&part, &response.body.as_str().into(), "body")
        })
    }
}

/// What a service refuses with.
pub(super) struct Refusal {
    pub(super) code: String,
    pub(super) message: String,
}

/// What came of a call that was sent: an answer told as JSON, or a refusal.
pub(super) fn finished<O, E: ProvideErrorMetadata, R>(
    sent: Result<O, SdkError<E, R>>,
    told: impl FnOnce(&O) -> Value,
) -> Result<Value, Refusal> {
    sent.map(|answer| told(&answer)).map_err(|error| Refusal {
        code: error.code().unwrap_or("no error of AWS's form").to_owned(),
        message: error.message().unwrap_or_default().to_owned(),
    })
}

/// The two services' clients with one pair of keys.
pub(super) struct Clients {
    pub(super) iam: aws_sdk_iam::Client,
    pub(super) sts: aws_sdk_sts::Client,
}

impl Clients {
    /// With the keys of who may do everything, for a test that arranges an account.
    pub(super) fn of(url: &str, keys: &Keys) -> Self {
        Self::new(
            url,
            &json!({"AccessKeyId": keys.access_key_id, "SecretAccessKey": keys.secret_access_key,
                "SessionToken": keys.session_token}),
            &Seen::default(),
        )
    }

    fn new(url: &str, keys: &Value, seen: &Seen) -> Self {
        let text = |name: &str| keys[name].as_str().map(str::to_owned);
        let credentials = Credentials::new(
            text("AccessKeyId").expect("keys have an id"),
            text("SecretAccessKey").expect("keys have a secret"),
            text("SessionToken"),
            None,
            "test",
        );
        macro_rules! client {
            ($sdk:ident) => {
                $sdk::Client::from_conf(
                    $sdk::Config::builder()
                        .behavior_version(BehaviorVersion::latest())
                        .region(Region::new("us-east-1"))
                        .endpoint_url(url)
                        .credentials_provider(credentials.clone())
                        .retry_config(RetryConfig::disabled())
                        .http_client(aws_smithy_http_client::Builder::new().build_http())
                        .interceptor(seen.clone())
                        .build(),
                )
            };
        }
        Self { iam: client!(aws_sdk_iam), sts: client!(aws_sdk_sts) }
    }
}

/// The response as it came.
#[derive(Debug, Clone, Default)]
struct Response {
    status: u16,
    headers: Map<String, Value>,
    body: String,
}

/// Keeps the response that the SDK has taken apart.
#[derive(Debug, Clone, Default)]
struct Seen(Arc<Mutex<Response>>);

impl Seen {
    fn response(&self) -> Response {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Intercept for Seen {
    fn name(&self) -> &'static str {
        "Seen"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let headers = response.headers().iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let body = String::from_utf8_lossy(response.body().bytes().unwrap_or_default()).into_owned();
        let seen = Response { status: response.status().as_u16(), headers, body };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        Ok(())
    }
}

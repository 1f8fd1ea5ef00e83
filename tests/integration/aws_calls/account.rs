//! An account that a test arranges and looks into itself, past the gateway, with calls as the tables have them.

use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::calls;
use super::sdk::Clients;
use super::values::{Saved, with_documents_encoded};
use crate::support::clients::Keys;

/// An account at an endpoint, called by somebody who may do everything in it.
pub(crate) struct Account {
    clients: Clients,
    runtime: Runtime,
    is_moto: bool,
}

impl Account {
    /// The account behind this URL.
    pub(crate) fn at(url: &str, keys: &Keys) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be had");
        Self { clients: Clients::of(url, keys), runtime, is_moto: false }
    }

    /// The same as moto's, which encodes documents in ways of its own.
    pub(crate) fn of_moto(self) -> Self {
        Self { is_moto: true, ..self }
    }

    /// Makes the call `[operation, input]` or `[operation, input, expected]`, where what is expected is
    /// `{"error": "NoSuchEntity"}`, or members that the answer has among others.
    ///
    /// # Errors
    /// What the answer is instead.
    pub(crate) fn call(&self, step: &Value, saved: &mut Saved) -> Result<(), String> {
        let name = step[0].as_str().expect("a step begins with its operation");
        let answer = self.runtime.block_on(calls::call(&self.clients, name, saved.filled(&step[1])?));
        let (expected, got) = match (step.get(2), answer) {
            (Some(expected), Err(refusal)) if expected.get("error").is_some() => {
                (expected.clone(), json!({"error": refusal.code}))
            }
            (_, Err(refusal)) => return Err(format!("{name} {}: {}: {}", step[1], refusal.code, refusal.message)),
            (Some(expected), Ok(answer)) if self.is_moto => {
                (json!({ "$includes": expected }), with_documents_encoded(&answer))
            }
            (Some(expected), Ok(answer)) => (json!({ "$includes": expected }), answer),
            (None, Ok(_)) => return Ok(()),
        };
        saved.compare(&expected, &got, name)
    }
}

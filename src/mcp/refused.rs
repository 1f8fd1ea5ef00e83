//! Audit records of refused authentications, bounded in rate: strangers must not be able to fill the journal.
//!
//! In every window the first refusals are recorded one by one; the rest is counted, and the count stands in the first
//! record of the next window that has one.

use std::sync::{Arc, Mutex, PoisonError};

use http::header::USER_AGENT;
use http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::road::InForce;
use super::trail::Stationery;
use crate::audit::{Event, Journal, Stage};
use crate::authn::sigv4::{SigV4Refusal, SigV4Verifier};
use crate::current::Current;
use crate::http::{ClientAddress, RequestId};
use crate::random::uuid;

/// How many refusals are recorded one by one in each window.
const RECORDED: u32 = 60;
/// How long a window lasts.
const WINDOW: SignedDuration = SignedDuration::from_secs(60);

/// Records refused authentications.
#[derive(Debug)]
pub struct RefusedAuthentications {
    journal: Journal,
    in_force: Arc<Current<InForce>>,
    stationery: Stationery,
    window: Mutex<Window>,
}

#[derive(Debug)]
struct Window {
    began: Timestamp,
    recorded: u32,
    unrecorded: u64,
}

impl RefusedAuthentications {
    /// Records into `journal`.
    #[must_use]
    pub fn new(journal: Journal, in_force: Arc<Current<InForce>>, stationery: Stationery) -> Self {
        let window = Window { began: stationery.clock.now(), recorded: 0, unrecorded: 0 };
        Self { journal, in_force, stationery, window: Mutex::new(window) }
    }

    /// Notes one refusal.
    pub fn note(&self, head: &Parts, refusal: &SigV4Refusal) {
        let Some(unrecorded_before) = self.take_place() else { return };
        let in_force = self.in_force.get();
        let mut event = Event::new(
            in_force.config.gateway.name.as_str(),
            "Authenticate",
            Stage::Authentication,
            self.stationery.clock.now(),
            uuid(&*self.stationery.random),
        );
        event.request_id = head.extensions.get::<RequestId>().map(|id| id.as_str().to_owned());
        event.source_ip_address = head.extensions.get::<ClientAddress>().map(|client| client.address.to_string());
        event.user_agent = head
            .headers
            .get(USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .map(|agent| agent.chars().take(256).collect());
        event.user_identity = json!({
            "type": "Unverified",
            "accessKeyId": SigV4Verifier::claimed_access_key_id(head),
        });
        event.error_code = Some(refusal.code().to_owned());
        event.error_message = Some(refusal.to_string());
        event.request_parameters = json!({"method": head.method.as_str(), "path": head.uri.path()});
        event.additional_event_data.insert("unrecordedBefore".into(), unrecorded_before.into());
        event.additional_event_data.insert("configuration".into(), in_force.config.digest.as_str().into());
        let record = event.into_record().expect("an event is an object without integrity");
        if let Err(failure) = self.journal.note(record) {
            tracing::warn!(%failure, reason = refusal.code(), "a refused authentication could not be recorded");
        }
    }

    /// A place in this window, with the number of refusals that found none since the last record; `None` if it is full.
    fn take_place(&self) -> Option<u64> {
        let now = self.stationery.clock.now();
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(window.began).abs() >= WINDOW {
            window.began = now;
            window.recorded = 0;
        }
        if window.recorded >= RECORDED {
            window.unrecorded += 1;
            return None;
        }
        window.recorded += 1;
        Some(std::mem::take(&mut window.unrecorded))
    }
}

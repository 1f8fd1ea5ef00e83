//! `POST /approvals` and `/approvals/{environment}`: a person is shown what another's agent plans, and approves or rejects it.
//!
//! No MCP tool does this, so no agent is offered it. What is shown and what is approved come out of the sealed plan token;
//! nothing of it is the word of whoever asks. The request is signed as a call is, by another person than the one whose agent
//! planned, whose role mapping in this environment has `may_approve`. A decision is durable in the audit journal before it is
//! answered, and its signature is good for it once.

mod record;
mod refusal;

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::record::Noted;
use super::confirm::{Approver, WaitingPlan, persons, refusals};
use super::road::{Road, failures};
use super::trail::Stationery;
use crate::audit::{AuditUnavailable, Record, Recorded};
use crate::authn::Verified;
use crate::authorize::map;
use crate::http::{Drain, Endpoint, Refusal};
use crate::tools::{ToolError, text};

/// What is asked of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Decision {
    /// To see it.
    #[default]
    Show,
    /// To let it be done.
    Approve,
    /// To let it not be done by this replica.
    Reject,
}

impl Decision {
    /// What records call it.
    fn event_name(self) -> &'static str {
        match self {
            Self::Show => "ShowPlan",
            Self::Approve => "ApprovePlan",
            Self::Reject => "RejectPlan",
        }
    }

    /// What becomes of the plan, in records.
    fn outcome(self) -> &'static str {
        match self {
            Self::Show => "asked",
            Self::Approve => "approved",
            Self::Reject => "rejected",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    plan_token: String,
    #[serde(default)]
    decision: Decision,
}

/// The service behind the signed layers.
#[derive(Debug, Clone)]
pub struct Approvals {
    road: Arc<Road>,
    drain: Drain,
}

impl Approvals {
    /// Approvals of what is planned on this road, tracked in `drain`, so that the end of the process waits for them.
    #[must_use]
    pub fn new(road: Arc<Road>, drain: Drain) -> Self {
        Self { road, drain }
    }

    /// Answers one request, which was verified and whose body is bounded.
    ///
    /// # Errors
    /// Never: a refusal is an answer.
    pub async fn answer(self, request: Request<Body>) -> Result<Response, Infallible> {
        let drain = self.drain.clone();
        let tasks = drain.tasks().clone();
        // In a task of its own: a person who hangs up leaves no plan that is rejected and no record of it. The head has the
        // request's place, which is so kept until then.
        let deciding = tasks.spawn(async move {
            tokio::select! {
                response = self.respond(request) => Some(response),
                () = drain.forced() => None,
            }
        });
        Ok(match deciding.await {
            Ok(Some(response)) => response,
            Ok(None) => refusal::answer(&failures::panicked(false)).into_response(),
            Err(error) => {
                tracing::error!(%error, "an approval broke off");
                refusal::answer(&failures::panicked(false)).into_response()
            }
        })
    }

    async fn respond(&self, request: Request<Body>) -> Response {
        let (head, body) = request.into_parts();
        let answered = match head.extensions.get::<Arc<Verified>>().cloned() {
            Some(verified) => self.decide(&head, &verified, body).await,
            None => {
                tracing::error!("a request reached the approvals without a verified caller");
                Err(refusal::answer(&failures::panicked(false)))
            }
        };
        match answered {
            Ok(answer) => {
                let mut response = Response::new(Body::from(answer.to_string()));
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                response
            }
            Err(refusal) => refusal.into_response(),
        }
    }

    async fn decide(&self, head: &Parts, verified: &Verified, body: Body) -> Result<Value, Refusal> {
        let body = to_bytes(body, usize::MAX).await.map_err(|_| refusal::no_body())?;
        let asked: Asked = serde_json::from_slice(&body).map_err(|_| refusal::no_body())?;
        let in_force = self.road.in_force.get();
        let mut noted =
            Noted { head, verified, in_force: &in_force, decision: asked.decision, mapped: None, plan: None };
        let outcome = self.weigh(&asked, &mut noted).await;
        let (outcome, record) = match outcome.map(|waiting| (waiting, noted.record(&self.road.stationery))) {
            Ok((waiting, Ok(record))) => (Ok(waiting), record),
            Ok((_, Err(too_large))) => {
                refused(&noted, &self.road.stationery, refusals::plan_not_recordable(&too_large))
            }
            Err(error) => refused(&noted, &self.road.stationery, error),
        };
        let recorded = match (&outcome, asked.decision) {
            (Ok(_), Decision::Approve | Decision::Reject) => self.road.journal.note_durably(record).await,
            _ => self.road.journal.note(record),
        };
        match (outcome, recorded) {
            (Ok(waiting), Ok(proof)) => Ok(self.give(&waiting, asked.decision, noted.verified, &proof)),
            (Err(error), Ok(_)) => Err(refusal::answer(&error)),
            (_, Err(unavailable)) => Err(refusal::answer(&not_recorded(unavailable))),
        }
    }

    /// Whether this person may say this to this plan.
    async fn weigh(&self, asked: &Asked, noted: &mut Noted<'_>) -> Result<WaitingPlan, ToolError> {
        let caller = noted.verified.caller();
        let named = noted.head.extensions.get::<Endpoint>().and_then(|endpoint| endpoint.environment.as_deref());
        let mapped = noted.mapped.insert(map(&noted.in_force.config, named, caller)?);
        let environment = mapped.environment.name.as_str();
        if !mapped.mapping.confirming.may_approve {
            return Err(refusals::may_not_approve(environment));
        }
        if !persons::is_known(caller) {
            return Err(refusals::approver_has_no_person());
        }
        let waiting = noted.plan.insert(self.road.confirmer.open_plan(&asked.plan_token).await?);
        if waiting.plan.question.environment != environment {
            return Err(refusals::plan_of_another_environment(&waiting.plan.question.environment));
        }
        if !persons::are_different(&waiting.plan.caller, caller) {
            return Err(refusals::approver_is_caller());
        }
        if asked.decision != Decision::Show {
            self.road.replay.admit(noted.verified).await.map_err(|refusal| failures::not_admitted(&refusal))?;
        }
        if asked.decision == Decision::Reject {
            self.road.confirmer.reject(waiting).await?;
        }
        Ok(waiting.clone())
    }

    /// What is answered once there is a record of it.
    fn give(&self, waiting: &WaitingPlan, decision: Decision, approver: &Verified, _proof: &Recorded) -> Value {
        let plan = &waiting.plan;
        let mut answer = json!({
            "caller": plan.caller,
            "role_mapping": plan.mapping,
            "role_arn": plan.role,
            "reason": plan.reason,
            "because": plan.because,
            "planned_by_request_id": plan.request_id,
            "confirmation_id": waiting.id,
            "plan_sha256": waiting.binding.recorded(),
            "decision": decision.outcome(),
            "expires_at": waiting.expires.to_string(),
        });
        text::make_visible(&mut answer);
        // In these nothing is hidden any more, and what is spelled out would be so twice.
        answer["plan"] = json!(plan.question);
        answer["lines"] = plan.question.text().lines().collect();
        match decision {
            Decision::Show => {}
            Decision::Approve => {
                // Access tokens are for calls alone, so whoever approves has signed.
                let key = approver.access_key_id().unwrap_or_default().to_owned();
                let approver = Approver { caller: (**approver.caller()).clone(), access_key_id: key };
                let issued = self.road.confirmer.approve(waiting, approver);
                answer["approval_token"] = issued.token.into();
                answer["expires_at"] = issued.expires.to_string().into();
            }
            Decision::Reject => answer["note"] = self.how_far_a_no_reaches().into(),
        }
        answer
    }

    fn how_far_a_no_reaches(&self) -> &'static str {
        match self.road.confirmer.may_be_used_elsewhere() {
            false => "no approval of this plan is accepted any more",
            true => {
                "no approval of this plan is accepted by the replica that answered; other replicas do not know of it: they \
                 still take an approval that somebody has given, and give one to whoever may approve and asks"
            }
        }
    }
}

/// What becomes of a refusal: it, and the record of it.
fn refused(noted: &Noted<'_>, stationery: &Stationery, error: ToolError) -> (Result<WaitingPlan, ToolError>, Record) {
    let record = noted.refusal(stationery, &error);
    (Err(error), record)
}

/// A decision of which there can be no record.
fn not_recorded(unavailable: AuditUnavailable) -> ToolError {
    let message =
        format!("the audit journal cannot take the record of this, so nothing was approved ({})", unavailable.reason);
    ToolError::gateway(AuditUnavailable::CODE, message).retryable().hint("tell the gateway's operators")
}

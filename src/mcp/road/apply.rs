//! Intent, apply, outcome.

use std::sync::Arc;

use serde_json::{Value, json};

use super::confirm::Confirmed;
use super::{Brokered, Road, failures};
use crate::audit::{Intent, Stage};
use crate::iam::change::actions::CREATE_SECRET;
use crate::iam::{Meter, PlannedCall, Writer};
use crate::mcp::incoming::{Incoming, Step};
use crate::mcp::reply::Reply;
use crate::mcp::trail::Trail;
use crate::tools::plan::{record_call, show_call};
use crate::tools::{ToolError, WriteTool};

impl Road {
    /// Intent, apply, outcome. From here on nothing is an error of the road: whatever happens is the outcome.
    pub(super) async fn apply(
        &self,
        work: &dyn WriteTool,
        brokered: &Brokered,
        confirmed: Confirmed,
        incoming: &Incoming,
        trail: &mut Trail<'_>,
    ) -> Reply {
        let plan = confirmed.into_plan();
        let record = match trail.intent_record() {
            Ok(record) => record,
            Err(error) => return self.denied(trail, &error).await,
        };
        let intent = Intent {
            record,
            if_lost: trail.record(Stage::Outcome, Some(&failures::lost()), Value::Null),
            if_not_forwarded: trail.record(Stage::Outcome, Some(&failures::not_forwarded()), Value::Null),
        };
        let permit = match self.journal.intent(intent).await {
            Ok(permit) => permit,
            // Reads are still recorded while an outcome is held, and so is this.
            Err(unavailable) => return self.denied(trail, &failures::not_recordable(unavailable)).await,
        };
        let session = brokered.write.as_ref().expect("a write that is no dry run has brokered its write session");
        let meter = Meter::of_caller(
            &brokered.caller,
            brokered.account.clone(),
            plan.calls.iter().map(|call| call.declared()).chain(plan.undo.iter().cloned()).collect(),
        );
        trail.meters.push(Arc::clone(&meter));
        let applied = {
            let writer = Writer::new(
                &permit,
                &self.clients,
                &brokered.endpoint,
                session.credentials.clone(),
                meter,
                Arc::clone(&self.recent),
            )
            .telling(|done, action| {
                if let Some(progress) = &incoming.progress {
                    // A client that no longer listens changes nothing.
                    let _gone = progress.send(Step { done, total: Some(plan.calls.len()), message: action });
                }
            });
            let stores_secret = plan.calls.iter().any(|call| call.change.action() == CREATE_SECRET);
            let writer = match &brokered.secrets_manager {
                Some(endpoint) if stores_secret => {
                    writer.with_secrets_manager(&self.clients, endpoint, session.credentials.clone())
                }
                _ => writer,
            };
            work.apply(&plan, &writer).await
        };
        self.forget(&brokered.account, &plan);
        let shown = plan.shown(&brokered.account);
        // What the caller is told, and what is recorded of it: the plan stands beside, as in the intent.
        let (error, details, recorded) = match applied {
            Ok(result) => {
                let recorded = with_members(json!({"status": "done"}), trail.result(&result));
                (None, with_members(json!({"status": "done", "plan": shown}), result), recorded)
            }
            Err(interrupted) => {
                let (done, left) = plan.calls.split_at(interrupted.done);
                let calls = |show: &dyn Fn(&PlannedCall) -> Value| {
                    let listed = |calls: &[PlannedCall]| calls.iter().map(show).collect::<Vec<_>>();
                    json!({"done": listed(done), "not_done": listed(left)})
                };
                let mut details = calls(&|call| show_call(call, &brokered.account));
                let mut recorded = calls(&|call| record_call(call, &brokered.account, trail.redaction()));
                let undone = interrupted.aftermath.as_deref().map_or(&[][..], |aftermath| &aftermath.undone);
                if !undone.is_empty() {
                    details["undone"] = undone.iter().map(|call| show_call(call, &brokered.account)).collect();
                    recorded["undone"] =
                        undone.iter().map(|call| record_call(call, &brokered.account, trail.redaction())).collect();
                }
                let error = failures::interrupted_error(interrupted, left.len());
                (Some(error), details, recorded)
            }
        };
        let response = json!({"isError": error.is_some(), "structuredContent": recorded});
        let outcome = trail.record(Stage::Outcome, error.as_ref(), response);
        match (self.journal.outcome(permit, outcome).await, error) {
            (Ok(proof), None) => Reply::result(details, &proof),
            (Ok(proof), Some(error)) => Reply::error(&error, details, &proof),
            (Err(unavailable), error) => {
                let details = json!({"performed": details, "performed_error": error});
                Reply::unrecorded(unavailable, &failures::outcome_not_recorded(unavailable), details)
            }
        }
    }

    /// Refused at the last moment: nothing was forwarded.
    async fn denied(&self, trail: &Trail<'_>, error: &ToolError) -> Reply {
        self.note(trail, Stage::Denied, Some(error), Value::Null, |proof| Reply::error(error, Value::Null, proof)).await
    }
}

/// An object with the members of another added.
fn with_members(mut object: Value, added: Value) -> Value {
    if let (Value::Object(members), Value::Object(added)) = (&mut object, added) {
        members.extend(added);
    }
    object
}

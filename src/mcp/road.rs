//! The one road that every tools/call takes.
//!
//! `Road::travel` reads as design's list: context, tool, authorize, broker, plan, authorize again, confirm, intent,
//! apply, outcome. Each step takes the value that the step before it made, and those values have no other makers: the
//! broker takes an [`Authorized`], the writer borrows a [permit], a [`Reply`] takes the journal's proof. A step that
//! is left out does not compile.
//!
//! [permit]: crate::audit::Permit

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::confirm::{Binding, Confirmer};
use super::incoming::{Incoming, Step};
use super::reply::Reply;
use super::trail::{Stationery, Trail};
use crate::audit::{Intent, Journal, Stage};
use crate::authn::replay::ReplayTable;
use crate::authorize::{Authorized, Authorizer, Judged, map};
use crate::broker::{Broker, Purpose, Session};
use crate::config::{Config, Confirmation};
use crate::context::Stamp;
use crate::current::Current;
use crate::iam::endpoint::Endpoint;
use crate::iam::{Account, ClientFactory, Meter, Reader, RecentWrites, Writer};
use crate::tools::catalogue::Catalogue;
use crate::tools::plan::show_call;
use crate::tools::{CallFacts, Declared, LocalTool, Plan, ReadTool, ToolError, Work, WriteTool, look_up, lookup};

/// What stage one judges by: replaced whole when the configuration is reloaded.
#[derive(Debug)]
pub struct InForce {
    /// The configuration.
    pub config: Config,
    /// Its judge.
    pub authorizer: Authorizer,
}

impl InForce {
    /// Whether nobody may write at the moment.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.config.gateway.read_only
    }
}

/// Everything a call needs on its way.
#[derive(Debug)]
pub struct Road {
    /// The tools.
    pub catalogue: Catalogue,
    /// The configuration in force.
    pub in_force: Arc<Current<InForce>>,
    /// Signatures of writes that were seen.
    pub replay: ReplayTable,
    /// Gives sessions.
    pub broker: Broker,
    /// Makes the IAM client of each call.
    pub clients: ClientFactory,
    /// What was created moments ago.
    pub recent: Arc<RecentWrites>,
    /// Confirmation tokens.
    pub confirmer: Confirmer,
    /// The audit journal.
    pub journal: Journal,
    /// Time and identifiers for records.
    pub stationery: Stationery,
    /// How long a call may take until its intent; what was begun then is finished.
    pub deadline: Duration,
}

/// A caller's session for this call, with the IAM endpoint and the account it is for.
struct Brokered {
    read: Arc<Session>,
    write: Option<Arc<Session>>,
    endpoint: Endpoint,
    account: Account,
}

/// A plan that was authorized over its real ARNs and confirmed, or that needed no confirmation.
struct Confirmed(Authorized<Plan>);

/// Whether a plan may be applied now.
enum Answer {
    /// It may.
    Confirmed(Confirmed),
    /// First the agent is asked this.
    Asked(Value),
}

impl Road {
    /// Takes one call from its arrival to its reply. Whatever becomes of it, exactly one record says so (a write that
    /// was forwarded has two, its intent and its outcome).
    ///
    /// The caller of this function runs it to its end in a task of its own: a client that hangs up stops nothing.
    pub async fn call(&self, incoming: Incoming) -> Reply {
        let in_force = self.in_force.get();
        let mut trail = Trail::begin(self.stationery.clone(), &in_force.config, &incoming);
        let travelled = AssertUnwindSafe(self.travel(&in_force, &incoming, &mut trail)).catch_unwind().await;
        let (error, stage) = match travelled {
            Ok(Ok(reply)) => return reply,
            Ok(Err(error)) => (error, Stage::Denied),
            // A permit that was dropped by the panic has written its outcome as unknown.
            Err(_) => (panicked(trail.intent.is_some()), Stage::Panic),
        };
        self.note(&trail, stage, Some(&error), Value::Null, |proof| Reply::error(&error, Value::Null, proof))
    }

    /// The road itself. An error is a refusal, or a failure before anything was changed.
    async fn travel<'call>(
        &self,
        in_force: &'call InForce,
        incoming: &'call Incoming,
        trail: &mut Trail<'call>,
    ) -> Result<Reply, ToolError> {
        let deadline = Instant::now() + self.deadline;
        let tool = lookup::find(self.catalogue, &incoming.tool);
        trail.spec = tool.as_ref().ok().map(|tool| tool.spec);
        let facts = self.context(in_force, incoming, trail)?;
        let tool = tool?;
        crate::authorize::access::check(tool.spec, &facts)?;
        let declared = look_up(tool, &incoming.arguments, facts)?;
        let authorized = in_force.authorizer.judge(declared)?;
        trail.decision = Some(authorized.decision().clone());
        match tool.work {
            Work::Local(work) => Ok(self.answer_locally(work, &authorized, trail)),
            Work::Read(work) => self.read(work, &authorized, deadline, trail).await,
            Work::Write(work) => self.write(work, in_force, incoming, &authorized, deadline, trail).await,
        }
    }

    /// Who calls, in which environment, with which role and stamp.
    fn context<'call>(
        &self,
        in_force: &'call InForce,
        incoming: &'call Incoming,
        trail: &mut Trail<'call>,
    ) -> Result<CallFacts, ToolError> {
        let caller = incoming.verified.caller();
        let mapped = map(&in_force.config, incoming.environment.as_deref(), caller)?;
        let environment = mapped.environment.name.as_str().to_owned();
        let stamp = Stamp::new(in_force.config.gateway.name.as_str(), &environment, caller, &mapped.mapping.tags);
        trail.mapped = Some(mapped.clone());
        trail.stamp = Some(stamp.clone());
        let account = Account { partition: mapped.environment.partition, id: mapped.mapping.role_arn.account() };
        Ok(CallFacts {
            caller: Arc::clone(caller),
            environment,
            account,
            mapping: mapped.mapping,
            stamp,
            read_only: in_force.is_read_only(),
        })
    }

    fn answer_locally(&self, work: &dyn LocalTool, call: &Authorized<Declared>, trail: &Trail<'_>) -> Reply {
        let answer = work.answer(call.get().call());
        self.note(trail, Stage::Read, None, Value::Null, |proof| Reply::result(answer, proof))
    }

    async fn read(
        &self,
        work: &dyn ReadTool,
        call: &Authorized<Declared>,
        deadline: Instant,
        trail: &mut Trail<'_>,
    ) -> Result<Reply, ToolError> {
        let brokered = self.broker(call, deadline, trail).await?;
        let reader = self.reader(&brokered, call, trail);
        let answer = within(deadline, work.answer(call.get().call(), &reader)).await;
        Ok(match answer {
            Ok(answer) => {
                let kind = json!({"isError": false, "count": answer.get("Count")});
                self.note(trail, Stage::Read, None, kind, |proof| Reply::result(answer, proof))
            }
            Err(error) => {
                let kind = json!({"isError": true});
                self.note(trail, Stage::Read, Some(&error), kind, |proof| Reply::error(&error, Value::Null, proof))
            }
        })
    }

    async fn write(
        &self,
        work: &dyn WriteTool,
        in_force: &InForce,
        incoming: &Incoming,
        call: &Authorized<Declared>,
        deadline: Instant,
        trail: &mut Trail<'_>,
    ) -> Result<Reply, ToolError> {
        let arguments = &call.get().call().arguments;
        let dry_run = arguments.is_set("dry_run");
        if !dry_run {
            self.replay.admit(&incoming.verified).map_err(|refusal| {
                ToolError::gateway(refusal.code(), refusal.to_string())
                    .retryable()
                    .hint("send the call again, signed anew")
            })?;
        }
        let own = within(deadline, async { Ok(self.broker.own_identity().await?) }).await?;
        let authorizer = in_force.authorizer.clone().with_own_identity(own);
        let brokered = self.broker(call, deadline, trail).await?;
        let reader = self.reader(&brokered, call, trail);
        let plan = within(deadline, work.plan(call.get().call(), &reader)).await?;
        let plan = authorizer.judge_plan(call, plan)?;
        let shown = plan.get().shown(&brokered.account);
        trail.plan = Some(shown.clone());
        if dry_run {
            let body = json!({"status": "dry_run", "plan": shown});
            return Ok(self.note(trail, Stage::DryRun, None, Value::Null, |proof| Reply::result(body, proof)));
        }
        let confirmed = match self.confirm(call, plan, &shown, trail)? {
            Answer::Confirmed(confirmed) => confirmed,
            Answer::Asked(question) => {
                let response = json!({"isError": false, "status": "confirmation_required"});
                return Ok(self.note(trail, Stage::DryRun, None, response, |proof| Reply::result(question, proof)));
            }
        };
        Ok(self.apply(work, &brokered, confirmed, incoming, trail).await)
    }

    /// The caller's sessions: the one that reads, and for a write the one that writes, side by side.
    async fn broker(
        &self,
        call: &Authorized<Declared>,
        deadline: Instant,
        trail: &mut Trail<'_>,
    ) -> Result<Brokered, ToolError> {
        let dry_run = call.get().call().arguments.is_set("dry_run");
        let writes = call.get().spec().effect.writes() && !dry_run;
        let assumed = async {
            tokio::try_join!(self.broker.session(call, Purpose::Read), async {
                match writes {
                    true => self.broker.session(call, Purpose::Write).await.map(Some),
                    false => Ok(None),
                }
            })
        };
        let (read, write) = within(deadline, async { assumed.await.map_err(not_assumed) }).await?;
        trail.sessions.push((Purpose::Read, Arc::clone(&read)));
        trail.sessions.extend(write.iter().map(|session| (Purpose::Write, Arc::clone(session))));
        let facts = call.get().facts();
        let in_force = self.in_force.get();
        let url = in_force.config.aws.iam_endpoint.as_ref().map(|url| url.as_str().to_owned());
        Ok(Brokered {
            read,
            write,
            endpoint: Endpoint::iam(facts.account.partition, url),
            account: facts.account.clone(),
        })
    }

    fn reader(&self, brokered: &Brokered, call: &Authorized<Declared>, trail: &mut Trail<'_>) -> Reader {
        let meter = Meter::new(brokered.account.clone(), call.get().declaration().reads.clone());
        trail.meters.push(Arc::clone(&meter));
        let credentials = brokered.read.credentials.clone();
        Reader::new(&self.clients, &brokered.endpoint, credentials, meter, Arc::clone(&self.recent))
    }

    /// Whether the plan may be applied now.
    fn confirm(
        &self,
        call: &Authorized<Declared>,
        plan: Authorized<Plan>,
        shown: &Value,
        trail: &mut Trail<'_>,
    ) -> Result<Answer, ToolError> {
        let declared = call.get();
        let facts = declared.facts();
        if !declared.spec().effect.is_confirmed() || facts.mapping.confirmation == Confirmation::None {
            trail.confirmation = declared.spec().effect.is_confirmed().then_some(Confirmation::None.as_str());
            return Ok(Answer::Confirmed(Confirmed(plan)));
        }
        let arguments = &declared.call().arguments;
        let binding = Binding::of(&json!({
            "caller": facts.caller,
            "environment": facts.environment,
            "roleMapping": facts.mapping.id,
            "roleArn": facts.mapping.role_arn.to_string(),
            "tool": declared.spec().name,
            "arguments": arguments.without(&["confirmation_token", "confirmed", "dry_run"]),
            "plan": shown,
        }));
        if let Some(token) = arguments.text("confirmation_token") {
            self.confirmer.accept(token, binding)?;
            trail.confirmation = Some(Confirmation::Model.as_str());
            return Ok(Answer::Confirmed(Confirmed(plan)));
        }
        let issued = self.confirmer.issue(binding);
        trail.confirmation = Some("asked");
        Ok(Answer::Asked(json!({
            "status": "confirmation_required",
            "plan": shown,
            "confirmation_token": issued.token,
            "expires_at": issued.expires.to_string(),
            "next": "Nothing was done yet. To do what the plan says, call again with the same arguments and this \
                     confirmation_token.",
        })))
    }

    /// Intent, apply, outcome. From here on nothing is an error of the road: whatever happens is the outcome.
    async fn apply(
        &self,
        work: &dyn WriteTool,
        brokered: &Brokered,
        Confirmed(plan): Confirmed,
        incoming: &Incoming,
        trail: &mut Trail<'_>,
    ) -> Reply {
        let plan = plan.into_inner();
        let record = match trail.intent_record() {
            Ok(record) => record,
            Err(error) => {
                trail.plan = None;
                return self
                    .note(trail, Stage::Denied, Some(&error), Value::Null, |p| Reply::error(&error, Value::Null, p));
            }
        };
        let intent = Intent {
            record,
            if_lost: trail.record(Stage::Outcome, Some(&lost()), Value::Null),
            if_not_forwarded: trail.record(Stage::Outcome, Some(&not_forwarded()), Value::Null),
        };
        let permit = match self.journal.intent(intent).await {
            Ok(permit) => permit,
            Err(unavailable) => return Reply::unrecorded(unavailable, Value::Null),
        };
        let session = brokered.write.as_ref().expect("a write that is no dry run has brokered its write session");
        let meter = Meter::new(brokered.account.clone(), plan.calls.iter().map(|call| call.declared()).collect());
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
                    let _gone = progress.send(Step { done, total: plan.calls.len(), action });
                }
            });
            work.apply(&plan, &writer).await
        };
        let shown = plan.shown(&brokered.account);
        let (error, details) = match applied {
            Ok(result) => {
                let mut body = json!({"status": "done", "plan": shown});
                if let (Value::Object(body), Value::Object(result)) = (&mut body, result.clone()) {
                    body.extend(result);
                }
                (None, body)
            }
            Err(interrupted) => {
                let calls =
                    |calls: &[_]| calls.iter().map(|call| show_call(call, &brokered.account)).collect::<Vec<_>>();
                let (done, left) = plan.calls.split_at(interrupted.done);
                let details = json!({"done": calls(done), "not_done": calls(left)});
                (Some(interrupted_error(interrupted.failure, done.len(), left.len())), details)
            }
        };
        let outcome = trail.record(
            Stage::Outcome,
            error.as_ref(),
            json!({"isError": error.is_some(), "structuredContent": details}),
        );
        match (self.journal.outcome(permit, outcome).await, error) {
            (Ok(proof), None) => Reply::result(details, &proof),
            (Ok(proof), Some(error)) => Reply::error(&error, details, &proof),
            (Err(unavailable), error) => {
                Reply::unrecorded(unavailable, json!({"performed": details, "performed_error": error}))
            }
        }
    }

    /// Records a call that changes nothing, and makes its reply from the proof.
    fn note(
        &self,
        trail: &Trail<'_>,
        stage: Stage,
        error: Option<&ToolError>,
        response: Value,
        reply: impl FnOnce(&crate::audit::Recorded) -> Reply,
    ) -> Reply {
        match self.journal.note(trail.record(stage, error, response)) {
            Ok(proof) => reply(&proof),
            Err(unavailable) => Reply::unrecorded(unavailable, Value::Null),
        }
    }
}

/// Runs a step that changes nothing until the call's deadline.
async fn within<T>(deadline: Instant, step: impl Future<Output = Result<T, ToolError>>) -> Result<T, ToolError> {
    timeout_at(deadline, step).await.unwrap_or_else(|_| {
        Err(ToolError::gateway("CallTimeout", "AWS did not answer in time; nothing was changed")
            .retryable()
            .hint("try again; a list can be asked for in smaller pages with max_items"))
    })
}

/// A role that could not be assumed, with what its owner can do.
fn not_assumed(failure: crate::iam::AwsFailure) -> ToolError {
    let denied = failure.code == "AccessDenied";
    let mut error = ToolError::from(failure);
    if denied {
        error.hint = Some(
            "the role's trust policy must let the gateway's role do sts:AssumeRole, sts:TagSession and \
             sts:SetSourceIdentity, with the external id of the role mapping if it has one"
                .to_owned(),
        );
    }
    error
}

fn panicked(after_intent: bool) -> ToolError {
    let message = if after_intent {
        "the gateway made a mistake while the change was being made: its outcome is unknown"
    } else {
        "the gateway made a mistake; nothing was changed"
    };
    ToolError::gateway("InternalFailure", message).hint("tell the gateway's operators the request id of this call")
}

fn lost() -> ToolError {
    ToolError::gateway(
        "OutcomeUnknown",
        "the call was begun and its end was not seen: look for the session's events in CloudTrail",
    )
}

fn not_forwarded() -> ToolError {
    ToolError::gateway("NotForwarded", "the intent became durable too late; nothing was forwarded to AWS")
}

/// The error of a plan that stopped.
fn interrupted_error(failure: crate::iam::AwsFailure, done: usize, left: usize) -> ToolError {
    let unknown = failure.sent == crate::iam::Sent::Unknown;
    let mut error = ToolError::from(failure);
    if unknown {
        error.message = format!("{} (the request was sent, so AWS may have acted on it)", error.message);
        error.hint = Some("look at the entity before you try again".to_owned());
        // Sending a change again after an unknown outcome is for somebody who has looked.
        error.retryable = false;
    }
    if done > 0 {
        error.message = format!("{}; {done} of {} steps were done before", error.message, done + left);
        error.hint.get_or_insert_with(|| "call again to continue with what is left".to_owned());
    }
    error
}

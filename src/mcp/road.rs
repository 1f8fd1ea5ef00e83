//! The one road that every tools/call takes, and every read of a resource and completion, which are calls of tools.
//!
//! `Road::travel` reads as design's list: context, tool, authorize, broker, look up, plan, authorize again, confirm, intent,
//! apply, outcome. Each step takes the value that the step before it made, and those values have no other makers: the
//! broker takes an [`Authorized`], the writer borrows a [`crate::audit::Permit`], a [`Reply`] takes the journal's proof. A
//! step that is left out does not compile. What only writes need is in `road/write.rs`, `road/confirm.rs` and `road/apply.rs`.

mod apply;
mod approvers;
mod confirm;
mod ending;
pub(super) mod failures;
mod look_up;
mod until;
mod write;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use serde_json::{Value, json};
use tokio::time::Instant;

pub use self::until::Deadlines;
use self::until::Until;
use super::confirm::Confirmer;
use super::decisions::Decisions;
use super::incoming::{Incoming, Step};
use super::limits::Limits;
use super::reply::Reply;
use super::trail::{Stationery, Trail};
use crate::arn::RoleArn;
use crate::audit::{AuditUnavailable, Journal, JournalState, Recorded, RequestLog, Stage, UnavailableReason};
use crate::authn::Caller;
use crate::authn::keyring::Keyring;
use crate::authn::replay::ReplayTable;
use crate::authorize::{Authorized, Authorizer, Judged, Settled, map};
use crate::broker::{Broker, Purpose, Session};
use crate::config::{Config, NewSecrets, UnrecordedReads};
use crate::context::Origin;
use crate::current::Current;
use crate::iam::endpoint::Endpoint;
use crate::iam::{Account, ClientFactory, DeclaredCall, LookUps, Meter, Reader, RecentWrites};
use crate::tools::catalogue::Catalogue;
use crate::tools::{CallFacts, Declared, LocalTool, ReadTool, ToolError, Work, look_up};

/// What stage one judges by: replaced whole when the configuration is reloaded.
#[derive(Debug)]
pub struct InForce {
    /// The configuration.
    pub config: Config,
    /// Its judge.
    pub authorizer: Authorizer,
}

impl InForce {
    /// Whether the configuration and its policies are the same.
    #[must_use]
    pub fn is_as(&self, other: &Self) -> bool {
        self.config.digest == other.config.digest
            && self.authorizer.documents().digest == other.authorizer.documents().digest
    }

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
    /// How much callers may have changed.
    pub limits: Arc<Limits>,
    /// Signatures of writes that were seen.
    pub replay: ReplayTable,
    /// Gives sessions.
    pub broker: Broker,
    /// Makes the IAM client of each call.
    pub clients: ClientFactory,
    /// What was created moments ago.
    pub recent: Arc<RecentWrites>,
    /// What AWS told of entities moments ago.
    pub look_ups: LookUps,
    /// What stage one decided, counted.
    pub decisions: Decisions,
    /// Confirmation tokens.
    pub confirmer: Confirmer,
    /// The keys in force: an approval counts as long as the key that gave it.
    pub keyring: Arc<Keyring>,
    /// The audit journal.
    pub journal: Journal,
    /// Time and identifiers for records.
    pub stationery: Stationery,
    /// Where IAM is, when it is not AWS's own.
    pub iam_url: Option<String>,
    /// Where IAM Access Analyzer is, when it may be asked.
    pub access_analyzer: Option<Endpoint>,
    /// Whether CloudTrail may be asked.
    pub has_cloudtrail: bool,
    /// Where CloudTrail is, when it is not AWS's own.
    pub cloudtrail_url: Option<String>,
    /// What this replica's records say of requests to AWS.
    pub requests: Arc<RequestLog>,
    /// Where Secrets Manager is, when it is not AWS's own.
    pub secrets_manager_url: Option<String>,
    /// How long calls may take.
    pub deadlines: Deadlines,
}

/// A caller's session for this call, with the IAM endpoint and the account it is for.
struct Brokered {
    read: Arc<Session>,
    write: Option<Arc<Session>>,
    endpoint: Endpoint,
    /// The Secrets Manager that new secrets are stored in, where they are.
    secrets_manager: Option<Endpoint>,
    account: Account,
    caller: Arc<Caller>,
    /// The role of the session: what AWS told one is not believed of another.
    role: RoleArn,
}

impl Road {
    /// Takes one call from its arrival to its reply. Whatever becomes of it, exactly one record says so (a write that
    /// was forwarded has two, its intent and its outcome).
    ///
    /// The caller of this function runs it to its end in a task of its own: a client that hangs up stops nothing.
    pub async fn call(&self, incoming: Incoming) -> Reply {
        let in_force = self.in_force.get();
        let mut trail = Trail::begin(self.stationery.clone(), &in_force, &incoming);
        let travelled = AssertUnwindSafe(self.travel(&in_force, &incoming, &mut trail)).catch_unwind().await;
        self.decisions.count(trail.decision.as_ref());
        let (error, stage) = match travelled {
            Ok(Ok(reply)) => return reply,
            Ok(Err(error)) => (error, Stage::Denied),
            // A permit that was dropped by the panic has written its outcome as unknown.
            Err(_) => (failures::panicked(trail.intent.is_some()), Stage::Panic),
        };
        self.note(&trail, stage, Some(&error), Value::Null, |proof| Reply::error(&error, Value::Null, proof)).await
    }

    /// The road itself. An error is a refusal, or a failure before anything was changed.
    async fn travel<'call>(
        &self,
        in_force: &'call InForce,
        incoming: &'call Incoming,
        trail: &mut Trail<'call>,
    ) -> Result<Reply, ToolError> {
        let began = Instant::now();
        let tool = incoming.find_tool(self.catalogue);
        trail.spec = tool.as_ref().ok().map(|tool| tool.spec);
        let facts = self.context(in_force, incoming, trail)?;
        let tool = tool?;
        crate::authorize::access::check(tool.spec, &facts)?;
        let declared = look_up(tool, &incoming.arguments, facts)?;
        trail.effect = Some(declared.effect());
        let authorized = in_force.authorizer.judge(declared).map_err(|refused| trail.refuse(refused))?;
        trail.decision = Some(authorized.decision().clone());
        let usual = began + self.deadlines.of(tool.spec);
        let until = |changes| {
            ending::deadline(usual, incoming.last_moment, changes).map(|moment| Until::at(moment, tool.spec.scans))
        };
        match tool.work {
            Work::Local(work) => Ok(self.answer_locally(work, &authorized, trail).await),
            Work::Read(work) => self.read(work, in_force, incoming, &authorized, until(false)?, trail).await,
            Work::Write(work) => self.write(work, in_force, incoming, &authorized, until(true)?, trail).await,
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
        let origin = Origin {
            source_ip: incoming.source_ip,
            secure: incoming.secure,
            at: self.stationery.clock.now(),
            user_agent: incoming.user_agent.clone(),
            client: incoming.client.clone(),
        };
        let gateway = &in_force.config.gateway.name;
        let narrowing = incoming.verified.narrowing();
        let facts = CallFacts::of(&mapped, caller, narrowing, gateway, origin, in_force.is_read_only())
            .with_new_secrets(&in_force.config.tools.new_secrets)
            .with_thresholds(in_force.config.identities)
            .with_requests(&self.requests)
            .with_authorizer(&in_force.authorizer);
        trail.mapped = Some(mapped);
        trail.stamp = Some(facts.stamp.clone());
        Ok(facts)
    }

    async fn answer_locally(&self, work: &dyn LocalTool, call: &Authorized<Declared>, trail: &Trail<'_>) -> Reply {
        let answer = work.answer(call.get().call());
        self.note(trail, Stage::Read, None, Value::Null, |proof| Reply::result(answer, proof)).await
    }

    async fn read(
        &self,
        work: &dyn ReadTool,
        in_force: &InForce,
        incoming: &Incoming,
        call: &Authorized<Declared>,
        until: Until<'_>,
        trail: &mut Trail<'_>,
    ) -> Result<Reply, ToolError> {
        self.check_recordable(false)?;
        let until = until.or(&incoming.stop);
        let brokered = self.broker(call, until, trail).await?;
        let settled = self.settle(in_force, call, &brokered, until, trail).await?;
        let mut reader = self.reader(&brokered, &settled, trail);
        if let Some(progress) = incoming.progress.clone() {
            reader = reader.telling(move |done, total, message| {
                // A client that no longer listens changes nothing.
                let _gone = progress.send(Step { done, total, message });
            });
        }
        let answer = until.within(work.answer(call.get().call(), &reader)).await;
        Ok(match answer {
            Ok(answer) => {
                let kind = json!({"isError": false, "count": answer.get("Count")});
                self.note(trail, Stage::Read, None, kind, |proof| Reply::result(answer, proof)).await
            }
            Err(error) => {
                let kind = json!({"isError": true});
                self.note(trail, Stage::Read, Some(&error), kind, |proof| Reply::error(&error, Value::Null, proof))
                    .await
            }
        })
    }

    /// The caller's sessions: the one that reads, and for a write the one that writes, side by side.
    async fn broker(
        &self,
        call: &Authorized<Declared>,
        until: Until<'_>,
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
        let (read, write) = until.within(async { assumed.await.map_err(failures::not_assumed) }).await?;
        trail.sessions.push((Purpose::Read, Arc::clone(&read)));
        trail.sessions.extend(write.iter().map(|session| (Purpose::Write, Arc::clone(session))));
        let account = call.get().facts().account.clone();
        let role = call.get().facts().mapping.role_arn.clone();
        let secrets_manager = match &call.get().facts().new_secrets {
            NewSecrets::SecretsManager(store) => {
                Some(Endpoint::regional(store.region.as_str(), self.secrets_manager_url.clone()))
            }
            NewSecrets::Refuse | NewSecrets::Reveal => None,
        };
        let endpoint = Endpoint::iam(account.partition, self.iam_url.clone());
        let caller = Arc::clone(&call.get().facts().caller);
        Ok(Brokered { read, write, endpoint, secrets_manager, account, caller, role })
    }

    /// What the tool reads with: only once all its reads are allowed for certain.
    fn reader(&self, brokered: &Brokered, settled: &Settled, trail: &mut Trail<'_>) -> Reader {
        self.metered_reader(brokered, settled.reads().to_vec(), trail)
    }

    fn metered_reader(&self, brokered: &Brokered, declared: Vec<DeclaredCall>, trail: &mut Trail<'_>) -> Reader {
        let asks = |service: &str| declared.iter().any(|call| call.action.as_str().starts_with(service));
        let (asks_access_analyzer, asks_cloudtrail) = (asks("access-analyzer:"), asks("cloudtrail:"));
        let meter = Meter::of_caller(&brokered.caller, brokered.account.clone(), declared);
        trail.meters.push(Arc::clone(&meter));
        let (credentials, recent) = (&brokered.read.credentials, Arc::clone(&self.recent));
        let mut reader =
            Reader::new(&self.clients, &brokered.endpoint, credentials.clone(), Arc::clone(&meter), recent)
                .with_clock(Arc::clone(&self.stationery.clock));
        if let Some(endpoint) = self.access_analyzer.as_ref().filter(|_| asks_access_analyzer) {
            reader = reader.with_access_analyzer(&self.clients, endpoint, credentials.clone(), Arc::clone(&meter));
        }
        if self.has_cloudtrail && asks_cloudtrail {
            // IAM's events are where the partition's global services are.
            let endpoint = Endpoint { url: self.cloudtrail_url.clone(), ..brokered.endpoint.clone() };
            reader = reader.with_cloudtrail(&self.clients, &endpoint, credentials.clone(), meter);
        }
        reader
    }

    /// Records a call that could not be read as one, and refuses it.
    pub async fn refuse(&self, incoming: &Incoming, error: &ToolError) -> Reply {
        let in_force = self.in_force.get();
        let mut trail = Trail::begin(self.stationery.clone(), &in_force, incoming);
        trail.spec = self.catalogue.find(&incoming.tool).map(|tool| tool.spec);
        self.note(&trail, Stage::Denied, Some(error), Value::Null, |proof| Reply::error(error, Value::Null, proof))
            .await
    }

    /// Records a call that changes nothing, and makes its reply from the proof.
    async fn note(
        &self,
        trail: &Trail<'_>,
        stage: Stage,
        error: Option<&ToolError>,
        response: Value,
        reply: impl FnOnce(&Recorded) -> Reply,
    ) -> Reply {
        let record = trail.record(stage, error, response);
        let audit = &self.in_force.get().config.audit;
        let taken = match stage {
            Stage::Read if audit.strict_reads => self.journal.note_durably(record).await,
            _ => self.journal.note(record),
        };
        let taken = match taken {
            Err(refused) if stage == Stage::Read && audit.unrecorded_reads == UnrecordedReads::Serve => {
                self.journal.serve_unrecorded().map_err(|_| refused)
            }
            taken => taken,
        };
        match taken {
            Ok(proof) => reply(&proof),
            Err(unavailable) if stage == Stage::Read => {
                Reply::unrecorded(unavailable, &failures::read_not_recorded(unavailable), Value::Null)
            }
            Err(unavailable) => Reply::unrecorded(unavailable, &failures::not_recordable(unavailable), Value::Null),
        }
    }

    /// Refuses a call whose record could not be had, before AWS is asked anything for it.
    fn check_recordable(&self, writes: bool) -> Result<(), ToolError> {
        let serves = self.in_force.get().config.audit.unrecorded_reads == UnrecordedReads::Serve;
        let reason = match self.journal.state() {
            JournalState::Available => return Ok(()),
            JournalState::Holding { .. } | JournalState::NotRemote { .. } if !writes => return Ok(()),
            JournalState::NotRemote { .. } => UnavailableReason::RemoteFailed,
            JournalState::Holding { .. } => UnavailableReason::Holding,
            JournalState::Unavailable { .. } if !writes && serves => return Ok(()),
            JournalState::Unavailable { .. } => UnavailableReason::DiskFailed,
        };
        Err(failures::not_recordable(AuditUnavailable { reason, held: false }))
    }
}

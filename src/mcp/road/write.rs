//! The part of the road that only writes take, up to the point where something is done.

use serde_json::{Value, json};

use super::confirm::{Answer, Unconfirmed, missing_reason};
use super::until::Until;
use super::{InForce, Road, failures};
use crate::audit::Stage;
use crate::authorize::Authorized;
use crate::mcp::incoming::Incoming;
use crate::mcp::reply::Reply;
use crate::mcp::trail::Trail;
use crate::tools::{Declared, ToolError, WriteTool};

impl Road {
    /// A write: planned with reads only, judged over its real ARNs, and confirmed, before anything is applied.
    pub(super) async fn write(
        &self,
        work: &dyn WriteTool,
        in_force: &InForce,
        incoming: &Incoming,
        call: &Authorized<Declared>,
        until: Until<'_>,
        trail: &mut Trail<'_>,
    ) -> Result<Reply, ToolError> {
        let arguments = &call.get().call().arguments;
        let dry_run = arguments.is_set("dry_run");
        self.check_recordable(!dry_run)?;
        if let Some(error) = missing_reason(call.get()) {
            return Err(error);
        }
        // Held until the reply is made.
        let place = if dry_run { None } else { Some(self.limits.place(incoming.verified.caller())?) };
        if let Some(place) = &place {
            self.replay.admit(&incoming.verified).await.map_err(|refusal| failures::not_admitted(&refusal))?;
            place.count().await?;
        }
        let own = until.within(async { Ok(self.broker.own_identity().await?) }).await?;
        let authorizer = in_force.authorizer.clone().with_own_identity(own);
        let brokered = self.broker(call, until, trail).await?;
        let settled = self.settle(in_force, call, &brokered, until, trail).await?;
        let reader = self.reader(&brokered, &settled, trail);
        let plan = until.within(work.plan(call.get().call(), &reader)).await?;
        let mut known = settled.known().clone();
        let open = authorizer.open_in(call, &plan, &known);
        self.look_up(&brokered, &open, &mut known, until, trail).await?;
        let plan = authorizer.judge_plan(call, plan, &known).map_err(|refused| trail.refuse(refused))?;
        trail.decision = Some(plan.decision().clone());
        let shown = plan.get().shown(&brokered.account);
        trail.planned(plan.get(), &brokered.account);
        if dry_run {
            let body = json!({"status": "dry_run", "plan": shown});
            return Ok(self.note(trail, Stage::DryRun, None, Value::Null, |proof| Reply::result(body, proof)).await);
        }
        // The kill switch may have been thrown while the plan was made, or a deny added. Before a token is used up for it.
        let now = self.in_force.get();
        if now.is_read_only() {
            return Err(failures::switched_to_read_only());
        }
        if !now.is_as(in_force) {
            return Err(failures::changed_meanwhile());
        }
        let unconfirmed = Unconfirmed { in_force, incoming, call: call.get(), shown: &shown };
        let confirmed = match self.confirm(&unconfirmed, plan, trail).await? {
            Answer::Confirmed(confirmed) => *confirmed,
            Answer::Asked(question) => {
                let response = json!({"isError": false, "status": "confirmation_required"});
                return Ok(self
                    .note(trail, Stage::DryRun, None, response, |proof| Reply::result(question, proof))
                    .await);
            }
            Answer::AskPerson(asked) => {
                let response = json!({"isError": false, "status": "input_required"});
                return Ok(self.note(trail, Stage::DryRun, None, response, |proof| Reply::ask(asked, proof)).await);
            }
        };
        Ok(self.apply(work, &brokered, confirmed, incoming, trail).await)
    }
}

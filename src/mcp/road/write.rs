//! The part of the road that only writes take, up to the point where something is done.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{InForce, Road, failures, within};
use crate::audit::Stage;
use crate::authorize::{Authorized, Judged};
use crate::config::Confirmation;
use crate::mcp::confirm::Binding;
use crate::mcp::incoming::Incoming;
use crate::mcp::reply::Reply;
use crate::mcp::trail::Trail;
use crate::tools::{Declared, Plan, ToolError, WriteTool};

/// A plan that was authorized over its real ARNs and confirmed, or that needed no confirmation.
pub(super) struct Confirmed(Authorized<Plan>);

impl Confirmed {
    /// The plan, to be applied.
    pub(super) fn into_plan(self) -> Plan {
        self.0.into_inner()
    }
}

/// Whether a plan may be applied now.
enum Answer {
    /// It may.
    Confirmed(Box<Confirmed>),
    /// First the agent is asked this.
    Asked(Value),
}

impl Road {
    /// A write: planned with reads only, judged over its real ARNs, and confirmed, before anything is applied.
    pub(super) async fn write(
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
        self.check_recordable(!dry_run)?;
        if !dry_run {
            self.replay.admit(&incoming.verified).map_err(|refusal| failures::not_admitted(&refusal))?;
        }
        let own = within(deadline, async { Ok(self.broker.own_identity().await?) }).await?;
        let authorizer = in_force.authorizer.clone().with_own_identity(own);
        let brokered = self.broker(call, deadline, trail).await?;
        let settled = self.settle(in_force, call, &brokered, deadline, trail).await?;
        let reader = self.reader(&brokered, &settled, trail);
        let plan = within(deadline, work.plan(call.get().call(), &reader)).await?;
        let mut known = settled.known().clone();
        let open = authorizer.open_in(call, &plan, &known);
        self.look_up(&brokered, &open, &mut known, deadline, trail).await?;
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
        let confirmed = match self.confirm(call, plan, &shown, trail)? {
            Answer::Confirmed(confirmed) => *confirmed,
            Answer::Asked(question) => {
                let response = json!({"isError": false, "status": "confirmation_required"});
                return Ok(self
                    .note(trail, Stage::DryRun, None, response, |proof| Reply::result(question, proof))
                    .await);
            }
        };
        Ok(self.apply(work, &brokered, confirmed, incoming, trail).await)
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
        if !declared.effect().is_confirmed() || facts.mapping.confirmation == Confirmation::None {
            trail.confirmation = declared.effect().is_confirmed().then_some(Confirmation::None.as_str());
            return Ok(Answer::Confirmed(Box::new(Confirmed(plan))));
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
            return Ok(Answer::Confirmed(Box::new(Confirmed(plan))));
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
}

//! Whether a plan may be applied now, or somebody is asked first.

use serde_json::{Value, json};

use super::approvers::{is_comparable, is_there_another, still_may};
use super::{InForce, Road};
use crate::authorize::{Authorized, Judged};
use crate::config::Confirmation;
use crate::mcp::confirm::elicitation::{self, Asked};
use crate::mcp::confirm::{Binding, Kind, PlanToApprove, Question, Wanted, persons, refusals, wanted};
use crate::mcp::incoming::Incoming;
use crate::mcp::trail::Trail;
use crate::tools::{CallFacts, Declared, Plan, ToolError};

/// The longest question that a form shows, in bytes.
const LONGEST_QUESTION: usize = 64 * 1024;

/// A plan that was authorized over its real ARNs and confirmed, or that needed no confirmation.
pub(super) struct Confirmed(Authorized<Plan>);

impl Confirmed {
    /// The plan, to be applied.
    pub(super) fn into_plan(self) -> Plan {
        self.0.into_inner()
    }
}

/// Whether a plan may be applied now.
pub(super) enum Answer {
    /// It may.
    Confirmed(Box<Confirmed>),
    /// First this is answered to the agent.
    Asked(Value),
    /// First the client asks its person this.
    AskPerson(Asked),
}

/// A call whose plan is made and authorized, and that is not confirmed yet.
pub(super) struct Unconfirmed<'a> {
    pub(super) in_force: &'a InForce,
    pub(super) incoming: &'a Incoming,
    pub(super) call: &'a Declared,
    /// The plan as it is shown.
    pub(super) shown: &'a Value,
}

/// Why a call without a reason is refused, where its role mapping wants one.
pub(super) fn missing_reason(call: &Declared) -> Option<ToolError> {
    let wants = call.facts().mapping.confirming.reason_required && call.effect().is_confirmed();
    let arguments = &call.call().arguments;
    let missing = arguments.text("reason").is_none_or(|reason| reason.trim().is_empty());
    (wants && missing && !arguments.is_set("dry_run")).then(|| refusals::reason_required(call.spec().name))
}

impl Road {
    /// Whether the plan may be applied now.
    pub(super) async fn confirm(
        &self,
        unconfirmed: &Unconfirmed<'_>,
        plan: Authorized<Plan>,
        trail: &mut Trail<'_>,
    ) -> Result<Answer, ToolError> {
        let call = unconfirmed.call;
        let above = unconfirmed.in_force.config.tools.second_person_above;
        let wanted = wanted(call.facts(), call.effect(), plan.get(), above);
        let binding = unconfirmed.binding();
        if wanted.strength != Confirmation::None || call.effect().is_confirmed() {
            trail.confirmation.want(wanted.strength, &binding);
        }
        let asked = match wanted.strength {
            Confirmation::None => {
                trail.confirmation.how = trail.confirmation.wanted.map(Confirmation::as_str);
                None
            }
            Confirmation::Model => self.by_model(unconfirmed, binding, trail).await?,
            Confirmation::Client => self.by_client(unconfirmed, plan.get(), binding, trail).await?,
            Confirmation::SecondPerson => {
                self.by_second_person(unconfirmed, plan.get(), wanted, binding, trail).await?
            }
        };
        Ok(asked.unwrap_or_else(|| Answer::Confirmed(Box::new(Confirmed(plan)))))
    }

    async fn by_model(
        &self,
        unconfirmed: &Unconfirmed<'_>,
        binding: Binding,
        trail: &mut Trail<'_>,
    ) -> Result<Option<Answer>, ToolError> {
        if let Some(token) = unconfirmed.token() {
            let id = self.confirmer.accept(Kind::Model, token, &binding, &unconfirmed.facts().caller).await?;
            trail.confirmation.confirmed(Confirmation::Model, id);
            return Ok(None);
        }
        let issued = self.confirmer.issue(Kind::Model, binding);
        trail.confirmation.asked(issued.id);
        Ok(Some(Answer::Asked(json!({
            "status": "confirmation_required",
            "plan": unconfirmed.shown,
            "confirmation_token": issued.token,
            "expires_at": issued.expires.to_string(),
            "next": "Nothing was done yet. To do what the plan says, call again with the same arguments and this \
                     confirmation_token.",
        }))))
    }

    async fn by_client(
        &self,
        unconfirmed: &Unconfirmed<'_>,
        plan: &Plan,
        binding: Binding,
        trail: &mut Trail<'_>,
    ) -> Result<Option<Answer>, ToolError> {
        if unconfirmed.token().is_some() {
            return Err(refusals::no_token_taken());
        }
        let input = &unconfirmed.incoming.input;
        // Who could not have been asked has no answer to pass on either.
        if !input.can_ask {
            return Err(refusals::elicitation_not_supported());
        }
        let Some(state) = &input.state else {
            let message = unconfirmed.question(plan)?.text();
            if message.len() > LONGEST_QUESTION {
                return Err(refusals::question_too_long());
            }
            let issued = self.confirmer.issue(Kind::Client, binding);
            trail.confirmation.asked(issued.id);
            return Ok(Some(Answer::AskPerson(Asked { message, state: issued.token })));
        };
        match elicitation::answer(&input.responses) {
            elicitation::Answer::Missing => Err(refusals::not_answered()),
            // Used up by a no as well: a client that was told no cannot find a yes for the same question.
            answered => {
                let id = self.confirmer.accept(Kind::Client, state, &binding, &unconfirmed.facts().caller).await?;
                if answered == elicitation::Answer::No {
                    trail.confirmation.how = Some("declined");
                    trail.confirmation.id = Some(id);
                    return Err(refusals::declined());
                }
                trail.confirmation.confirmed(Confirmation::Client, id);
                Ok(None)
            }
        }
    }

    async fn by_second_person(
        &self,
        unconfirmed: &Unconfirmed<'_>,
        plan: &Plan,
        wanted: Wanted,
        binding: Binding,
        trail: &mut Trail<'_>,
    ) -> Result<Option<Answer>, ToolError> {
        let facts = unconfirmed.call.facts();
        let environment = facts.environment.as_str();
        let config = &unconfirmed.in_force.config;
        if !persons::is_known(&facts.caller) {
            return Err(refusals::caller_has_no_person(wanted.because.as_deref()));
        }
        if !is_comparable(config, &self.keyring, &facts.caller) {
            return Err(refusals::person_not_comparable(wanted.because.as_deref()));
        }
        let now = self.stationery.clock.now();
        if let Some(token) = unconfirmed.token() {
            let still_may = |approver: &_| still_may(config, &self.keyring, environment, approver, now);
            let approved = self.confirmer.accept_approval(token, &binding, &facts.caller, still_may).await?;
            trail.confirmation.approved(approved);
            return Ok(None);
        }
        if !is_there_another(config, &self.keyring, environment, &facts.caller, now) {
            return Err(refusals::no_approver(environment, wanted.because.as_deref()));
        }
        let because = wanted.because.as_deref().map(|because| format!(" ({because})")).unwrap_or_default();
        let next = format!(
            "Nothing was done yet. This wants the approval of a second person{because}: somebody else, who may approve in \
             {environment}, runs `iam-mcp-gateway approve --url URL_OF_THIS_GATEWAY/mcp/{environment} PLAN_TOKEN` and gives \
             back the approval_token that it prints. Then call again with the same arguments and that approval_token as \
             confirmation_token. You cannot approve it yourself."
        );
        let waiting = PlanToApprove {
            question: unconfirmed.question(plan)?,
            caller: (*facts.caller).clone(),
            mapping: facts.mapping.id.clone(),
            role: facts.mapping.role_arn.to_string(),
            reason: unconfirmed.call.call().arguments.text("reason").map(ToOwned::to_owned),
            because: wanted.because,
            request_id: unconfirmed.incoming.request_id.clone(),
        };
        let issued = self.confirmer.issue_plan(binding, waiting)?;
        trail.confirmation.asked(issued.id);
        Ok(Some(Answer::Asked(json!({
            "status": "confirmation_required",
            "plan": unconfirmed.shown,
            "plan_token": issued.token,
            "expires_at": issued.expires.to_string(),
            "next": next,
        }))))
    }
}

impl Unconfirmed<'_> {
    fn facts(&self) -> &CallFacts {
        self.call.facts()
    }

    /// The token that was passed back, if any.
    fn token(&self) -> Option<&str> {
        self.call.call().arguments.text("confirmation_token")
    }

    /// Everything that the plan was made for.
    fn binding(&self) -> Binding {
        let arguments = self.call.call().arguments.without(&["confirmation_token", "confirmed", "dry_run"]);
        bound_to(self.facts(), self.call.spec().name, &json!(arguments), self.shown)
    }

    /// What a person is asked.
    ///
    /// # Errors
    /// `PlanTooLarge` when a person could not be shown all of it.
    fn question(&self, plan: &Plan) -> Result<Question, ToolError> {
        let facts = self.facts();
        let question = Question::of(self.call.spec(), &facts.environment, &facts.account, plan);
        match question.is_whole() {
            true => Ok(question),
            false => Err(refusals::plan_not_listed(question.gained_more)),
        }
    }
}

fn bound_to(facts: &CallFacts, tool: &str, arguments: &Value, plan: &Value) -> Binding {
    Binding::of(&json!({
        "caller": facts.caller,
        "environment": facts.environment,
        "roleMapping": facts.mapping.id,
        "roleArn": facts.mapping.role_arn.to_string(),
        "tool": tool,
        "arguments": arguments,
        "plan": plan,
    }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::authn::Caller;
    use crate::tools::testing::facts;

    #[test]
    fn a_token_is_for_one_caller_environment_role_tool_arguments_and_plan() {
        let own = facts("alice");
        let elsewhere = CallFacts { environment: "elsewhere".into(), ..own.clone() };
        let mut mapping = (*own.mapping).clone();
        mapping.role_arn = "arn:aws:iam::123456789012:role/another".parse().expect("a role's ARN");
        let as_another = CallFacts { mapping: Arc::new(mapping), ..own.clone() };
        let person = Caller { person: Some("eve@example.com".into()), ..(*own.caller).clone() };
        let of_another = CallFacts { caller: Arc::new(person), ..own.clone() };
        let (arguments, plan) = (json!({"user_name": "bob"}), json!({"calls": []}));
        let binding = |facts: &CallFacts| bound_to(facts, "delete_user", &arguments, &plan);
        assert_eq!(binding(&own), binding(&facts("alice")));
        for (other, what) in [
            (binding(&elsewhere), "environment"),
            (binding(&as_another), "role"),
            (binding(&of_another), "caller"),
            (bound_to(&own, "tag_user", &arguments, &plan), "tool"),
            (bound_to(&own, "delete_user", &json!({"user_name": "eve"}), &plan), "arguments"),
            (bound_to(&own, "delete_user", &arguments, &json!({"calls": [1]})), "plan"),
        ] {
            assert_ne!(other, binding(&own), "{what}");
        }
    }
}

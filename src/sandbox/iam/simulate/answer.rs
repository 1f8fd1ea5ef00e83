//! What a simulation answers, in pages of actions.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html>

use super::super::Answer;
use super::decide::{Outcome, Simulation, write_matched};
use super::parameters::Parameters;
use super::source::Source;
use crate::sandbox::xml::Xml;

/// The page of results that was asked for: one for each action.
pub(super) fn pages(simulation: &Simulation, parameters: &Parameters<'_>) -> Answer {
    let actions = parameters.actions.iter().copied().enumerate();
    let page = parameters.page.of(actions, |(index, _)| format!("{index:06}"))?;
    Ok(page.write("EvaluationResults", |xml, (_, action)| {
        xml.text("EvalActionName", action);
        match parameters.resources.as_slice() {
            [] | ["*"] => {
                let outcome = simulation.decide(action, "*");
                xml.text("EvalResourceName", "*").text("EvalDecision", outcome.decision);
                outcome.write(xml);
            }
            resources => of_resources(xml, simulation, action, resources),
        }
    }))
}

/// One decision for each resource, and over them the strictest.
fn of_resources(xml: &mut Xml, simulation: &Simulation, action: &str, resources: &[&str]) {
    let outcomes: Vec<(&str, Outcome<'_>)> =
        resources.iter().map(|resource| (*resource, simulation.decide(action, resource))).collect();
    let strictness =
        |decision: &str| ["allowed", "implicitDeny", "explicitDeny"].iter().position(|one| *one == decision);
    let strictest = outcomes.iter().map(|(_, outcome)| outcome.decision).max_by_key(|decision| strictness(decision));
    let strictest = strictest.unwrap_or("implicitDeny");
    let mut matched = Vec::new();
    for (_, outcome) in outcomes.iter().filter(|(_, outcome)| outcome.decision == strictest) {
        for statement in &outcome.matched {
            let same = |other: &(&Source, usize)| other.1 == statement.1 && std::ptr::eq(other.0, statement.0);
            if !matched.iter().any(same) {
                matched.push(*statement);
            }
        }
    }
    let missing = outcomes.first().map(|(_, outcome)| outcome.missing).unwrap_or_default();
    let boundaries: Vec<bool> = outcomes.iter().filter_map(|(_, outcome)| outcome.by_boundary).collect();
    xml.text("EvalResourceName", "*").text("EvalDecision", strictest);
    write_matched(xml, &matched);
    xml.texts("MissingContextValues", missing.iter().map(String::as_str));
    if !boundaries.is_empty() {
        xml.element("PermissionsBoundaryDecisionDetail", |xml| {
            xml.value("AllowedByPermissionsBoundary", boundaries.iter().all(|allowed| *allowed));
        });
    }
    xml.list("ResourceSpecificResults", &outcomes, |xml, (resource, outcome)| {
        xml.text("EvalResourceName", resource).text("EvalResourceDecision", outcome.decision);
        outcome.write(xml);
        // There, and empty, within an account.
        xml.element("EvalDecisionDetails", |xml| {
            for (kind, decision) in outcome.details.iter().flatten() {
                xml.element("entry", |xml| {
                    xml.text("key", kind).text("value", decision);
                });
            }
        });
    });
}

//! An explanation as lines to read.

use crate::cli::out;
use crate::policy::{
    ConditionExplanation, Decided, Explanation, LayerExplanation, NotApplying, Outcome, StatementExplanation,
};
use crate::policy_cases::DocumentFaults;
use crate::tools::text::visible;

/// The outcome in its colour, with the layer that it comes from.
pub(super) fn outcome(explanation: &Explanation) -> String {
    let style = match explanation.outcome {
        Outcome::Allowed => out::GOOD,
        Outcome::ExplicitDeny | Outcome::ImplicitDeny => out::BAD,
    };
    let word = out::styled(style, explanation.outcome.as_str());
    match (explanation.outcome, explanation.because_of) {
        (Outcome::ExplicitDeny, Some(layer)) => format!("{word}: a statement of layer {layer} denies it"),
        (Outcome::ImplicitDeny, Some(layer)) => format!("{word}: no statement of layer {layer} allows it"),
        _ => word,
    }
}

/// The reasons, a line for each layer and statement.
pub(super) fn reasons(explanation: &Explanation) -> Vec<String> {
    let mut lines: Vec<String> = explanation.layers.iter().flat_map(layer).collect();
    if !explanation.missing_keys.is_empty() {
        let keys: Vec<_> = explanation.missing_keys.iter().map(|key| visible(key)).collect();
        lines.push(format!("{} {}", out::styled(out::CAUTION, "asked for, but not in the request:"), keys.join(", ")));
    }
    lines
}

/// What is wrong with a policy, a line for each fault.
pub(super) fn faults(document: &DocumentFaults) -> Vec<String> {
    let policy = visible(&document.policy);
    let faults = document.faults.faults.iter().map(|fault| format!("{policy}: {}", visible(&fault.to_string())));
    let more = (document.faults.more > 0).then(|| format!("{policy}: and {} more", document.faults.more));
    faults.chain(more).collect()
}

fn layer(layer: &LayerExplanation) -> Vec<String> {
    let style = match layer.decided {
        Decided::Allow => out::GOOD,
        Decided::ExplicitDeny => out::BAD,
        Decided::NoMatch => out::CAUTION,
    };
    let of = match layer.policies {
        0 => "; it has no policy".to_owned(),
        1 => String::new(),
        count => format!("; it has {count} policies"),
    };
    let mut lines = vec![format!("{} {}{of}", layer.layer, out::styled(style, layer.decided.as_str()))];
    lines.extend(layer.deciding.iter().flat_map(|statement| lines_of(statement, "by")));
    lines.extend(layer.others.iter().flat_map(|statement| lines_of(statement, "not")));
    if layer.more > 0 {
        lines.push(out::styled(out::FAINT, &format!("  and {} more statement(s)", layer.more)));
    }
    lines
}

fn lines_of(statement: &StatementExplanation, how: &str) -> Vec<String> {
    let place = place(statement);
    match &statement.why_not {
        None if how == "by" => {
            let head = format!("  by {}", out::styled(out::STRONG, &place));
            let conditions = statement.conditions.iter().map(|condition| format!("     {}", compared(condition)));
            std::iter::once(head).chain(conditions).collect()
        }
        None => vec![out::styled(out::FAINT, &format!("  also {place}"))],
        Some(NotApplying::Condition(condition)) => vec![format!("  not {place}: {}", compared(condition))],
        Some(reason) => vec![out::styled(out::FAINT, &format!("  not {place}: {}", because(reason)))],
    }
}

fn place(statement: &StatementExplanation) -> String {
    let sid = statement.sid.as_ref().map_or_else(String::new, |sid| format!(" {}", visible(sid)));
    format!("{} {} statement {}{sid}", statement.effect, visible(&statement.policy), statement.statement)
}

fn because(reason: &NotApplying) -> &'static str {
    match reason {
        NotApplying::Action => "it is about other actions",
        NotApplying::Principal => "it is about other principals",
        NotApplying::Resource => "it is about other resources",
        NotApplying::Condition(_) => "a condition does not hold",
        NotApplying::TooDear => "comparing it would take too long, so it allows nothing",
    }
}

fn compared(condition: &ConditionExplanation) -> String {
    let ConditionExplanation { operator, key, policy_values, request_values } = condition;
    let has = match request_values.as_slice() {
        [] => "does not have it".to_owned(),
        values => format!("has {}", list(values)),
    };
    format!("{operator} {} {}; the request {has}", visible(key), list(policy_values))
}

fn list(values: &[String]) -> String {
    /// More are counted: nobody reads them, and some lists are long.
    const SHOWN: usize = 12;
    let shown: Vec<String> = values.iter().take(SHOWN).map(|value| format!("\"{}\"", visible(value))).collect();
    let more = values.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

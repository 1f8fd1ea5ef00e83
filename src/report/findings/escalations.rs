//! Ways to administrator.

use std::fmt::Write as _;

use super::{Fact, Finding, Subject};
use crate::posture::findings::Severity;
use crate::report::{Escalating, Route};

/// How many principals the evidence names.
const NAMED: usize = 20;

pub(super) fn find(escalating: &Escalating) -> Vec<Finding> {
    escalating.routes.iter().filter_map(of_route).collect()
}

fn of_route(route: &Route) -> Option<Finding> {
    let first = route.principals.first()?;
    let severity = if route.conditional { Severity::High } else { Severity::Critical };
    let how: Vec<&str> = route.steps.iter().map(|step| step.how).collect();
    let mut what = match route.count {
        1 => "it can get to administrator: ".to_owned(),
        count => format!("it and {} more can get to administrator in the same way: ", count - 1),
    };
    what.push_str(&how.join(", then "));
    if route.conditional {
        what.push_str("; as far as conditions allow that nobody can know beforehand");
    }
    let mut finding = Finding::new(severity, "ReachesAdministrator", subject(first), what);
    finding.about = route.principals.iter().map(|arn| Box::from(&**arn)).collect();
    let names = route.principals.iter().take(NAMED).map(|arn| Fact::new("who", &**arn));
    let more = route.count.saturating_sub(NAMED);
    let more = (more > 0).then(|| Fact::new("who", format!("and {more} more")));
    let steps = route.steps.iter().enumerate().map(|(place, step)| {
        let mut text = format!("{}. {} -> {}", place + 1, step.how, step.to);
        for need in &step.needs {
            // Nothing fails to be written to a string.
            let _written = write!(text, "\n   {} on {}, by {}", need.action, need.resource, need.policy);
            if !need.statement.is_null() {
                let _written = write!(text, "\n   {}", need.statement);
            }
        }
        Fact::new("step", text)
    });
    let remedy = "take away a statement that the way needs, or narrow it to what is meant";
    Some(finding.by(names).by(more).by(steps).mended(remedy, route.mend.clone()))
}

fn subject(arn: &str) -> Subject {
    let kind = if arn.contains(":role/") { "role" } else { "user" };
    Subject::new(kind, arn.rsplit('/').next().unwrap_or(arn), arn)
}

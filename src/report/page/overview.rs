//! Charts, and the ways to administrator.

use super::charts::Chart;
use super::graph::{DRAWN, Graph, short};
use super::lists;
use super::markup::Markup;
use crate::posture::escalation::Change;
use crate::posture::findings::Severity;
use crate::posture::standing::Access;
use crate::report::{AGES, LEVELS, ROLE_KINDS, Report, Route};

/// The severities, the worst first, with their words.
pub(super) const SEVERITIES: [(Severity, &str); 4] =
    [(Severity::Critical, "critical"), (Severity::High, "high"), (Severity::Medium, "medium"), (Severity::Low, "low")];

/// How many ways are told below the drawing; report.json has all.
const TOLD: usize = 100;

pub(super) fn charts(page: &mut Markup, report: &Report) {
    page.element("section", &[("aria-labelledby", "overview")], |page| {
        page.said("h2", &[("id", "overview")], "Overview");
        page.literal(
            "<svg class=\"defs\" aria-hidden=\"true\" focusable=\"false\"><defs><pattern id=\"hatch\" width=\"6\" height=\"6\" \
             patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect class=\"hatch-ground\" width=\"6\" \
             height=\"6\"/><line class=\"hatch-line\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\"/></pattern></defs></svg>",
        );
        page.element("div", &[("class", "charts")], |page| {
            severities(page, report);
            levels(page, report);
            verdicts(page, report);
            kinds(page, report);
            confidences(page, report);
            if report.no_credential_report.is_none() {
                ages(page, report);
            }
        });
    });
}

fn draw(page: &mut Markup, title: &'static str, parts: &[&'static str], bars: &[(&str, Vec<usize>)]) {
    let bars: Vec<(&str, &[usize])> = bars.iter().map(|(label, values)| (*label, values.as_slice())).collect();
    Chart { title, parts, bars: &bars }.draw(page);
}

fn severities(page: &mut Markup, report: &Report) {
    let of = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
    let bars = SEVERITIES.map(|(severity, word)| (word, vec![of(severity)]));
    draw(page, "Findings by severity", &[], &bars);
}

fn levels(page: &mut Markup, report: &Report) {
    let bars = LEVELS.map(|level| {
        let word = if level == Access::PermissionsManagement { "permissions" } else { level.as_str() };
        (word, vec![report.access.users[&level], report.access.roles[&level]])
    });
    draw(page, "The most that each may do", &["users", "roles"], &bars);
}

fn verdicts(page: &mut Markup, report: &Report) {
    let bars = [("people", "human"), ("machines", "nhi"), ("uncertain", "uncertain")]
        .map(|(word, verdict)| (word, vec![report.counts.verdicts[verdict]]));
    draw(page, "Users: people and machines", &[], &bars);
}

fn kinds(page: &mut Markup, report: &Report) {
    let of = |kind: &str| report.counts.role_kinds.get(kind).copied().unwrap_or_default();
    let mut bars: Vec<_> = ROLE_KINDS.iter().map(|kind| (kind.as_str(), vec![of(kind.as_str())])).collect();
    if of("unknown") > 0 {
        bars.push(("unknown", vec![of("unknown")]));
    }
    draw(page, "Roles by whom they are for", &[], &bars);
}

fn confidences(page: &mut Markup, report: &Report) {
    const LABELS: [&str; 11] =
        ["0-9%", "10-19%", "20-29%", "30-39%", "40-49%", "50-59%", "60-69%", "70-79%", "80-89%", "90-99%", "100%"];
    let bars: Vec<_> =
        LABELS.iter().zip(report.counts.confidences).map(|(label, count)| (*label, vec![count])).collect();
    draw(page, "Users by how sure it is that they are machines", &[], &bars);
}

fn ages(page: &mut Markup, report: &Report) {
    let credentials = &report.credentials;
    let keys = credentials.active_keys.0.iter().zip(credentials.inactive_keys.0);
    let mut bars: Vec<_> =
        AGES.iter().zip(keys).map(|(age, (active, inactive))| (*age, vec![*active, inactive])).collect();
    bars.push(("never used", vec![credentials.never_used_keys]));
    draw(page, "Access keys by age in days", &["active", "inactive"], &bars);
}

pub(super) fn escalations(page: &mut Markup, report: &Report) {
    let escalating = &report.escalations;
    page.element("section", &[("aria-labelledby", "escalations")], |page| {
        page.said("h2", &[("id", "escalations")], "Ways to administrator");
        let mut says = format!(
            "{} of {} users and roles are administrators; {} more can become one, in {} ways.",
            escalating.administrators,
            escalating.principals,
            escalating.reaching,
            escalating.routes.len()
        );
        if escalating.unreadable > 0 {
            says.push_str(&format!(" Of {} some policies cannot be read.", escalating.unreadable));
        }
        page.said("p", &[], &says);
        if escalating.routes.is_empty() {
            return;
        }
        let drawn = escalating.routes.len().min(DRAWN);
        let frame =
            [("class", "graph"), ("tabindex", "0"), ("role", "group"), ("aria-label", "Ways to administrator, drawn")];
        page.element("div", &frame, |page| {
            let says = format!("The {drawn} ways of most principals; the list below says each in words.");
            Graph::of(escalating).draw(page, &says);
        });
        page.said(
            "p",
            &[("class", "legend")],
            "Dashed: as far as conditions allow that nobody can know beforehand. +3: three others have the same way.",
        );
        changes(page, &escalating.best_changes);
        page.said("h3", &[], "Each way");
        escalating.routes.iter().take(TOLD).for_each(|route| way(page, route));
        if escalating.routes.len() > TOLD {
            page.said("p", &[], &format!("{} more ways are in report.json.", escalating.routes.len() - TOLD));
        }
    });
}

fn changes(page: &mut Markup, changes: &[Change]) {
    if changes.is_empty() {
        return;
    }
    page.element("div", &[("class", "scroll")], |page| {
        page.element("table", &[], |page| {
            page.said("caption", &[], "The single changes that would stop most");
            page.literal(
                "<thead><tr><th scope=\"col\">Statement that would go or be narrowed</th><th scope=\"col\">Used for</th><th \
                 scope=\"col\">Stops</th><th scope=\"col\">Left</th></tr></thead>",
            );
            page.element("tbody", &[], |page| changes.iter().for_each(|one| change(page, one)));
        });
    });
}

fn change(page: &mut Markup, change: &Change) {
    page.element("tr", &[], |page| {
        let statement = &change.statement;
        let sid = statement.sid.as_deref().map(|sid| format!(" ({sid})")).unwrap_or_default();
        let place = match change.places.as_slice() {
            [only] => only,
            _ => &*statement.policy,
        };
        let number = statement.statement + 1;
        let more = match (change.place_count, change.of_aws) {
            (_, true) => "; AWS's own: detach it where it is not needed".to_owned(),
            (0 | 1, false) => String::new(),
            (count, false) => format!("; it stands in {count} places, of which each is to be changed"),
        };
        page.said("td", &[("class", "wide")], &format!("{place}, statement {number}{sid}{more}"));
        page.said("td", &[("class", "wide")], &change.actions.join(", "));
        page.said("td", &[("class", "number")], &change.stopped.to_string());
        page.said("td", &[("class", "number")], &change.left.to_string());
    });
}

fn way(page: &mut Markup, route: &Route) {
    let Some(first) = route.principals.first() else { return };
    page.element("details", &[("class", "route")], |page| {
        page.element("summary", &[], |page| {
            let word = if route.conditional { "conditional" } else { "always" };
            page.said("span", &[("class", "severity low")], word);
            let who = match route.count {
                1 => short(first),
                count => format!("{} and {} more", short(first), count - 1),
            };
            page.said("span", &[("class", "who")], &who);
            let how: Vec<&str> = route.steps.iter().map(|step| step.how).collect();
            page.said("span", &[("class", "what")], &how.join(", then "));
        });
        page.element("div", &[("class", "inside")], |page| {
            page.element("dl", &[], |page| {
                page.said("dt", &[], "who");
                let names: Vec<&str> = route.principals.iter().map(|arn| &**arn).collect();
                page.said("dd", &[], &names.join("\n"));
                for step in &route.steps {
                    page.said("dt", &[], "step");
                    page.said("dd", &[], &format!("{} \u{2192} {}", step.how, step.to));
                    for need in &step.needs {
                        page.said("dt", &[], "allowed by");
                        let text = format!("{}: {}\n{}", need.policy, need.action, need.statement);
                        page.said("dd", &[("class", "code")], &text);
                    }
                }
            });
            lists::mend(page, route.mend.as_ref());
        });
    });
}

//! Findings and identities: the first page of each as it is read, and all of it as data.

use serde_json::{Value, json};

use super::PAGE;
use super::markup::Markup;
use super::overview::SEVERITIES;
use crate::report::{Fact, Finding, Identity, Mend, Report};

/// The columns of the table of identities.
const COLUMNS: [&str; 9] =
    ["Name", "Type", "Kind", "Machine?", "May", "Can escalate", "Last used", "Findings", "Because"];

pub(super) fn findings(page: &mut Markup, report: &Report) {
    page.element("section", &[("aria-labelledby", "findings-title")], |page| {
        page.said("h2", &[("id", "findings-title")], "Findings");
        page.literal(
            "<form class=\"controls\"><label>Filter<input id=\"findings-text\" type=\"search\" autocomplete=\"off\" \
             spellcheck=\"false\"></label><label>Severity<select id=\"findings-severity\"><option value=\"\">all</option>\
             <option>critical</option><option>high</option><option>medium</option><option>low</option></select></label>\
             <label>Order<select id=\"findings-order\"><option value=\"severity\">by severity</option><option \
             value=\"subject\">by whom they are about</option></select></label></form>",
        );
        page.element("div", &[("id", "findings-list")], |page| {
            report.findings.iter().take(PAGE).for_each(|one| finding(page, one));
        });
        pager(page, ["findings-before", "findings-next", "findings-said"], report.findings.len());
    });
}

fn finding(page: &mut Markup, finding: &Finding) {
    let severity = SEVERITIES.iter().find(|(severity, _)| *severity == finding.severity).map_or("", |(_, word)| *word);
    page.element("details", &[("class", "finding")], |page| {
        page.element("summary", &[], |page| {
            page.said("span", &[("class", &format!("severity {severity}"))], severity);
            page.said("span", &[("class", "who")], &format!("{} {}", finding.subject.kind, finding.subject.name));
            page.element("span", &[("class", "what")], |page| {
                page.said("b", &[], finding.code);
                page.text(&finding.what);
            });
        });
        page.element("div", &[("class", "inside")], |page| {
            page.said("p", &[], &finding.remedy);
            page.element("dl", &[], |page| {
                fact(page, "ARN", &finding.subject.arn);
                finding.evidence.iter().for_each(|Fact { name, value }| fact(page, name, value));
            });
            mend(page, finding.mend.as_ref());
        });
    });
}

fn fact(page: &mut Markup, name: &str, value: &str) {
    page.said("dt", &[], name);
    page.said("dd", if value.contains('\n') { &[("class", "code")] } else { &[] }, value);
}

/// The call that would mend something.
pub(super) fn mend(page: &mut Markup, mend: Option<&Mend>) {
    let Some(Mend { tool, arguments, note }) = mend else {
        page.said("p", &[], "No tool can mend it.");
        return;
    };
    page.said("p", &[], &format!("The call that would mend it ({note}):"));
    let call = json!({"tool": tool, "arguments": arguments});
    let call = serde_json::to_string_pretty(&call).expect("JSON is written as JSON");
    page.said("pre", &[("tabindex", "0")], &call);
}

pub(super) fn identities(page: &mut Markup, report: &Report) {
    page.element("section", &[("aria-labelledby", "identities-title")], |page| {
        page.said("h2", &[("id", "identities-title")], "Identities");
        page.literal(
            "<form class=\"controls\"><label>Filter<input id=\"identities-text\" type=\"search\" autocomplete=\"off\" \
             spellcheck=\"false\"></label><label>Show<select id=\"identities-type\"><option value=\"\">all</option><option \
             value=\"user\">users</option><option value=\"role\">roles</option><option value=\"human\">people</option><option \
             value=\"nhi\">machine users</option><option value=\"uncertain\">uncertain users</option></select></label></form>",
        );
        page.element("div", &[("class", "scroll")], |page| {
            page.element("table", &[], |page| {
                page.element("thead", &[("id", "identities-head")], |page| {
                    page.element("tr", &[], |page| {
                        for (place, column) in COLUMNS.iter().enumerate() {
                            page.element("th", &[("scope", "col")], |page| {
                                let place = place.to_string();
                                page.said("button", &[("type", "button"), ("data-column", &place)], column);
                            });
                        }
                    });
                });
                page.element("tbody", &[("id", "identities-list")], |page| {
                    in_order(report).into_iter().take(PAGE).for_each(|one| identity(page, one));
                });
            });
        });
        pager(page, ["identities-before", "identities-next", "identities-said"], report.identities.len());
    });
}

/// Those who may do most, and of these those whom most findings are about, first.
fn in_order(report: &Report) -> Vec<&Identity> {
    let mut all: Vec<&Identity> = report.identities.iter().collect();
    all.sort_by_key(|one| std::cmp::Reverse((one.access, one.escalates, one.findings.len())));
    all
}

fn identity(page: &mut Markup, identity: &Identity) {
    page.element("tr", &[], |page| {
        for (column, value) in COLUMNS.iter().zip(cells(identity)) {
            let text = match &value {
                Value::String(text) => text.clone(),
                Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
                Value::Array(all) => all.len().to_string(),
                other => other.to_string(),
            };
            match *column {
                "Name" => page.element("th", &[("scope", "row")], |page| {
                    let whose = [("type", "button"), ("data-name", &*text), ("data-type", identity.r#type)];
                    page.said("button", &whose, &text);
                }),
                "Machine?" => page.said("td", &[("class", "number")], &format!("{text}%")),
                "Findings" => page.said("td", &[("class", "number")], &text),
                "Because" => page.said("td", &[("class", "because")], &text),
                _ => page.said("td", &[], &text),
            }
        }
    });
}

/// What stands in the columns.
fn cells(identity: &Identity) -> [Value; 9] {
    let last_used = identity.last_used.map_or_else(|| "-".to_owned(), |used| used.to_string()[..10].to_owned());
    [
        json!(identity.name),
        json!(identity.r#type),
        json!(identity.kind),
        json!(identity.confidence),
        json!(identity.access),
        json!(identity.escalates),
        json!(last_used),
        json!(identity.findings),
        json!(identity.because.join("; ")),
    ]
}

fn pager(page: &mut Markup, [before, next, said]: [&str; 3], length: usize) {
    page.element("div", &[("class", "pager")], |page| {
        page.said("button", &[("type", "button"), ("id", before), ("disabled", "")], "Before");
        let button: &[(&str, &str)] = &[("type", "button"), ("id", next)];
        let disabled: &[(&str, &str)] = &[("type", "button"), ("id", next), ("disabled", "")];
        page.said("button", if length > PAGE { button } else { disabled }, "Next");
        let shown = match length {
            0 => "there is nothing".to_owned(),
            length => format!("1 to {} of {length}", length.min(PAGE)),
        };
        page.said("p", &[("id", said), ("role", "status")], &shown);
    });
}

/// All of both lists, as the script reads them.
pub(super) fn data(page: &mut Markup, report: &Report) {
    page.data("findings", &report.findings);
    page.data("identities", &in_order(report).into_iter().map(cells).collect::<Vec<_>>());
}

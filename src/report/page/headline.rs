//! What it is a report of, and the few numbers that matter.

use super::markup::Markup;
use crate::posture::findings::Severity;
use crate::report::Report;

pub(super) fn write(page: &mut Markup, report: &Report) {
    page.element("header", &[], |page| {
        page.element("div", &[("class", "wrap")], |page| {
            page.said("h1", &[], &format!("IAM in account {}", report.account));
            let meta = format!("as it was at {:.0}, partition {}", report.taken, report.partition);
            page.said("p", &[("class", "meta")], &meta);
            page.literal(
                "<nav aria-label=\"Sections\"><ul><li><a href=\"#overview\">Overview</a></li><li><a href=\"#escalations\">Ways \
                 to administrator</a></li><li><a href=\"#findings-title\">Findings</a></li><li><a \
                 href=\"#identities-title\">Identities</a></li></ul></nav>",
            );
        });
    });
}

/// A number, what it is of, and what is to be known beside.
struct Tile {
    of: &'static str,
    number: usize,
    beside: String,
    bad: bool,
}

pub(super) fn numbers(page: &mut Markup, report: &Report) {
    page.element("dl", &[("class", "tiles")], |page| {
        for Tile { of, number, beside, bad } in tiles(report) {
            let class = if bad { "tile bad" } else { "tile" };
            page.element("div", &[("class", class)], |page| {
                page.said("dt", &[], of);
                page.element("dd", &[], |page| {
                    page.said("b", &[], &number.to_string());
                    page.said("small", &[], &beside);
                });
            });
        }
    });
    if let Some(why) = &report.no_credential_report {
        page.element("p", &[("class", "note"), ("role", "note")], |page| {
            page.text("Nothing is known of passwords, access keys and MFA, and less of who is a person: ");
            page.text(why);
        });
    }
}

fn tiles(report: &Report) -> Vec<Tile> {
    let of = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
    let (critical, high) = (of(Severity::Critical), of(Severity::High));
    let (counts, keys, escalations) = (&report.counts, &report.credentials, &report.escalations);
    let mut tiles = vec![
        Tile {
            of: "critical findings",
            number: critical,
            beside: format!("{high} high, {} in all", report.findings.len()),
            bad: critical > 0,
        },
        Tile {
            of: "can become administrator",
            number: escalations.reaching,
            beside: format!("and {} are", escalations.administrators),
            bad: escalations.reaching > 0,
        },
        Tile {
            of: "users",
            number: counts.users,
            beside: format!("{} people, {} machines", counts.verdicts["human"], counts.verdicts["nhi"]),
            bad: false,
        },
        Tile { of: "roles", number: counts.roles, beside: format!("{} groups", counts.groups), bad: false },
    ];
    if report.no_credential_report.is_none() {
        let active: usize = keys.active_keys.0.iter().sum();
        let old: usize = keys.active_keys.0[2..].iter().sum();
        tiles.push(Tile {
            of: "active keys older than 90 days",
            number: old,
            beside: format!("of {active} active keys"),
            bad: old > 0,
        });
        tiles.push(Tile {
            of: "passwords without MFA",
            number: keys.passwords_without_mfa,
            beside: format!("of {} passwords{}", keys.passwords, root(keys.root_keys, keys.root_mfa)),
            bad: keys.passwords_without_mfa > 0 || keys.root_keys > Some(0) || keys.root_mfa == Some(false),
        });
    }
    tiles
}

fn root(keys: Option<usize>, mfa: Option<bool>) -> String {
    let mut said = Vec::new();
    if let Some(keys @ 1..) = keys {
        said.push(format!("root has {keys} active key(s)"));
    }
    if mfa == Some(false) {
        said.push("root has no MFA".to_owned());
    }
    if said.is_empty() { String::new() } else { format!("; {}", said.join(", ")) }
}

//! The report as one page: no request leaves it, and nothing that an account says can become a part of it but as text.
//!
//! ```text
//! headline and the few numbers that matter -> charts -> ways to administrator -> findings -> identities
//! ```
//!
//! Of long lists the first page is in the document, so that it is painted at once; all of it is data that the script reads
//! when somebody asks for more.

mod charts;
mod graph;
mod headline;
mod lists;
mod markup;
mod overview;
mod policy;
#[cfg(test)]
mod tests;

use self::markup::Markup;
use super::Report;

/// How it looks.
const STYLE: &str = include_str!("style.css");

/// What it does.
const SCRIPT: &str = include_str!("script.js");

/// How many findings and identities stand on one page of their list.
const PAGE: usize = 25;

/// The page.
#[must_use]
pub fn of(report: &Report) -> String {
    let mut page = Markup::default();
    page.literal("<!doctype html>\n");
    page.element("html", &[("lang", "en")], |page| {
        page.element("head", &[], |page| head(page, report));
        page.literal("\n");
        page.element("body", &[("data-page", &PAGE.to_string())], |page| body(page, report));
    });
    page.literal("\n");
    page.finished()
}

fn head(page: &mut Markup, report: &Report) {
    page.empty("meta", &[("charset", "utf-8")]);
    let policy = policy::content_security_policy(STYLE, SCRIPT);
    page.empty("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy)]);
    page.empty("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
    page.empty("meta", &[("name", "referrer"), ("content", "no-referrer")]);
    page.empty("meta", &[("name", "robots"), ("content", "noindex")]);
    page.said("title", &[], &format!("IAM report of account {}", report.account));
    page.element("style", &[], |page| page.literal(STYLE));
}

fn body(page: &mut Markup, report: &Report) {
    page.literal("<a class=\"skip\" href=\"#main\">Skip to the report</a>");
    headline::write(page, report);
    page.element("main", &[("id", "main"), ("class", "wrap")], |page| {
        headline::numbers(page, report);
        overview::charts(page, report);
        overview::escalations(page, report);
        lists::findings(page, report);
        lists::identities(page, report);
    });
    page.element("footer", &[("class", "wrap")], |page| {
        page.text(report.generator);
        page.text(". The page asks nothing of any network. It says where an account is weak: keep it as a secret.");
    });
    page.literal("\n");
    lists::data(page, report);
    page.element("script", &[], |page| page.literal(SCRIPT));
}

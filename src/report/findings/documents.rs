//! What is dangerous about each document, and whoever holds it; a role's trust policy is one.

use std::collections::BTreeSet;

use super::{Fact, Finding};
use crate::iam::Account;
use crate::posture::findings::{self, Severity};
use crate::report::documents::{Documents, Place, Stored};

/// How many places of one document are told.
const MOST_PLACES: usize = 10;

pub(super) fn find(documents: &Documents<'_>, account: &Account) -> Vec<Finding> {
    documents.iter().flat_map(|stored| of_document(stored, account)).collect()
}

fn of_document(stored: &Stored<'_>, account: &Account) -> Vec<Finding> {
    let found = findings::of(stored.kind, stored.written.text(), Some(account.id.as_str()));
    // One that AWS takes and this engine does not, such as an Allow with NotPrincipal, is dangerous all the same.
    if stored.written.document().is_none() && !found.iter().any(|finding| finding.severity <= Severity::High) {
        let what = "nobody can say what the policy allows or denies: it has faults";
        let remedy = "write it anew; validate_policy tells each fault with its place";
        return placed(stored, Severity::Medium, "UnreadablePolicy", what.to_owned())
            .map(|finding| finding.mended(remedy, stored.validated()))
            .into_iter()
            .collect();
    }
    found.into_iter().filter_map(|found| told(stored, found)).collect()
}

fn told(stored: &Stored<'_>, found: findings::Finding) -> Option<Finding> {
    let statement = statement(&found.path).and_then(|place| Some((place, stored.statement(place)?)));
    let mend = match &statement {
        Some((place, statement)) if statement["Effect"] == "Allow" => stored.without(&BTreeSet::from([*place])),
        _ => stored.validated(),
    };
    let text = statement.and_then(|(_, statement)| serde_json::to_string_pretty(&statement).ok());
    let finding = placed(stored, found.severity, found.code, found.explanation)?;
    let place = Fact::new("place", found.path);
    Some(finding.mended(found.remedy, mend).by([place]).by(text.map(|text| Fact::new("statement", text))))
}

/// A finding on a document: about the first place where it stands, and whoever holds it anywhere.
fn placed(stored: &Stored<'_>, severity: Severity, code: &'static str, what: String) -> Option<Finding> {
    let mut finding = Finding::new(severity, code, stored.places.first()?.subject(), what);
    let holders: BTreeSet<&str> = stored.places.iter().flat_map(Place::names).collect();
    finding.about = holders.into_iter().map(Box::from).collect();
    let places = stored.places.iter().take(MOST_PLACES).map(|place| Fact::new("stands in", place.says()));
    let more = stored.places.len().saturating_sub(MOST_PLACES);
    let more = (more > 0).then(|| Fact::new("stands in", format!("and {more} more places, word for word")));
    Some(finding.by(places).by(more))
}

/// The place of the statement that a JSON path leads into.
fn statement(path: &str) -> Option<usize> {
    let rest = path.strip_prefix("$.Statement")?;
    match rest.strip_prefix('[') {
        Some(indexed) => indexed.split_once(']')?.0.parse().ok(),
        None => Some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_into_its_statement() {
        let paths = ["$.Statement[12].Action[2]", "$.Statement.Action", "$.Statement", "$", "$.Version"];
        assert_eq!(paths.map(statement), [Some(12), Some(0), Some(0), None, None]);
    }
}

//! Which condition keys a statement asks for.

use std::collections::BTreeSet;

use super::document::{Document, Version};
use super::statement::Statement;
use super::variable::{Piece, split};

impl Document {
    /// The keys that the statement at `place` compares or fills in, as they are written, sorted. None for a place that
    /// the document does not have.
    #[must_use]
    pub fn asked_keys(&self, place: usize) -> BTreeSet<String> {
        self.statements.get(place).map(|statement| statement.asked_keys(self.version)).unwrap_or_default()
    }
}

impl Statement {
    fn asked_keys(&self, version: Version) -> BTreeSet<String> {
        let compared = self.conditions.iter().map(|condition| condition.key.to_string());
        let resources = self.resources.iter().flat_map(|listed| listed.items()).map(|pattern| pattern.text());
        let values = self.conditions.iter().flat_map(|condition| &condition.values).map(|value| value.text());
        let filled_in = resources.chain(values).filter(|_| version == Version::V2012).flat_map(variables);
        compared.chain(filled_in).collect()
    }
}

/// The keys of the variables in a text.
fn variables(text: &str) -> Vec<String> {
    let pieces = split(text).unwrap_or_default();
    let keys = pieces.into_iter().filter_map(|piece| match piece {
        Piece::Variable(variable) => Some(variable.key().to_string()),
        Piece::Text(_) | Piece::Literal(_) => None,
    });
    keys.collect()
}

#[cfg(test)]
mod tests {
    use crate::policy::{Document, PolicyKind};

    #[test]
    fn conditions_and_variables_ask_for_keys() {
        let json = r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::${aws:username, 'x'}/*",
             "Condition": {"StringEquals": {"aws:SourceIp": ["${*}", "${aws:userid}"]}, "Null": {"mcp:ToolName": "true"}}},
            {"Effect": "Allow", "Action": "*", "Resource": "*"}
        ]}"#;
        let document = Document::parse(PolicyKind::Identity, json).unwrap();
        let asked: Vec<String> = document.asked_keys(0).into_iter().collect();
        assert_eq!(asked, ["aws:SourceIp", "aws:userid", "aws:username", "mcp:ToolName"]);
        assert!(document.asked_keys(1).is_empty() && document.asked_keys(2).is_empty());
        let old = Document::parse(PolicyKind::Identity, &json.replace("2012-10-17", "2008-10-17")).unwrap();
        assert_eq!(old.asked_keys(0).len(), 2);
    }
}

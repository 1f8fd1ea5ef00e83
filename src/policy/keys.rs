//! The condition keys that a document asks for: in its conditions, and in policy variables.

use std::collections::BTreeMap;

use super::context::Key;
use super::document::{Document, Version};
use super::statement::Statement;
use super::variable::{Piece, split};

/// Keys by what they are compared as, each as it is written first.
type Keys = BTreeMap<String, String>;

impl Document {
    /// The condition keys that it uses, each once and as it is written first, in the order of their names.
    #[must_use]
    pub fn context_keys(&self) -> Vec<String> {
        let mut keys = Keys::new();
        self.statements.iter().for_each(|statement| statement.put_keys(self.version, &mut keys));
        keys.into_values().collect()
    }

    /// The same of the statement at `place`; none for a place that the document does not have.
    #[must_use]
    pub fn context_keys_at(&self, place: usize) -> Vec<String> {
        let mut keys = Keys::new();
        self.statements.get(place).into_iter().for_each(|statement| statement.put_keys(self.version, &mut keys));
        keys.into_values().collect()
    }
}

impl Statement {
    fn put_keys(&self, version: Version, keys: &mut Keys) {
        let mut put = |key: &Key| {
            keys.entry(key.folded().to_owned()).or_insert_with(|| key.to_string());
        };
        for condition in &self.conditions {
            put(&condition.key);
        }
        // Before variables existed they were text.
        if version == Version::V2012 {
            let resources = self.resources.iter().flat_map(|listed| listed.items());
            let values = self.conditions.iter().flat_map(|condition| &condition.values);
            let texts = resources.map(|resource| resource.text()).chain(values.map(|value| value.text()));
            for text in texts {
                // What was read once can be split again; numbers and dates have nothing to split.
                for piece in split(text).unwrap_or_default() {
                    if let Piece::Variable(variable) = piece {
                        put(variable.key());
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::{Document, PolicyKind};

    fn keys(version: &str) -> Vec<String> {
        let text = format!(
            r#"{{"Version":"{version}","Statement":[
                {{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${{aws:username}}/${{*}}",
                  "Condition":{{"StringEquals":{{"aws:userid":"${{aws:PrincipalTag/team, 'none'}}"}},"Null":{{"AWS:UserName":"false"}}}}}},
                {{"Effect":"Deny","NotAction":"s3:*","NotResource":"arn:aws:s3:::${{aws:SourceAccount}}",
                  "Condition":{{"NumericLessThan":{{"s3:max-keys":10}},"IpAddress":{{"aws:sourceip":"10.0.0.0/8"}}}}}}]}}"#
        );
        Document::parse(PolicyKind::Identity, &text).unwrap().context_keys()
    }

    #[test]
    fn keys_of_conditions_and_variables_are_told_once_in_any_letter_case() {
        assert_eq!(
            keys("2012-10-17"),
            ["aws:PrincipalTag/team", "aws:SourceAccount", "aws:sourceip", "aws:userid", "AWS:UserName", "s3:max-keys"]
        );
    }

    #[test]
    fn before_variables_existed_only_conditions_count() {
        assert_eq!(keys("2008-10-17"), ["aws:sourceip", "aws:userid", "AWS:UserName", "s3:max-keys"]);
    }

    #[test]
    fn a_statement_tells_its_own() {
        let text = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Null":{"aws:userid":"true"}}},
            {"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username}"}]}"#;
        let document = Document::parse(PolicyKind::Identity, text).unwrap();
        assert_eq!(
            (document.context_keys_at(0), document.context_keys_at(1)),
            (vec!["aws:userid".into()], vec!["aws:username".into()])
        );
        assert!(document.context_keys_at(2).is_empty());
    }
}

//! The condition keys that a document asks for: in its conditions, and in policy variables.

use std::collections::BTreeMap;

use super::context::Key;
use super::document::{Document, Version};
use super::variable::{Piece, split};

impl Document {
    /// The condition keys that it uses, each once and as it is written first, in the order of their names.
    #[must_use]
    pub fn context_keys(&self) -> Vec<String> {
        let mut keys: BTreeMap<String, String> = BTreeMap::new();
        let mut put = |key: &Key| {
            keys.entry(key.folded().to_owned()).or_insert_with(|| key.to_string());
        };
        for statement in &self.statements {
            for condition in &statement.conditions {
                put(&condition.key);
            }
            // Before variables existed they were text.
            if self.version == Version::V2012 {
                let resources = statement.resources.iter().flat_map(|listed| listed.items());
                let values = statement.conditions.iter().flat_map(|condition| &condition.values);
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
        keys.into_values().collect()
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
}

//! What a policy asks for and will not get, or should not trust.

use std::collections::BTreeSet;

use super::keys::{Source, known};
use crate::config::{Config, RESERVED_TAGS};
use crate::policy::{Document, Effect};

/// What to know about an endpoint policy before it is relied on: statements that ask for a key that is never set here, or
/// that rely on a client's own word. `tags` are the session tags that may be set; without them nothing is said of those.
#[must_use]
pub fn of_document(document: &Document, tags: Option<&SessionTags>) -> Vec<String> {
    let mut warnings = Vec::new();
    for (place, statement) in document.statements().iter().enumerate() {
        let name = statement.sid().map_or_else(|| format!("statement {}", place + 1), |sid| format!("statement {sid}"));
        for key in document.context_keys_at(place) {
            let said = match (statement.effect(), known(&key).map(|known| known.source)) {
                (Effect::Deny, None) => format!(
                    "denies on {key}, which this gateway never sets: a comparison that wants a value never denies, and a \
                     negated one always does"
                ),
                (Effect::Allow, None) => format!(
                    "allows on {key}, which this gateway never sets: a comparison that wants a value never allows, and a \
                     negated one always does"
                ),
                (Effect::Allow, Some(Source::Client)) => {
                    format!("allows on {key}, which a client says of itself: any client can say it")
                }
                (Effect::Deny, Some(Source::Client)) => {
                    format!("denies on {key}, which a client says of itself: any client can say another, or nothing")
                }
                (_, Some(_)) if tags.is_some_and(|tags| tags.is_never(&key)) => format!(
                    "asks for {key}, which neither the gateway nor a role mapping sets: tags of the role itself are seen by \
                     AWS alone, so here it is missing"
                ),
                (_, Some(_)) => continue,
            };
            warnings.push(format!("{name} {said}"));
        }
    }
    warnings
}

/// The names of the session tags that the gateway and the role mappings set.
#[derive(Debug, Clone, Default)]
pub struct SessionTags(BTreeSet<String>);

impl SessionTags {
    /// Those of a configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let mapped = config.role_mappings.iter().flat_map(|mapping| mapping.tags.keys().map(String::as_str));
        Self(mapped.chain(RESERVED_TAGS).map(str::to_ascii_lowercase).collect())
    }

    /// Whether the key asks for a tag of the session that is never set.
    fn is_never(&self, key: &str) -> bool {
        let key = key.to_ascii_lowercase();
        key.strip_prefix("aws:principaltag/").is_some_and(|tag| !self.0.contains(tag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PolicyKind;

    fn warnings(effect: &str, condition: &str) -> Vec<String> {
        let json = format!(
            r#"{{"Version": "2012-10-17", "Statement": [
                {{"Sid": "S", "Effect": "{effect}", "Action": "*", "Resource": "*", "Condition": {condition}}}]}}"#
        );
        let tags = SessionTags::of(&crate::tools::testing::configuration());
        of_document(&Document::parse(PolicyKind::Endpoint, &json).unwrap(), Some(&tags))
    }

    #[test]
    fn a_policy_that_asks_for_what_it_never_gets_is_warned_of() {
        let vpce = r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}"#;
        assert!(
            warnings("Deny", vpce)[0].starts_with("statement S denies on aws:SourceVpce, which this gateway never")
        );
        assert_eq!(warnings("Allow", vpce).len(), 1);
        let agent = r#"{"StringLike": {"aws:useragent": "claude*"}}"#;
        assert!(warnings("Allow", agent)[0].contains("which a client says of itself"));
        assert!(warnings("Deny", agent)[0].contains("any client can say another"));
        let stamp = r#"{"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/McpCaller}"}}"#;
        assert!(warnings("Deny", stamp).is_empty() && warnings("Allow", stamp).is_empty());
        let of_the_role = r#"{"StringEquals": {"aws:principaltag/restricted": "true"}}"#;
        assert!(warnings("Deny", of_the_role)[0].contains("tags of the role itself are seen by AWS alone"));
        let variable = r#"{"StringEquals": {"aws:ResourceTag/owner": "${aws:username}"}}"#;
        assert!(warnings("Deny", variable)[0].contains("aws:username"));
    }
}

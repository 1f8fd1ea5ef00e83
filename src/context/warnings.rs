//! What a policy asks for and will not get, or should not trust.

use super::keys::{Source, known};
use crate::policy::{Document, Effect};

/// What to know about an endpoint policy before it is relied on: statements that deny on a key that is never set here, and
/// statements that allow on a client's own word.
#[must_use]
pub fn of_document(document: &Document) -> Vec<String> {
    let mut warnings = Vec::new();
    for (place, statement) in document.statements().iter().enumerate() {
        let name = statement.sid().map_or_else(|| format!("statement {}", place + 1), |sid| format!("statement {sid}"));
        for key in document.context_keys_at(place) {
            match (statement.effect(), known(&key).map(|known| known.source)) {
                (Effect::Deny, None) => warnings.push(format!(
                    "{name} denies on {key}, which this gateway never sets: a comparison that wants a value never denies, \
                     and a negated one always does"
                )),
                (Effect::Allow, None) => warnings.push(format!(
                    "{name} allows on {key}, which this gateway never sets: a comparison that wants a value never allows, \
                     and a negated one always does"
                )),
                (Effect::Allow, Some(Source::Client)) => warnings
                    .push(format!("{name} allows on {key}, which a client says of itself: any client can say it")),
                _ => {}
            }
        }
    }
    warnings
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
        of_document(&Document::parse(PolicyKind::Endpoint, &json).unwrap())
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
        assert!(warnings("Deny", agent).is_empty());
        let tags = r#"{"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}"#;
        assert!(warnings("Deny", tags).is_empty() && warnings("Allow", tags).is_empty());
        let variable = r#"{"StringEquals": {"aws:ResourceTag/owner": "${aws:username}"}}"#;
        assert!(warnings("Deny", variable)[0].contains("aws:username"));
    }
}

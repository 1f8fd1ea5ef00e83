//! Which records are asked for.

use std::ops::RangeInclusive;

use jiff::Timestamp;

use super::pattern::Pattern;
use super::view::RecordView;

/// Which records are asked for: all that is given has to hold. Nothing given asks for every record that is no header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Not before this moment.
    pub from: Option<Timestamp>,
    /// Before this moment, so that neighbouring ranges share no record.
    pub to: Option<Timestamp>,
    /// The caller's name, `alice`, or with its kind before it, `keyring:alice`.
    pub caller: Option<String>,
    /// The person behind the caller.
    pub person: Option<String>,
    /// The tool that was called, or asked for.
    pub tool: Option<String>,
    /// An action that was planned, made or refused.
    pub action: Option<Pattern>,
    /// What such an action was about.
    pub resource: Option<Pattern>,
    /// What was decided, by either stage.
    pub decision: Option<Effect>,
    /// Which stage decided.
    pub decided_by: Option<Decider>,
    /// The code of a failure, of the call's or of one AWS call's.
    pub error: Option<String>,
    /// AWS's id of a request.
    pub aws_request: Option<String>,
    /// What the record is about, such as `intent`; `segment` for the header of a file.
    pub stage: Option<String>,
    /// The environment.
    pub environment: Option<String>,
    /// The gateway's id of the request.
    pub request: Option<String>,
    /// The record's number in the chain.
    pub sequence: Option<RangeInclusive<u64>>,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It may be done.
    Allow,
    /// It may not.
    Deny,
}

/// Who decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decider {
    /// Stage one.
    Gateway,
    /// Stage two: IAM, or STS when the role was to be assumed.
    Aws,
}

impl Filter {
    /// Whether the record is asked for.
    #[must_use]
    pub fn matches(&self, record: &RecordView<'_>) -> bool {
        let data = &record.data;
        let is =
            |asked: &Option<String>, found: Option<&str>| asked.as_deref().is_none_or(|asked| found == Some(asked));
        self.is_stage(record)
            && is(&self.person, data.caller.person.get())
            && is(&self.tool, record.tool())
            && is(&self.environment, data.environment.get())
            && is(&self.request, record.request_id.get())
            && self
                .caller
                .as_deref()
                .is_none_or(|asked| is_caller(asked, data.caller.kind.get(), data.caller.name.get()))
            && self.is_in_time(record)
            && self.is_decided(record)
            && is_any(self.error.as_ref(), record.error_codes())
            && is_any(self.aws_request.as_ref(), record.aws_request_ids())
            && self.action.as_ref().is_none_or(|asked| record.actions().any(|action| asked.matches(action)))
            && self
                .resource
                .as_ref()
                .is_none_or(|asked| record.resources().any(|resource| asked.matches_resource(resource)))
            && self
                .sequence
                .as_ref()
                .is_none_or(|asked| record.integrity.sequence.is_some_and(|sequence| asked.contains(&sequence)))
    }

    fn is_stage(&self, record: &RecordView<'_>) -> bool {
        match &self.stage {
            Some(asked) => record.stage.is(asked),
            None => !record.is_header(),
        }
    }

    fn is_in_time(&self, record: &RecordView<'_>) -> bool {
        if self.from.is_none() && self.to.is_none() {
            return true;
        }
        let Some(time) = record.time.get().and_then(|time| time.parse::<Timestamp>().ok()) else { return false };
        self.from.is_none_or(|from| time >= from) && self.to.is_none_or(|to| time < to)
    }

    fn is_decided(&self, record: &RecordView<'_>) -> bool {
        let gateway = || record.data.decision.effect.get();
        let by_gateway = |effect: Option<Effect>| match effect {
            Some(Effect::Allow) => gateway() == Some("allow"),
            Some(Effect::Deny) => gateway() == Some("deny"),
            None => gateway().is_some(),
        };
        let by_aws = |effect: Option<Effect>| match effect {
            Some(Effect::Deny) => record.is_denied_by_aws(),
            Some(Effect::Allow) => !record.data.aws_calls.is_empty() && !record.is_denied_by_aws(),
            None => !record.data.aws_calls.is_empty() || record.is_denied_by_aws(),
        };
        match (self.decided_by, self.decision) {
            (None, None) => true,
            (Some(Decider::Gateway), effect) => by_gateway(effect),
            (Some(Decider::Aws), effect) => by_aws(effect),
            (None, Some(Effect::Deny)) => by_gateway(Some(Effect::Deny)) || record.is_denied_by_aws(),
            (None, Some(Effect::Allow)) => by_gateway(Some(Effect::Allow)) && !record.is_denied_by_aws(),
        }
    }
}

fn is_any<'a>(asked: Option<&String>, mut found: impl Iterator<Item = &'a str>) -> bool {
    asked.is_none_or(|asked| found.any(|found| found == asked))
}

/// Whether the caller of this kind and name is the one that is asked for: by its name, or by `kind:name`.
#[must_use]
pub fn is_caller(asked: &str, kind: Option<&str>, name: Option<&str>) -> bool {
    name == Some(asked)
        || asked.split_once(':').is_some_and(|(of_kind, named)| kind == Some(of_kind) && name == Some(named))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = r#"{"additionalEventData":{
        "awsCalls":[{"action":"iam:GetUser","resource":"arn:aws:iam::123456789012:user/*bob","requestId":"r-1","status":200},
                    {"action":"iam:DeleteUser","resource":"arn:aws:iam::123456789012:user/x/bob","errorCode":"AccessDenied"}],
        "assumedSessions":[{"requestId":"r-0"}],
        "caller":{"kind":"keyring","name":"alice","person":"alice@example.com"},
        "decision":{"stage":"gateway","effect":"allow","reason":"role mapping"},"environment":"dev",
        "error":{"stage":"aws","action":"iam:DeleteUser","requestId":"r-2"},"tool":"delete_user"},
        "errorCode":"AccessDenied","eventTime":"2026-11-20T12:00:00.500Z","requestID":"q-1",
        "integrity":{"sequence":9},"stage":"outcome"}"#;

    fn set(change: impl FnOnce(&mut Filter)) -> bool {
        let mut filter = Filter::default();
        change(&mut filter);
        filter.matches(&RecordView::of(RECORD).unwrap())
    }

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn each_part_is_compared() {
        assert!(set(|_| {}));
        for (asked, expected) in [("alice", true), ("keyring:alice", true), ("oidc:alice", false), ("Alice", false)] {
            assert_eq!(set(|filter| filter.caller = text(asked)), expected, "{asked}");
        }
        for (asked, expected) in [("r-0", true), ("r-1", true), ("r-2", true), ("q-1", false)] {
            assert_eq!(set(|filter| filter.aws_request = text(asked)), expected, "{asked}");
        }
        for (asked, expected) in [("iam:delete*", true), ("iam:Get?ser", true), ("iam:List*", false)] {
            assert_eq!(set(|filter| filter.action = Some(Pattern::new(asked))), expected, "{asked}");
        }
        for (asked, expected) in [("*/bob", true), ("arn:aws:iam::123456789012:user/x/bob", true), ("*/eve", false)] {
            assert_eq!(set(|filter| filter.resource = Some(Pattern::new(asked))), expected, "{asked}");
        }
        assert!(set(|filter| filter.person = text("alice@example.com")));
        assert!(!set(|filter| filter.person = text("bob@example.com")));
        assert!(set(|filter| filter.tool = text("delete_user")) && !set(|filter| filter.tool = text("whoami")));
        assert!(set(|filter| filter.error = text("AccessDenied")) && !set(|filter| filter.error = text("Access")));
        assert!(set(|filter| filter.stage = text("outcome")) && !set(|filter| filter.stage = text("intent")));
        assert!(set(|filter| filter.environment = text("dev")) && !set(|filter| filter.environment = text("prod")));
        assert!(set(|filter| filter.request = text("q-1")) && !set(|filter| filter.request = text("r-1")));
        assert!(set(|filter| filter.sequence = Some(9..=9)) && !set(|filter| filter.sequence = Some(10..=20)));
    }

    #[test]
    fn everything_given_has_to_hold() {
        assert!(!set(|filter| (filter.caller, filter.tool) = (text("alice"), text("whoami"))));
    }

    #[test]
    fn a_range_has_its_beginning_and_not_its_end() {
        let at = |time: &str| Some(time.parse::<Timestamp>().unwrap());
        assert!(set(|filter| filter.from = at("2026-11-20T12:00:00.5Z")));
        assert!(!set(|filter| filter.from = at("2026-11-20T12:00:00.5001Z")));
        assert!(set(|filter| filter.to = at("2026-11-20T12:00:00.5001Z")));
        assert!(!set(|filter| filter.to = at("2026-11-20T12:00:00.5Z")));
    }

    #[test]
    fn a_call_that_one_stage_allows_and_the_other_denies_is_denied() {
        use {Decider::*, Effect::*};
        for (effect, by, expected) in [
            (Some(Deny), None, true),
            (Some(Allow), None, false),
            (Some(Allow), Some(Gateway), true),
            (Some(Deny), Some(Gateway), false),
            (Some(Deny), Some(Aws), true),
            (Some(Allow), Some(Aws), false),
            (None, Some(Gateway), true),
            (None, Some(Aws), true),
        ] {
            let matched = set(|filter| (filter.decision, filter.decided_by) = (effect, by));
            assert_eq!(matched, expected, "{effect:?} {by:?}");
        }
    }

    #[test]
    fn headers_are_left_out_unless_they_are_asked_for() {
        let header = RecordView::of(r#"{"integrity":{"sequence":1},"stage":"segment"}"#).unwrap();
        assert!(!Filter::default().matches(&header));
        assert!(Filter { stage: text("segment"), ..Filter::default() }.matches(&header));
    }
}

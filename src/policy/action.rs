//! Actions: `service:Name`, in any letter case.

use super::budget::{Budget, Undecided, comparable};
use super::glob::Glob;

/// An action as policies name it: `iam:Get*`, or `*` for all.
#[derive(Debug, Clone)]
pub(super) struct ActionPattern {
    text: Box<str>,
    /// Matches the action in lower case.
    glob: Glob,
}

impl ActionPattern {
    /// Reads a pattern; the error says what is wrong with it.
    pub(super) fn new(text: &str) -> Result<Self, &'static str> {
        if text != "*" {
            let (service, name) = text
                .split_once(':')
                .ok_or("an action is a service and a name, such as iam:GetUser or iam:*; or * for all")?;
            if service == "*" && name != "*" {
                return Err("an action names its service; all actions of all services are *");
            }
            if service.is_empty() || !service.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && service != "*"
            {
                return Err("the service of an action is letters, digits and hyphens, without wildcards");
            }
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.*?".contains(&b)) {
                return Err("the name of an action is letters and digits, with * and ? as wildcards");
            }
        }
        Ok(Self { text: text.into(), glob: Glob::of(&text.to_ascii_lowercase()) })
    }

    /// As it is written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether `action`, in lower case, is meant.
    pub(super) fn matches(&self, action: &str, budget: &Budget) -> Result<bool, Undecided> {
        self.glob.matches(comparable(action)?, budget)
    }

    /// What it is about, in lower case: how an index finds it.
    pub(super) fn scope(&self) -> ActionScope {
        let lower = self.text.to_ascii_lowercase();
        match lower.split_once(':') {
            Some((service, name)) if service != "*" => {
                if name.contains(['*', '?']) {
                    ActionScope::Service(service.into())
                } else {
                    ActionScope::One(lower.into())
                }
            }
            _ => ActionScope::All,
        }
    }

    /// Whether only actions of `service` are meant.
    pub(super) fn is_of(&self, service: &str) -> bool {
        self.text.split_once(':').is_some_and(|(own, _)| own.eq_ignore_ascii_case(service))
    }
}

/// How far an action pattern reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ActionScope {
    /// One action, in lower case.
    One(Box<str>),
    /// Some of a service, or all, in lower case.
    Service(Box<str>),
    /// Any action of any service.
    All,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letter_case_does_not_matter_and_wildcards_stand_in_the_name() {
        for (pattern, action, expected) in [
            ("IAM:getuser", "iam:getuser", true),
            ("iam:Get*", "iam:getuserpolicy", true),
            ("iam:GetUse?", "iam:getuser", true),
            ("iam:Get*", "iam:listusers", false),
            ("iam:*", "iamx:getuser", false),
            ("*", "iam:getuser", true),
            ("*:*", "iam:getuser", true),
        ] {
            let matches = ActionPattern::new(pattern).unwrap().matches(action, &Budget::new(100));
            assert_eq!(matches, Ok(expected), "{pattern} on {action}");
        }
        assert!(ActionPattern::new("STS:AssumeRole").unwrap().is_of("sts"));
        assert!(!ActionPattern::new("*").unwrap().is_of("sts"));
    }

    #[test]
    fn what_is_not_an_action_is_refused() {
        for text in
            ["", "GetUser", "iam", ":GetUser", "iam:", "i*:GetUser", "*:GetUser", "iam:Get User", "iam:a:b", "**"]
        {
            assert!(ActionPattern::new(text).is_err(), "{text}");
        }
    }
}

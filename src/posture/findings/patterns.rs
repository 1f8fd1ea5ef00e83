//! Which actions and resources a pattern names.

use super::document::{Patterns, Statement};

/// Whether `text` fits `pattern`, in which `*` and `?` are wildcards. Both are compared as they are: actions in lower case.
pub(in crate::posture) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut in_text) = (0, 0);
    // Where the last star stands, and how far it was read.
    let mut star: Option<(usize, usize)> = None;
    while let Some(&byte) = text.get(in_text) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, in_text));
                at += 1;
            }
            Some(&own) if own == b'?' || own == byte => {
                at += 1;
                in_text += 1;
            }
            _ => match star {
                Some((star_at, read)) => {
                    star = Some((star_at, read + 1));
                    at = star_at + 1;
                    in_text = read + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|byte| *byte == b'*')
}

/// Whether a pattern of actions names `action`, which is `service:Name` in lower case.
pub(super) fn names_action(pattern: &str, action: &str) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    // Most patterns are of another service, which is seen at once.
    match (pattern.split_once(':'), action.split_once(':')) {
        (Some((service, name)), Some((own, own_name))) => (service == "*" || service == own) && matches(name, own_name),
        _ => matches(&pattern, action),
    }
}

/// The place of what lets the statement be about `action`; `None` if it is not.
pub(super) fn place_of_action<'s>(statement: &'s Statement, action: &str) -> Option<&'s str> {
    let actions = &statement.actions;
    let named = actions.items.iter().find(|item| names_action(&item.text, action));
    match (actions.negated, named) {
        (false, named) => named.map(|item| item.path.as_str()),
        (true, None) => Some(&actions.path),
        (true, Some(_)) => None,
    }
}

/// Whether a resource of the statement can be one that `action` acts on, by the service of their ARNs: everything on a
/// bucket's objects is nothing of IAM's.
pub(super) fn reaches(statement: &Statement, action: &str) -> bool {
    let service = action.split_once(':').map_or(action, |(service, _)| service);
    let services: &[&str] = match service {
        "sts" => &["iam"],
        "ec2-instance-connect" => &["ec2"],
        "ssm" => &["ssm", "ec2"],
        _ => &[service],
    };
    let of_service = |resource: &str| match resource.split(':').nth(2) {
        Some(own) => services.iter().any(|service| matches(own, service)),
        None => resource.ends_with('*'),
    };
    statement.resources.negated || statement.resources.items.iter().any(|item| of_service(&item.text))
}

/// Whether the statement is about every resource, or every one of IAM, however that is written.
pub(super) fn is_wide(resources: &Patterns) -> bool {
    resources.negated || resources.items.iter().any(|item| is_everything(&item.text) || has_no_name(&item.text))
}

/// Whether a pattern names everything: `*`, `**`, `?*`, `arn:*`, `arn:aws:*:*:*:*`.
pub(super) fn is_everything(resource: &str) -> bool {
    // Long, with all parts, and of no real service: whoever names this names all.
    const ANY: [&str; 2] =
        ["arn:aws:zz-no-such-service:zz-nowhere-9:000000000000:zz/none", "arn:aws:zz-no-such-service:::zz-none"];
    ANY.iter().all(|arn| matches(resource, arn))
}

/// Whether an ARN has nothing but wildcards as its resource, or in IAM as its name: `arn:aws:iam::*:role/*`.
fn has_no_name(resource: &str) -> bool {
    let mut parts = resource.splitn(6, ':').skip(2);
    let (service, name) = (parts.next(), parts.nth(2).unwrap_or_default());
    let name = match name.split_once('/') {
        Some((_, name)) if service == Some("iam") => name,
        _ => name,
    };
    !name.is_empty() && name.bytes().all(|byte| matches!(byte, b'*' | b'?' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_anything() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("?*", "", false),
            ("?*", "a", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abcd", false),
            ("*a", "aba", true),
            ("a", "ab", false),
            ("a?", "a", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
        assert!(!matches(&"*a".repeat(500), &"a".repeat(499)));
    }

    #[test]
    fn actions_are_named_in_any_letter_case() {
        for (pattern, expected) in [
            ("*", true),
            ("*:*", true),
            ("IAM:*", true),
            ("iam:*Policy*", true),
            ("iam:Create?olicyVersion", true),
            ("iam:Get*", false),
            ("s3:*", false),
        ] {
            assert_eq!(names_action(pattern, "iam:createpolicyversion"), expected, "{pattern}");
        }
    }

    #[test]
    fn an_action_reaches_what_its_service_has() {
        let of = |resource: &str| {
            let document = serde_json::json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": resource}]});
            super::super::document::Document::of(&document).statements.remove(0)
        };
        for (resource, action, expected) in [
            ("*", "iam:passrole", true),
            ("arn:aws:*", "iam:passrole", true),
            ("arn:aws:iam::123456789012:role/a", "iam:passrole", true),
            ("arn:aws:iam::123456789012:role/a", "sts:assumerole", true),
            ("arn:aws:ec2:*:*:instance/*", "ssm:startsession", true),
            ("arn:aws:s3:::b/*", "iam:passrole", false),
        ] {
            assert_eq!(reaches(&of(resource), action), expected, "{action} on {resource}");
        }
    }

    #[test]
    fn a_resource_without_a_name_is_wide_however_it_is_written() {
        for resource in
            ["*", "arn:*", "arn:aws:*", "arn:*:*:*:*:*", "arn:aws:iam::123456789012:role/*", "arn:aws:iam::*:*"]
        {
            let patterns = Patterns {
                items: vec![super::super::document::Text { path: String::new(), text: resource.into() }],
                ..Patterns::default()
            };
            assert!(is_wide(&patterns), "{resource}");
        }
        for (resource, everything) in
            [("*", true), ("arn:aws:*:*:*:*", true), ("arn:aws:iam::*:*", false), ("arn:aws:s3:::bucket/*", false)]
        {
            assert_eq!(is_everything(resource), everything, "{resource}");
        }
        assert!(!has_no_name("arn:aws:iam::123456789012:role/app-*") && !has_no_name("arn:aws:s3:::bucket/*"));
        assert!(has_no_name("arn:aws:iam::123456789012:user/*"));
    }
}

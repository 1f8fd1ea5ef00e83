//! Allows that are wider than they look.

use super::document::{Document, Statement, Text};
use super::patterns::{is_everything, is_wide, matches};
use super::{Finding, Severity};

/// Looks at each statement that allows.
pub(super) fn find(document: &Document, found: &mut Vec<Finding>) {
    for statement in document.statements.iter().filter(|statement| statement.allows) {
        if statement.actions.negated {
            found.push(not_action(statement));
        }
        if statement.resources.negated {
            found.push(Finding::new(
                "AllowNotResource",
                Severity::High,
                &statement.resources.path,
                "allows on every resource but those that are listed, in every service of the actions and in the future",
                "list the resources that are meant under Resource; to keep some from everybody, deny them",
            ));
        }
        if !statement.actions.negated {
            found.extend(statement.actions.items.iter().filter_map(|action| of_action(statement, action)));
        }
        if !statement.resources.negated {
            found.extend(statement.resources.items.iter().filter_map(of_resource));
        }
    }
}

fn not_action(statement: &Statement) -> Finding {
    let severity = if is_wide(&statement.resources) { Severity::Critical } else { Severity::High };
    Finding::new(
        "AllowNotAction",
        severity,
        &statement.actions.path,
        "allows every action but those that are listed: those of all other services, and of services to come",
        "list the actions that are meant under Action; to keep some from everybody, deny them",
    )
}

fn of_action(statement: &Statement, action: &Text) -> Option<Finding> {
    let wide = is_wide(&statement.resources);
    let (service, name) = match action.text.split_once(':') {
        Some(("*", _)) | None => ("*", "*"),
        Some(parts) => parts,
    };
    if service == "*" {
        let (code, severity, what) = match (wide, statement.conditions.is_empty()) {
            (true, true) => ("AdministratorAccess", Severity::Critical, "every action on every resource"),
            (true, false) => {
                ("AdministratorAccess", Severity::High, "every action on every resource, where the condition holds")
            }
            (false, _) => ("AllActions", Severity::High, "every action of every service that knows these resources"),
        };
        let remedy = "list the actions that are needed; whoever has this can also give it to others";
        return Some(Finding::new(code, severity, &action.path, format!("{} allows {what}", action.text), remedy));
    }
    if !name.contains(['*', '?']) {
        return None;
    }
    let remedy = "list the actions that are needed, or a prefix such as Get* that stays with one verb";
    // What fits both, no real action's name, is fitted by anything of its length.
    if matches(name, "Zz") && matches(name, "qq9qq") {
        if name == "*" {
            return wide.then(|| {
                let explanation =
                    format!("{} allows everything in {service}, permissions and deletions included", action.text);
                Finding::new("ServiceWildcard", Severity::Medium, &action.path, explanation, remedy)
            });
        }
        let explanation = format!("{} is {service}:* in another spelling", action.text);
        return Some(Finding::new("DisguisedWildcard", Severity::High, &action.path, explanation, remedy));
    }
    if name.starts_with(['*', '?']) {
        let explanation = format!(
            "{} leaves the verb open: what begins with Create, Put, Attach or Delete fits as well as Get",
            action.text
        );
        let severity = if service.eq_ignore_ascii_case("iam") { Severity::High } else { Severity::Medium };
        return Some(Finding::new("VerbWildcard", severity, &action.path, explanation, remedy));
    }
    let letters = name.find(['*', '?']).unwrap_or(name.len());
    (letters <= 2).then(|| {
        let explanation = format!("{} has so few letters before its wildcard that it names unlike verbs", action.text);
        Finding::new("VerbWildcard", Severity::Medium, &action.path, explanation, remedy)
    })
}

fn of_resource(resource: &Text) -> Option<Finding> {
    if resource.text == "*" || !is_everything(&resource.text) {
        return None;
    }
    Some(Finding::new(
        "DisguisedResourceWildcard",
        Severity::Medium,
        &resource.path,
        format!("{} is every resource of every service, as * is", resource.text),
        "name service, account and resource",
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::{codes, found};
    use crate::policy::PolicyKind;
    use crate::posture::findings::Severity;

    fn of(action: Value, resource: Value) -> Vec<&'static str> {
        let mut statement = json!({"Effect": "Allow"});
        statement["Action"] = action;
        statement["Resource"] = resource;
        codes(PolicyKind::Identity, &statement)
    }

    #[test]
    fn wildcards_are_found_however_they_are_spelled() {
        for (action, resource, code) in [
            ("*", "*", "AdministratorAccess"),
            ("*:*", "*", "AdministratorAccess"),
            ("*", "arn:aws:s3:::b", "AllActions"),
            ("s3:*", "*", "ServiceWildcard"),
            ("s3:?*", "arn:aws:s3:::b", "DisguisedWildcard"),
            ("s3:**", "arn:aws:s3:::b", "DisguisedWildcard"),
            ("s3:*Object*", "arn:aws:s3:::b", "VerbWildcard"),
            ("s3:P*", "arn:aws:s3:::b", "VerbWildcard"),
            ("s3:GetObject", "arn:aws:*:*:*:*", "DisguisedResourceWildcard"),
            ("s3:GetObject", "arn:*", "DisguisedResourceWildcard"),
        ] {
            assert_eq!(of(json!(action), json!(resource)), [code], "{action} on {resource}");
        }
        assert!(of(json!("iam:*Policy*"), json!("*")).contains(&"VerbWildcard"));
        for action in ["s3:Get*", "s3:GetObject", "s3:*"] {
            assert_eq!(of(json!(action), json!("arn:aws:s3:::b*")), [] as [&str; 0], "{action}");
        }
    }

    #[test]
    fn everything_but_a_list_is_found() {
        let statement = json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::b*"});
        assert_eq!(codes(PolicyKind::Identity, &statement), ["AllowNotAction"]);
        let statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::b/*"});
        assert_eq!(codes(PolicyKind::Identity, &statement), ["AllowNotResource"]);
        let statement = json!({"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"});
        assert_eq!(codes(PolicyKind::Identity, &statement), [] as [&str; 0]);
    }

    #[test]
    fn a_condition_makes_it_less_bad_and_the_place_is_told() {
        let document = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": ["s3:GetObject", "*"], "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "true"}},
        }});
        let found = found(PolicyKind::Identity, &document);
        assert_eq!((found[0].severity, found[0].path.as_str()), (Severity::High, "$.Statement.Action[1]"));
    }
}

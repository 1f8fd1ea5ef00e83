//! Actions that AWS does not have, and resources on which none of a statement's actions acts.
//!
//! The table of actions is always somewhat behind AWS, so what is not in it is worth a look and no more; a denial that
//! denies nothing is worth a better one.

use super::document::{Document, Patterns, Statement, Text};
use super::patterns::matches;
use super::{Finding, Severity};
use crate::actions::{self, Service};
use crate::suggest::suggest;

/// Looks at each statement of a policy that is not a trust policy.
pub(super) fn find(document: &Document, found: &mut Vec<Finding>) {
    for statement in &document.statements {
        for action in &statement.actions.items {
            let (service, name) = match parts(&action.text) {
                Some(parts) => parts,
                None => continue,
            };
            match actions::service(&service) {
                None => found.push(unknown_service(statement, action, &service)),
                Some(known) if !known.actions().any(|(own, _)| matches(&name, own)) => {
                    found.push(unknown_action(statement, action, known, &name));
                }
                Some(known) if !statement.actions.negated => {
                    found.extend(misfit(statement, action, &service, known, &name));
                }
                Some(_) => {}
            }
        }
    }
}

/// Service and name of a pattern in lower case; `None` where the service is left open.
fn parts(action: &str) -> Option<(String, String)> {
    let (service, name) = action.split_once(':')?;
    (!service.contains(['*', '?'])).then(|| (service.to_ascii_lowercase(), name.to_ascii_lowercase()))
}

/// What is wrong with an action that does not exist, by what its statement is for.
fn severity(statement: &Statement) -> (Severity, &'static str) {
    match (statement.allows, statement.actions.negated) {
        (true, false) => (Severity::Low, "it allows nothing"),
        (false, false) => (Severity::Medium, "it denies nothing"),
        (true, true) => (Severity::Medium, "what it was meant to spare is allowed"),
        (false, true) => (Severity::Low, "what it was meant to spare is denied"),
    }
}

fn unknown_service(statement: &Statement, action: &Text, service: &str) -> Finding {
    let (severity, so) = severity(statement);
    let explanation =
        format!("{}: AWS has no service with the prefix {service}, or only since lately; if not, {so}", action.text);
    let remedy = "look the prefix up in AWS's Service Authorization Reference";
    Finding::new("UnknownAction", severity, &action.path, explanation, remedy)
}

fn unknown_action(statement: &Statement, action: &Text, known: &Service, name: &str) -> Finding {
    let (severity, so) = severity(statement);
    let like = suggest(name, known.actions().map(|(_, known)| known.name));
    let explanation = format!("AWS has no action {}, or only since lately; if not, {so}", action.text);
    let remedy = match like {
        Some(name) => format!("perhaps {name} is meant; look it up in AWS's Service Authorization Reference"),
        None => "look the action up in AWS's Service Authorization Reference".to_owned(),
    };
    Finding::new("UnknownAction", severity, &action.path, explanation, remedy)
}

/// An action on resources none of which it acts on.
fn misfit(statement: &Statement, action: &Text, service: &str, known: &Service, name: &str) -> Option<Finding> {
    let Patterns { negated: false, items, path } = &statement.resources else { return None };
    let mut named = known.actions().filter(|(own, _)| matches(name, own));
    let fits = named.any(|(own, known_action)| {
        items.iter().any(|resource| match known_action.takes_resources {
            true => acts_on(known, service, own, &resource.text),
            // What acts on nothing in particular is asked for with `*`.
            false => matches(&resource.text, "*"),
        })
    });
    if fits || items.is_empty() {
        return None;
    }
    let (severity, so) = severity(statement);
    let takes_none = known.actions().filter(|(own, _)| matches(name, own)).all(|(_, known)| !known.takes_resources);
    let (why, remedy) = if takes_none {
        ("acts on no resource in particular, so only * fits", "give the action a statement of its own with Resource *")
    } else {
        ("acts on no resource that is named here", "name resources of the type that the action acts on")
    };
    Some(Finding::new("ResourceMisfit", severity, path, format!("{} {why}: {so}", action.text), remedy))
}

/// Whether an action can act on a resource that fits the pattern, as far as the service in its ARN tells.
fn acts_on(known: &Service, service: &str, action: &str, resource: &str) -> bool {
    let mut components = resource.splitn(6, ':');
    let (Some(_), Some(_), Some(own)) = (components.next(), components.next(), components.next()) else {
        return resource.contains(['*', '?', '$']);
    };
    if own.contains("${") || known.arns().is_empty() || known.arns().iter().any(|service| matches(own, service)) {
        let (region, account) = (components.next().unwrap_or_default(), components.next().unwrap_or_default());
        let is_bucket = service == "s3" && region.is_empty() && account.is_empty();
        return !is_bucket || fits_s3(action, components.next().unwrap_or("*"));
    }
    false
}

/// Whether an action of S3 can act on what is named so behind `arn:aws:s3:::`: objects have a slash in their name, buckets do
/// not. Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html>.
fn fits_s3(action: &str, name: &str) -> bool {
    let is_open = name.contains(['*', '$']);
    let of_objects = !action.contains("bucket")
        && (action.contains("object") || ["abortmultipartupload", "listmultipartuploadparts"].contains(&action));
    let of_buckets = action.ends_with("bucket") || action.starts_with("listbucket");
    match name.split_once('/') {
        None => !of_objects || is_open,
        Some((bucket, _)) => !of_buckets || bucket.contains('*') && bucket.ends_with('*'),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::{codes, found};
    use super::*;
    use crate::policy::PolicyKind;

    fn of(effect: &str, action: &Value, resource: &Value) -> Vec<Finding> {
        let statement = json!({"Effect": effect, "Action": action, "Resource": resource});
        let document = json!({"Version": "2012-10-17", "Statement": [statement]});
        let all = found(PolicyKind::Identity, &document);
        all.into_iter().filter(|finding| ["UnknownAction", "ResourceMisfit"].contains(&finding.code)).collect()
    }

    #[test]
    fn actions_that_aws_does_not_have_are_told_with_what_may_be_meant() {
        let found = of("Allow", &json!(["s3:GetObjct", "iam:GetUser"]), &json!("*"));
        assert_eq!((found.len(), found[0].path.as_str()), (1, "$.Statement[0].Action[0]"));
        assert!(found[0].remedy.contains("GetObject"), "{}", found[0].remedy);
        for (action, count) in
            [("s3:Gett*", 1), ("s3:Get*", 0), ("S3:getobject", 0), ("nosuchservice:Get", 1), ("iam:Zz", 1), ("*", 0)]
        {
            assert_eq!(of("Allow", &json!(action), &json!("*")).len(), count, "{action}");
        }
    }

    #[test]
    fn what_was_meant_to_be_denied_or_spared_weighs_more() {
        let severity = |effect: &str| of(effect, &json!("iam:DeleteUsr"), &json!("*"))[0].severity;
        assert_eq!((severity("Allow"), severity("Deny")), (Severity::Low, Severity::Medium));
        let statement = json!({"Effect": "Allow", "NotAction": "iam:DeleteUsr", "Resource": "*"});
        assert!(codes(PolicyKind::Identity, &statement).contains(&"UnknownAction"));
    }

    #[test]
    fn resources_that_no_action_acts_on_are_told() {
        for (action, resource, fits) in [
            ("s3:GetObject", "arn:aws:s3:::reports", false),
            ("s3:GetObject", "arn:aws:s3:::reports/*", true),
            ("s3:GetObject", "arn:aws:s3:::reports*", true),
            ("s3:GetObject", "arn:aws:s3:::${aws:username}", true),
            ("s3:GetObject", "arn:aws:s3:eu-west-1:123456789012:accesspoint/x", true),
            ("s3:ListBucket", "arn:aws:s3::123456789012:accesspoint/x.mrap", true),
            ("s3:ListBucket", "arn:aws:s3:::reports", true),
            ("s3:ListBucket", "arn:aws:s3:::reports/*", false),
            ("s3:ListBucket", "arn:aws:s3:::*/*", true),
            ("s3:ListAllMyBuckets", "arn:aws:s3:::reports", false),
            ("s3:ListAllMyBuckets", "*", true),
            ("s3:*", "arn:aws:s3:::reports", true),
            ("s3:Get*", "arn:aws:iam::123456789012:user/x", false),
            ("iam:GetUser", "arn:aws:iam::123456789012:user/x", true),
            ("iam:ListUsers", "arn:aws:iam::123456789012:user/x", false),
            ("iam:List*", "arn:aws:iam::123456789012:user/x", true),
            ("ec2:RunInstances", "arn:aws:ec2:*:*:instance/*", true),
            ("ec2:RunInstances", "arn:*", true),
            ("dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:123456789012:table/x", true),
            ("dynamodb:GetItem", "arn:aws:s3:::x/*", false),
        ] {
            assert_eq!(of("Allow", &json!(action), &json!(resource)).is_empty(), fits, "{action} on {resource}");
        }
        let found = of("Deny", &json!("s3:GetObject"), &json!(["arn:aws:s3:::a", "arn:aws:s3:::b"]));
        assert_eq!((found.len(), found[0].severity), (1, Severity::Medium));
        assert_eq!(found[0].path, "$.Statement[0].Resource");
        let spared = json!({"Effect": "Deny", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::a/*"});
        assert!(codes(PolicyKind::Identity, &spared).is_empty());
    }
}

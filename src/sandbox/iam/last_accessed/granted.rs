//! Which services policy documents mention.

use std::collections::BTreeSet;

use serde_json::Value;

use super::services;

/// The namespaces of the services that any statement allows something of.
pub(super) fn services(documents: &[&str]) -> BTreeSet<String> {
    let mut granted = BTreeSet::new();
    for document in documents {
        // What is stored was judged before, so it is JSON.
        let document: Value = serde_json::from_str(document).unwrap_or_default();
        for statement in one_or_many(&document["Statement"]).iter().filter(|statement| statement["Effect"] == "Allow") {
            granted.extend(in_statement(statement));
        }
    }
    granted
}

fn in_statement(statement: &Value) -> BTreeSet<String> {
    let texts = |element: &str| -> Vec<String> {
        one_or_many(&statement[element]).iter().filter_map(Value::as_str).map(str::to_ascii_lowercase).collect()
    };
    let all = || services::all().map(str::to_owned);
    let excluded = texts("NotAction");
    if !excluded.is_empty() {
        // A service is out only if all of it is.
        let is_out =
            |namespace: &String| excluded.iter().any(|action| action == "*" || *action == format!("{namespace}:*"));
        return all().filter(|namespace| !is_out(namespace)).collect();
    }
    let actions = texts("Action");
    if actions.iter().any(|action| action == "*" || action.starts_with("*:")) {
        return all().collect();
    }
    actions.iter().filter_map(|action| action.split_once(':')).map(|(namespace, _)| namespace.to_owned()).collect()
}

fn one_or_many(value: &Value) -> &[Value] {
    match value {
        Value::Null => &[],
        Value::Array(values) => values,
        one => std::slice::from_ref(one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(actions: &str) -> Vec<String> {
        services(&[&format!(r#"{{"Statement":{{"Effect":"Allow",{actions},"Resource":"*"}}}}"#)]).into_iter().collect()
    }

    #[test]
    fn the_services_of_allowed_actions_are_granted_once_each() {
        assert_eq!(allowed(r#""Action":["s3:Get*","S3:ListBucket","ec2:*"]"#), ["ec2", "s3"]);
        assert_eq!(allowed(r#""Action":"sts:AssumeRole""#), ["sts"]);
    }

    #[test]
    fn a_star_grants_all_and_what_is_left_out_wholly_is_not_granted() {
        let all: Vec<String> = services::all().map(str::to_owned).collect();
        assert_eq!(allowed(r#""Action":"*""#), all);
        let most = allowed(r#""NotAction":["iam:*","s3:GetObject"]"#);
        assert!(most.contains(&"s3".to_owned()) && !most.contains(&"iam".to_owned()));
        assert_eq!(most.len(), all.len() - 1);
    }

    #[test]
    fn denials_grant_nothing_and_take_nothing_away() {
        let document = r#"{"Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"},
            {"Effect":"Allow","Action":"iam:GetUser","Resource":"*"},{"Effect":"Deny","Action":"sqs:*","Resource":"*"}]}"#;
        assert_eq!(services(&[document]).into_iter().collect::<Vec<_>>(), ["iam"]);
    }
}

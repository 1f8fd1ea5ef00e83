//! Trust in identity providers: whose tokens open the role.
//!
//! A provider such as GitHub's vouches for everybody who uses it, so the trust policy must say who is meant:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html>.

use super::deputy::{demands, is_pattern, narrows};
use super::document::{Condition, Document, Principal, Statement, Text};
use super::{Finding, Severity};

/// The issuer of GitHub Actions, as it stands in ARNs and condition keys.
const GITHUB: &str = "token.actions.githubusercontent.com";

/// Looks at each statement that allows.
pub(super) fn find(document: &Document, found: &mut Vec<Finding>) {
    for statement in document.statements.iter().filter(|statement| statement.allows) {
        let providers = statement.principals.iter().filter(|principal| principal.kind == "Federated");
        for principal in providers {
            let name = principal.name.text.as_str();
            if name.contains(":saml-provider/") {
                found.extend(saml(statement, principal));
            } else {
                let issuer = name.split_once(":oidc-provider/").map_or(name, |(_, issuer)| issuer);
                oidc(statement, principal, issuer, found);
            }
        }
    }
}

fn saml(statement: &Statement, principal: &Principal) -> Option<Finding> {
    if demands(statement, &["SAML:aud", "SAML:recipient"]) {
        return None;
    }
    Some(Finding::new(
        "SamlWithoutAudience",
        Severity::Medium,
        &principal.name.path,
        "an assertion that the provider made out for something else opens the role as well",
        "demand SAML:aud with StringEquals, such as https://signin.aws.amazon.com/saml",
    ))
}

fn oidc(statement: &Statement, principal: &Principal, issuer: &str, found: &mut Vec<Finding>) {
    let (sub, aud) = (format!("{issuer}:sub"), format!("{issuer}:aud"));
    // Cognito's pools tell who somebody is by aud (the pool) and amr; the public ones by aud (the application).
    let public = ["cognito-identity.amazonaws.com", "accounts.google.com", "www.amazon.com", "graph.facebook.com"];
    let app =
        if issuer == "www.amazon.com" || issuer == "graph.facebook.com" { format!("{issuer}:app_id") } else { aud };
    let path = &principal.name.path;
    if public.contains(&issuer) || issuer.starts_with("cognito-idp.") {
        if !demands(statement, &[&app, &sub]) {
            found.push(Finding::new(
                "OidcWithoutAudience",
                Severity::Critical,
                path,
                format!("whoever signs in to any application with {issuer} can assume the role"),
                format!("demand {app} with StringEquals"),
            ));
        }
        return;
    }
    let conditions = || statement.conditions.iter().filter(|condition| condition.is_on(&sub));
    let alternatives: &[&str] = if issuer == GITHUB {
        &["repository_id", "repository_owner_id", "repository", "repository_owner", "job_workflow_ref"]
    } else {
        &[]
    };
    let others: Vec<String> = alternatives.iter().map(|claim| format!("{issuer}:{claim}")).collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    if !conditions().any(narrows) && !demands(statement, &others) {
        let who =
            if issuer == GITHUB { "any workflow of anybody on GitHub" } else { "whoever the provider vouches for" };
        found.push(Finding::new(
            "OidcWithoutSubject",
            Severity::Critical,
            conditions().next().map_or(path, |condition| &condition.path),
            format!("{who} can assume the role: no condition on {sub} narrows it"),
            format!("demand {sub} with StringEquals, such as {}", example(issuer)),
        ));
    } else if issuer == GITHUB && demands(statement, &others) {
        // Narrowed by claims that stand beside the subject.
    } else {
        found.extend(conditions().filter(|c| is_pattern(c)).flat_map(|c| wide_subjects(c, issuer)));
    }
    if !demands(statement, &[&app]) {
        found.push(Finding::new(
            "OidcWithoutAudience",
            Severity::Low,
            path,
            format!(
                "a token that was made out for something else opens the role as well, as far as the provider's list of \
                     clients goes; {app} says for whom it was made"
            ),
            format!("demand {app} with StringEquals, mostly sts.amazonaws.com"),
        ));
    }
}

fn example(issuer: &str) -> &'static str {
    if issuer == GITHUB { "repo:ORG/REPO:ref:refs/heads/main" } else { "system:serviceaccount:NAMESPACE:NAME" }
}

fn wide_subjects(condition: &Condition, issuer: &str) -> Vec<Finding> {
    condition.values.iter().filter_map(|value| wide_subject(value, issuer)).collect()
}

/// What is wrong with a pattern of subjects.
fn wide_subject(value: &Text, issuer: &str) -> Option<Finding> {
    let wild = |part: &str| part.contains(['*', '?']);
    let found = |severity, explanation: String| {
        let remedy = format!("write the whole subject, such as {}", example(issuer));
        Some(Finding::new("OidcWideSubject", severity, &value.path, explanation, remedy))
    };
    let text = value.text.as_str();
    if issuer != GITHUB {
        return match text.find(['*', '?']) {
            Some(0) => found(Severity::High, format!("{text} begins with a wildcard: subjects that others chose fit")),
            Some(_) => found(Severity::Low, format!("{text} has a wildcard; who can make up what it stands for?")),
            None => None,
        };
    }
    let Some(rest) = text.strip_prefix("repo:") else {
        return wild(text)
            .then(|| {
                found(Severity::Critical, format!("{text} does not begin with repo:ORG/: repositories of others fit"))
            })
            .flatten();
    };
    let (owner, rest) = rest.split_once('/').unwrap_or((rest, "*"));
    let (repository, context) = rest.split_once(':').unwrap_or((rest, rest));
    if wild(owner) {
        found(Severity::Critical, format!("{text} leaves the organization open: repositories of others fit"))
    } else if wild(repository) && repository == context {
        found(Severity::High, format!("{text} is every repository of {owner}, every branch and every pull request"))
    } else if wild(repository) {
        found(Severity::Medium, format!("{text} is more than one repository of {owner}"))
    } else if context == "*" {
        found(Severity::Medium, format!("{text} is every branch, tag and pull request of the repository"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::found;
    use super::*;
    use crate::policy::PolicyKind;

    fn of(provider: &str, condition: &Value) -> Vec<(&'static str, Severity)> {
        let mut statement = json!({
            "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": provider},
        });
        if !condition.is_null() {
            statement["Condition"] = condition.clone();
        }
        let document = json!({"Version": "2012-10-17", "Statement": [statement]});
        found(PolicyKind::Trust, &document).into_iter().map(|finding| (finding.code, finding.severity)).collect()
    }

    const ACTIONS: &str = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";

    fn github(subject: &Value) -> Vec<(&'static str, Severity)> {
        let mut condition = json!({"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}});
        if !subject.is_null() {
            condition["StringLike"] = json!({"token.actions.githubusercontent.com:sub": subject});
        }
        of(ACTIONS, &condition)
    }

    #[test]
    fn github_without_a_subject_is_anybody_on_github() {
        assert_eq!(github(&Value::Null), [("OidcWithoutSubject", Severity::Critical)]);
        assert_eq!(
            github(&json!("*")),
            [("OidcWithoutSubject", Severity::Critical), ("AlwaysMatches", Severity::High)]
        );
        assert!(of(ACTIONS, &Value::Null).contains(&("OidcWithoutAudience", Severity::Low)));
    }

    #[test]
    fn a_subject_of_github_names_organization_and_repository() {
        for (subject, severity) in [
            ("repo:*", Severity::Critical),
            ("repo:acme*/app:*", Severity::Critical),
            ("*acme/app*", Severity::Critical),
            ("repo:acme/*", Severity::High),
            ("repo:acme/app-*:ref:refs/heads/main", Severity::Medium),
            ("repo:acme/app:*", Severity::Medium),
        ] {
            assert_eq!(github(&json!(subject)), [("OidcWideSubject", severity)], "{subject}");
        }
        for subject in ["repo:acme/app:ref:refs/heads/main", "repo:acme/app:environment:prod-*"] {
            assert_eq!(github(&json!(subject)), [], "{subject}");
        }
    }

    #[test]
    fn other_providers_need_a_subject_or_an_audience() {
        let eks = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/AB12";
        assert!(of(eks, &Value::Null).contains(&("OidcWithoutSubject", Severity::Critical)));
        let narrowed = json!({"StringEquals": {
            "oidc.eks.eu-west-1.amazonaws.com/id/AB12:sub": "system:serviceaccount:default:app",
            "oidc.eks.eu-west-1.amazonaws.com/id/AB12:aud": "sts.amazonaws.com",
        }});
        assert_eq!(of(eks, &narrowed), []);
        assert_eq!(of("accounts.google.com", &Value::Null), [("OidcWithoutAudience", Severity::Critical)]);
        assert_eq!(of("accounts.google.com", &json!({"StringEquals": {"accounts.google.com:aud": "app"}})), []);
    }

    #[test]
    fn saml_needs_an_audience() {
        let provider = "arn:aws:iam::123456789012:saml-provider/corp";
        assert_eq!(of(provider, &Value::Null), [("SamlWithoutAudience", Severity::Medium)]);
        let audience = json!({"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}});
        assert_eq!(of(provider, &audience), []);
    }
}

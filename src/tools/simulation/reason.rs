//! Why a simulation came out as it did, in plain words.

use super::decided::{Decided, Matched};

/// The reason for a decision: what allowed or denied, or what would have had to allow.
pub(super) fn of(decided: &Decided) -> String {
    let mut reason = if decided.is_allowed() {
        format!("allowed by {}", named(&decided.statements))
    } else if decided.is_explicit_deny() {
        explicit_deny(decided)
    } else {
        implicit_deny(decided)
    };
    if !decided.missing.is_empty() {
        // Their names can be anything behind `aws:PrincipalTag/`, so they stand in their own field alone.
        reason.push_str(
            "; the policies ask for condition keys that the simulation was not given (MissingContextValues): with them \
             the decision may be another",
        );
    }
    reason
}

fn explicit_deny(decided: &Decided) -> String {
    if decided.by_organizations == Some(false) && decided.statements.is_empty() {
        return "denied by a service control policy of the organization, which no policy of the account overrides"
            .to_owned();
    }
    if decided.by_boundary == Some(false) && decided.statements.is_empty() {
        return "denied explicitly by the permissions boundary, which no allow overrides".to_owned();
    }
    format!("denied explicitly by {}, which no allow overrides", named(&decided.statements))
}

fn implicit_deny(decided: &Decided) -> String {
    let mut barred = Vec::new();
    if decided.by_organizations == Some(false) {
        barred.push("no service control policy of the organization allows it");
    }
    if decided.by_boundary == Some(false) {
        barred.push("the permissions boundary does not allow it, whatever other policies say");
    }
    let said = |kind: &str| decided.details.get(kind).map(String::as_str);
    if said("IAM Policy") == Some("allowed") && said("Resource Policy") == Some("implicitDeny") {
        barred.push("the policy of the resource, which is another account's, would have to allow it as well");
    }
    if barred.is_empty() {
        barred.push("no statement of the simulated policies allows it");
    }
    format!("not allowed: {}", barred.join(", and "))
}

/// The statements by their policies: `AdministratorAccess (line 3)`.
pub(super) fn named(statements: &[Matched]) -> String {
    if statements.is_empty() {
        return "a statement that IAM does not name".to_owned();
    }
    let name = |matched: &Matched| match matched.start {
        Some((line, column)) => format!("{} (line {line}, column {column})", matched.policy),
        None => matched.policy.clone(),
    };
    let names: Vec<String> = statements.iter().map(name).collect();
    format!("the statement{} in {}", if names.len() == 1 { "" } else { "s" }, names.join(", "))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn decided(decision: &str) -> Decided {
        Decided {
            action: "s3:GetObject".into(),
            resource: "*".into(),
            decision: decision.into(),
            statements: Vec::new(),
            missing: Vec::new(),
            by_boundary: None,
            by_organizations: None,
            details: BTreeMap::new(),
        }
    }

    #[test]
    fn the_statement_that_decides_is_named() {
        let matched = Matched { policy: "Guard".into(), kind: None, start: Some((1, 38)), end: Some((1, 90)) };
        let denied = Decided { statements: vec![matched], ..decided("explicitDeny") };
        assert_eq!(
            of(&denied),
            "denied explicitly by the statement in Guard (line 1, column 38), which no allow overrides"
        );
    }

    #[test]
    fn what_bars_is_told_apart() {
        assert_eq!(of(&decided("implicitDeny")), "not allowed: no statement of the simulated policies allows it");
        let bounded = Decided { by_boundary: Some(false), ..decided("implicitDeny") };
        assert!(of(&bounded).contains("the permissions boundary does not allow it"), "{}", of(&bounded));
        let details = [("IAM Policy", "allowed"), ("Resource Policy", "implicitDeny")];
        let details = details.map(|(kind, said)| (kind.to_owned(), said.to_owned())).into();
        let foreign = Decided { details, ..decided("implicitDeny") };
        assert!(of(&foreign).contains("another account's"), "{}", of(&foreign));
        let organized = Decided { by_organizations: Some(false), ..decided("implicitDeny") };
        assert!(of(&organized).contains("service control policy"), "{}", of(&organized));
        let denied = Decided { by_organizations: Some(false), ..decided("explicitDeny") };
        assert!(of(&denied).contains("service control policy"), "{}", of(&denied));
    }

    #[test]
    fn missing_keys_put_the_decision_in_doubt() {
        let missing = Decided { missing: vec!["aws:CurrentTime".into()], ..decided("implicitDeny") };
        assert!(of(&missing).ends_with("with them the decision may be another"), "{}", of(&missing));
        assert!(!of(&missing).contains("aws:CurrentTime"), "what others wrote is no part of the reason");
    }
}

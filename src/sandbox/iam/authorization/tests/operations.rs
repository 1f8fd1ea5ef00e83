//! Each operation with the actions and resources that it needs: what allows exactly these lets it through, and nothing
//! less does.

mod table;

use super::{HERE, allow, bench, no_policy, permit, refusal, said};
pub(super) use table::CASES;
use table::Case;

/// A resource of the table as policies and messages have it.
fn full(resource: &str) -> String {
    match resource {
        "*" => "*".to_owned(),
        _ if resource.starts_with("arn:") => resource.to_owned(),
        _ => format!("{HERE}{resource}"),
    }
}

/// What is said in a message, where that is not the ARN.
fn told(case: &Case, resource: &str) -> String {
    case.told.map_or_else(|| full(resource), ToOwned::to_owned)
}

#[test]
fn what_allows_exactly_this_lets_it_through() {
    for case in CASES {
        let mut bench = bench();
        let statements: Vec<_> =
            case.needs.iter().map(|(action, on)| allow(&format!("iam:{action}"), &full(on))).collect();
        permit(&mut bench, &statements);
        assert_eq!(refusal(&mut bench, case.operation, case.fields), None, "{}", case.operation);
    }
}

#[test]
fn another_resource_is_not_enough() {
    for case in CASES {
        for (nth, (action, on)) in case.needs.iter().enumerate() {
            let action = format!("iam:{action}");
            let mut statements: Vec<_> =
                case.needs.iter().map(|(action, on)| allow(&format!("iam:{action}"), &full(on))).collect();
            statements[nth] = allow(&action, &format!("{HERE}user/team/someone-else"));
            let mut bench = bench();
            permit(&mut bench, &statements);
            let expected = said(&action, &told(case, on), &no_policy(&action));
            assert_eq!(refusal(&mut bench, case.operation, case.fields), expected, "{} {action}", case.operation);
        }
    }
}

#[test]
fn another_action_is_not_enough() {
    for case in CASES {
        for (nth, (action, on)) in case.needs.iter().enumerate() {
            let action = format!("iam:{action}");
            let mut statements: Vec<_> =
                case.needs.iter().map(|(action, on)| allow(&format!("iam:{action}"), &full(on))).collect();
            // One action may be needed on two resources: there this allows all but the one that is looked at.
            statements[nth] = allow("iam:ChangePassword", "*");
            let mut bench = bench();
            permit(&mut bench, &statements);
            let expected = said(&action, &told(case, on), &no_policy(&action));
            assert_eq!(refusal(&mut bench, case.operation, case.fields), expected, "{} {action}", case.operation);
        }
    }
}

#[test]
fn a_deny_of_any_of_what_is_needed_refuses_it() {
    for case in CASES {
        for (action, on) in case.needs {
            let action = format!("iam:{action}");
            let mut bench = bench();
            permit(&mut bench, &[allow("iam:*", "*"), super::deny(&action, &full(on))]);
            let expected = said(&action, &told(case, on), " with an explicit deny in an identity-based policy");
            let refused = refusal(&mut bench, case.operation, case.fields);
            assert_eq!(refused, expected, "{} {action}", case.operation);
        }
    }
}

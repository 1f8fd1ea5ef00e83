//! `protected-resource`, and `many-refusals` of callers.

use super::*;

#[test]
fn an_attempt_on_a_protected_resource_is_told_at_once_also_of_a_new_caller() {
    let mut trail = Trail::new();
    let told = trail.add("12:00:00", refused("alice", "ProtectedResource"));
    let [signal] = told.as_slice() else { unreachable!("one signal: {told:?}") };
    assert_eq!((signal.kind, signal.count, signal.records.as_slice()), (Kind::ProtectedResource, 1, &[1][..]));
    assert_eq!(signal.text, "create_user on arn:aws:iam::1:user/ci/x was refused: ProtectedResource");
    assert_eq!((signal.subject.to_string().as_str(), signal.event_id.as_str()), ("keyring:alice", "event-1"));
    let boundary = trail.add("12:00:00", refused("bob", "PermissionsBoundaryRequired"));
    assert_eq!(boundary[0].kind, Kind::ProtectedResource, "whoever it is about");
    assert!(trail.add("12:00:00", refused("carol", "PolicyDenied")).is_empty());
}

#[test]
fn as_many_refusals_of_a_caller_as_the_rule_says_are_told_and_one_fewer_is_not() {
    let mut trail = Trail::new();
    for second in 0..9 {
        assert!(trail.add(&format!("12:00:0{second}"), refused("alice", "ReadOnlyCaller")).is_empty());
        assert!(trail.add(&format!("12:00:0{second}"), refused("bob", "ValidationError")).is_empty());
    }
    assert!(trail.add("12:09:00", refused("bob", "ReadOnlyCaller")).is_empty(), "mistakes are no refusals");
    let told = trail.add("12:09:59", refused("alice", "PolicyDenied"));
    let [signal] = told.as_slice() else { unreachable!("one signal: {told:?}") };
    assert_eq!((signal.kind, signal.count), (Kind::ManyRefusals, 10));
    assert_eq!(signal.text, "10 refusals within 10 minutes; the last: create_user was refused: PolicyDenied");
    assert_eq!(signal.records, [1, 3, 5, 7, 9, 11, 13, 15, 17, 20], "what was counted");
}

#[test]
fn refusals_that_lie_further_apart_are_not_counted_together() {
    let mut trail = Trail::new();
    assert!(trail.add("12:00:59", refused("alice", "ReadOnlyCaller")).is_empty());
    for _ in 0..9 {
        assert!(trail.add("12:10:00", refused("alice", "ReadOnlyCaller")).is_empty());
    }
    assert_eq!(trail.add("12:10:01", refused("alice", "ReadOnlyCaller")).len(), 1);
}

#[test]
fn what_aws_denies_is_a_refusal_and_what_aws_cannot_do_is_none() {
    let by_aws = |code: &str| {
        let mut record = call("alice", "outcome", "create_user", "write");
        record["additionalEventData"]["awsCalls"] = json!([{"action": "iam:CreateUser", "errorCode": code}]);
        record
    };
    let mut trail = Trail::new();
    for _ in 0..20 {
        assert!(trail.add("12:00:00", by_aws("Throttling")).is_empty());
    }
    for _ in 0..9 {
        assert!(trail.add("12:00:00", by_aws("AccessDenied")).is_empty());
    }
    let told = trail.add("12:00:00", by_aws("AccessDenied"));
    assert_eq!(texts(&told), ["10 refusals within 10 minutes; the last: create_user was refused: AccessDenied"]);
}

#[test]
fn callers_are_told_apart_by_all_that_they_are() {
    let mut trail = Trail::new();
    for (kind, person) in [("keyring", "a@example.com"), ("keyring", "b@example.com"), ("oidc", "a@example.com")] {
        for _ in 0..9 {
            let mut record = refused("alice", "ReadOnlyCaller");
            record["additionalEventData"]["caller"] = json!({"kind": kind, "name": "alice", "person": person});
            assert!(trail.add("12:00:00", record).is_empty());
        }
    }
}

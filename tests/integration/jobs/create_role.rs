//! Creating a role with a trust policy.

use serde_json::{Value, json};

use super::{Job, dry_run, names, read, written};

/// Who may assume the role, for this account alone.
fn trusting(principal: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal,
        "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
    }]})
}

/// How bad the worst is of what is dangerous about a document.
fn dangers(job: &mut Job, document: &Value, kind: &str) -> Vec<String> {
    let judged = job.call("validate_policy", json!({"policy_document": document, "policy_type": kind}));
    assert_eq!(judged["valid"], true, "{judged}");
    names(&judged["security_findings"], "severity")
}

#[test]
fn a_role_is_created_for_one_service_and_given_what_its_job_needs() {
    let mut job = Job::begin();
    job.call("whoami", json!({}));
    let role = json!({"role_name": "order-archiver"});
    assert_eq!(job.refused("get_role", role.clone()), "NoSuchEntity");

    let open = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]});
    assert!(dangers(&mut job, &open, "trust").contains(&"critical".to_owned()), "everybody may assume that one");
    let trust = trusting(&json!({"Service": "scheduler.amazonaws.com"}));
    assert_eq!(dangers(&mut job, &trust, "trust"), Vec::<String>::new());

    let create = json!({
        "role_name": "order-archiver", "path": "/service-roles/", "assume_role_policy_document": trust,
        "description": "Archives orders of last year, once a night.", "tags": {"team": "shop", "owner": "grace.kim"},
    });
    let plan = job.planned("create_role", create.clone());
    assert_eq!(names(&plan["calls"], "action"), ["iam:CreateRole"], "{plan}");
    assert_eq!(job.call("create_role", create)["plan"], plan);

    let document = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::acme-orders/archive/*",
    }]});
    assert_eq!(dangers(&mut job, &document, "identity"), Vec::<String>::new());
    let put = json!({"role_name": "order-archiver", "policy_name": "archive", "policy_document": document});
    let plan = job.planned("put_role_policy", put.clone());
    assert_eq!(plan["granted"]["administrator"], false, "{plan}");
    let mut reasoned = put;
    reasoned["reason"] = "reads and writes the archive".into();
    job.confirmed("put_role_policy", reasoned, &plan);
    let made = job.call("get_role", role)["Role"].clone();
    assert_eq!(
        (&made["AssumeRolePolicyDocument"], &made["InlinePolicies"][0]["PolicyDocument"], &made["AttachedPolicies"]),
        (&trust, &document, &json!([]))
    );

    let state = job.account().state("/service-roles/");
    assert_eq!(
        state["roles"]["order-archiver"],
        json!({
            "path": "/service-roles/", "inline": {"archive": document}, "attached": [], "boundary": null, "trust": trust,
            "tags": {"team": "shop", "owner": "grace.kim"}, "max_session_duration": 3600,
            "description": "Archives orders of last year, once a night.",
        })
    );
    assert_eq!(
        job.recorded(),
        [
            read("whoami"),
            read("get_role"),
            read("validate_policy"),
            read("validate_policy"),
            dry_run("create_role"),
            written("create_role"),
            read("validate_policy"),
            dry_run("put_role_policy"),
            dry_run("put_role_policy"),
            written("put_role_policy"),
            read("get_role"),
        ]
    );
    job.assert_writes_are_told(&["iam:CreateRole", "iam:PutRolePolicy"]);
}

use crate::sandbox::testing::{Bench, Reply, TRUST};

const KINDS: [&str; 3] = ["User", "Group", "Role"];

/// A user, a group and a role, all called `It`.
fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.ok("CreateUser", &[("UserName", "It")]);
    bench.ok("CreateGroup", &[("GroupName", "It")]);
    bench.ok("CreateRole", &[("RoleName", "It"), ("AssumeRolePolicyDocument", TRUST)]);
    bench
}

#[test]
fn a_policy_is_attached_and_detached() {
    let mut bench = bench();
    let arn = bench.managed_policy("P");
    for kind in KINDS {
        let name = format!("{kind}Name");
        let fields = [(&*name, "iT"), ("PolicyArn", &arn)];
        for _ in 0..2 {
            assert_eq!(bench.ok(&format!("Attach{kind}Policy"), &fields), Reply(String::new()));
        }
        assert_eq!(
            bench.ok(&format!("ListAttached{kind}Policies"), &fields[..1]).0,
            format!(
                "<IsTruncated>false</IsTruncated><AttachedPolicies><member><PolicyName>P</PolicyName>\
                 <PolicyArn>{arn}</PolicyArn></member></AttachedPolicies>"
            )
        );
        assert_eq!(bench.ok(&format!("Detach{kind}Policy"), &fields), Reply(String::new()));
        let message = bench.refused(&format!("Detach{kind}Policy"), &fields, "NoSuchEntity");
        assert_eq!(message, format!("Policy {arn} was not found."));
    }
}

#[test]
fn what_is_not_there_is_not_attached() {
    let mut bench = bench();
    for kind in KINDS {
        let name = format!("{kind}Name");
        let attach = format!("Attach{kind}Policy");
        let gone = "arn:aws:iam::123456789012:policy/gone";
        assert_eq!(
            bench.refused(&attach, &[(&name, "It"), ("PolicyArn", gone)], "NoSuchEntity"),
            format!("Policy {gone} does not exist or is not attachable.")
        );
        for (arn, code) in [
            ("ReadOnlyAccessWithoutAnArn", "ValidationError"),
            ("arn:aws:iam::123456789012:role/It", "InvalidInput"),
            ("arn:aws:iam::123456789012:policy/a(b", "InvalidInput"),
        ] {
            for action in [&attach, &format!("Detach{kind}Policy")] {
                let message = bench.refused(action, &[(&name, "It"), ("PolicyArn", arn)], code);
                assert_eq!(message, format!("ARN {arn} is not valid."));
            }
        }
        bench.refused(&attach, &[(&name, "It"), ("PolicyArn", "ReadOnly")], "ValidationError");
        bench.refused(&attach, &[(&name, "It")], "ValidationError");
    }
}

#[test]
fn who_is_missing_is_named_before_the_policy() {
    let mut bench = Bench::new();
    for kind in KINDS {
        let name = format!("{kind}Name");
        let fields = [(&*name, "gone"), ("PolicyArn", "arn:aws:iam::aws:policy/gone")];
        for action in
            [format!("Attach{kind}Policy"), format!("Detach{kind}Policy"), format!("ListAttached{kind}Policies")]
        {
            let message = bench.refused(&action, &fields, "NoSuchEntity");
            assert_eq!(message, format!("The {} with name gone cannot be found.", kind.to_lowercase()));
        }
    }
}

#[test]
fn ten_policies_are_attached_at_most() {
    let mut bench = bench();
    let arns: Vec<String> = (0..11).map(|at| bench.managed_policy(&format!("p{at:02}"))).collect();
    for kind in KINDS {
        let name = format!("{kind}Name");
        let attach = format!("Attach{kind}Policy");
        for arn in &arns[..10] {
            bench.ok(&attach, &[(&name, "It"), ("PolicyArn", arn)]);
        }
        let message = bench.refused(&attach, &[(&name, "It"), ("PolicyArn", &arns[10])], "LimitExceeded");
        assert_eq!(message, format!("Cannot exceed quota for PoliciesPer{kind}: 10"));
        bench.ok(&attach, &[(&name, "It"), ("PolicyArn", &arns[3])]);
        bench.ok(&format!("Detach{kind}Policy"), &[(&name, "It"), ("PolicyArn", &arns[3])]);
        bench.ok(&attach, &[(&name, "It"), ("PolicyArn", &arns[10])]);
    }
}

#[test]
fn a_policy_of_service_linked_roles_is_for_them_alone() {
    let mut bench = bench();
    let arn = "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy";
    bench.managed_policy_at(arn);
    let message = bench.refused("AttachRolePolicy", &[("RoleName", "It"), ("PolicyArn", arn)], "PolicyNotAttachable");
    assert_eq!(message, "Cannot attach a Service Role Policy to a Customer Role.");
    let reader = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    bench.managed_policy_at(reader);
    bench.ok("AttachRolePolicy", &[("RoleName", "It"), ("PolicyArn", reader)]);
}

#[test]
fn policies_are_listed_in_pages_and_by_path() {
    let mut bench = bench();
    let arns: Vec<String> =
        ["b", "a", "x/c", "x/y/d", "e"].map(|name| format!("arn:aws:iam::123456789012:policy/{name}")).into();
    for kind in KINDS {
        let name = format!("{kind}Name");
        let name = (&*name, "It");
        for arn in &arns {
            bench.managed_policy_at(arn);
            bench.ok(&format!("Attach{kind}Policy"), &[name, ("PolicyArn", arn)]);
        }
        let list = format!("ListAttached{kind}Policies");
        assert_eq!(bench.pages(&list, &[name], 2, "PolicyName"), [vec!["a", "b"], vec!["e", "c"], vec!["d"]]);
        assert_eq!(bench.ok(&list, &[name, ("PathPrefix", "/x/")]).all("PolicyName"), ["c", "d"]);
        bench.refused(&list, &[name, ("PathPrefix", "/x")], "ValidationError");

        let marker = bench.ok(&list, &[name, ("MaxItems", "2")]).get("Marker").unwrap();
        bench.ok(&format!("Detach{kind}Policy"), &[name, ("PolicyArn", &arns[0])]);
        assert_eq!(bench.ok(&list, &[name, ("Marker", &marker)]).all("PolicyName"), ["e", "c", "d"]);
    }
}

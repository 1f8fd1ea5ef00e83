use crate::sandbox::testing::{Bench, TRUST};

fn bench() -> (Bench, String) {
    let mut bench = Bench::new();
    let arn = bench.managed_policy("P");
    let of = ("PolicyArn", arn.as_str());
    for (name, path) in [("ann", "/"), ("bob", "/team/")] {
        bench.ok("CreateUser", &[("UserName", name), ("Path", path)]);
        bench.ok("AttachUserPolicy", &[("UserName", name), of]);
    }
    bench.ok("CreateUser", &[("UserName", "eve"), ("PermissionsBoundary", &arn)]);
    bench.ok("CreateUser", &[("UserName", "nobody")]);
    bench.ok("CreateGroup", &[("GroupName", "ann")]);
    bench.ok("AttachGroupPolicy", &[("GroupName", "ann"), of]);
    bench.ok("CreateRole", &[("RoleName", "ann"), ("AssumeRolePolicyDocument", TRUST), ("PermissionsBoundary", &arn)]);
    (bench, arn)
}

#[test]
fn users_groups_and_roles_are_told_with_their_ids() {
    let (mut bench, arn) = bench();
    let listed = bench.ok("ListEntitiesForPolicy", &[("PolicyArn", &arn)]);
    assert_eq!(listed.all("GroupName"), ["ann"]);
    assert_eq!(listed.all("UserName"), ["ann", "bob", "eve"]);
    assert_eq!(listed.all("RoleName"), ["ann"]);
    let id = bench.ok("GetRole", &[("RoleName", "ann")]).get("RoleId");
    assert_eq!(listed.get("RoleId"), id);
    assert!(listed.get("GroupId").unwrap().starts_with("AGPA") && listed.get("UserId").unwrap().starts_with("AIDA"));
    assert_eq!(listed.get("IsTruncated").unwrap(), "false");
}

#[test]
fn all_three_lists_stand_there_when_nobody_uses_it() {
    let mut bench = Bench::new();
    let arn = bench.managed_policy("P");
    assert_eq!(
        bench.ok("ListEntitiesForPolicy", &[("PolicyArn", &arn)]).0,
        "<PolicyGroups></PolicyGroups><PolicyUsers></PolicyUsers><PolicyRoles></PolicyRoles>\
         <IsTruncated>false</IsTruncated>"
    );
}

#[test]
fn kinds_paths_and_uses_are_filtered() {
    let (mut bench, arn) = bench();
    let mut names = |more: &[(&str, &str)]| {
        let listed = bench.ok("ListEntitiesForPolicy", &[&[("PolicyArn", arn.as_str())], more].concat());
        [listed.all("GroupName"), listed.all("UserName"), listed.all("RoleName")].map(|names| names.join(" "))
    };
    assert_eq!(names(&[("EntityFilter", "User")]), ["", "ann bob eve", ""]);
    assert_eq!(names(&[("EntityFilter", "Role")]), ["", "", "ann"]);
    assert_eq!(names(&[("PathPrefix", "/team/")]), ["", "bob", ""]);
    assert_eq!(names(&[("PolicyUsageFilter", "PermissionsBoundary")]), ["", "eve", "ann"]);
    assert_eq!(names(&[("PolicyUsageFilter", "PermissionsPolicy")]), ["ann", "ann bob", ""]);
    assert_eq!(names(&[("EntityFilter", "AWSManagedPolicy")]), ["", "", ""]);
}

#[test]
fn pages_go_through_all_kinds() {
    let (mut bench, arn) = bench();
    let of = [("PolicyArn", arn.as_str())];
    let pages = |bench: &mut Bench, element| bench.pages("ListEntitiesForPolicy", &of, 2, element);
    assert_eq!(pages(&mut bench, "GroupName"), [vec!["ann"], vec![], vec![]]);
    assert_eq!(pages(&mut bench, "UserName"), [vec!["ann"], vec!["bob", "eve"], vec![]]);
    assert_eq!(pages(&mut bench, "RoleName"), [vec![], vec![], vec!["ann"]]);
}

#[test]
fn a_missing_policy_and_bad_filters_are_refused() {
    let (mut bench, arn) = bench();
    let gone = ("PolicyArn", "arn:aws:iam::123456789012:policy/gone");
    bench.refused("ListEntitiesForPolicy", &[gone], "NoSuchEntity");
    bench.refused("ListEntitiesForPolicy", &[("PolicyArn", "arn:aws:iam::123456789012:user/x")], "InvalidInput");
    bench.refused("ListEntitiesForPolicy", &[], "ValidationError");
    for bad in [("EntityFilter", "Policy"), ("PolicyUsageFilter", "Both"), ("PathPrefix", "team"), ("MaxItems", "1001")]
    {
        bench.refused("ListEntitiesForPolicy", &[("PolicyArn", &arn), bad], "ValidationError");
    }
}

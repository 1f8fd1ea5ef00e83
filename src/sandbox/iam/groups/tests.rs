use crate::sandbox::testing::{ALLOW, Bench, Reply};

/// Users `u0`, `u1`, ... and groups `g0`, `g1`, ...
fn bench(users: usize, groups: usize) -> Bench {
    let mut bench = Bench::new();
    for at in 0..users {
        bench.ok("CreateUser", &[("UserName", &format!("u{at}"))]);
    }
    for at in 0..groups {
        bench.ok("CreateGroup", &[("GroupName", &format!("g{at}"))]);
    }
    bench
}

#[test]
fn a_group_is_made_and_told_with_its_members() {
    let mut bench = bench(2, 0);
    let made = bench.ok("CreateGroup", &[("GroupName", "Ops"), ("Path", "/team/")]);
    let id = made.get("GroupId").unwrap();
    assert!(id.starts_with("AGPA") && id.len() == 21, "{id}");
    assert_eq!(
        made.0,
        format!(
            "<Group><Path>/team/</Path><GroupName>Ops</GroupName><GroupId>{id}</GroupId>\
             <Arn>arn:aws:iam::123456789012:group/team/Ops</Arn><CreateDate>2026-03-01T12:00:00Z</CreateDate></Group>"
        )
    );
    assert_eq!(
        bench.ok("GetGroup", &[("GroupName", "oPS")]).0,
        format!("{}<IsTruncated>false</IsTruncated><Users></Users>", made.0)
    );
    bench.ok("AddUserToGroup", &[("GroupName", "OPS"), ("UserName", "U1")]);
    let group = bench.ok("GetGroup", &[("GroupName", "Ops")]);
    assert_eq!(group.all("UserName"), ["u1"]);
    let user = bench.ok("ListUsers", &[]).all("member").remove(1);
    assert_eq!(group.get("member"), Some(user));
}

#[test]
fn names_are_taken_in_any_case_and_missing_ones_named() {
    let mut bench = bench(1, 2);
    for fields in [[("GroupName", "G0")].as_slice(), &[("GroupName", "G0"), ("Path", "/x/")]] {
        let message = bench.refused("CreateGroup", fields, "EntityAlreadyExists");
        assert_eq!(message, "Group with name G0 already exists.");
    }
    let message = bench.refused("UpdateGroup", &[("GroupName", "g0"), ("NewGroupName", "G1")], "EntityAlreadyExists");
    assert_eq!(message, "Group with name G1 already exists.");
    for action in ["GetGroup", "UpdateGroup", "DeleteGroup", "AddUserToGroup", "RemoveUserFromGroup"] {
        let fields = [("GroupName", "gone"), ("UserName", "u0")];
        let message = bench.refused(action, &fields, "NoSuchEntity");
        assert_eq!(message, "The group with name gone cannot be found.");
    }
    for action in ["AddUserToGroup", "RemoveUserFromGroup", "ListGroupsForUser"] {
        // The user is looked for first.
        let fields = [("GroupName", "gone"), ("UserName", "nobody")];
        let message = bench.refused(action, &fields, "NoSuchEntity");
        assert_eq!(message, "The user with name nobody cannot be found.");
    }
}

#[test]
fn bad_parameters_are_refused() {
    let mut bench = bench(1, 1);
    for (action, fields) in [
        ("CreateGroup", [].as_slice()),
        ("CreateGroup", &[("GroupName", "a/b")]),
        ("CreateGroup", &[("GroupName", &"x".repeat(129))]),
        ("CreateGroup", &[("GroupName", "x"), ("Path", "/x")]),
        ("UpdateGroup", &[("GroupName", "g0"), ("NewPath", "x")]),
        ("ListGroups", &[("PathPrefix", "x")]),
        ("AddUserToGroup", &[("GroupName", "g0")]),
        ("RemoveUserFromGroup", &[("UserName", "u0")]),
        ("GetGroup", &[("GroupName", "g0"), ("MaxItems", "0")]),
    ] {
        bench.refused(action, fields, "ValidationError");
    }
}

#[test]
fn membership_is_put_and_taken_any_number_of_times() {
    let mut bench = bench(1, 1);
    let both = [("GroupName", "g0"), ("UserName", "u0")];
    assert_eq!(bench.ok("RemoveUserFromGroup", &both), Reply(String::new()));
    bench.ok("AddUserToGroup", &both);
    assert_eq!(bench.ok("AddUserToGroup", &both), Reply(String::new()));
    assert_eq!(bench.ok("ListGroupsForUser", &both[1..]).all("GroupName"), ["g0"]);
    bench.ok("RemoveUserFromGroup", &both);
    assert_eq!(bench.ok("ListGroupsForUser", &both[1..]).all("GroupName"), [""; 0]);
    assert_eq!(bench.ok("GetGroup", &both[..1]).all("UserName"), [""; 0]);
}

#[test]
fn a_user_is_in_ten_groups_at_most() {
    let mut bench = bench(2, 11);
    for at in 0..10 {
        bench.ok("AddUserToGroup", &[("GroupName", &format!("g{at}")), ("UserName", "u0")]);
    }
    let eleventh = [("GroupName", "g10"), ("UserName", "u0")];
    assert_eq!(
        bench.refused("AddUserToGroup", &eleventh, "LimitExceeded"),
        "Cannot exceed quota for GroupsPerUser: 10"
    );
    bench.ok("AddUserToGroup", &[("GroupName", "G3"), ("UserName", "u0")]);
    bench.ok("AddUserToGroup", &[("GroupName", "g10"), ("UserName", "u1")]);
    bench.ok("RemoveUserFromGroup", &[("GroupName", "g0"), ("UserName", "u0")]);
    bench.ok("AddUserToGroup", &eleventh);
}

#[test]
fn a_new_name_keeps_id_members_and_policies() {
    let mut bench = bench(1, 1);
    bench.ok("AddUserToGroup", &[("GroupName", "g0"), ("UserName", "u0")]);
    bench.ok("PutGroupPolicy", &[("GroupName", "g0"), ("PolicyName", "p"), ("PolicyDocument", ALLOW)]);
    let id = bench.ok("GetGroup", &[("GroupName", "g0")]).get("GroupId");
    let update = [("GroupName", "g0"), ("NewGroupName", "Crew"), ("NewPath", "/x/")];
    assert_eq!(bench.ok("UpdateGroup", &update), Reply(String::new()));
    bench.refused("GetGroup", &[("GroupName", "g0")], "NoSuchEntity");
    let crew = bench.ok("GetGroup", &[("GroupName", "crew")]);
    assert_eq!((crew.get("GroupId"), crew.get("Path").as_deref()), (id, Some("/x/")));
    assert_eq!(crew.all("UserName"), ["u0"]);
    assert_eq!(bench.ok("ListGroupsForUser", &[("UserName", "u0")]).all("GroupName"), ["Crew"]);
    assert_eq!(bench.ok("ListGroupPolicies", &[("GroupName", "Crew")]).all("member"), ["p"]);
    bench.ok("UpdateGroup", &[("GroupName", "crew"), ("NewGroupName", "CREW")]);
    assert_eq!(bench.ok("ListGroups", &[]).all("GroupName"), ["CREW"]);
}

#[test]
fn members_and_policies_go_before_the_group() {
    let mut bench = bench(1, 1);
    let arn = bench.managed_policy("p");
    let group = ("GroupName", "g0");
    for (put, fields, take, must) in [
        ("AddUserToGroup", [("UserName", "u0"), ("", "")], "RemoveUserFromGroup", "remove users from group"),
        ("PutGroupPolicy", [("PolicyName", "p"), ("PolicyDocument", ALLOW)], "DeleteGroupPolicy", "delete policies"),
        ("AttachGroupPolicy", [("PolicyArn", &arn), ("", "")], "DetachGroupPolicy", "detach all policies"),
    ] {
        let fields = [group, fields[0], fields[1]];
        bench.ok(put, &fields);
        let message = bench.refused("DeleteGroup", &[group], "DeleteConflict");
        assert_eq!(message, format!("Cannot delete entity, must {must} first."));
        bench.ok(take, &fields);
    }
    assert_eq!(bench.ok("DeleteGroup", &[("GroupName", "G0")]), Reply(String::new()));
    assert_eq!(bench.ok("ListGroups", &[]).all("GroupName"), [""; 0]);
}

#[test]
fn groups_members_and_memberships_are_listed_in_pages() {
    let mut bench = bench(5, 5);
    for at in 0..5 {
        bench.ok("AddUserToGroup", &[("GroupName", "g0"), ("UserName", &format!("u{at}"))]);
        bench.ok("AddUserToGroup", &[("GroupName", &format!("g{at}")), ("UserName", "u0")]);
    }
    assert_eq!(bench.pages("ListGroups", &[], 2, "GroupName"), [vec!["g0", "g1"], vec!["g2", "g3"], vec!["g4"]]);
    assert_eq!(
        bench.pages("ListGroupsForUser", &[("UserName", "u0")], 3, "GroupName"),
        [vec!["g0", "g1", "g2"], vec!["g3", "g4"]]
    );
    assert_eq!(
        bench.pages("GetGroup", &[("GroupName", "g0")], 2, "UserName"),
        [vec!["u0", "u1"], vec!["u2", "u3"], vec!["u4"]]
    );
}

#[test]
fn who_leaves_between_two_pages_hides_nobody() {
    let mut bench = bench(4, 1);
    for at in 0..4 {
        bench.ok("AddUserToGroup", &[("GroupName", "g0"), ("UserName", &format!("u{at}"))]);
    }
    let first = bench.ok("GetGroup", &[("GroupName", "g0"), ("MaxItems", "2")]);
    bench.ok("RemoveUserFromGroup", &[("GroupName", "g0"), ("UserName", "u1")]);
    let marker = first.get("Marker").unwrap();
    let second = bench.ok("GetGroup", &[("GroupName", "g0"), ("Marker", &marker)]);
    assert_eq!(second.all("UserName"), ["u2", "u3"]);
}

#[test]
fn groups_are_listed_by_path() {
    let mut bench = bench(0, 1);
    bench.ok("CreateGroup", &[("GroupName", "far"), ("Path", "/a/b/")]);
    assert_eq!(bench.ok("ListGroups", &[]).all("GroupName"), ["far", "g0"]);
    assert_eq!(bench.ok("ListGroups", &[("PathPrefix", "/a/")]).all("GroupName"), ["far"]);
}

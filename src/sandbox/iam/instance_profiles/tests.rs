use crate::sandbox::testing::{Bench, Reply, TRUST};

const NAME: &str = "InstanceProfileName";

fn bench(profiles: &[&str]) -> Bench {
    let mut bench = Bench::new();
    bench.ok("CreateRole", &[("RoleName", "Web"), ("AssumeRolePolicyDocument", TRUST), ("Description", "x")]);
    for name in profiles {
        bench.ok("CreateInstanceProfile", &[(NAME, name)]);
    }
    bench
}

#[test]
fn an_instance_profile_is_made_and_told() {
    let mut bench = bench(&[]);
    let made = bench.ok("CreateInstanceProfile", &[(NAME, "Fleet"), ("Path", "/x/")]);
    let id = made.get("InstanceProfileId").unwrap();
    assert!(id.starts_with("AIPA") && id.len() == 21, "{id}");
    let inside = format!(
        "<Path>/x/</Path><InstanceProfileName>Fleet</InstanceProfileName><InstanceProfileId>{id}</InstanceProfileId>\
         <Arn>arn:aws:iam::123456789012:instance-profile/x/Fleet</Arn><CreateDate>2026-03-01T12:00:00Z</CreateDate>\
         <Roles></Roles>"
    );
    assert_eq!(made.0, format!("<InstanceProfile>{inside}</InstanceProfile>"));
    assert_eq!(
        bench.ok("GetInstanceProfile", &[(NAME, "fLEET")]).0,
        format!("<InstanceProfile>{inside}<Tags></Tags></InstanceProfile>")
    );
    assert_eq!(
        bench.ok("ListInstanceProfiles", &[]).0,
        format!("<IsTruncated>false</IsTruncated><InstanceProfiles><member>{inside}</member></InstanceProfiles>")
    );
    let tagged = [(NAME, "t"), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    assert_eq!(bench.ok("CreateInstanceProfile", &tagged).tags(), [("k".to_owned(), "v".to_owned())]);
}

#[test]
fn a_profile_holds_one_role() {
    let mut bench = bench(&["Fleet"]);
    bench.ok("CreateRole", &[("RoleName", "Other"), ("AssumeRolePolicyDocument", TRUST)]);
    let add = [(NAME, "fleet"), ("RoleName", "wEB")];
    assert_eq!(bench.ok("AddRoleToInstanceProfile", &add), Reply(String::new()));
    let profile = bench.ok("GetInstanceProfile", &[(NAME, "Fleet")]);
    assert_eq!(profile.get("RoleName").as_deref(), Some("Web"));
    assert_eq!(profile.document("AssumeRolePolicyDocument"), TRUST);
    assert_eq!((profile.get("Description"), profile.get("MaxSessionDuration")), (None, None));
    for role in ["Other", "Web"] {
        let message =
            bench.refused("AddRoleToInstanceProfile", &[(NAME, "Fleet"), ("RoleName", role)], "LimitExceeded");
        assert_eq!(message, "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
    }
    let message = bench.refused("DeleteInstanceProfile", &[(NAME, "Fleet")], "DeleteConflict");
    assert_eq!(message, "Cannot delete entity, must remove roles from instance profile first.");

    let other = [(NAME, "Fleet"), ("RoleName", "Other")];
    let message = bench.refused("RemoveRoleFromInstanceProfile", &other, "NoSuchEntity");
    assert_eq!(message, "Role Other in Instance Profile Fleet cannot be found.");
    assert_eq!(bench.ok("RemoveRoleFromInstanceProfile", &add), Reply(String::new()));
    assert_eq!(bench.ok("DeleteInstanceProfile", &[(NAME, "FLEET")]), Reply(String::new()));
    bench.refused("GetInstanceProfile", &[(NAME, "Fleet")], "NoSuchEntity");
    bench.ok("DeleteRole", &[("RoleName", "Web")]);
}

#[test]
fn a_service_linked_role_is_in_no_profile() {
    let mut bench = bench(&["Fleet"]);
    bench.ok("CreateServiceLinkedRole", &[("AWSServiceName", "ecs.amazonaws.com")]);
    let add = [(NAME, "Fleet"), ("RoleName", "AWSServiceRoleForECS")];
    bench.refused("AddRoleToInstanceProfile", &add, "UnmodifiableEntity");
}

#[test]
fn names_are_taken_in_any_case_and_missing_ones_named() {
    let mut bench = bench(&["Fleet"]);
    let message = bench.refused("CreateInstanceProfile", &[(NAME, "fleet")], "EntityAlreadyExists");
    assert_eq!(message, "Instance Profile fleet already exists.");
    for action in
        ["GetInstanceProfile", "DeleteInstanceProfile", "AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile"]
    {
        let message = bench.refused(action, &[(NAME, "gone"), ("RoleName", "nobody")], "NoSuchEntity");
        assert_eq!(message, "Instance Profile gone cannot be found.");
    }
    for action in ["AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile", "ListInstanceProfilesForRole"] {
        let message = bench.refused(action, &[(NAME, "Fleet"), ("RoleName", "nobody")], "NoSuchEntity");
        assert_eq!(message, "The role with name nobody cannot be found.");
    }
}

#[test]
fn bad_parameters_are_refused() {
    let mut bench = bench(&["Fleet"]);
    for (action, fields) in [
        ("CreateInstanceProfile", [].as_slice()),
        ("CreateInstanceProfile", &[(NAME, "a b")]),
        ("CreateInstanceProfile", &[(NAME, "x"), ("Path", "x")]),
        ("GetInstanceProfile", &[]),
        ("AddRoleToInstanceProfile", &[(NAME, "Fleet")]),
        ("RemoveRoleFromInstanceProfile", &[("RoleName", "Web")]),
        ("ListInstanceProfiles", &[("PathPrefix", "x")]),
        ("ListInstanceProfilesForRole", &[]),
    ] {
        bench.refused(action, fields, "ValidationError");
    }
}

#[test]
fn profiles_are_listed_in_pages_by_path_and_for_a_role() {
    let mut bench = bench(&["b", "C", "a", "D", "e"]);
    let pages = [vec!["a", "b"], vec!["C", "D"], vec!["e"]];
    assert_eq!(bench.pages("ListInstanceProfiles", &[], 2, NAME), pages);
    assert_eq!(bench.ok("ListInstanceProfilesForRole", &[("RoleName", "web")]).all(NAME), [""; 0]);
    for name in ["a", "b", "C", "D", "e"] {
        bench.ok("AddRoleToInstanceProfile", &[(NAME, name), ("RoleName", "Web")]);
    }
    assert_eq!(bench.pages("ListInstanceProfilesForRole", &[("RoleName", "web")], 2, NAME), pages);
    let marker = bench.ok("ListInstanceProfilesForRole", &[("RoleName", "Web"), ("MaxItems", "2")]).get("Marker");
    bench.ok("RemoveRoleFromInstanceProfile", &[(NAME, "b"), ("RoleName", "Web")]);
    let rest = [("RoleName", "Web"), ("Marker", marker.as_deref().unwrap())];
    assert_eq!(bench.ok("ListInstanceProfilesForRole", &rest).all(NAME), ["C", "D", "e"]);

    bench.ok("CreateInstanceProfile", &[(NAME, "far"), ("Path", "/x/")]);
    assert_eq!(bench.ok("ListInstanceProfiles", &[("PathPrefix", "/x")]).all(NAME), ["far"]);
}

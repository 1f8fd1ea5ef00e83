use jiff::SignedDuration;

use crate::sandbox::testing::{ALLOW, Bench, Reply, TRUST};

const TRUST_POLICY: &str = "AssumeRolePolicyDocument";
const OTHER_TRUST: &str =
    r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}"#;

fn create(bench: &mut Bench, names: &[&str]) {
    for name in names {
        bench.ok("CreateRole", &[("RoleName", name), (TRUST_POLICY, TRUST)]);
    }
}

#[test]
fn a_role_is_told_whole_by_get_role_alone() {
    let mut bench = Bench::new();
    let boundary = bench.managed_policy("Limit");
    let made = bench.ok(
        "CreateRole",
        &[
            ("RoleName", "Deploy"),
            ("Path", "/ci/"),
            (TRUST_POLICY, TRUST),
            ("Description", "of <code>"),
            ("MaxSessionDuration", "43200"),
            ("PermissionsBoundary", &boundary),
            ("Tags.member.1.Key", "Team"),
            ("Tags.member.1.Value", "a"),
        ],
    );
    let id = made.get("RoleId").unwrap();
    assert!(id.starts_with("AROA") && id.len() == 21, "{id}");
    let document = made.get(TRUST_POLICY).unwrap();
    assert!(document.starts_with("%7B%22Version%22%3A%222012-10-17%22%2C"), "{document}");
    assert_eq!(made.document(TRUST_POLICY), TRUST);
    let essentials = format!(
        "<Path>/ci/</Path><RoleName>Deploy</RoleName><RoleId>{id}</RoleId>\
         <Arn>arn:aws:iam::123456789012:role/ci/Deploy</Arn><CreateDate>2026-03-01T12:00:00Z</CreateDate>\
         <AssumeRolePolicyDocument>{document}</AssumeRolePolicyDocument>"
    );
    let more = "<Description>of &lt;code&gt;</Description><MaxSessionDuration>43200</MaxSessionDuration>";
    let limits = format!(
        "<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>\
         <PermissionsBoundaryArn>{boundary}</PermissionsBoundaryArn></PermissionsBoundary>\
         <Tags><member><Key>Team</Key><Value>a</Value></member></Tags>"
    );
    assert_eq!(made.0, format!("<Role>{essentials}{limits}</Role>"));
    assert_eq!(
        bench.ok("GetRole", &[("RoleName", "dEPLOY")]).0,
        format!("<Role>{essentials}{more}{limits}<RoleLastUsed></RoleLastUsed></Role>")
    );
    assert_eq!(
        bench.ok("ListRoles", &[]).0,
        format!("<IsTruncated>false</IsTruncated><Roles><member>{essentials}{more}</member></Roles>")
    );
}

#[test]
fn the_last_use_is_told_for_400_days() {
    let mut bench = Bench::new();
    create(&mut bench, &["r"]);
    let now = bench.now;
    bench.account.role_mut("r").unwrap().note_use("iam", "eu-central-1", now);
    bench.now += SignedDuration::from_hours(400 * 24);
    assert_eq!(
        bench.ok("GetRole", &[("RoleName", "r")]).get("RoleLastUsed").as_deref(),
        Some("<LastUsedDate>2026-03-01T12:00:00Z</LastUsedDate><Region>eu-central-1</Region>")
    );
    bench.now += SignedDuration::from_secs(1);
    assert_eq!(bench.ok("GetRole", &[("RoleName", "r")]).get("RoleLastUsed").as_deref(), Some(""));
}

#[test]
fn bad_parameters_are_refused() {
    let mut bench = Bench::new();
    create(&mut bench, &["r"]);
    let (name, trust) = (("RoleName", "x"), (TRUST_POLICY, TRUST));
    for (action, fields) in [
        ("CreateRole", [name].as_slice()),
        ("CreateRole", &[trust]),
        ("CreateRole", &[("RoleName", &"x".repeat(65)), trust]),
        ("CreateRole", &[name, trust, ("Path", "x")]),
        ("CreateRole", &[name, trust, ("MaxSessionDuration", "3599")]),
        ("CreateRole", &[name, trust, ("MaxSessionDuration", "43201")]),
        ("CreateRole", &[name, trust, ("MaxSessionDuration", "1h")]),
        ("CreateRole", &[name, trust, ("Description", &"x".repeat(1001))]),
        ("CreateRole", &[name, trust, ("Description", "\u{1}")]),
        ("UpdateRole", &[("RoleName", "r"), ("MaxSessionDuration", "0")]),
        ("UpdateRoleDescription", &[("RoleName", "r")]),
        ("UpdateAssumeRolePolicy", &[("RoleName", "r")]),
        ("GetRole", &[]),
        ("DeleteRole", &[]),
    ] {
        bench.refused(action, fields, "ValidationError");
    }
}

#[test]
fn names_are_taken_in_any_case_and_missing_ones_named() {
    let mut bench = Bench::new();
    create(&mut bench, &["Deploy"]);
    let message = bench.refused("CreateRole", &[("RoleName", "deploy"), (TRUST_POLICY, TRUST)], "EntityAlreadyExists");
    assert_eq!(message, "Role with name deploy already exists.");
    for (action, more) in [
        ("GetRole", ("", "")),
        ("UpdateRole", ("MaxSessionDuration", "3600")),
        ("UpdateRoleDescription", ("Description", "x")),
        ("UpdateAssumeRolePolicy", ("PolicyDocument", TRUST)),
        ("DeleteRole", ("", "")),
    ] {
        let message = bench.refused(action, &[("RoleName", "gone"), more], "NoSuchEntity");
        assert_eq!(message, "The role with name gone cannot be found.");
    }
}

#[test]
fn whom_a_role_trusts_must_be_well_said() {
    let mut bench = Bench::new();
    create(&mut bench, &["r"]);
    let malformed = "MalformedPolicyDocument";
    assert_eq!(
        bench.refused("CreateRole", &[("RoleName", "x"), (TRUST_POLICY, ALLOW)], malformed),
        "Missing required field Principal"
    );
    assert_eq!(
        bench.refused("UpdateAssumeRolePolicy", &[("RoleName", "r"), ("PolicyDocument", "{")], malformed),
        "This policy contains invalid Json"
    );
    let long = TRUST.replace(r#""Effect""#, &format!(r#""Sid":"{}","Effect""#, "x".repeat(2000)));
    let fields = [("RoleName", "r"), ("PolicyDocument", long.as_str())];
    let message = bench.refused("UpdateAssumeRolePolicy", &fields, "LimitExceeded");
    assert_eq!(message, "Cannot exceed quota for ACLSizePerRole: 2048");
}

#[test]
fn what_is_not_named_in_an_update_stays() {
    let mut bench = Bench::new();
    create(&mut bench, &["r"]);
    let name = ("RoleName", "R");
    let told = |bench: &mut Bench| {
        let role = bench.ok("GetRole", &[name]);
        (role.get("Description").unwrap_or_default(), role.get("MaxSessionDuration").unwrap())
    };
    let (none, hour) = (String::new(), "3600".to_owned());
    assert_eq!(told(&mut bench), (none, hour.clone()));
    assert_eq!(bench.ok("UpdateRole", &[name, ("Description", "one")]), Reply(String::new()));
    assert_eq!(told(&mut bench), ("one".to_owned(), hour));
    bench.ok("UpdateRole", &[name, ("MaxSessionDuration", "7200")]);
    assert_eq!(told(&mut bench), ("one".to_owned(), "7200".to_owned()));
    let role = bench.ok("UpdateRoleDescription", &[name, ("Description", "two")]);
    assert_eq!(role.get("Description").as_deref(), Some("two"));
    assert_eq!(role.get("MaxSessionDuration"), None);
    bench.ok("UpdateRole", &[name]);
    assert_eq!(told(&mut bench), ("two".to_owned(), "7200".to_owned()));

    assert_eq!(bench.ok("UpdateAssumeRolePolicy", &[name, ("PolicyDocument", OTHER_TRUST)]), Reply(String::new()));
    assert_eq!(bench.ok("GetRole", &[name]).document(TRUST_POLICY), OTHER_TRUST);
}

#[test]
fn policies_and_instance_profiles_go_before_the_role() {
    let mut bench = Bench::new();
    create(&mut bench, &["r"]);
    let arn = bench.managed_policy("p");
    bench.ok("CreateInstanceProfile", &[("InstanceProfileName", "i")]);
    let (name, none) = (("RoleName", "r"), ("", ""));
    let profile = [("InstanceProfileName", "i"), none];
    for (put, fields, take, must) in [
        ("AddRoleToInstanceProfile", profile, "RemoveRoleFromInstanceProfile", "remove roles from instance profile"),
        ("AttachRolePolicy", [("PolicyArn", &*arn), none], "DetachRolePolicy", "detach all policies"),
        ("PutRolePolicy", [("PolicyName", "p"), ("PolicyDocument", ALLOW)], "DeleteRolePolicy", "delete policies"),
    ] {
        let fields = [name, fields[0], fields[1]];
        bench.ok(put, &fields);
        let message = bench.refused("DeleteRole", &[name], "DeleteConflict");
        assert_eq!(message, format!("Cannot delete entity, must {must} first."));
        bench.ok(take, &fields);
    }
    assert_eq!(bench.ok("DeleteRole", &[("RoleName", "R")]), Reply(String::new()));
    bench.refused("GetRole", &[name], "NoSuchEntity");
}

#[test]
fn roles_are_listed_in_pages_and_by_path() {
    let mut bench = Bench::new();
    create(&mut bench, &["b", "C", "a", "D", "e"]);
    assert_eq!(bench.pages("ListRoles", &[], 2, "RoleName"), [vec!["a", "b"], vec!["C", "D"], vec!["e"]]);

    let first = bench.ok("ListRoles", &[("MaxItems", "3")]);
    let marker = first.get("Marker").unwrap();
    bench.ok("DeleteRole", &[("RoleName", "c")]);
    bench.ok("DeleteRole", &[("RoleName", "d")]);
    assert_eq!(bench.ok("ListRoles", &[("Marker", &marker)]).all("RoleName"), ["e"]);

    bench.ok("CreateRole", &[("RoleName", "far"), ("Path", "/x/y/"), (TRUST_POLICY, TRUST)]);
    assert_eq!(bench.ok("ListRoles", &[("PathPrefix", "/x/")]).all("RoleName"), ["far"]);
}

use jiff::SignedDuration;

use crate::sandbox::account::{
    AccessKey, KeyStatus, LoginProfile, MfaDevice, ServiceSpecificCredential, SigningCertificate, SshPublicKey, User,
};
use crate::sandbox::identity::Identity;
use crate::sandbox::testing::{ALLOW, Bench, Reply};
use crate::secret::Secret;

fn create(bench: &mut Bench, names: &[&str]) {
    for name in names {
        bench.ok("CreateUser", &[("UserName", name)]);
    }
}

#[test]
fn a_new_user_is_told_with_its_boundary_and_tags() {
    let mut bench = Bench::new();
    let boundary = bench.managed_policy("Limit");
    let fields = [
        ("UserName", "Bob"),
        ("Path", "/team/"),
        ("PermissionsBoundary", &boundary),
        ("Tags.member.1.Key", "Team"),
        ("Tags.member.1.Value", "a&b"),
    ];
    bench.refused("CreateUser", &fields, "ValidationError");
    let fields = [fields[0], fields[1], fields[2], fields[3], ("Tags.member.1.Value", "a b")];
    let made = bench.ok("CreateUser", &fields);
    let id = made.get("UserId").unwrap();
    assert!(id.starts_with("AIDA") && id.len() == 21, "{id}");
    assert_eq!(
        made.0,
        format!(
            "<User><Path>/team/</Path><UserName>Bob</UserName><UserId>{id}</UserId>\
             <Arn>arn:aws:iam::123456789012:user/team/Bob</Arn><CreateDate>2026-03-01T12:00:00Z</CreateDate>\
             <PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>\
             <PermissionsBoundaryArn>{boundary}</PermissionsBoundaryArn></PermissionsBoundary>\
             <Tags><member><Key>Team</Key><Value>a b</Value></member></Tags></User>"
        )
    );
    assert_eq!(bench.ok("GetUser", &[("UserName", "bOB")]), made);
}

#[test]
fn a_name_is_taken_in_any_case() {
    let mut bench = Bench::new();
    create(&mut bench, &["Bob"]);
    let message = bench.refused("CreateUser", &[("UserName", "bob")], "EntityAlreadyExists");
    assert_eq!(message, "User with name bob already exists.");
}

#[test]
fn bad_parameters_are_refused() {
    let mut bench = Bench::new();
    for fields in [
        &[] as &[(&str, &str)],
        &[("UserName", "")],
        &[("UserName", "a b")],
        &[("UserName", &"x".repeat(65))],
        &[("UserName", "x"), ("Path", "team")],
        &[("UserName", "x"), ("PermissionsBoundary", "short")],
    ] {
        bench.refused("CreateUser", fields, "ValidationError");
    }
    bench.refused("ListUsers", &[("PathPrefix", "team")], "ValidationError");
    bench.refused("ListUsers", &[("MaxItems", "1001")], "ValidationError");
    bench.refused("UpdateUser", &[("NewUserName", "x")], "ValidationError");
    bench.refused("DeleteUser", &[], "ValidationError");
}

#[test]
fn who_is_missing_is_named() {
    let mut bench = Bench::new();
    for action in ["GetUser", "UpdateUser", "DeleteUser", "ListGroupsForUser"] {
        let message = bench.refused(action, &[("UserName", "gone")], "NoSuchEntity");
        assert_eq!(message, "The user with name gone cannot be found.");
    }
}

#[test]
fn without_a_name_the_caller_is_told() {
    let mut bench = Bench::new();
    create(&mut bench, &["caller"]);
    assert_eq!(bench.ok("GetUser", &[]).get("UserName").as_deref(), Some("caller"));
    bench.identity = Identity::AssumedRole(bench.session("role", "session"));
    let message = bench.refused("GetUser", &[], "ValidationError");
    assert_eq!(message, "Must specify userName when calling with non-User credentials");
}

#[test]
fn lists_hold_the_essentials_sorted_without_regard_to_case() {
    let mut bench = Bench::new();
    create(&mut bench, &["bob", "Ann", "eve", "Dan"]);
    bench.ok("TagUser", &[("UserName", "bob"), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]);
    let list = bench.ok("ListUsers", &[]);
    assert_eq!(list.all("UserName"), ["Ann", "bob", "Dan", "eve"]);
    assert_eq!((list.get("IsTruncated").as_deref(), list.get("Marker"), list.get("Tags")), (Some("false"), None, None));

    bench.ok("CreateUser", &[("UserName", "far"), ("Path", "/a/b/")]);
    assert_eq!(bench.ok("ListUsers", &[("PathPrefix", "/a")]).all("UserName"), ["far"]);
    assert_eq!(
        bench.ok("ListUsers", &[("PathPrefix", "/b")]),
        Reply("<IsTruncated>false</IsTruncated><Users></Users>".to_owned())
    );
}

#[test]
fn pages_hold_everybody_once() {
    let mut bench = Bench::new();
    let names: Vec<String> = (0..7).map(|at| format!("user-{at}")).collect();
    create(&mut bench, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let pages = bench.pages("ListUsers", &[], 3, "UserName");
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
    assert_eq!(pages.concat(), names);
    // A list that ends with a page has no further, empty one.
    assert_eq!(bench.pages("ListUsers", &[], 7, "UserName").len(), 1);
}

#[test]
fn what_is_deleted_or_made_between_two_pages_neither_hides_nor_doubles_anybody() {
    let mut bench = Bench::new();
    create(&mut bench, &["a", "b", "c", "d"]);
    let first = bench.ok("ListUsers", &[("MaxItems", "2")]);
    assert_eq!(first.all("UserName"), ["a", "b"]);
    bench.ok("DeleteUser", &[("UserName", "b")]);
    bench.ok("DeleteUser", &[("UserName", "a")]);
    create(&mut bench, &["aa", "bb"]);
    let marker = first.get("Marker").unwrap();
    let second = bench.ok("ListUsers", &[("MaxItems", "5"), ("Marker", &marker)]);
    assert_eq!(second.all("UserName"), ["bb", "c", "d"]);
    let message = bench.refused("ListUsers", &[("Marker", "made-up!")], "ValidationError");
    assert_eq!(message, "Invalid Marker.");
}

#[test]
fn a_user_may_get_a_new_name_and_path_and_keeps_the_rest() {
    let mut bench = Bench::new();
    create(&mut bench, &["Bob", "eve"]);
    bench.ok("PutUserPolicy", &[("UserName", "Bob"), ("PolicyName", "p"), ("PolicyDocument", ALLOW)]);
    bench.ok("CreateGroup", &[("GroupName", "g")]);
    bench.ok("AddUserToGroup", &[("GroupName", "g"), ("UserName", "Bob")]);
    let id = bench.ok("GetUser", &[("UserName", "Bob")]).get("UserId");
    bench.now += SignedDuration::from_secs(5);

    let taken = [("UserName", "Bob"), ("NewUserName", "EVE")];
    assert_eq!(bench.refused("UpdateUser", &taken, "EntityAlreadyExists"), "User with name EVE already exists.");
    assert_eq!(
        bench.ok("UpdateUser", &[("UserName", "bob"), ("NewUserName", "Robert"), ("NewPath", "/x/")]),
        Reply(String::new())
    );
    bench.refused("GetUser", &[("UserName", "Bob")], "NoSuchEntity");
    let robert = bench.ok("GetUser", &[("UserName", "robert")]);
    assert_eq!(
        (robert.get("UserId"), robert.get("Arn").as_deref()),
        (id, Some("arn:aws:iam::123456789012:user/x/Robert"))
    );
    assert_eq!(robert.get("CreateDate").as_deref(), Some("2026-03-01T12:00:00Z"));
    assert_eq!(bench.ok("ListGroupsForUser", &[("UserName", "Robert")]).all("GroupName"), ["g"]);
    assert_eq!(bench.ok("GetGroup", &[("GroupName", "g")]).all("UserName"), ["Robert"]);
    assert_eq!(bench.ok("ListUserPolicies", &[("UserName", "Robert")]).all("member"), ["p"]);

    // A change of case only is a new name, too; no change at all is none.
    bench.ok("UpdateUser", &[("UserName", "Robert"), ("NewUserName", "ROBERT")]);
    bench.ok("UpdateUser", &[("UserName", "robert")]);
    assert_eq!(bench.ok("GetUser", &[("UserName", "robert")]).get("UserName").as_deref(), Some("ROBERT"));
}

/// Gives a user something that stands against its deletion.
type Give<'a> = &'a dyn Fn(&mut User);

#[test]
fn all_that_hangs_on_a_user_goes_first() {
    let mut bench = Bench::new();
    create(&mut bench, &["bob"]);
    let arn = bench.managed_policy("p");
    bench.ok("CreateGroup", &[("GroupName", "g")]);
    let now = bench.now;
    let status = KeyStatus::Inactive;
    let give: [(&str, Give<'_>); 8] = [
        ("delete login profile", &|u| u.login_profile = Some(LoginProfile { created: now, reset_required: false })),
        ("delete access keys", &|u| {
            let secret = Secret::new("made up".to_owned());
            u.access_keys.push(AccessKey { id: "AKIAX".to_owned(), secret, status, created: now, last_used: None });
        }),
        ("delete signing certificates", &|u| {
            let (id, body) = ("X".to_owned(), String::new());
            u.signing_certificates.push(SigningCertificate { id, body, status, uploaded: now });
        }),
        ("delete SSH public keys", &|u| {
            u.ssh_public_keys.push(SshPublicKey { id: "APKAX".to_owned(), body: String::new(), status, uploaded: now });
        }),
        ("remove referenced objects", &|u| {
            u.service_specific_credentials.push(ServiceSpecificCredential {
                id: "ACCAX".to_owned(),
                service: "codecommit.amazonaws.com".to_owned(),
                status,
                created: now,
                service_user_name: "bob-at-123456789012".to_owned(),
                expires: None,
            });
        }),
        ("delete MFA device", &|u| {
            u.mfa_devices
                .push(MfaDevice { serial_number: "arn:aws:iam::123456789012:mfa/bob".to_owned(), enabled: now });
        }),
        ("delete policies", &|u| {
            u.policies.inline.insert("p".to_owned(), ALLOW.to_owned());
        }),
        ("detach all policies", &|u| {
            u.policies.attached.insert(arn.clone());
        }),
    ];
    for (must, give) in give {
        let bare = bench.account.users.remove("bob").unwrap();
        let mut user = User::new(&bare.name, &bare.path, bare.id.clone(), bare.created);
        give(&mut user);
        bench.account.users.insert(user);
        let message = bench.refused("DeleteUser", &[("UserName", "bob")], "DeleteConflict");
        assert_eq!(message, format!("Cannot delete entity, must {must} first."));
        bench.account.users.insert(bare);
    }
    bench.ok("AddUserToGroup", &[("GroupName", "g"), ("UserName", "bob")]);
    let message = bench.refused("DeleteUser", &[("UserName", "bob")], "DeleteConflict");
    assert_eq!(message, "Cannot delete entity, must remove users from group first.");
    bench.ok("RemoveUserFromGroup", &[("GroupName", "g"), ("UserName", "bob")]);
    assert_eq!(bench.ok("DeleteUser", &[("UserName", "BOB")]), Reply(String::new()));
    bench.refused("GetUser", &[("UserName", "bob")], "NoSuchEntity");
}

#[test]
fn a_user_made_anew_is_another_one() {
    let mut bench = Bench::new();
    create(&mut bench, &["bob"]);
    let first = bench.ok("GetUser", &[("UserName", "bob")]).get("UserId");
    bench.ok("DeleteUser", &[("UserName", "bob")]);
    create(&mut bench, &["bob"]);
    assert_ne!(bench.ok("GetUser", &[("UserName", "bob")]).get("UserId"), first);
}

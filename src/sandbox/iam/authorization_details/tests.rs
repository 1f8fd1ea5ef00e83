use crate::sandbox::testing::{ALLOW, Bench, Reply, TRUST};

const LISTS: [&str; 4] = ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"];
const READ_ONLY: &str = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

/// One of each kind, with something in every list.
fn bench() -> Bench {
    let mut bench = Bench::new();
    let inline = [("PolicyName", "inline"), ("PolicyDocument", ALLOW)];
    let boundary = bench.managed_policy("Boundary");
    let tag = [("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    bench.ok("CreateUser", &[("UserName", "bob"), ("PermissionsBoundary", &boundary), tag[0], tag[1]]);
    bench.ok("PutUserPolicy", &[("UserName", "bob"), inline[0], inline[1]]);
    bench.ok("CreateGroup", &[("GroupName", "team")]);
    bench.ok("AddUserToGroup", &[("GroupName", "team"), ("UserName", "bob")]);
    bench.ok("AttachGroupPolicy", &[("GroupName", "team"), ("PolicyArn", READ_ONLY)]);
    bench.ok("CreateRole", &[("RoleName", "app"), ("AssumeRolePolicyDocument", TRUST), ("Description", "An app")]);
    bench.ok("PutRolePolicy", &[("RoleName", "app"), inline[0], inline[1]]);
    bench.ok("CreateInstanceProfile", &[("InstanceProfileName", "app")]);
    bench.ok("AddRoleToInstanceProfile", &[("InstanceProfileName", "app"), ("RoleName", "app")]);
    bench
}

/// The inside of one of the four lists.
fn list(reply: &Reply, name: &str) -> String {
    let (_, rest) = reply.0.split_once(&format!("<{name}>")).unwrap();
    rest.rsplit_once(&format!("</{name}>")).unwrap().0.to_owned()
}

fn filtered(bench: &mut Bench, filter: &str) -> Reply {
    bench.ok("GetAccountAuthorizationDetails", &[("Filter.member.1", filter)])
}

#[test]
fn a_user_is_told_with_groups_boundary_tags_and_encoded_documents() {
    let mut bench = bench();
    let reply = filtered(&mut bench, "User");
    let id = bench.ok("GetUser", &[("UserName", "bob")]).get("UserId").unwrap();
    let document = reply.document("PolicyDocument");
    assert_eq!(document, ALLOW);
    let encoded = reply.get("PolicyDocument").unwrap();
    assert!(encoded.starts_with("%7B%22Version%22"), "{encoded}");
    assert_eq!(
        list(&reply, "UserDetailList"),
        format!(
            "<member><Path>/</Path><UserName>bob</UserName><UserId>{id}</UserId>\
             <Arn>arn:aws:iam::123456789012:user/bob</Arn><CreateDate>2026-03-01T12:00:00Z</CreateDate>\
             <UserPolicyList><member><PolicyName>inline</PolicyName><PolicyDocument>{encoded}</PolicyDocument></member>\
             </UserPolicyList><GroupList><member>team</member></GroupList>\
             <AttachedManagedPolicies></AttachedManagedPolicies>\
             <PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>\
             <PermissionsBoundaryArn>arn:aws:iam::123456789012:policy/Boundary</PermissionsBoundaryArn>\
             </PermissionsBoundary><Tags><member><Key>k</Key><Value>v</Value></member></Tags></member>"
        )
    );
    for name in &LISTS[1..] {
        assert_eq!(list(&reply, name), "", "{name} stands there, empty");
    }
}

#[test]
fn a_user_without_anything_has_empty_lists_but_no_list_of_inline_policies() {
    let mut bench = Bench::new();
    bench.ok("CreateUser", &[("UserName", "eve")]);
    let told = list(&filtered(&mut bench, "User"), "UserDetailList");
    assert!(!told.contains("UserPolicyList"), "{told}");
    assert!(
        told.ends_with(
            "<GroupList></GroupList><AttachedManagedPolicies></AttachedManagedPolicies><Tags></Tags></member>"
        ),
        "{told}"
    );
}

#[test]
fn a_group_is_told_with_its_policies() {
    let mut bench = bench();
    let reply = filtered(&mut bench, "Group");
    let id = reply.get("GroupId").unwrap();
    assert_eq!(
        list(&reply, "GroupDetailList"),
        format!(
            "<member><Path>/</Path><GroupName>team</GroupName><GroupId>{id}</GroupId>\
             <Arn>arn:aws:iam::123456789012:group/team</Arn><CreateDate>2026-03-01T12:00:00Z</CreateDate>\
             <GroupPolicyList></GroupPolicyList><AttachedManagedPolicies><member>\
             <PolicyName>AmazonS3ReadOnlyAccess</PolicyName><PolicyArn>{READ_ONLY}</PolicyArn></member>\
             </AttachedManagedPolicies></member>"
        )
    );
}

#[test]
fn a_role_is_told_with_its_instance_profiles_trust_and_last_use() {
    let mut bench = bench();
    let reply = filtered(&mut bench, "Role");
    let told = list(&reply, "RoleDetailList");
    assert_eq!(reply.document("AssumeRolePolicyDocument"), TRUST);
    assert_eq!(reply.document("PolicyDocument"), ALLOW);
    assert!(
        told.contains("<InstanceProfileName>app</InstanceProfileName>") && !told.contains("<Description>"),
        "{told}"
    );
    assert!(told.ends_with("<Tags></Tags><RoleLastUsed></RoleLastUsed></member>"), "{told}");

    let now = bench.now;
    bench.account.role_mut("app").unwrap().note_use("s3", "eu-west-1", now);
    assert_eq!(
        filtered(&mut bench, "Role").get("RoleLastUsed").unwrap(),
        "<LastUsedDate>2026-03-01T12:00:00Z</LastUsedDate><Region>eu-west-1</Region>"
    );
}

#[test]
fn policies_are_told_with_all_versions_and_those_of_aws_only_when_used() {
    let mut bench = bench();
    let arn = "arn:aws:iam::123456789012:policy/Boundary";
    bench.ok("CreatePolicyVersion", &[("PolicyArn", arn), ("PolicyDocument", ALLOW)]);
    let local = filtered(&mut bench, "LocalManagedPolicy");
    assert_eq!(local.all("VersionId"), ["v2", "v1"]);
    assert_eq!(local.all("IsDefaultVersion"), ["false", "true"]);
    assert_eq!(local.document("Document"), ALLOW);
    assert_eq!(local.get("PermissionsBoundaryUsageCount").unwrap(), "1");
    assert!(local.get("Description").is_none() && local.get("Tags").is_none());

    let aws = filtered(&mut bench, "AWSManagedPolicy");
    assert_eq!(aws.all("PolicyName"), ["AmazonS3ReadOnlyAccess"]);
    assert_eq!(aws.all("AttachmentCount"), ["1"]);
    assert!(aws.document("Document").contains("s3:Get*"));
}

#[test]
fn filters_add_up_and_without_one_everything_is_told() {
    let mut bench = bench();
    let both = bench
        .ok("GetAccountAuthorizationDetails", &[("Filter.member.1", "Group"), ("Filter.member.2", "AWSManagedPolicy")]);
    let empty = LISTS.map(|name| list(&both, name).is_empty());
    assert_eq!(empty, [true, false, true, false]);
    let all = bench.ok("GetAccountAuthorizationDetails", &[]);
    assert_eq!(LISTS.map(|name| list(&all, name).is_empty()), [false; 4]);
    assert_eq!(all.get("IsTruncated").unwrap(), "false");
}

#[test]
fn pages_go_through_the_four_kinds_in_one_order() {
    let mut bench = bench();
    bench.ok("CreateUser", &[("UserName", "ann")]);
    assert_eq!(
        bench.pages("GetAccountAuthorizationDetails", &[], 2, "Arn").len(),
        3,
        "two users, a group, a role, two policies"
    );
    let mut marker = None;
    let mut seen = Vec::new();
    loop {
        let fields: Vec<(&str, &str)> =
            [("MaxItems", "1")].into_iter().chain(marker.as_deref().map(|marker| ("Marker", marker))).collect();
        let reply = bench.ok("GetAccountAuthorizationDetails", &fields);
        let lists: Vec<usize> = (0..4).filter(|&place| !list(&reply, LISTS[place]).is_empty()).collect();
        assert_eq!(lists.len(), 1, "one detail on a page of one");
        seen.extend(lists);
        marker = reply.get("Marker");
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(seen, [0, 0, 1, 2, 3, 3]);
}

#[test]
fn bad_filters_and_markers_are_refused() {
    let mut bench = Bench::new();
    for field in [("Filter.member.1", "Policy"), ("MaxItems", "0"), ("Marker", "!")] {
        bench.refused("GetAccountAuthorizationDetails", &[field], "ValidationError");
    }
}

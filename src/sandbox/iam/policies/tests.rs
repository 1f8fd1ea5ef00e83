use crate::sandbox::testing::{ALLOW, Bench};

const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const GONE: &str = "arn:aws:iam::123456789012:policy/gone";

fn create(bench: &mut Bench, name: &str, more: &[(&str, &str)]) -> String {
    let fields = [&[("PolicyName", name), ("PolicyDocument", ALLOW)], more].concat();
    bench.ok("CreatePolicy", &fields).get("Arn").unwrap()
}

#[test]
fn a_new_policy_is_told_with_its_tags_and_without_its_description() {
    let mut bench = Bench::new();
    let created = bench.ok(
        "CreatePolicy",
        &[
            ("PolicyName", "Read"),
            ("Path", "/team/a/"),
            ("PolicyDocument", ALLOW),
            ("Description", "Reads <things>"),
            ("Tags.member.1.Key", "team"),
            ("Tags.member.1.Value", "a"),
        ],
    );
    let arn = "arn:aws:iam::123456789012:policy/team/a/Read";
    let id = created.get("PolicyId").unwrap();
    let essentials = format!(
        "<PolicyName>Read</PolicyName><PolicyId>{id}</PolicyId><Arn>{arn}</Arn><Path>/team/a/</Path>\
         <DefaultVersionId>v1</DefaultVersionId><AttachmentCount>0</AttachmentCount>\
         <PermissionsBoundaryUsageCount>0</PermissionsBoundaryUsageCount><IsAttachable>true</IsAttachable>\
         <CreateDate>2026-03-01T12:00:00Z</CreateDate><UpdateDate>2026-03-01T12:00:00Z</UpdateDate>"
    );
    let tags = "<Tags><member><Key>team</Key><Value>a</Value></member></Tags>";
    assert!(id.starts_with("ANPA") && id.len() == 21);
    assert_eq!(created.0, format!("<Policy>{essentials}{tags}</Policy>"));

    let got = bench.ok("GetPolicy", &[("PolicyArn", arn)]);
    let description = "<Description>Reads &lt;things&gt;</Description>";
    assert_eq!(got.0, format!("<Policy>{essentials}{description}{tags}</Policy>"));

    let listed = bench.ok("ListPolicies", &[("Scope", "Local")]);
    assert_eq!(listed.0, format!("<IsTruncated>false</IsTruncated><Policies><member>{essentials}</member></Policies>"));
}

#[test]
fn a_policy_without_tags_and_description_has_an_empty_list_and_no_element() {
    let mut bench = Bench::new();
    let arn = create(&mut bench, "Bare", &[("Description", "")]);
    let got = bench.ok("GetPolicy", &[("PolicyArn", &arn)]);
    assert!(got.0.ends_with("<Tags></Tags></Policy>") && got.get("Description").is_none(), "{got:?}");
}

#[test]
fn a_name_is_taken_in_any_case_and_under_any_path() {
    let mut bench = Bench::new();
    create(&mut bench, "Read", &[]);
    let again = [("PolicyName", "READ"), ("Path", "/elsewhere/"), ("PolicyDocument", ALLOW)];
    assert_eq!(
        bench.refused("CreatePolicy", &again, "EntityAlreadyExists"),
        "A policy called READ already exists. Duplicate names are not allowed."
    );
    // AWS's own names are free.
    create(&mut bench, "AdministratorAccess", &[]);
}

#[test]
fn what_is_no_policy_is_not_stored() {
    let mut bench = Bench::new();
    let named = ("PolicyName", "P");
    bench.refused("CreatePolicy", &[named, ("PolicyDocument", "{}")], "MalformedPolicyDocument");
    bench.refused("CreatePolicy", &[named, ("PolicyDocument", "")], "ValidationError");
    bench.refused("CreatePolicy", &[named], "ValidationError");
    bench.refused("CreatePolicy", &[("PolicyName", "a b"), ("PolicyDocument", ALLOW)], "ValidationError");
    bench.refused("CreatePolicy", &[named, ("PolicyDocument", ALLOW), ("Path", "team")], "ValidationError");
    let long = ALLOW.replace("s3:GetObject", &format!("s3:{}", "a".repeat(6200)));
    assert_eq!(
        bench.refused("CreatePolicy", &[named, ("PolicyDocument", &long)], "LimitExceeded"),
        "Cannot exceed quota for PolicySize: 6144"
    );
    let spaced = format!("{{{}{}", " ".repeat(6200), &ALLOW[1..]);
    bench.ok("CreatePolicy", &[named, ("PolicyDocument", &spaced)]);
}

#[test]
fn tags_of_policies_tell_case_apart_and_keys_twice_are_refused() {
    let mut bench = Bench::new();
    let arn = create(&mut bench, "P", &[]);
    let tags = [
        ("PolicyArn", arn.as_str()),
        ("Tags.member.1.Key", "a"),
        ("Tags.member.1.Value", "1"),
        ("Tags.member.2.Key", "A"),
        ("Tags.member.2.Value", "2"),
    ];
    bench.ok("TagPolicy", &tags);
    let pages = bench.pages("ListPolicyTags", &[("PolicyArn", &arn)], 1, "Key");
    assert_eq!(pages, [["A"], ["a"]]);
    bench.ok("UntagPolicy", &[("PolicyArn", &arn), ("TagKeys.member.1", "a"), ("TagKeys.member.2", "none")]);
    let left = bench.ok("ListPolicyTags", &[("PolicyArn", &arn)]).tags();
    assert_eq!(left, [("A".to_owned(), "2".to_owned())]);
    let twice = [tags[0], tags[1], tags[2], ("Tags.member.2.Key", "a"), tags[4]];
    assert_eq!(bench.refused("TagPolicy", &twice, "InvalidInput"), "Duplicate tag keys found.");
    bench.refused("TagPolicy", &tags[..1], "ValidationError");
    bench.refused("UntagPolicy", &tags[..1], "ValidationError");
}

#[test]
fn lists_are_cut_by_scope_path_use_and_page() {
    let mut bench = Bench::new();
    let [attached, boundary] = ["B", "A"].map(|name| create(&mut bench, name, &[("Path", "/team/")]));
    create(&mut bench, "C", &[]);
    bench.ok("CreateUser", &[("UserName", "bob"), ("PermissionsBoundary", &boundary)]);
    bench.ok("AttachUserPolicy", &[("UserName", "bob"), ("PolicyArn", &attached)]);
    bench.ok("AttachUserPolicy", &[("UserName", "bob"), ("PolicyArn", ADMINISTRATOR)]);
    let mut names = |fields: &[(&str, &str)]| bench.ok("ListPolicies", fields).all("PolicyName");

    assert_eq!(names(&[("Scope", "Local")]), ["C", "A", "B"]);
    assert_eq!(names(&[("Scope", "Local"), ("PathPrefix", "/team/")]), ["A", "B"]);
    assert_eq!(names(&[("OnlyAttached", "true")]), ["B", "AdministratorAccess"]);
    assert_eq!(names(&[("OnlyAttached", "true"), ("Scope", "AWS")]), ["AdministratorAccess"]);
    assert_eq!(names(&[("PolicyUsageFilter", "PermissionsBoundary")]), ["A"]);
    assert_eq!(names(&[("PolicyUsageFilter", "PermissionsPolicy"), ("Scope", "Local")]), ["B"]);
    assert_eq!(names(&[("Scope", "AWS"), ("PathPrefix", "/job-function/")]).len(), 3);
    let all = names(&[]);
    assert_eq!(all[..3], ["C", "A", "B"]);
    assert_eq!(all, names(&[("Scope", "All"), ("MaxItems", "1000")]));

    let pages = bench.pages("ListPolicies", &[("Scope", "Local")], 2, "PolicyName");
    assert_eq!(pages, [vec!["C", "A"], vec!["B"]]);
    bench.refused("ListPolicies", &[("Scope", "Mine")], "ValidationError");
    bench.refused("ListPolicies", &[("PathPrefix", "/team")], "ValidationError");
    bench.refused("ListPolicies", &[("MaxItems", "0")], "ValidationError");
    bench.refused("ListPolicies", &[("Marker", "!")], "ValidationError");
}

#[test]
fn a_policy_is_deleted_once_nothing_uses_it_and_one_version_is_left() {
    let mut bench = Bench::new();
    let arn = create(&mut bench, "P", &[]);
    let of = [("PolicyArn", arn.as_str())];
    bench.ok("CreateUser", &[("UserName", "bob"), ("PermissionsBoundary", &arn)]);
    let message = bench.refused("DeletePolicy", &of, "DeleteConflict");
    assert_eq!(message, "Cannot delete a policy attached to entities.");
    bench.ok("DeleteUserPermissionsBoundary", &[("UserName", "bob")]);
    bench.ok("CreatePolicyVersion", &[of[0], ("PolicyDocument", ALLOW)]);
    let message = bench.refused("DeletePolicy", &of, "DeleteConflict");
    assert!(message.starts_with("This policy has more than one version."), "{message}");
    bench.ok("DeletePolicyVersion", &[of[0], ("VersionId", "v2")]);
    bench.ok("DeletePolicy", &of);
    bench.refused("GetPolicy", &of, "NoSuchEntity");
}

#[test]
fn what_is_missing_or_malformed_is_told() {
    let mut bench = Bench::new();
    for action in ["GetPolicy", "DeletePolicy", "ListPolicyTags"] {
        let message = bench.refused(action, &[("PolicyArn", GONE)], "NoSuchEntity");
        assert_eq!(message, format!("Policy {GONE} was not found."));
        let role = "arn:aws:iam::123456789012:role/role";
        let message = bench.refused(action, &[("PolicyArn", role)], "InvalidInput");
        assert_eq!(message, format!("ARN {role} is not valid."));
        bench.refused(action, &[("PolicyArn", "short")], "ValidationError");
        bench.refused(action, &[], "ValidationError");
    }
    let tag = [("PolicyArn", GONE), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    bench.refused("TagPolicy", &tag, "NoSuchEntity");
    bench.refused("UntagPolicy", &[("PolicyArn", GONE), ("TagKeys.member.1", "k")], "NoSuchEntity");
}

#[test]
fn policies_of_aws_are_there_and_nobody_changes_them() {
    let mut bench = Bench::new();
    let of = ("PolicyArn", ADMINISTRATOR);
    let got = bench.ok("GetPolicy", &[of]);
    assert_eq!(got.get("Description").unwrap(), "Provides full access to AWS services and resources.");
    assert_eq!(got.get("CreateDate").unwrap(), "2015-02-06T18:39:46Z");
    assert!(bench.ok("ListPolicyTags", &[of]).tags().is_empty());

    let message = bench.refused("DeletePolicy", &[of], "AccessDenied");
    assert_eq!(message, "Cannot delete policies outside your own account.");
    let tag = [of, ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    bench.refused("TagPolicy", &tag, "AccessDenied");
    bench.refused("UntagPolicy", &[of, ("TagKeys.member.1", "k")], "AccessDenied");

    bench.ok("CreateGroup", &[("GroupName", "admins")]);
    bench.ok("AttachGroupPolicy", &[("GroupName", "admins"), of]);
    assert_eq!(bench.ok("GetPolicy", &[of]).get("AttachmentCount").unwrap(), "1");
}

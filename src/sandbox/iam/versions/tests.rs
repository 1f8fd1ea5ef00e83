use crate::sandbox::testing::{ALLOW, Bench};

const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

fn bench() -> (Bench, String) {
    let mut bench = Bench::new();
    let arn = bench.ok("CreatePolicy", &[("PolicyName", "P"), ("PolicyDocument", ALLOW)]).get("Arn").unwrap();
    (bench, arn)
}

fn versions(bench: &mut Bench, arn: &str) -> Vec<String> {
    bench.ok("ListPolicyVersions", &[("PolicyArn", arn)]).all("VersionId")
}

#[test]
fn a_version_is_told_without_its_document_until_it_is_asked_for() {
    let (mut bench, arn) = bench();
    let other = ALLOW.replace("s3:GetObject", "s3:PutObject");
    let created = bench.ok("CreatePolicyVersion", &[("PolicyArn", &arn), ("PolicyDocument", &other)]);
    let essentials = "<VersionId>v2</VersionId><IsDefaultVersion>false</IsDefaultVersion>\
                      <CreateDate>2026-03-01T12:00:00Z</CreateDate>";
    assert_eq!(created.0, format!("<PolicyVersion>{essentials}</PolicyVersion>"));

    let got = bench.ok("GetPolicyVersion", &[("PolicyArn", &arn), ("VersionId", "v2")]);
    assert_eq!(got.document("Document"), other);
    assert!(got.0.contains("%7B%22Version%22%3A%222012-10-17%22") && got.0.contains(essentials), "{got:?}");

    let listed = bench.ok("ListPolicyVersions", &[("PolicyArn", &arn)]);
    assert!(listed.get("Document").is_none());
    assert_eq!(listed.all("VersionId"), ["v2", "v1"]);
    assert_eq!(listed.all("IsDefaultVersion"), ["false", "true"]);
}

#[test]
fn five_versions_are_kept_and_no_number_comes_twice() {
    let (mut bench, arn) = bench();
    let new = [("PolicyArn", arn.as_str()), ("PolicyDocument", ALLOW)];
    for _ in 0..4 {
        bench.ok("CreatePolicyVersion", &new);
    }
    assert_eq!(
        bench.refused("CreatePolicyVersion", &new, "LimitExceeded"),
        "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version."
    );
    bench.ok("DeletePolicyVersion", &[new[0], ("VersionId", "v5")]);
    assert_eq!(bench.ok("CreatePolicyVersion", &new).get("VersionId").unwrap(), "v6");
    assert_eq!(versions(&mut bench, &arn), ["v6", "v4", "v3", "v2", "v1"]);
    let pages = bench.pages("ListPolicyVersions", &[new[0]], 2, "VersionId");
    assert_eq!(pages, [vec!["v6", "v4"], vec!["v3", "v2"], vec!["v1"]]);
}

#[test]
fn the_default_is_set_at_creation_or_later_and_never_deleted() {
    let (mut bench, arn) = bench();
    let of = ("PolicyArn", arn.as_str());
    let new = [of, ("PolicyDocument", ALLOW), ("SetAsDefault", "true")];
    assert_eq!(bench.ok("CreatePolicyVersion", &new).get("IsDefaultVersion").unwrap(), "true");
    assert_eq!(bench.ok("GetPolicy", &[of]).get("DefaultVersionId").unwrap(), "v2");
    assert_eq!(
        bench.refused("DeletePolicyVersion", &[of, ("VersionId", "v2")], "DeleteConflict"),
        "Cannot delete the default version of a policy."
    );
    bench.ok("SetDefaultPolicyVersion", &[of, ("VersionId", "v1")]);
    bench.ok("DeletePolicyVersion", &[of, ("VersionId", "v2")]);
    assert_eq!(versions(&mut bench, &arn), ["v1"]);
}

#[test]
fn a_missing_policy_and_a_missing_version_are_not_told_apart() {
    let (mut bench, arn) = bench();
    for arn in [arn.as_str(), "arn:aws:iam::123456789012:policy/gone"] {
        for action in ["GetPolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion"] {
            let message = bench.refused(action, &[("PolicyArn", arn), ("VersionId", "v9")], "NoSuchEntity");
            assert_eq!(message, format!("Policy {arn} version v9 does not exist or is not attachable."));
        }
    }
    let gone = ("PolicyArn", "arn:aws:iam::123456789012:policy/gone");
    bench.refused("ListPolicyVersions", &[gone], "NoSuchEntity");
    bench.refused("CreatePolicyVersion", &[gone, ("PolicyDocument", ALLOW)], "NoSuchEntity");
}

#[test]
fn malformed_requests_are_refused() {
    let (mut bench, arn) = bench();
    let of = ("PolicyArn", arn.as_str());
    for id in ["1", "v0", "v", "vx", "v1.", "v1.a_"] {
        let fields = [of, ("VersionId", id)];
        let accepted = id == "v1.";
        bench.refused("GetPolicyVersion", &fields, if accepted { "NoSuchEntity" } else { "ValidationError" });
    }
    bench.refused("GetPolicyVersion", &[of], "ValidationError");
    bench.refused("CreatePolicyVersion", &[of], "ValidationError");
    bench.refused("CreatePolicyVersion", &[of, ("PolicyDocument", "{}")], "MalformedPolicyDocument");
    bench.refused("CreatePolicyVersion", &[of, ("PolicyDocument", ALLOW), ("SetAsDefault", "yes")], "ValidationError");
    let role = ("PolicyArn", "arn:aws:iam::123456789012:role/role");
    bench.refused("GetPolicyVersion", &[role, ("VersionId", "v1")], "InvalidInput");
    bench.refused("ListPolicyVersions", &[role], "InvalidInput");
}

#[test]
fn versions_of_aws_policies_are_read_and_not_changed() {
    let mut bench = Bench::new();
    let of = ("PolicyArn", ADMINISTRATOR);
    let got = bench.ok("GetPolicyVersion", &[of, ("VersionId", "v1")]);
    assert!(got.document("Document").contains("\"Action\": \"*\""));
    assert_eq!(
        bench.refused("DeletePolicyVersion", &[of, ("VersionId", "v1")], "AccessDenied"),
        "Cannot delete policy versions for policies outside your own account."
    );
    for version in ["v1", "v2"] {
        assert_eq!(
            bench.refused("SetDefaultPolicyVersion", &[of, ("VersionId", version)], "AccessDenied"),
            "Cannot update policies outside your own account."
        );
    }
    bench.refused("CreatePolicyVersion", &[of, ("PolicyDocument", ALLOW)], "AccessDenied");
}

use crate::sandbox::account::KeyStatus;
use crate::sandbox::identity::Identity;
use crate::sandbox::testing::Bench;

const BOB: (&str, &str) = ("UserName", "bob");

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.ok("CreateUser", &[BOB]);
    bench.ok("CreateUser", &[("UserName", "caller")]);
    bench
}

fn key(bench: &mut Bench, user: &str) -> String {
    bench.ok("CreateAccessKey", &[("UserName", user)]).get("AccessKeyId").unwrap()
}

#[test]
fn a_key_is_told_with_its_secret_once() {
    let mut bench = bench();
    let created = bench.ok("CreateAccessKey", &[("UserName", "BOB")]);
    let id = created.get("AccessKeyId").unwrap();
    let secret = created.get("SecretAccessKey").unwrap();
    assert!(id.starts_with("AKIA") && id.len() == 20 && secret.len() == 40, "{id}");
    let essentials = format!(
        "<UserName>bob</UserName><AccessKeyId>{id}</AccessKeyId><Status>Active</Status>\
         <CreateDate>2026-03-01T12:00:00Z</CreateDate>"
    );
    assert_eq!(created.0, format!("<AccessKey>{essentials}<SecretAccessKey>{secret}</SecretAccessKey></AccessKey>"));
    assert_eq!(
        bench.ok("ListAccessKeys", &[BOB]).0,
        format!("<IsTruncated>false</IsTruncated><AccessKeyMetadata><member>{essentials}</member></AccessKeyMetadata>")
    );
    assert!(!format!("{:?}", bench.account).contains(&secret));
}

#[test]
fn a_user_has_two_keys_at_most() {
    let mut bench = bench();
    let keys = [key(&mut bench, "bob"), key(&mut bench, "bob")];
    assert_eq!(
        bench.refused("CreateAccessKey", &[BOB], "LimitExceeded"),
        "Cannot exceed quota for AccessKeysPerUser: 2"
    );
    let mut pages = bench.pages("ListAccessKeys", &[BOB], 1, "AccessKeyId").concat();
    pages.sort();
    let mut sorted = keys.to_vec();
    sorted.sort();
    assert_eq!(pages, sorted);
    bench.ok("DeleteAccessKey", &[BOB, ("AccessKeyId", &keys[0])]);
    key(&mut bench, "bob");
}

#[test]
fn the_oldest_key_is_told_first() {
    let mut bench = bench();
    let first = key(&mut bench, "bob");
    bench.now += jiff::SignedDuration::from_hours(1);
    let second = key(&mut bench, "bob");
    assert_eq!(bench.ok("ListAccessKeys", &[BOB]).all("AccessKeyId"), [first, second]);
}

#[test]
fn a_key_is_switched_off_and_on() {
    let mut bench = bench();
    let id = key(&mut bench, "bob");
    for (status, expected) in [("Inactive", KeyStatus::Inactive), ("Active", KeyStatus::Active)] {
        bench.ok("UpdateAccessKey", &[BOB, ("AccessKeyId", &id), ("Status", status)]);
        assert_eq!(bench.account.owner_of_key(&id).unwrap().1.status, expected);
    }
    let of = [BOB, ("AccessKeyId", id.as_str())];
    bench.refused("UpdateAccessKey", &[of[0], of[1], ("Status", "Expired")], "InvalidInput");
    bench.refused("UpdateAccessKey", &[of[0], of[1], ("Status", "off")], "ValidationError");
    bench.refused("UpdateAccessKey", &of, "ValidationError");
}

#[test]
fn without_a_user_name_the_callers_own_keys_are_meant() {
    let mut bench = bench();
    let id = bench.ok("CreateAccessKey", &[]).get("AccessKeyId").unwrap();
    assert_eq!(bench.ok("ListAccessKeys", &[]).all("UserName"), ["caller"]);
    bench.ok("UpdateAccessKey", &[("AccessKeyId", &id), ("Status", "Inactive")]);
    bench.ok("DeleteAccessKey", &[("AccessKeyId", &id)]);
    assert!(bench.ok("ListAccessKeys", &[]).all("AccessKeyId").is_empty());
}

#[test]
fn a_session_has_no_keys_of_its_own() {
    let mut bench = bench();
    bench.identity = Identity::AssumedRole(bench.session("role", "session"));
    for action in ["CreateAccessKey", "ListAccessKeys"] {
        assert_eq!(
            bench.refused(action, &[], "ValidationError"),
            "Must specify userName when calling with non-User credentials"
        );
    }
}

#[test]
fn a_key_of_another_user_is_not_found() {
    let mut bench = bench();
    let id = key(&mut bench, "bob");
    let other = [("UserName", "caller"), ("AccessKeyId", id.as_str())];
    let message = bench.refused("DeleteAccessKey", &other, "NoSuchEntity");
    assert_eq!(message, format!("The Access Key with id {id} cannot be found."));
    bench.refused("UpdateAccessKey", &[other[0], other[1], ("Status", "Inactive")], "NoSuchEntity");
    for action in ["CreateAccessKey", "ListAccessKeys"] {
        let message = bench.refused(action, &[("UserName", "gone")], "NoSuchEntity");
        assert_eq!(message, "The user with name gone cannot be found.");
    }
}

#[test]
fn the_last_use_of_a_key_is_told_or_not_applicable() {
    let mut bench = bench();
    let id = key(&mut bench, "bob");
    let of = [("AccessKeyId", id.as_str())];
    assert_eq!(
        bench.ok("GetAccessKeyLastUsed", &of).0,
        "<UserName>bob</UserName><AccessKeyLastUsed><ServiceName>N/A</ServiceName><Region>N/A</Region>\
         </AccessKeyLastUsed>"
    );
    let now = bench.now;
    bench.account.user_mut("bob").unwrap().note_use(&id, "s3", "eu-west-1", now);
    assert_eq!(
        bench.ok("GetAccessKeyLastUsed", &of).0,
        "<UserName>bob</UserName><AccessKeyLastUsed><LastUsedDate>2026-03-01T12:00:00Z</LastUsedDate>\
         <ServiceName>s3</ServiceName><Region>eu-west-1</Region></AccessKeyLastUsed>"
    );
}

#[test]
fn a_key_that_is_nobodys_is_denied_like_one_of_another_account() {
    let mut bench = bench();
    assert_eq!(
        bench.refused("GetAccessKeyLastUsed", &[("AccessKeyId", "AKIAIOSFODNN7EXAMPLE")], "AccessDenied"),
        "User: arn:aws:iam::123456789012:user/caller is not authorized to perform iam:GetAccessKeyLastUsed on resource: \
         access key AKIAIOSFODNN7EXAMPLE"
    );
    bench.refused("GetAccessKeyLastUsed", &[("AccessKeyId", "short")], "ValidationError");
    bench.refused("GetAccessKeyLastUsed", &[], "ValidationError");
}

use crate::sandbox::testing::{Bench, Reply, TRUST};

/// A user, a role and an instance profile, all called `it`.
fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.ok("CreateUser", &[("UserName", "it")]);
    bench.ok("CreateRole", &[("RoleName", "it"), ("AssumeRolePolicyDocument", TRUST)]);
    bench.ok("CreateInstanceProfile", &[("InstanceProfileName", "it")]);
    bench
}

const KINDS: [&str; 3] = ["User", "Role", "InstanceProfile"];

fn tag(key: &str, value: &str) -> [(String, String); 2] {
    [("Tags.member.1.Key".to_owned(), key.to_owned()), ("Tags.member.1.Value".to_owned(), value.to_owned())]
}

fn fields<'a>(name: &'a str, rest: &'a [(String, String)]) -> Vec<(&'a str, &'a str)> {
    let rest = rest.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    [(name, "it")].into_iter().chain(rest).collect()
}

fn listed(bench: &mut Bench, kind: &str) -> Vec<(String, String)> {
    bench.ok(&format!("List{kind}Tags"), &[(&format!("{kind}Name"), "IT")]).tags()
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn tags_are_laid_over_and_taken_away() {
    let mut bench = bench();
    for kind in KINDS {
        let name = format!("{kind}Name");
        for (key, value) in [("b", "1"), ("a", ""), ("b", "2")] {
            bench.ok(&format!("Tag{kind}"), &fields(&name, &tag(key, value)));
        }
        assert_eq!(listed(&mut bench, kind), owned(&[("a", ""), ("b", "2")]));
        let keys =
            [("TagKeys.member.1".to_owned(), "b".to_owned()), ("TagKeys.member.2".to_owned(), "gone".to_owned())];
        assert_eq!(bench.ok(&format!("Untag{kind}"), &fields(&name, &keys)), Reply(String::new()));
        assert_eq!(listed(&mut bench, kind), owned(&[("a", "")]));
    }
}

#[test]
fn keys_of_users_and_roles_are_the_same_in_any_case_and_those_of_others_are_not() {
    let mut bench = bench();
    for kind in KINDS {
        let name = format!("{kind}Name");
        bench.ok(&format!("Tag{kind}"), &fields(&name, &tag("Team", "1")));
        bench.ok(&format!("Tag{kind}"), &fields(&name, &tag("team", "2")));
        let expected: &[(&str, &str)] =
            if kind == "InstanceProfile" { &[("Team", "1"), ("team", "2")] } else { &[("team", "2")] };
        assert_eq!(listed(&mut bench, kind), owned(expected));

        let twice: Vec<_> = tag("x", "1")
            .into_iter()
            .chain(tag("X", "2").map(|(name, value)| (name.replace('1', "2"), value)))
            .collect();
        if kind == "InstanceProfile" {
            bench.ok(&format!("Tag{kind}"), &fields(&name, &twice));
        } else {
            assert_eq!(
                bench.refused(&format!("Tag{kind}"), &fields(&name, &twice), "InvalidInput"),
                "Duplicate tag keys found. Please note that Tag keys are case insensitive."
            );
        }
    }
}

#[test]
fn an_entity_has_at_most_fifty_tags_and_a_request_names_no_more() {
    let mut bench = bench();
    let many = |count: usize| -> Vec<(String, String)> {
        (1..=count)
            .flat_map(|at| {
                [
                    (format!("Tags.member.{at}.Key"), format!("k{at}")),
                    (format!("Tags.member.{at}.Value"), String::new()),
                ]
            })
            .collect()
    };
    let message = bench.refused("TagUser", &fields("UserName", &many(51)), "ValidationError");
    assert!(
        message.contains("at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50")
    );
    bench.ok("TagUser", &fields("UserName", &many(50)));
    assert_eq!(
        bench.refused("TagUser", &fields("UserName", &tag("one more", "")), "LimitExceeded"),
        "The number of tags has reached the maximum limit."
    );
    bench.ok("TagUser", &fields("UserName", &tag("K7", "again")));

    let keys: Vec<_> = (1..=51).map(|at| (format!("TagKeys.member.{at}"), format!("k{at}"))).collect();
    let message = bench.refused("UntagUser", &fields("UserName", &keys), "ValidationError");
    assert!(message.contains("at 'tagKeys' failed"), "{message}");
    bench.ok("UntagUser", &fields("UserName", &keys[..50]));
    assert_eq!(listed(&mut bench, "User"), []);
}

#[test]
fn bad_tags_are_refused() {
    let mut bench = bench();
    for (key, value, code) in [
        ("", "v", "ValidationError"),
        ("a\"b", "v", "ValidationError"),
        ("k", "<v>", "ValidationError"),
        (&"k".repeat(129), "v", "ValidationError"),
        ("k", &"v".repeat(257), "ValidationError"),
        ("AWS:k", "v", "InvalidInput"),
    ] {
        bench.refused("TagRole", &fields("RoleName", &tag(key, value)), code);
        let create = [("RoleName", "new"), ("AssumeRolePolicyDocument", TRUST)];
        let tag = tag(key, value);
        let tag = tag.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        bench.refused("CreateRole", &create.into_iter().chain(tag).collect::<Vec<_>>(), code);
    }
    let message = bench.refused("TagUser", &[("UserName", "it"), ("Tags.member.1.Key", "k")], "ValidationError");
    assert!(message.contains("at 'tags.1.member.value'"), "{message}");
}

#[test]
fn a_list_that_is_missing_is_refused_and_an_empty_one_is_not() {
    let mut bench = bench();
    for (action, list, camel) in [("TagUser", "Tags", "tags"), ("UntagUser", "TagKeys", "tagKeys")] {
        let message = bench.refused(action, &[("UserName", "it")], "ValidationError");
        assert!(message.contains(&format!("'{camel}' failed to satisfy constraint: Member must not be null")));
        bench.ok(action, &[("UserName", "it"), (list, "")]);
    }
}

#[test]
fn who_is_not_there_has_no_tags() {
    let mut bench = Bench::new();
    for kind in KINDS {
        let name = format!("{kind}Name");
        let words = match kind {
            "User" => "The user with name it",
            "Role" => "The role with name it",
            _ => "Instance Profile it",
        };
        let message = format!("{words} cannot be found.");
        let keys = [("TagKeys.member.1".to_owned(), "b".to_owned())];
        assert_eq!(bench.refused(&format!("Tag{kind}"), &fields(&name, &tag("a", "b")), "NoSuchEntity"), message);
        assert_eq!(bench.refused(&format!("Untag{kind}"), &fields(&name, &keys), "NoSuchEntity"), message);
        assert_eq!(bench.refused(&format!("List{kind}Tags"), &fields(&name, &[]), "NoSuchEntity"), message);
    }
}

#[test]
fn tags_are_listed_in_pages() {
    let mut bench = bench();
    for key in ["b", "C", "a", "D", "e"] {
        bench.ok("TagRole", &fields("RoleName", &tag(key, "")));
    }
    assert_eq!(
        bench.pages("ListRoleTags", &[("RoleName", "it")], 2, "Key"),
        [vec!["a", "b"], vec!["C", "D"], vec!["e"]]
    );
}

use crate::sandbox::testing::{ALLOW, Bench, Reply, TRUST};

/// Each kind with the most that its inline policies may hold.
const KINDS: [(&str, usize); 3] = [("User", 2048), ("Group", 5120), ("Role", 10_240)];

/// A user, a group and a role, all called `It`.
fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.ok("CreateUser", &[("UserName", "It")]);
    bench.ok("CreateGroup", &[("GroupName", "It")]);
    bench.ok("CreateRole", &[("RoleName", "It"), ("AssumeRolePolicyDocument", TRUST)]);
    bench
}

/// What an operation on the inline policies of a kind is called.
fn action(verb: &str, kind: &str) -> String {
    if verb == "List" { format!("List{kind}Policies") } else { format!("{verb}{kind}Policy") }
}

/// A document of this many characters, white space left out.
fn of_size(size: usize) -> String {
    let bare = ALLOW.replace(r#""*""#, r#""arn:aws:s3:::""#);
    bare.replace(":::", &format!(":::{}", "x".repeat(size - bare.len())))
}

#[test]
fn a_policy_is_put_replaced_told_and_deleted() {
    let mut bench = bench();
    for (kind, _) in KINDS {
        let name = format!("{kind}Name");
        let fields = [(&*name, "iT"), ("PolicyName", "P"), ("PolicyDocument", ALLOW)];
        bench.ok(&action("Put", kind), &[fields[0], fields[1], ("PolicyDocument", &of_size(400))]);
        assert_eq!(bench.ok(&action("Put", kind), &fields), Reply(String::new()));
        let told = bench.ok(&action("Get", kind), &fields[..2]);
        assert_eq!((told.get(&name).as_deref(), told.get("PolicyName").as_deref()), (Some("It"), Some("P")));
        assert_eq!(told.document("PolicyDocument"), ALLOW);
        assert!(told.0.ends_with("%2A%22%7D%5D%7D</PolicyDocument>"), "{told:?}");

        assert_eq!(bench.ok(&action("Delete", kind), &fields[..2]), Reply(String::new()));
        for verb in ["Get", "Delete"] {
            let message = bench.refused(&action(verb, kind), &fields[..2], "NoSuchEntity");
            assert_eq!(message, format!("The {} policy with name P cannot be found.", kind.to_lowercase()));
        }
    }
}

#[test]
fn a_document_comes_back_as_it_was_given() {
    let mut bench = bench();
    let document = "{\n\t\"Statement\": {\"Effect\": \"Deny\", \"Action\": \"s3:*\", \"Resource\": \"arn:aws:s3:::a+b%2F\u{e9}&<\"}\r\n}";
    bench.ok("PutRolePolicy", &[("RoleName", "It"), ("PolicyName", "p"), ("PolicyDocument", document)]);
    let told = bench.ok("GetRolePolicy", &[("RoleName", "It"), ("PolicyName", "p")]);
    assert_eq!(told.document("PolicyDocument"), document);
    assert!(told.get("PolicyDocument").unwrap().contains("a%2Bb%252F%C3%A9%26%3C"), "{told:?}");
}

#[test]
fn all_policies_of_an_entity_have_one_size_together() {
    let mut bench = bench();
    for (kind, most) in KINDS {
        let name = format!("{kind}Name");
        let name = (&*name, "it");
        let put = |bench: &mut Bench, policy: &str, document: &str| {
            bench.run(&action("Put", kind), &[name, ("PolicyName", policy), ("PolicyDocument", document)])
        };
        put(&mut bench, "first", &of_size(most - 500)).unwrap();
        put(&mut bench, "second", &of_size(500).replace(',', " ,\n\t")).unwrap();
        // In the place of one that is there, its size no longer counts.
        put(&mut bench, "second", &of_size(499)).unwrap();
        let fields = [name, ("PolicyName", "second"), ("PolicyDocument", &of_size(501))];
        let message = bench.refused(&action("Put", kind), &fields, "LimitExceeded");
        assert_eq!(message, format!("Maximum policy size of {most} bytes exceeded for {} It", kind.to_lowercase()));
    }
}

#[test]
fn a_malformed_document_is_refused() {
    let mut bench = bench();
    for (kind, _) in KINDS {
        let name = format!("{kind}Name");
        let fields = [(&*name, "It"), ("PolicyName", "p"), ("PolicyDocument", TRUST)];
        let message = bench.refused(&action("Put", kind), &fields, "MalformedPolicyDocument");
        assert_eq!(message, "Policy document should not specify a principal.");
    }
}

#[test]
fn who_is_missing_is_named_before_any_other_fault() {
    let mut bench = Bench::new();
    for (kind, _) in KINDS {
        let name = format!("{kind}Name");
        let fields = [(&*name, "gone"), ("PolicyName", "p"), ("PolicyDocument", "{")];
        for verb in ["Put", "Get", "Delete", "List"] {
            let message = bench.refused(&action(verb, kind), &fields, "NoSuchEntity");
            assert_eq!(message, format!("The {} with name gone cannot be found.", kind.to_lowercase()));
        }
    }
}

#[test]
fn bad_parameters_are_refused() {
    let mut bench = bench();
    let (name, policy, document) = (("UserName", "It"), ("PolicyName", "p"), ("PolicyDocument", ALLOW));
    for (action, fields) in [
        ("PutUserPolicy", [name, policy].as_slice()),
        ("PutUserPolicy", &[name, document]),
        ("PutUserPolicy", &[policy, document]),
        ("PutUserPolicy", &[name, ("PolicyName", "a b"), document]),
        ("PutUserPolicy", &[name, policy, ("PolicyDocument", "")]),
        ("PutUserPolicy", &[name, policy, ("PolicyDocument", "{\"\u{20ac}\":1}")]),
        ("GetUserPolicy", &[name]),
        ("DeleteUserPolicy", &[name]),
        ("ListUserPolicies", &[name, ("MaxItems", "none")]),
    ] {
        bench.refused(action, fields, "ValidationError");
    }
}

#[test]
fn policies_are_listed_in_pages() {
    let mut bench = bench();
    for (kind, _) in KINDS {
        let name = format!("{kind}Name");
        let name = (&*name, "It");
        let list = action("List", kind);
        assert_eq!(bench.ok(&list, &[name]).0, "<IsTruncated>false</IsTruncated><PolicyNames></PolicyNames>");
        for policy in ["c", "a", "e", "b", "d"] {
            bench.ok(&action("Put", kind), &[name, ("PolicyName", policy), ("PolicyDocument", ALLOW)]);
        }
        assert_eq!(bench.pages(&list, &[name], 2, "member"), [vec!["a", "b"], vec!["c", "d"], vec!["e"]]);
        let marker = bench.ok(&list, &[name, ("MaxItems", "2")]).get("Marker").unwrap();
        bench.ok(&action("Delete", kind), &[name, ("PolicyName", "b")]);
        assert_eq!(bench.ok(&list, &[name, ("Marker", &marker)]).all("member"), ["c", "d", "e"]);
    }
}

use crate::sandbox::testing::Bench;

const BOB: (&str, &str) = ("UserName", "bob");
const GIT: (&str, &str) = ("ServiceName", "codecommit.amazonaws.com");
const MODELS: (&str, &str) = ("ServiceName", "bedrock.amazonaws.com");
const ID: &str = "ServiceSpecificCredentialId";

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.ok("CreateUser", &[BOB]);
    bench
}

fn create(bench: &mut Bench, service: (&str, &str)) -> String {
    bench.ok("CreateServiceSpecificCredential", &[BOB, service]).get(ID).unwrap()
}

#[test]
fn a_password_is_told_when_it_is_made_and_when_it_is_reset() {
    let mut bench = bench();
    let created = bench.ok("CreateServiceSpecificCredential", &[BOB, GIT]);
    let (id, password) = (created.get(ID).unwrap(), created.get("ServicePassword").unwrap());
    let essentials = |status| {
        format!(
            "<UserName>bob</UserName><Status>{status}</Status><ServiceUserName>bob-at-123456789012</ServiceUserName>\
             <CreateDate>2026-03-01T12:00:00Z</CreateDate>\
             <ServiceSpecificCredentialId>{id}</ServiceSpecificCredentialId>\
             <ServiceName>codecommit.amazonaws.com</ServiceName>"
        )
    };
    assert!(id.starts_with("ACCA") && id.len() == 21);
    assert_eq!(
        created.0,
        format!(
            "<ServiceSpecificCredential>{}<ServicePassword>{password}</ServicePassword></ServiceSpecificCredential>",
            essentials("Active")
        )
    );
    let of = [BOB, (ID, id.as_str())];
    bench.ok("UpdateServiceSpecificCredential", &[of[0], of[1], ("Status", "Inactive")]);
    assert_eq!(
        bench.ok("ListServiceSpecificCredentials", &[BOB]).0,
        format!(
            "<IsTruncated>false</IsTruncated><ServiceSpecificCredentials><member>{}</member></ServiceSpecificCredentials>",
            essentials("Inactive")
        )
    );
    let reset = bench.ok("ResetServiceSpecificCredential", &of);
    assert_ne!(reset.get("ServicePassword").unwrap(), password);
    assert_eq!(reset.get("Status").unwrap(), "Inactive");
    bench.ok("DeleteServiceSpecificCredential", &of);
    assert!(bench.ok("ListServiceSpecificCredentials", &[BOB]).all(ID).is_empty());
}

#[test]
fn a_user_has_two_for_each_service_with_names_that_differ() {
    let mut bench = bench();
    let first = create(&mut bench, GIT);
    create(&mut bench, GIT);
    create(&mut bench, ("ServiceName", "cassandra.amazonaws.com"));
    assert_eq!(
        bench.refused("CreateServiceSpecificCredential", &[BOB, GIT], "LimitExceeded"),
        "Cannot exceed quota for ServiceSpecificCredentialsPerUser: 2"
    );
    let names = |bench: &mut Bench| {
        let mut names = bench.ok("ListServiceSpecificCredentials", &[BOB, GIT]).all("ServiceUserName");
        names.sort();
        names
    };
    assert_eq!(names(&mut bench), ["bob+1-at-123456789012", "bob-at-123456789012"]);
    bench.ok("DeleteServiceSpecificCredential", &[BOB, (ID, &first)]);
    create(&mut bench, GIT);
    assert_eq!(names(&mut bench), ["bob+1-at-123456789012", "bob-at-123456789012"]);
}

#[test]
fn an_api_key_has_an_alias_a_secret_and_an_end() {
    let mut bench = bench();
    let created = bench.ok("CreateServiceSpecificCredential", &[BOB, MODELS, ("CredentialAgeDays", "30")]);
    assert_eq!(created.get("ServiceCredentialAlias").unwrap(), "bob-at-123456789012");
    assert_eq!(created.get("ExpirationDate").unwrap(), "2026-03-31T12:00:00Z");
    assert!(created.get("ServiceCredentialSecret").is_some() && created.get("ServicePassword").is_none());
    bench.now += jiff::SignedDuration::from_hours(24 * 30);
    assert_eq!(bench.ok("ListServiceSpecificCredentials", &[BOB]).get("Status").unwrap(), "Expired");
    bench.refused("CreateServiceSpecificCredential", &[BOB, GIT, ("CredentialAgeDays", "30")], "InvalidInput");
    bench.refused("CreateServiceSpecificCredential", &[BOB, MODELS, ("CredentialAgeDays", "0")], "ValidationError");
}

#[test]
fn lists_are_of_one_user_or_of_all() {
    let mut bench = bench();
    bench.ok("CreateUser", &[("UserName", "caller")]);
    create(&mut bench, GIT);
    bench.now += jiff::SignedDuration::from_secs(1);
    bench.ok("CreateServiceSpecificCredential", &[("UserName", "caller"), MODELS]);
    assert_eq!(bench.ok("ListServiceSpecificCredentials", &[]).all("UserName"), ["caller"]);
    let pages = bench.pages("ListServiceSpecificCredentials", &[("AllUsers", "true")], 1, "UserName");
    assert_eq!(pages, [["bob"], ["caller"]]);
    assert!(bench.ok("ListServiceSpecificCredentials", &[BOB, MODELS]).all(ID).is_empty());
}

#[test]
fn unsupported_services_and_missing_users_and_credentials_are_told() {
    let mut bench = bench();
    let lambda = ("ServiceName", "lambda.amazonaws.com");
    for action in ["CreateServiceSpecificCredential", "ListServiceSpecificCredentials"] {
        assert_eq!(
            bench.refused(action, &[BOB, lambda], "NoSuchEntity"),
            "No such service lambda.amazonaws.com is supported for Service Specific Credentials"
        );
        let message = bench.refused(action, &[("UserName", "gone"), lambda], "NoSuchEntity");
        assert_eq!(message, "The user with name gone cannot be found.");
    }
    let (none, bad) = ((ID, "ACCA0000000000000000A"), (ID, "with-hyphens-it-is-no-word"));
    let status = ("Status", "Active");
    for action in ["Update", "Reset", "Delete"].map(|verb| format!("{verb}ServiceSpecificCredential")) {
        let message = bench.refused(&action, &[BOB, none, status], "NoSuchEntity");
        assert_eq!(message, "No such credential ACCA0000000000000000A exists");
        bench.refused(&action, &[("UserName", "gone"), none, status], "NoSuchEntity");
        bench.refused(&action, &[BOB, bad, status], "ValidationError");
        bench.refused(&action, &[BOB, status], "ValidationError");
    }
    let id = create(&mut bench, GIT);
    let of = [BOB, (ID, id.as_str())];
    bench.refused("UpdateServiceSpecificCredential", &[of[0], of[1], ("Status", "Expired")], "InvalidInput");
    bench.refused("UpdateServiceSpecificCredential", &[of[0], of[1], ("Status", "On")], "ValidationError");
}

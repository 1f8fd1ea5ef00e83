use crate::sandbox::testing::Bench;

const ARN: &str = "arn:aws:iam::123456789012:oidc-provider/token.example.com/repo";
const OF: (&str, &str) = ("OpenIDConnectProviderArn", ARN);
const URL: (&str, &str) = ("Url", "https://token.example.com/repo");

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.ok("CreateOpenIDConnectProvider", &[URL, ("ClientIDList.member.1", "one")]);
    bench
}

fn clients(bench: &mut Bench) -> String {
    bench.ok("GetOpenIDConnectProvider", &[OF]).get("ClientIDList").unwrap()
}

#[test]
fn a_provider_is_told_without_its_scheme() {
    let mut bench = Bench::new();
    let thumbprint = "b".repeat(40);
    let created = bench.ok(
        "CreateOpenIDConnectProvider",
        &[
            ("Url", "https://token.example.com/repo/"),
            ("ClientIDList.member.1", "sts.amazonaws.com"),
            ("ThumbprintList.member.1", &thumbprint),
            ("Tags.member.1.Key", "k"),
            ("Tags.member.1.Value", "v"),
        ],
    );
    let tags = "<Tags><member><Key>k</Key><Value>v</Value></member></Tags>";
    assert_eq!(created.0, format!("<OpenIDConnectProviderArn>{ARN}</OpenIDConnectProviderArn>{tags}"));
    assert_eq!(
        bench.ok("GetOpenIDConnectProvider", &[OF]).0,
        format!(
            "<Url>token.example.com/repo</Url><ClientIDList><member>sts.amazonaws.com</member></ClientIDList>\
             <ThumbprintList><member>{thumbprint}</member></ThumbprintList>\
             <CreateDate>2026-03-01T12:00:00Z</CreateDate>{tags}"
        )
    );
    assert_eq!(
        bench.ok("ListOpenIDConnectProviders", &[]).0,
        format!("<OpenIDConnectProviderList><member><Arn>{ARN}</Arn></member></OpenIDConnectProviderList>")
    );
}

#[test]
fn a_provider_of_the_same_url_is_there_already() {
    let mut bench = bench();
    assert_eq!(
        bench.refused("CreateOpenIDConnectProvider", &[URL], "EntityAlreadyExists"),
        "Provider with url https://token.example.com/repo already exists."
    );
}

#[test]
fn a_url_is_https_with_neither_port_nor_query() {
    for url in ["http://example.com", "example.com", "https://", "https://example.com:8443", "https://example.com/?a=b"]
    {
        assert_eq!(
            Bench::new().refused("CreateOpenIDConnectProvider", &[("Url", url)], "ValidationError"),
            "Invalid Open ID Connect Provider URL"
        );
    }
    Bench::new().refused("CreateOpenIDConnectProvider", &[], "ValidationError");
}

#[test]
fn clients_are_added_and_removed_without_complaint() {
    let mut bench = bench();
    for client in ["two", "one"] {
        bench.ok("AddClientIDToOpenIDConnectProvider", &[OF, ("ClientID", client)]);
    }
    assert_eq!(clients(&mut bench), "<member>one</member><member>two</member>");
    for client in ["one", "three"] {
        bench.ok("RemoveClientIDFromOpenIDConnectProvider", &[OF, ("ClientID", client)]);
    }
    assert_eq!(clients(&mut bench), "<member>two</member>");
}

#[test]
fn a_hundred_clients_and_five_thumbprints_are_the_most() {
    let mut bench = bench();
    for number in 2..=100 {
        bench.ok("AddClientIDToOpenIDConnectProvider", &[OF, ("ClientID", &number.to_string())]);
    }
    assert_eq!(
        bench.refused("AddClientIDToOpenIDConnectProvider", &[OF, ("ClientID", "more")], "LimitExceeded"),
        "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100"
    );
    bench.ok("AddClientIDToOpenIDConnectProvider", &[OF, ("ClientID", "one")]);
    let prints: Vec<(String, String)> =
        (1..=6).map(|n| (format!("ThumbprintList.member.{n}"), n.to_string().repeat(40))).collect();
    let prints: Vec<(&str, &str)> = prints.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let of = |count: usize, first: (&'static str, &'static str)| [&[first], &prints[..count]].concat();
    bench.ok("UpdateOpenIDConnectProviderThumbprint", &of(5, OF));
    assert!(bench.ok("GetOpenIDConnectProvider", &[OF]).0.contains(&"5".repeat(40)));
    let message = bench.refused("UpdateOpenIDConnectProviderThumbprint", &of(6, OF), "InvalidInput");
    assert_eq!(message, "Thumbprint list must contain fewer than 5 entries.");
    let other = ("Url", "https://other.example.com");
    bench.refused("CreateOpenIDConnectProvider", &of(6, other), "InvalidInput");
    let short = ("ThumbprintList.member.1", "abc");
    bench.refused("CreateOpenIDConnectProvider", &[other, short], "ValidationError");
}

#[test]
fn a_deleted_provider_is_gone() {
    let mut bench = bench();
    bench.ok("DeleteOpenIDConnectProvider", &[OF]);
    assert_eq!(
        bench.refused("GetOpenIDConnectProvider", &[OF], "NoSuchEntity"),
        format!("OpenIDConnect Provider not found for arn {ARN}")
    );
    assert_eq!(
        bench.refused("DeleteOpenIDConnectProvider", &[OF], "NoSuchEntity"),
        format!("OpenId connect Provider {ARN} cannot be found.")
    );
    let client = [OF, ("ClientID", "x")];
    bench.refused("AddClientIDToOpenIDConnectProvider", &client, "NoSuchEntity");
    bench.refused("RemoveClientIDFromOpenIDConnectProvider", &client, "NoSuchEntity");
    bench.refused("UpdateOpenIDConnectProviderThumbprint", &[OF], "NoSuchEntity");
    bench.refused("GetOpenIDConnectProvider", &[], "ValidationError");
}

use crate::sandbox::testing::Bench;

const ARN: &str = "arn:aws:iam::123456789012:saml-provider/Example.Login";
const OF: (&str, &str) = ("SAMLProviderArn", ARN);
const NAME: (&str, &str) = ("Name", "Example.Login");

/// Metadata with these attributes, as long as AWS wants them.
fn metadata(attributes: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><md:EntityDescriptor entityID=\"https://login.example.com\"{attributes}><!--{}-->\
         </md:EntityDescriptor>",
        "x".repeat(1000)
    )
}

#[test]
fn a_provider_is_told_with_its_metadata() {
    let mut bench = Bench::new();
    let document = metadata(" validUntil=\"2030-01-01T00:00:00Z\"");
    let fields = [NAME, ("SAMLMetadataDocument", document.as_str())];
    let created = bench.ok("CreateSAMLProvider", &fields);
    assert_eq!(created.0, format!("<SAMLProviderArn>{ARN}</SAMLProviderArn>"));
    let got = bench.ok("GetSAMLProvider", &[OF]);
    let id = got.get("SAMLProviderUUID").unwrap();
    assert!(id.starts_with("SAMLSP") && (22..=64).contains(&id.len()), "{id}");
    assert_eq!(got.get("SAMLMetadataDocument").unwrap(), document);
    assert!(got.0.ends_with(
        "<CreateDate>2026-03-01T12:00:00Z</CreateDate><ValidUntil>2030-01-01T00:00:00Z</ValidUntil><Tags></Tags>\
         <AssertionEncryptionMode>Allowed</AssertionEncryptionMode><PrivateKeyList></PrivateKeyList>"
    ));
    assert_eq!(
        bench.ok("ListSAMLProviders", &[]).0,
        format!(
            "<SAMLProviderList><member><Arn>{ARN}</Arn><ValidUntil>2030-01-01T00:00:00Z</ValidUntil>\
             <CreateDate>2026-03-01T12:00:00Z</CreateDate></member></SAMLProviderList>"
        )
    );
    assert_eq!(
        bench.refused("CreateSAMLProvider", &fields, "EntityAlreadyExists"),
        "Provider with name Example.Login already exists."
    );
}

#[test]
fn metadata_without_an_end_are_good_for_a_hundred_years() {
    let mut bench = Bench::new();
    let document = metadata("");
    let fields = [
        NAME,
        ("SAMLMetadataDocument", document.as_str()),
        ("AssertionEncryptionMode", "Required"),
        ("Tags.member.1.Key", "k"),
        ("Tags.member.1.Value", "v"),
    ];
    assert_eq!(bench.ok("CreateSAMLProvider", &fields).tags(), [("k".to_owned(), "v".to_owned())]);
    let got = bench.ok("GetSAMLProvider", &[OF]);
    assert!(got.get("ValidUntil").unwrap().starts_with("2126-02-"), "{got:?}");
    assert_eq!(got.get("AssertionEncryptionMode").unwrap(), "Required");
}

#[test]
fn what_are_no_metadata_are_refused() {
    let mut bench = Bench::new();
    let (nothing, never) = ("x".repeat(1000), metadata(" validUntil=\"never\""));
    for document in [&nothing, &never] {
        let message = bench.refused("CreateSAMLProvider", &[NAME, ("SAMLMetadataDocument", document)], "InvalidInput");
        assert_eq!(message, "Could not parse metadata");
    }
    let good = metadata("");
    let document = ("SAMLMetadataDocument", good.as_str());
    bench.refused("CreateSAMLProvider", &[NAME, ("SAMLMetadataDocument", "<short/>")], "ValidationError");
    bench.refused("CreateSAMLProvider", &[("Name", "a b"), document], "ValidationError");
    bench.refused("CreateSAMLProvider", &[NAME, document, ("AssertionEncryptionMode", "None")], "ValidationError");
}

#[test]
fn a_deleted_provider_is_gone() {
    let mut bench = Bench::new();
    bench.ok("CreateSAMLProvider", &[NAME, ("SAMLMetadataDocument", &metadata(""))]);
    bench.ok("DeleteSAMLProvider", &[OF]);
    for action in ["GetSAMLProvider", "DeleteSAMLProvider"] {
        let message = bench.refused(action, &[OF], "NoSuchEntity");
        assert_eq!(message, format!("Manifest not found for arn {ARN}"));
        bench.refused(action, &[], "ValidationError");
    }
    assert_eq!(bench.ok("ListSAMLProviders", &[]).0, "<SAMLProviderList></SAMLProviderList>");
}

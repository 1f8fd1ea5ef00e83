use crate::sandbox::testing::Bench;

const BOB: (&str, &str) = ("UserName", "bob");
const CERTIFICATES: [&str; 3] =
    [include_str!("testdata/1.pem"), include_str!("testdata/2.pem"), include_str!("testdata/3.pem")];

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.ok("CreateUser", &[BOB]);
    bench
}

fn upload(bench: &mut Bench, number: usize) -> String {
    let fields = [BOB, ("CertificateBody", CERTIFICATES[number])];
    bench.ok("UploadSigningCertificate", &fields).get("CertificateId").unwrap()
}

#[test]
fn a_certificate_is_told_switched_off_and_deleted() {
    let mut bench = bench();
    let uploaded = bench.ok("UploadSigningCertificate", &[BOB, ("CertificateBody", CERTIFICATES[0])]);
    let id = uploaded.get("CertificateId").unwrap();
    assert!((24..=128).contains(&id.len()), "{id}");
    let told = |status| {
        format!(
            "<UserName>bob</UserName><CertificateId>{id}</CertificateId>\
             <CertificateBody>{}</CertificateBody><Status>{status}</Status><UploadDate>2026-03-01T12:00:00Z</UploadDate>",
            CERTIFICATES[0]
        )
    };
    assert_eq!(uploaded.0, format!("<Certificate>{}</Certificate>", told("Active")));
    let of = [BOB, ("CertificateId", id.as_str())];
    bench.ok("UpdateSigningCertificate", &[of[0], of[1], ("Status", "Inactive")]);
    assert_eq!(
        bench.ok("ListSigningCertificates", &[BOB]).0,
        format!("<IsTruncated>false</IsTruncated><Certificates><member>{}</member></Certificates>", told("Inactive"))
    );
    bench.refused("UpdateSigningCertificate", &[of[0], of[1], ("Status", "Expired")], "InvalidInput");
    bench.ok("DeleteSigningCertificate", &of);
    assert_eq!(
        bench.refused("DeleteSigningCertificate", &of, "NoSuchEntity"),
        format!("The Certificate with id {id} cannot be found.")
    );
}

#[test]
fn a_user_has_two_and_the_account_has_none_twice() {
    let mut bench = bench();
    upload(&mut bench, 0);
    bench.ok("CreateUser", &[("UserName", "caller")]);
    bench.refused("UploadSigningCertificate", &[("CertificateBody", CERTIFICATES[0])], "DuplicateCertificate");
    upload(&mut bench, 1);
    assert_eq!(
        bench.refused("UploadSigningCertificate", &[BOB, ("CertificateBody", CERTIFICATES[2])], "LimitExceeded"),
        "Cannot exceed quota for CertificatesPerUser: 2"
    );
    bench.ok("UploadSigningCertificate", &[("CertificateBody", CERTIFICATES[2])]);
    let pages = bench.pages("ListSigningCertificates", &[BOB], 1, "UserName");
    assert_eq!(pages, [["bob"], ["bob"]]);
    assert_eq!(bench.ok("ListSigningCertificates", &[]).all("UserName"), ["caller"]);
}

#[test]
fn what_has_not_the_form_of_a_certificate_is_malformed() {
    let mut bench = bench();
    let key = include_str!("../ssh_keys/testdata/p-256.pem");
    let key_as_certificate = key.replace("PUBLIC KEY", "CERTIFICATE");
    let two = CERTIFICATES[..2].concat();
    for body in ["certificate", key, &key_as_certificate, &two] {
        let message =
            bench.refused("UploadSigningCertificate", &[BOB, ("CertificateBody", body)], "MalformedCertificate");
        assert_eq!(message, format!("Certificate {body} is malformed."));
    }
    bench.refused("UploadSigningCertificate", &[BOB], "ValidationError");
}

#[test]
fn missing_users_and_certificates_are_told() {
    let mut bench = bench();
    let gone = ("UserName", "gone");
    let none = ("CertificateId", "NONEXISTENTCERTID12345678901");
    let more = [none, ("Status", "Active"), ("CertificateBody", CERTIFICATES[0])];
    for verb in ["Upload", "List", "Update", "Delete"] {
        let action = format!("{verb}SigningCertificate{}", if verb == "List" { "s" } else { "" });
        let message = bench.refused(&action, &[&[gone], &more[..]].concat(), "NoSuchEntity");
        assert_eq!(message, "The user with name gone cannot be found.");
    }
    for action in ["UpdateSigningCertificate", "DeleteSigningCertificate"] {
        bench.refused(action, &[&[BOB], &more[..]].concat(), "NoSuchEntity");
        bench.refused(action, &[BOB, ("CertificateId", "short"), more[1]], "ValidationError");
    }
}

#[test]
fn there_are_no_server_certificates() {
    let mut bench = Bench::new();
    assert_eq!(
        bench.ok("ListServerCertificates", &[("PathPrefix", "/cloudfront"), ("MaxItems", "1")]).0,
        "<IsTruncated>false</IsTruncated><ServerCertificateMetadataList></ServerCertificateMetadataList>"
    );
    for field in [("PathPrefix", "cloudfront"), ("MaxItems", "0")] {
        bench.refused("ListServerCertificates", &[field], "ValidationError");
    }
}

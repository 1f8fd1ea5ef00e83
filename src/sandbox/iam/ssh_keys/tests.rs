use crate::sandbox::testing::Bench;

const BOB: (&str, &str) = ("UserName", "bob");
const OPEN_SSH: &str = include_str!("testdata/rsa-2048.pub");
const PEM: &str = include_str!("testdata/rsa-2048.pem");
const TOO_SHORT: &str = include_str!("testdata/rsa-1024.pub");
const NOT_RSA: &str = include_str!("testdata/p-256.pem");
const FINGERPRINT: &str = "4d:1c:3d:68:00:fd:7e:0b:eb:85:e3:b4:9a:26:e8:05";

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.ok("CreateUser", &[BOB]);
    bench
}

fn upload(bench: &mut Bench, body: &str) -> String {
    bench.ok("UploadSSHPublicKey", &[BOB, ("SSHPublicKeyBody", body)]).get("SSHPublicKeyId").unwrap()
}

/// Another key of 2,048 bits: the same with other bytes in its middle.
fn another(number: usize) -> String {
    let (middle, letters) = (OPEN_SSH.len() / 2, ["AA", "BB", "CC", "DD", "EE"]);
    format!("{}{}{}", &OPEN_SSH[..middle], letters[number], &OPEN_SSH[middle + 2..])
}

#[test]
fn a_key_is_told_with_its_fingerprint() {
    let mut bench = bench();
    let body = ("SSHPublicKeyBody", OPEN_SSH);
    let uploaded = bench.ok("UploadSSHPublicKey", &[BOB, body]);
    let id = uploaded.get("SSHPublicKeyId").unwrap();
    assert!(id.starts_with("APKA") && id.len() == 20);
    assert_eq!(
        uploaded.0,
        format!(
            "<SSHPublicKey><UserName>bob</UserName><SSHPublicKeyId>{id}</SSHPublicKeyId>\
             <Fingerprint>{FINGERPRINT}</Fingerprint><SSHPublicKeyBody>{OPEN_SSH}</SSHPublicKeyBody>\
             <Status>Active</Status><UploadDate>2026-03-01T12:00:00Z</UploadDate></SSHPublicKey>"
        )
    );
    let got = bench.ok("GetSSHPublicKey", &[BOB, ("SSHPublicKeyId", &id), ("Encoding", "SSH")]);
    assert_eq!(got, uploaded);
    assert_eq!(
        bench.ok("ListSSHPublicKeys", &[BOB]).get("member").unwrap(),
        format!(
            "<UserName>bob</UserName><SSHPublicKeyId>{id}</SSHPublicKeyId><Status>Active</Status>\
             <UploadDate>2026-03-01T12:00:00Z</UploadDate>"
        )
    );
}

#[test]
fn a_key_is_given_in_the_encoding_that_is_asked_for() {
    for uploaded in [OPEN_SSH, PEM] {
        let mut bench = bench();
        let id = upload(&mut bench, uploaded);
        let mut body = |encoding| {
            let fields = [BOB, ("SSHPublicKeyId", id.as_str()), ("Encoding", encoding)];
            let got = bench.ok("GetSSHPublicKey", &fields);
            assert_eq!(got.get("Fingerprint").unwrap(), FINGERPRINT);
            got.get("SSHPublicKeyBody").unwrap()
        };
        assert_eq!(body("PEM"), PEM);
        assert_eq!(body("SSH").trim(), OPEN_SSH.trim());
    }
}

#[test]
fn a_key_is_switched_off_and_deleted() {
    let mut bench = bench();
    let id = upload(&mut bench, PEM);
    let of = [BOB, ("SSHPublicKeyId", id.as_str())];
    bench.ok("UpdateSSHPublicKey", &[of[0], of[1], ("Status", "Inactive")]);
    assert_eq!(bench.ok("ListSSHPublicKeys", &[BOB]).get("Status").unwrap(), "Inactive");
    bench.refused("UpdateSSHPublicKey", &[of[0], of[1], ("Status", "Expired")], "InvalidInput");
    bench.refused("UpdateSSHPublicKey", &of, "ValidationError");
    bench.ok("DeleteSSHPublicKey", &of);
    assert_eq!(
        bench.refused("DeleteSSHPublicKey", &of, "NoSuchEntity"),
        format!("The Public Key with id {id} cannot be found.")
    );
}

#[test]
fn what_is_no_long_rsa_key_is_not_stored() {
    let mut bench = bench();
    let cut = PEM.replace("MII", "MIB");
    for (body, code) in [
        ("hello", "UnrecognizedPublicKeyEncoding"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==", "UnrecognizedPublicKeyEncoding"),
        ("-----BEGIN PUBLIC KEY-----\nnot base64!\n-----END PUBLIC KEY-----", "UnrecognizedPublicKeyEncoding"),
        ("ssh-rsa AAAA", "InvalidPublicKey"),
        ("ssh-rsa !", "InvalidPublicKey"),
        (TOO_SHORT, "InvalidPublicKey"),
        (NOT_RSA, "InvalidPublicKey"),
        (&cut, "InvalidPublicKey"),
        ("", "ValidationError"),
    ] {
        bench.refused("UploadSSHPublicKey", &[BOB, ("SSHPublicKeyBody", body)], code);
    }
    bench.refused("UploadSSHPublicKey", &[BOB], "ValidationError");
}

#[test]
fn a_key_is_stored_once_however_it_is_written_and_five_at_most() {
    let mut bench = bench();
    upload(&mut bench, OPEN_SSH);
    bench.refused("UploadSSHPublicKey", &[BOB, ("SSHPublicKeyBody", PEM)], "DuplicateSSHPublicKey");
    for number in 0..4 {
        upload(&mut bench, &another(number));
    }
    assert_eq!(
        bench.refused("UploadSSHPublicKey", &[BOB, ("SSHPublicKeyBody", &another(4))], "LimitExceeded"),
        "Cannot exceed quota for SSHPublicKeysPerUser: 5"
    );
    let pages = bench.pages("ListSSHPublicKeys", &[BOB], 2, "SSHPublicKeyId");
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
}

#[test]
fn missing_users_keys_and_encodings_are_told() {
    let mut bench = bench();
    let none = ("SSHPublicKeyId", "APKAXXXXXXXXXXXXXXXX");
    let more = [("Encoding", "SSH"), ("Status", "Active"), ("SSHPublicKeyBody", OPEN_SSH)];
    for action in ["GetSSHPublicKey", "UpdateSSHPublicKey", "DeleteSSHPublicKey"] {
        let message = bench.refused(action, &[&[BOB, none], &more[..]].concat(), "NoSuchEntity");
        assert_eq!(message, "The Public Key with id APKAXXXXXXXXXXXXXXXX cannot be found.");
        bench.refused(action, &[&[BOB, ("SSHPublicKeyId", "short")], &more[..]].concat(), "ValidationError");
    }
    for action in ["UploadSSHPublicKey", "GetSSHPublicKey", "ListSSHPublicKeys", "DeleteSSHPublicKey"] {
        let message = bench.refused(action, &[&[("UserName", "gone"), none], &more[..]].concat(), "NoSuchEntity");
        assert_eq!(message, "The user with name gone cannot be found.");
    }
    let id = upload(&mut bench, PEM);
    bench.refused("GetSSHPublicKey", &[BOB, ("SSHPublicKeyId", &id)], "ValidationError");
    bench.refused("GetSSHPublicKey", &[BOB, ("SSHPublicKeyId", &id), ("Encoding", "DER")], "ValidationError");
    bench.ok("CreateUser", &[("UserName", "caller")]);
    assert!(bench.ok("ListSSHPublicKeys", &[]).all("SSHPublicKeyId").is_empty());
}

//! Digests of the journal's closed files: who signs them, what becomes of them while KMS does not, and what they prove.

use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::command::{Ran, run};
use crate::support::gateway::TestGateway;
use crate::support::kms::Kms;
use crate::support::program::Program;
use crate::support::waiting::eventually;

pub(crate) mod tampering;

/// The digest files of a journal, in their order.
fn digest_files(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).expect("the journal is there");
    let files = files.map(|file| file.expect("the folder is ours").path());
    let is_digest = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with("digest-") && name.ends_with(".json"))
    };
    let mut files: Vec<PathBuf> = files.filter(is_digest).collect();
    files.sort();
    files
}

fn read(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).expect("the file is there")).expect("a digest is JSON")
}

impl TestGateway {
    /// Starts it again, which closes the file of the run before, and waits for the digest of this number.
    fn restart_until_digest(&mut self, number: usize) -> PathBuf {
        self.restart();
        let folder = self.path("audit");
        eventually("the digest is written", || digest_files(&folder).into_iter().nth(number - 1))
    }

    /// Starts it again, and waits until it says why there is no digest.
    fn restart_until_failure(&mut self) -> String {
        self.restart();
        eventually("it says that there is no digest", || {
            let log = self.log();
            let line = log.lines().find(|line| line.contains("the digest could not be signed"))?;
            let line: Value = serde_json::from_str(line).expect("the log is JSON");
            Some(line["error"].as_str().expect("it says why").to_owned())
        })
    }

    /// `audit verify` of its journal.
    fn verify(&self, more: &[&str]) -> Ran {
        let folder = self.argument("audit");
        run(&[&["audit", "verify", "--json"], more, &[folder.as_str()]].concat())
    }

    /// Keeps a text beside the journal; the argument that names it.
    fn keep(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).expect("the folder is ours");
        self.argument(name)
    }
}

/// A key for the journal; where it lies, and its public half.
fn signing_key(folder: &Path) -> (String, String) {
    let file = folder.join("audit.key").to_str().expect("temporary folders have plain names").to_owned();
    let made = run(&["audit", "key", "--file", &file]);
    assert_eq!(made.code, 0, "{}", made.said());
    (file, made.stdout.trim().to_owned())
}

fn pem(base64: &str) -> String {
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("base64 is ASCII")).collect();
    format!("-----BEGIN PUBLIC KEY-----\r\n{}\r\n-----END PUBLIC KEY-----\r\n", lines.join("\r\n"))
}

#[test]
fn a_digest_is_signed_by_both_keys_and_both_verifiers_confirm_it() {
    let kms = Kms::start();
    let own = kms.gateway_keys();
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let (key_file, public_key) = signing_key(folder.path());
    let prepared = TestGateway::without_aws().set("audit.signing_key", &format!("{key_file:?}"));
    let mut gateway = prepared.digests_signed_by(&kms, kms.alias(), &own).start();
    assert!(!gateway.call("alice", "whoami", json!({})).is_error);
    gateway.stop();
    let file = gateway.restart_until_digest(1);
    let anchor = eventually("the anchor is logged", || {
        let lines = gateway.log();
        let mut lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.find(|line| line["target"] == "iam_mcp_gateway::audit::anchor")
    });
    gateway.stop();

    let bytes = fs::read(&file).expect("it was written");
    assert_eq!(anchor["sha256"], HEXLOWER.encode(&Sha256::digest(&bytes)));
    assert_eq!(anchor["digest"], 1);
    let signed = read(&file);
    assert_eq!(signed["digest"]["signingKey"], public_key);
    assert_eq!(signed["kms"]["keyId"], kms.key("signing"), "the key, and not the alias that was asked for");
    assert_eq!(signed["kms"]["algorithm"], "ECDSA_SHA_256");

    let asked = kms.recording().of("Sign");
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!((&asked[0]["region"], &asked[0]["access_key_id"]), (&json!("eu-central-1"), &json!(own.access_key_id)));
    let parameters = &asked[0]["parameters"];
    assert_eq!(parameters["KeyId"], kms.alias());
    assert_eq!((&parameters["MessageType"], &parameters["SigningAlgorithm"]), (&json!("RAW"), &json!("ECDSA_SHA_256")));
    let message = BASE64.decode(parameters["Message"].as_str().expect("a text").as_bytes()).expect("base64");
    assert!(message.starts_with(b"iam-mcp-gateway journal digest 1\n") && message.len() == 65, "{message:?}");
    assert_eq!(kms.recording().of("GetPublicKey").len(), 1);

    let mine = gateway.keep("audit.pub", &public_key);
    let theirs = gateway.keep("kms.pub", &format!("{}\n", kms.public_key("signing")));
    let as_pem = gateway.keep("kms.pem", &pem(kms.public_key("signing")));
    let other = gateway.keep("other.pub", kms.public_key("other"));
    let sha256 = anchor["sha256"].as_str().expect("a text");
    let with = |kms: &[&str]| {
        let kms = kms.iter().flat_map(|file| ["--kms-public-key", file]);
        gateway.verify(&["--public-key", &mine, "--anchor", sha256].into_iter().chain(kms).collect::<Vec<_>>())
    };
    for right in [&[theirs.as_str()][..], &[&as_pem], &[&other, &theirs]] {
        let good = with(right);
        let report = good.json();
        assert!(good.code == 0 && report["verdict"] == "verified", "{}", good.said());
        assert_eq!((&report["digests"]["count"], &report["digests"]["firstBad"]), (&json!(1), &Value::Null));
        assert_eq!(report["digests"]["anchored"]["sequence"], anchor["through"]);
    }
    let bad = with(&[&other]);
    let first_bad = &bad.json()["digests"]["firstBad"];
    assert!(bad.code == 1 && bad.json()["verdict"] == "broken", "{}", bad.said());
    assert_eq!(first_bad["fault"]["code"], "kmsDiffers");
    assert_eq!(first_bad["file"], file.file_name().and_then(|name| name.to_str()).expect("a plain name"));
    for name in ["rsa", "secp256k1"] {
        let none = with(&[&gateway.keep("none.pub", kms.public_key(name))]);
        assert!(none.code != 0 && none.stderr.contains("ECC_NIST_P256"), "{name}: {}", none.said());
    }

    let mut second = Program::python("verify_journal.py", &["--serve"], &[]);
    for (name, verdict) in [("signing", "verified"), ("other", "broken")] {
        let asked = json!({"folder": gateway.path("audit"), "public_keys": [public_key], "anchors": [sha256]});
        let mut asked = asked.as_object().expect("an object").clone();
        asked.insert("kms_public_keys".to_owned(), json!([kms.public_key(name)]));
        second.say(&asked.into());
        let told = second.hear();
        assert_eq!(told["verdict"], verdict, "{name}: {told}");
        assert_eq!(told["firstBadDigest"].is_string(), verdict == "broken");
    }
    assert!(second.finish().is_empty());
    assert!(!gateway.log().contains(&own.secret_access_key));
}

#[test]
fn a_kms_that_does_not_sign_delays_digests_and_never_records() {
    let mut kms = Kms::start();
    let prepared = TestGateway::without_aws();
    let mut gateway = prepared.digests_signed_by(&kms, kms.key("signing"), &kms.gateway_keys()).start();
    assert!(!gateway.call("alice", "whoami", json!({})).is_error);
    gateway.stop();
    kms.disable("signing");
    let why = gateway.restart_until_failure();
    assert!(why.contains("DisabledException") && why.contains("enable the key"), "{why}");
    let raised = || gateway.metrics().lines().any(|line| line.contains("\"audit_files\"") && line.ends_with(" 1"));
    eventually("the alarm is raised", || raised().then_some(()));

    // Reads are answered and writes are forwarded, each with its records, while no digest can be made.
    let answer = gateway.call("alice", "whoami", json!({}));
    assert!(!answer.is_error);
    assert_eq!(gateway.records_of(&answer.id).len(), 1);
    let write = gateway.write("alice", "create_user", json!({"user_name": "dave"}));
    assert_eq!(write.code(), "AwsUnreachable", "it got as far as AWS, which is not there");
    assert!(!gateway.records_of(&write.id).is_empty());
    assert_eq!(gateway.get("/readyz").status, 200, "no reason to send requests elsewhere");
    assert!(digest_files(&gateway.path("audit")).is_empty(), "there is no digest without the signature");
    gateway.stop();

    kms.enable("signing");
    let digest = read_digest(&gateway.restart_until_digest(1));
    assert_eq!(digest["files"].as_array().map(Vec::len), Some(2), "it names what was closed meanwhile: {digest}");
    eventually("the alarm is quiet", || {
        let quiet = |line: &str| line.contains("\"audit_files\"") && line.ends_with(" 0");
        gateway.metrics().lines().any(quiet).then_some(())
    });
    gateway.stop();
    let key = gateway.keep("kms.pub", kms.public_key("signing"));
    let good = gateway.verify(&["--kms-public-key", &key]);
    assert_eq!(good.code, 0, "{}", good.said());
}

fn read_digest(file: &Path) -> Value {
    read(file)["digest"].clone()
}

#[test]
fn what_kms_refuses_or_answers_wrongly_is_said_and_nothing_is_signed() {
    let mut kms = Kms::start();
    let right = kms.key("signing").to_owned();
    let unknown = format!("{}00000000-0000-0000-0000-000000000000", &right[..right.len() - 36]);
    let mut gateway = TestGateway::without_aws().digests_signed_by(&kms, &right, &kms.gateway_keys()).start();
    gateway.stop();
    let mut configured = right.clone();
    for (key, said) in [
        (kms.key("rsa"), ["InvalidKeyUsageException", "ECC_NIST_P256"]),
        (kms.key("encrypting"), ["InvalidKeyUsageException", "SIGN_VERIFY"]),
        (kms.key("secp256k1"), ["is of spec ECC_SECG_P256K1", "ECC_NIST_P256"]),
        (&unknown, ["NotFoundException", "has to name a key"]),
    ] {
        gateway.reconfigure(&configured, key);
        key.clone_into(&mut configured);
        let why = gateway.restart_until_failure();
        assert!(said.iter().all(|part| why.contains(part)) && why.contains(key), "{key}: {why}");
        gateway.stop();
    }
    gateway.reconfigure(&configured, &right);
    let forged = BASE64.encode(&[0x30, 6, 2, 1, 1, 2, 1, 1]);
    for (answer, said) in [
        (json!({"KeyId": kms.key("other")}), "see audit.digest_kms_key"),
        (json!({"KeyId": kms.alias()}), "see audit.digest_kms_key"),
        (json!({"KeyId": null}), "see audit.digest_kms_key"),
        (json!({"SigningAlgorithm": "ECDSA_SHA_384"}), "asked for ECDSA_SHA_256 and answered"),
        (json!({"Signature": forged}), "does not confirm"),
        (json!({"Signature": null}), "AwsAnswerUnreadable"),
    ] {
        kms.answer_with(&answer);
        let why = gateway.restart_until_failure();
        assert!(why.contains(said), "{answer}: {why}");
        gateway.stop();
    }
    kms.answer_with(&json!({}));
    assert!(digest_files(&gateway.path("audit")).is_empty());
    assert_eq!(read(&gateway.restart_until_digest(1))["kms"]["keyId"], right);
}

#[test]
fn whoever_may_not_use_the_key_is_told_which_permissions_it_takes() {
    let kms = Kms::start();
    let stranger = kms.stranger();
    let mut gateway = TestGateway::without_aws().digests_signed_by(&kms, kms.key("signing"), &stranger).start();
    gateway.stop();
    let why = gateway.restart_until_failure();
    assert!(why.contains("AccessDeniedException") && why.contains("kms:Sign and kms:GetPublicKey"), "{why}");
    gateway.stop();
    assert!(!gateway.log().contains(&stranger.secret_access_key));
    let url = kms.url().to_owned();
    drop(kms);
    let why = gateway.restart_until_failure();
    assert!(why.contains("AwsUnreachable") && why.contains("records are taken all the same"), "{url}: {why}");
}

#[test]
fn an_alias_that_means_another_key_needs_both_public_keys() {
    let mut kms = Kms::start();
    let mut gateway = TestGateway::without_aws().digests_signed_by(&kms, kms.alias(), &kms.gateway_keys()).start();
    gateway.stop();
    gateway.restart_until_digest(1);
    gateway.stop();
    kms.let_alias_mean("other");
    let second = gateway.restart_until_digest(2);
    gateway.stop();
    assert_eq!(read(&second)["kms"]["keyId"], kms.key("other"));
    let (old, new) =
        (gateway.keep("old.pub", kms.public_key("signing")), gateway.keep("new.pub", kms.public_key("other")));
    let both = gateway.verify(&["--kms-public-key", &old, "--kms-public-key", &new]);
    assert_eq!(both.code, 0, "{}", both.said());
    let one = gateway.verify(&["--kms-public-key", &old]);
    let name = second.file_name().and_then(|name| name.to_str()).expect("a plain name");
    assert!(one.code == 1 && one.json()["digests"]["firstBad"]["file"] == name, "{}", one.said());
}

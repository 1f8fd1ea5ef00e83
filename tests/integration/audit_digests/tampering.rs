//! Digest files tampered with at random: found at the file that it says, by the gateway's own verifier and by the one that
//! was written from docs/audit.md alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom as LcRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use data_encoding::{BASE64, HEXLOWER};
use iam_mcp_gateway::audit::{
    DigestSigner, DiskStorage, Journal, JournalOptions, Keeper, KeepingOptions, KmsSignature, Record, SigningFuture,
    SigningKey, Verdict, Witness, verify,
};
use iam_mcp_gateway::clock::SystemClock;
use iam_mcp_gateway::random::SystemRandom;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::digest_files;
use crate::support::dice::Dice;
use crate::support::program::Program;

const SEED: [u8; 32] = [7; 32];
const DIGESTS: u64 = 5;

/// The content of each file of a folder, by name.
type Folder = BTreeMap<String, Vec<u8>>;

/// A key as KMS has it.
#[derive(Debug)]
pub(crate) struct Kms(EcdsaKeyPair);

impl Kms {
    pub(crate) fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key can be made"))
    }

    pub(crate) fn public_key(&self) -> String {
        let der = AsDer::<PublicKeyX509Der<'_>>::as_der(self.0.public_key()).expect("a key has a form");
        BASE64.encode(der.as_ref())
    }

    fn signature(&self, message: &[u8]) -> KmsSignature {
        let signature = self.0.sign(&LcRandom::new(), message).expect("a key signs");
        KmsSignature {
            key_id: "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab".to_owned(),
            algorithm: KmsSignature::ALGORITHM.to_owned(),
            signature: BASE64.encode(signature.as_ref()),
        }
    }
}

impl DigestSigner for Kms {
    fn sign(&self, message: Vec<u8>) -> SigningFuture<'_> {
        Box::pin(async move { Ok(self.signature(&message)) })
    }
}

/// A journal with a digest for each start but the first, as the journal itself writes it.
async fn written(kms: &Arc<Kms>) -> Folder {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    for number in 0..=DIGESTS {
        let options = JournalOptions {
            signing_key: Some(Arc::new(SigningKey::from_seed(&SEED))),
            ..JournalOptions::new(folder.path())
        };
        let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
        let journal = Journal::open(options, Arc::new(DiskStorage), clock, random).await.expect("the folder is ours");
        let record = Record::from_fields(&json!({"stage": "read", "n": number})).expect("short fields make a record");
        journal.note(record).expect("the disk works");
        let keeping = KeepingOptions { signer: Some(kms.clone()), ..KeepingOptions::default() };
        let keeper = Keeper::begin(&journal, keeping, Box::new(|failure| assert!(failure.is_none(), "{failure:?}")));
        if number > 0 {
            let mut anchor = keeper.anchor();
            let made = anchor.wait_for(|anchor| anchor.as_ref().is_some_and(|anchor| anchor.number == number)).await;
            assert!(made.is_ok(), "the keeper works until it is ended");
        }
        keeper.end().await;
        journal.close().await.expect("the disk works");
    }
    assert_eq!(digest_files(folder.path()).len(), usize::try_from(DIGESTS).expect("a small number"));
    let files = fs::read_dir(folder.path()).expect("the folder is ours").map(|file| file.expect("it is there"));
    let files = files.map(|file| (file.file_name().to_string_lossy().into_owned(), file.path()));
    files
        .filter(|(name, _)| name != "journal.lock")
        .map(|(name, path)| (name, fs::read(path).expect("the folder is ours")))
        .collect()
}

fn write(files: &Folder) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    for (name, content) in files {
        fs::write(folder.path().join(name), content).expect("the folder is ours");
    }
    folder
}

fn canonical(value: &Value) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value).expect("JSON has a canonical form")
}

fn parsed(content: &[u8]) -> Value {
    serde_json::from_slice(content).expect("a digest is JSON")
}

/// Whether `changed` is `good` with another `kms.keyId` and nothing else: the one text that a digest's own signatures do
/// not cover.
fn differs_in_key_id_alone(good: &[u8], changed: &[u8]) -> bool {
    let Ok(mut changed_value) = serde_json::from_slice::<Value>(changed) else { return false };
    let mut good = parsed(good);
    if [canonical(&changed_value), b"\n".to_vec()].concat() != changed || !changed_value["kms"]["keyId"].is_string() {
        return false;
    }
    good["kms"]["keyId"].take();
    changed_value["kms"]["keyId"].take();
    good == changed_value
}

/// The bytes that are signed for a digest.
fn message(digest: &Value) -> Vec<u8> {
    [&b"iam-mcp-gateway journal digest 1\n"[..], &Sha256::digest(canonical(digest))].concat()
}

/// A digest file, changed as told.
fn change(content: &mut Vec<u8>, how: impl FnOnce(&mut Value)) {
    let mut signed = parsed(content);
    how(&mut signed);
    *content = [canonical(&signed), b"\n".to_vec()].concat();
}

/// Makes the journal's own signature anew, with the key of this seed.
fn sign_anew(signed: &mut Value, seed: [u8; 32]) {
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).expect("every 32 bytes are a seed");
    signed["digest"]["signingKey"] = json!(BASE64.encode(pair.public_key().as_ref()));
    signed["signature"] = json!(BASE64.encode(pair.sign(&message(&signed["digest"])).as_ref()));
}

/// Tampers with one digest file, or two; what it did, and at which digest it has to be found: none where only the anchor
/// shows it.
fn tamper(dice: &mut Dice, files: &mut Folder, names: &[String], other: &Kms) -> (&'static str, Option<usize>) {
    let last = names.len() - 1;
    let at = dice.below(names.len());
    let behind = (at < last).then_some(at + 1);
    let good = files[&names[at]].clone();
    let content = files.get_mut(&names[at]).expect("it is there");
    match dice.below(9) {
        0 => {
            let byte = dice.below(content.len());
            content[byte] ^= 1 << dice.below(8);
            ("flip", if differs_in_key_id_alone(&good, content) { behind } else { Some(at) })
        }
        1 => {
            files.remove(&names[at]);
            ("delete", behind)
        }
        2 => {
            let with = (at + 1 + dice.below(last)) % names.len();
            let (one, another) = (files[&names[at]].clone(), files[&names[with]].clone());
            files.insert(names[at].clone(), another);
            files.insert(names[with].clone(), one);
            ("swap", Some(at.min(with)))
        }
        3 => {
            content.truncate(dice.below(good.len()));
            ("truncate", Some(at))
        }
        4 => {
            change(content, |signed| sign_anew(signed, [8; 32]));
            ("sign with another key", Some(at))
        }
        5 => {
            change(content, |signed| {
                let kms = other.signature(&message(&signed["digest"]));
                signed["kms"] = serde_json::to_value(kms).expect("it serializes");
            });
            ("sign with another KMS key", Some(at))
        }
        6 => {
            change(content, |signed| {
                signed.as_object_mut().expect("an object").remove("kms");
            });
            ("remove the KMS signature", Some(at))
        }
        7 => {
            let with = (at + 1 + dice.below(last)) % names.len();
            let signature = parsed(&files[&names[with]])["kms"].take();
            change(files.get_mut(&names[at]).expect("it is there"), |signed| signed["kms"] = signature);
            ("take another digest's KMS signature", Some(at))
        }
        _ => {
            // What somebody can do who read the journal's key.
            change(content, |signed| {
                signed["digest"]["madeBy"] = json!({"gateway": "somebody else"});
                sign_anew(signed, SEED);
            });
            ("forge with the journal's key", Some(at))
        }
    }
}

/// What was found: whether the journal is whole, and the first digest that is not.
type Found = (bool, Option<String>);

fn found_here(folder: &Path, kms_key: &str, anchor: &str) -> Found {
    let witness = Witness {
        public_keys: vec![SigningKey::from_seed(&SEED).public()],
        kms_keys: vec![kms_key.parse().expect("it is a key")],
        anchors: vec![iam_mcp_gateway::audit::Hash::parse(anchor).expect("it is a hash")],
    };
    let report = verify(folder, &witness).expect("the folder can be read");
    assert_eq!(report.first_bad, None, "the records are as they were");
    assert_eq!(report.digests.first_bad.is_none(), report.verdict == Verdict::Verified);
    (report.verdict == Verdict::Verified, report.digests.first_bad.and_then(|bad| bad.file))
}

fn found_there(second: &mut Program, folder: &Path, kms_key: &str, anchor: &str) -> Found {
    let public_key = SigningKey::from_seed(&SEED).public().to_string();
    second.say(&json!({
        "folder": folder, "public_keys": [public_key], "kms_public_keys": [kms_key], "anchors": [anchor],
    }));
    let told = second.hear();
    assert_eq!(told["firstBad"], Value::Null, "the records are as they were");
    (told["verdict"] == "verified", told["firstBadDigest"].as_str().map(ToOwned::to_owned))
}

async fn tamper_and_look(times: u64) {
    let (kms, other) = (Arc::new(Kms::new()), Kms::new());
    let good = written(&kms).await;
    let names: Vec<String> = good.keys().filter(|name| name.starts_with("digest-")).cloned().collect();
    let anchor = HEXLOWER.encode(&Sha256::digest(&good[names.last().expect("there are digests")]));
    let kms_key = kms.public_key();
    let mut second = Program::python("verify_journal.py", &["--serve"], &[]);
    let whole = write(&good);
    assert_eq!(found_here(whole.path(), &kms_key, &anchor), (true, None));
    assert_eq!(found_there(&mut second, whole.path(), &kms_key, &anchor), (true, None));
    let mut seen = BTreeMap::<_, u64>::new();
    for seed in 1..=times {
        let mut files = good.clone();
        let (how, expected) = tamper(&mut Dice::new(seed), &mut files, &names, &other);
        let expected = (false, expected.map(|at| names[at].clone()));
        let folder = write(&files);
        assert_eq!(found_here(folder.path(), &kms_key, &anchor), expected, "seed {seed}: {how}");
        assert_eq!(found_there(&mut second, folder.path(), &kms_key, &anchor), expected, "seed {seed}: {how}");
        *seen.entry(how).or_default() += 1;
    }
    assert!(seen.len() == 9 && seen.values().all(|count| count * 20 > times), "{seen:?}");
    assert!(second.finish().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_tamperings_of_digests_are_found_as_documented_by_both_verifiers() {
    tamper_and_look(300).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: both verifiers look at all of them"]
async fn both_verifiers_find_ten_thousand_tamperings_of_digests() {
    tamper_and_look(10_000).await;
}

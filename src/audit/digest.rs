//! Digest files: what the closed files of a journal hold, signed, each naming the one before.
//!
//! One is written when files were closed, and each hour whether or not any were. It names every closed file that no digest
//! named before, with the SHA-256 of its content and its first and last record, and the end of the chain at that moment. The
//! SHA-256 of a digest file as it lies there is what can be anchored elsewhere: it vouches for every record up to the end
//! that the digest names. As CloudTrail's digest files do:
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html>.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::chain::{ChainHead, Hash};
use super::record::LARGEST_EXACT;
use super::signing::{PublicKey, Signature, SigningKey};

/// What a digest file's name begins and ends with.
const PREFIX: &str = "digest-";
const SUFFIX: &str = ".json";

/// The last number that a name has room for.
pub(super) const LAST_NUMBER: u64 = 999_999_999_999;

/// How many files one digest names at most.
pub(super) const MOST_FILES: usize = 1000;

/// The largest digest file that is read, in bytes: twice what one with [`MOST_FILES`] has.
pub(super) const LARGEST: u64 = 1024 * 1024;

/// The name of a digest file; names sort in the order of their numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DigestName {
    pub(super) number: u64,
    text: String,
}

impl DigestName {
    pub(super) fn new(number: u64, now: Timestamp) -> Self {
        let time = now.strftime("%Y%m%dT%H%M%SZ");
        Self { number, text: format!("{PREFIX}{number:012}-{time}{SUFFIX}") }
    }

    /// Reads a name that [`DigestName::new`] made.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (number, _time) = text.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.split_once('-')?;
        if number.len() != 12 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some(Self { number: number.parse().ok()?, text: text.to_owned() })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }
}

/// Those of a folder's `names` that are digest files, in the order of their numbers.
pub(super) fn digests_of(names: &[String]) -> Vec<DigestName> {
    let mut digests: Vec<DigestName> = names.iter().filter_map(|name| DigestName::parse(name)).collect();
    digests.sort_unstable();
    digests
}

/// What a digest says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Digest {
    /// From 1, without gaps.
    pub(super) number: u64,
    /// When it was made.
    pub(super) time: Timestamp,
    /// The gateway's name, version and configuration digest.
    pub(super) made_by: Map<String, Value>,
    /// The digest before; none in the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) previous: Option<Previous>,
    /// The files that were closed since, in the order of the chain.
    pub(super) files: Vec<DigestedFile>,
    /// The newest file that this digest or one before it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) through: Option<String>,
    /// The last durable record when the digest was made.
    pub(super) head: ChainHead,
    /// The public half of the key that signs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) signing_key: Option<PublicKey>,
}

/// The digest before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Previous {
    pub(super) file: String,
    pub(super) sha256: Hash,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) signature: Option<Signature>,
}

/// A closed file of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DigestedFile {
    /// Its name, without what compression adds.
    pub(super) file: String,
    /// Of its content, not of what compression makes of it.
    pub(super) sha256: Hash,
    /// The length of its content.
    pub(super) bytes: u64,
    /// Its first record.
    pub(super) first_sequence: Option<u64>,
    /// Its last confirmed record; none where nothing in it was ever confirmed.
    pub(super) last: Option<ChainHead>,
}

/// A digest with what vouches for it: the content of a digest file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SignedDigest {
    pub(super) digest: Digest,
    /// By the journal's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) signature: Option<Signature>,
    /// By a key that the gateway can use and not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kms: Option<KmsSignature>,
}

/// A signature by AWS KMS, of the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KmsSignature {
    /// The key's ARN.
    pub key_id: String,
    /// KMS's name of the algorithm: `ECDSA_SHA_256`.
    pub algorithm: String,
    /// In base64; for ECDSA, DER (RFC 3279 section 2.2.3).
    pub signature: String,
}

impl KmsSignature {
    /// The algorithm that digests are signed with.
    pub const ALGORITHM: &str = "ECDSA_SHA_256";
}

/// Why a digest file is not one that the journal wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoDigest {
    #[error("it is no digest: not JSON, or with other members than a digest has")]
    NotJson,
    #[error("it is no digest: it is larger than one can be")]
    TooLarge,
    #[error("it is not the canonical form of its content: it was not written by the journal")]
    NotCanonical,
    #[error("it has another number than its name")]
    NumberDiffers,
    #[error("its signature does not match: it was changed by somebody without the key")]
    SignatureDiffers,
    #[error("it is signed, but names no key")]
    SignatureWithoutKey,
}

impl Digest {
    /// The SHA-256 of its canonical JSON (RFC 8785), which is what is signed.
    pub(super) fn hash(&self) -> Hash {
        Hash::from_bytes(Sha256::digest(canonical(self)).into())
    }

    pub(super) fn sign(self, key: Option<&SigningKey>) -> SignedDigest {
        let signature = key.map(|key| key.sign_digest(self.hash()));
        SignedDigest { digest: self, signature, kms: None }
    }
}

impl SignedDigest {
    /// The content of its file.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = canonical(self);
        bytes.push(b'\n');
        bytes
    }

    /// Reads the content of the file `name`. That it is signed by a key which counts is for the caller to see.
    pub(super) fn read(name: &DigestName, bytes: &[u8]) -> Result<Self, NoDigest> {
        if bytes.len() as u64 > LARGEST {
            return Err(NoDigest::TooLarge);
        }
        let read: Self = serde_json::from_slice(bytes).map_err(|_| NoDigest::NotJson)?;
        let digest = &read.digest;
        let numbers = digest
            .files
            .iter()
            .flat_map(|file| [Some(file.bytes), file.first_sequence, file.last.map(|last| last.sequence)]);
        if numbers.flatten().chain([digest.number, digest.head.sequence]).any(|number| number > LARGEST_EXACT) {
            return Err(NoDigest::NotJson);
        }
        if read.to_bytes() != bytes {
            return Err(NoDigest::NotCanonical);
        }
        if digest.number != name.number {
            return Err(NoDigest::NumberDiffers);
        }
        match (&read.signature, &digest.signing_key) {
            (Some(signature), Some(key)) if key.has_signed_digest(digest.hash(), signature) => Ok(read),
            (Some(_), Some(_)) | (None, Some(_)) => Err(NoDigest::SignatureDiffers),
            (Some(_), None) => Err(NoDigest::SignatureWithoutKey),
            (None, None) => Ok(read),
        }
    }
}

/// The SHA-256 of a digest file as it lies there: what `sha256sum` prints, and what is anchored.
pub(super) fn file_hash(bytes: &[u8]) -> Hash {
    Hash::from_bytes(Sha256::digest(bytes).into())
}

fn canonical(value: &impl Serialize) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value).expect("a digest holds nothing that JSON has not")
}

impl fmt::Display for DigestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(key: Option<&SigningKey>) -> SignedDigest {
        let digest = Digest {
            number: 3,
            time: "2026-11-20T10:00:00Z".parse().unwrap(),
            made_by: Map::from_iter([("gateway".to_owned(), "iam-mcp.example.internal".into())]),
            previous: Some(Previous {
                file: "digest-2".to_owned(),
                sha256: Hash::from_bytes([1; 32]),
                signature: None,
            }),
            files: vec![DigestedFile {
                file: "journal-1.jsonl".to_owned(),
                sha256: Hash::from_bytes([2; 32]),
                bytes: 7,
                first_sequence: Some(1),
                last: Some(ChainHead { sequence: 4, hash: Hash::from_bytes([3; 32]) }),
            }],
            through: Some("journal-1.jsonl".to_owned()),
            head: ChainHead { sequence: 9, hash: Hash::from_bytes([4; 32]) },
            signing_key: key.map(SigningKey::public),
        };
        digest.sign(key)
    }

    fn name() -> DigestName {
        DigestName::new(3, "2026-11-20T10:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_name_reads_back_and_a_foreign_one_does_not() {
        assert_eq!(name().as_str(), "digest-000000000003-20261120T100000Z.json");
        assert_eq!(DigestName::parse(name().as_str()), Some(name()));
        for foreign in
            ["digest-3-20261120T100000Z.json", "digest-000000000003-x.json.part", "x", "digest-+00000000003-x.json"]
        {
            assert_eq!(DigestName::parse(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_digest_reads_back() {
        let key = SigningKey::from_seed(&[7; 32]);
        for key in [None, Some(&key)] {
            let digest = digest(key);
            assert_eq!(SignedDigest::read(&name(), &digest.to_bytes()), Ok(digest));
        }
    }

    #[test]
    fn a_digest_with_as_many_files_as_one_names_can_be_read() {
        let mut digest = digest(Some(&SigningKey::from_seed(&[7; 32]))).digest;
        let sequence = LARGEST_EXACT;
        let file = DigestedFile {
            file: format!("journal-{sequence:020}-000000-20261120T100000Z.jsonl"),
            bytes: LARGEST_EXACT,
            first_sequence: Some(sequence),
            last: Some(ChainHead { sequence, hash: Hash::from_bytes([3; 32]) }),
            ..digest.files[0].clone()
        };
        digest.files = vec![file; MOST_FILES];
        let bytes = digest.sign(Some(&SigningKey::from_seed(&[7; 32]))).to_bytes();
        assert!(bytes.len() as u64 <= LARGEST / 2, "{}", bytes.len());
        assert!(SignedDigest::read(&name(), &bytes).is_ok());
    }

    #[test]
    fn every_bit_of_a_signed_digest_counts() {
        let bytes = digest(Some(&SigningKey::from_seed(&[7; 32]))).to_bytes();
        for (at, bit) in (0..bytes.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            assert!(SignedDigest::read(&name(), &changed).is_err(), "byte {at}, bit {bit}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let key = SigningKey::from_seed(&[7; 32]);
        let mut unsigned = digest(Some(&key));
        unsigned.signature = None;
        assert_eq!(SignedDigest::read(&name(), &unsigned.to_bytes()), Err(NoDigest::SignatureDiffers));
        let mut without_key = digest(None);
        without_key.signature = digest(Some(&key)).signature;
        assert_eq!(SignedDigest::read(&name(), &without_key.to_bytes()), Err(NoDigest::SignatureWithoutKey));
        let other = DigestName::parse("digest-000000000004-20261120T100000Z.json").unwrap();
        assert_eq!(SignedDigest::read(&other, &digest(None).to_bytes()), Err(NoDigest::NumberDiffers));
        let spaced = String::from_utf8(digest(None).to_bytes()).unwrap().replace(":3,", ": 3,");
        assert_eq!(SignedDigest::read(&name(), spaced.as_bytes()), Err(NoDigest::NotCanonical));
        assert_eq!(SignedDigest::read(&name(), b"{}"), Err(NoDigest::NotJson));
        let large = vec![b' '; usize::try_from(LARGEST).unwrap() + 1];
        assert_eq!(SignedDigest::read(&name(), &large), Err(NoDigest::TooLarge));
    }
}

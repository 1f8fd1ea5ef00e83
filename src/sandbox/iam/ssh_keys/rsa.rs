//! RSA public keys as OpenSSH and as PEM write them: the kind that IAM takes, of 2,048 bits or more.

use data_encoding::{BASE64, HEXLOWER};
use md5::{Digest, Md5};

use super::super::der::{BIT_STRING, INTEGER, SEQUENCE, element, from_pem, take, to_pem};

const PEM_LABEL: &str = "PUBLIC KEY";
const KIND: &[u8] = b"ssh-rsa";

/// `SEQUENCE { OID rsaEncryption, NULL }` (RFC 8017 appendix A.1).
const ALGORITHM: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// A public key; both numbers big-endian, with a zero byte in front where the highest bit is set.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RsaKey {
    exponent: Vec<u8>,
    modulus: Vec<u8>,
}

/// Why a text is no key that IAM takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is written in neither way.
    Encoding,
    /// It is written so, and what is written is not an RSA key, or too short a one.
    Key,
}

/// Whether it is written as PEM.
pub(super) fn is_pem(text: &str) -> bool {
    text.trim_start().starts_with("-----BEGIN ")
}

impl RsaKey {
    /// Reads a key, however it is written.
    pub(super) fn read(text: &str) -> Result<Self, Fault> {
        let (exponent, modulus) = if is_pem(text) {
            let bytes = from_pem(text, PEM_LABEL).ok_or(Fault::Encoding)?;
            from_spki(&bytes).ok_or(Fault::Key)?
        } else {
            let mut words = text.split_ascii_whitespace();
            let bytes = match (words.next(), words.next()) {
                (Some("ssh-rsa"), Some(packed)) => BASE64.decode(packed.as_bytes()).map_err(|_| Fault::Key)?,
                _ => return Err(Fault::Encoding),
            };
            from_blob(&bytes).ok_or(Fault::Key)?
        };
        if modulus.len() < 2048 / 8 { Err(Fault::Key) } else { Ok(Self { exponent, modulus }) }
    }

    /// As a line of `authorized_keys`, without a comment.
    pub(super) fn open_ssh(&self) -> String {
        format!("ssh-rsa {}", BASE64.encode(&self.blob()))
    }

    /// As PEM.
    pub(super) fn pem(&self) -> String {
        let key = [element(INTEGER, &self.modulus), element(INTEGER, &self.exponent)].concat();
        let key = [&[0][..], &element(SEQUENCE, &key)].concat();
        let spki = [element(SEQUENCE, ALGORITHM), element(BIT_STRING, &key)].concat();
        to_pem(&element(SEQUENCE, &spki), PEM_LABEL)
    }

    /// The MD5 of the key, as `ssh-keygen -E md5` shows it and IAM tells it. It protects nothing, here or anywhere.
    pub(super) fn fingerprint(&self) -> String {
        Md5::digest(self.blob()).iter().map(|byte| HEXLOWER.encode(&[*byte])).collect::<Vec<_>>().join(":")
    }

    /// RFC 4253 section 6.6.
    fn blob(&self) -> Vec<u8> {
        [KIND, &self.exponent, &self.modulus]
            .into_iter()
            .flat_map(|part| {
                let length = u32::try_from(part.len()).expect("a key is at most 16 KiB of text").to_be_bytes();
                length.into_iter().chain(part.iter().copied())
            })
            .collect()
    }
}

fn from_blob(mut bytes: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut next = || {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (part, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        bytes = rest;
        Some(part)
    };
    let (kind, exponent, modulus) = (next()?, next()?, next()?);
    (kind == KIND && bytes.is_empty()).then(|| (exponent.to_vec(), modulus.to_vec()))
}

/// `SEQUENCE { SEQUENCE { algorithm }, BIT STRING { SEQUENCE { INTEGER modulus, INTEGER exponent } } }`
fn from_spki(mut bytes: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut spki = take(&mut bytes, SEQUENCE)?;
    let algorithm = take(&mut spki, SEQUENCE)?;
    let mut key = take(&mut spki, BIT_STRING)?.strip_prefix(&[0])?;
    let mut numbers = take(&mut key, SEQUENCE)?;
    let (modulus, exponent) = (take(&mut numbers, INTEGER)?, take(&mut numbers, INTEGER)?);
    (algorithm == ALGORITHM && bytes.is_empty() && spki.is_empty() && key.is_empty() && numbers.is_empty())
        .then(|| (exponent.to_vec(), modulus.to_vec()))
}

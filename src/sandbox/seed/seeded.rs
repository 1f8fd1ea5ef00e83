//! Randomness that is the same at every start.

use std::sync::atomic::{AtomicU32, Ordering};

use data_encoding::{BASE32_NOPAD, BASE64, HEXLOWER};
use sha2::{Digest, Sha256};

use crate::random::Random;
use crate::sandbox::ids::{self, IdKind};
use crate::secret::Secret;

/// Bytes that follow from a label: SHA-256 of the label and a counter.
///
/// Every entity has its own label, so one more in the tables changes the identifiers of none of the others.
#[derive(Debug)]
pub(super) struct Seeded {
    label: String,
    blocks: AtomicU32,
}

impl Seeded {
    /// The bytes of this label, from the first on.
    pub(super) fn of(label: &str) -> Self {
        Self { label: label.to_owned(), blocks: AtomicU32::new(0) }
    }
}

impl Random for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(32) {
            let block = self.blocks.fetch_add(1, Ordering::Relaxed);
            let digest = Sha256::new()
                .chain_update(b"acme-dev\0")
                .chain_update(self.label.as_bytes())
                .chain_update(b"\0")
                .chain_update(block.to_be_bytes())
                .finalize();
            chunk.copy_from_slice(&digest[..chunk.len()]);
        }
    }
}

/// The identifier of what the label names.
pub(super) fn id(kind: IdKind, label: &str) -> String {
    ids::id(&Seeded::of(&format!("{kind:?} {label}")), kind)
}

/// The secret of the access key that the label names. Whoever has this program has it too.
pub(super) fn secret_access_key(label: &str) -> Secret {
    ids::secret_access_key(&Seeded::of(&format!("secret of {label}")))
}

/// An RSA public key in OpenSSH's form (RFC 4253 section 6.6). Its modulus is nobody's product of primes.
pub(super) fn ssh_public_key(label: &str) -> String {
    let mut modulus = [0; 256];
    Seeded::of(&format!("SSH key of {label}")).fill(&mut modulus);
    modulus[0] |= 0x80;
    modulus[255] |= 1;
    let parts: [&[u8]; 4] = [b"\0\0\0\x07ssh-rsa", b"\0\0\0\x03\x01\0\x01", b"\0\0\x01\x01\0", &modulus];
    format!("ssh-rsa {}", BASE64.encode(&parts.concat()))
}

/// The SHA-1 thumbprint of a certificate that nobody has, in lower case.
pub(super) fn thumbprint(label: &str) -> String {
    let mut digest = [0; 20];
    Seeded::of(&format!("thumbprint of {label}")).fill(&mut digest);
    HEXLOWER.encode(&digest)
}

/// So many bytes that mean nothing, in base 64.
pub(super) fn noise(length: usize, label: &str) -> String {
    let mut bytes = vec![0; length];
    Seeded::of(&format!("noise for {label}")).fill(&mut bytes);
    BASE64.encode(&bytes)
}

/// A signing certificate's id: 32 letters or digits.
pub(super) fn certificate_id(label: &str) -> String {
    let mut bytes = [0; 20];
    Seeded::of(&format!("certificate of {label}")).fill(&mut bytes);
    BASE32_NOPAD.encode(&bytes)
}

/// A number below `bound`, which is far below 2^32.
pub(super) fn below(bound: u32, label: &str) -> u32 {
    let mut bytes = [0; 4];
    Seeded::of(label).fill(&mut bytes);
    u32::from_be_bytes(bytes) % bound
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_gives_the_same_bytes_and_another_label_others() {
        let bytes = |label| {
            let mut bytes = [0; 70];
            Seeded::of(label).fill(&mut bytes);
            bytes
        };
        assert_eq!(bytes("a"), bytes("a"));
        assert_ne!(bytes("a"), bytes("b"));
        assert_ne!(bytes("a")[..32], bytes("a")[32..64], "blocks do not repeat");
    }
}

//! Positions in the chain.

use std::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::record::LARGEST_EXACT;
use super::signing::Signature;

/// A SHA-256 hash; written as 64 lowercase hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What stands before the first record of a chain.
    pub const ZERO: Self = Self([0; 32]);

    pub(super) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hash in hexadecimal, as ASCII bytes, without an allocation.
    pub(super) fn to_hex(self) -> [u8; 64] {
        let mut hex = [0; 64];
        HEXLOWER.encode_mut(&self.0, &mut hex);
        hex
    }

    /// Reads 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn parse(hex: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if hex.len() != 64 {
            return None;
        }
        HEXLOWER.decode_mut(hex.as_bytes(), &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hex = String::deserialize(deserializer)?;
        Self::parse(&hex).ok_or_else(|| de::Error::custom("a hash is 64 lowercase hexadecimal digits"))
    }
}

/// The last record of a chain, to which the next one is linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainHead {
    /// The record's sequence number; 0 before the first record.
    pub sequence: u64,
    /// The record's hash; [`Hash::ZERO`] before the first record.
    pub hash: Hash,
}

impl ChainHead {
    /// Before the first record.
    pub const START: Self = Self { sequence: 0, hash: Hash::ZERO };
}

/// The field `integrity` of a record.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Integrity {
    pub(super) sequence: u64,
    pub(super) previous_hash: Hash,
    pub(super) hash: Hash,
    /// The journal's signature of the chain up to this record.
    #[serde(default)]
    pub(super) signature: Option<Signature>,
}

impl Integrity {
    /// The head of the chain that ends with this record.
    pub(super) fn head(&self) -> ChainHead {
        ChainHead { sequence: self.sequence, hash: self.hash }
    }

    /// The head that this record says it follows; none for a sequence number that no record has: 0, or one that
    /// canonical JSON would round.
    pub(super) fn follows(&self) -> Option<ChainHead> {
        if self.sequence > LARGEST_EXACT {
            return None;
        }
        Some(ChainHead { sequence: self.sequence.checked_sub(1)?, hash: self.previous_hash })
    }
}

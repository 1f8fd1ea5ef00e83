//! What a replica says of itself in the bucket.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::audit::chain::{ChainHead, Hash};
use crate::audit::shipping::SinkError;
use crate::audit::signing::{PublicKey, Signature, SigningKey};
use crate::audit::sinks::layout::Replica;

/// How far a replica's records in the bucket are settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Heartbeat {
    /// When it was made, by its replica's clock: no two are alike.
    pub(super) time: Timestamp,
    /// Objects stored before hold no intent without an outcome.
    pub(super) from: Timestamp,
    /// Nor do records before this one.
    pub(super) settled_before: u64,
    /// The bucket has the records up to this one, with which everything before it is what it was.
    pub(super) through: ChainHead,
    /// The bucket has the records up to this one, by their number alone.
    pub(super) shipped: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Signed {
    heartbeat: Heartbeat,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature: Option<Signature>,
}

impl Heartbeat {
    /// The content of the object, signed where the journal is.
    pub(super) fn to_bytes(self, replica: &Replica, key: Option<&SigningKey>) -> Result<Vec<u8>, SinkError> {
        let signature = key.map(|key| Ok::<_, SinkError>(key.sign_heartbeat(self.hash(replica)?))).transpose()?;
        Ok(serde_json::to_vec(&Signed { heartbeat: self, signature })?)
    }

    /// Reads the content of an object; where there are `keys`, one of them must have signed it.
    pub(super) fn read(bytes: &[u8], replica: &Replica, keys: Option<&[PublicKey]>) -> Result<Self, SinkError> {
        let Signed { heartbeat, signature } = serde_json::from_slice(bytes)?;
        let Some(keys) = keys else { return Ok(heartbeat) };
        let hash = heartbeat.hash(replica)?;
        let is_signed =
            signature.is_some_and(|signature| keys.iter().any(|key| key.has_signed_heartbeat(hash, &signature)));
        if is_signed { Ok(heartbeat) } else { Err("no key of this gateway signed its heartbeat".into()) }
    }

    /// The SHA-256 of its canonical JSON, under the replica's name: that of another is good for nothing.
    fn hash(&self, replica: &Replica) -> Result<Hash, SinkError> {
        let named = serde_json::json!({"heartbeat": self, "replica": replica.to_string()});
        Ok(Hash::from_bytes(Sha256::digest(serde_json_canonicalizer::to_vec(&named)?).into()))
    }
}

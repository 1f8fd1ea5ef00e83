//! Plans that wait for another person, and what that person said.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};

use super::{Binding, Question};
use crate::authn::Caller;

/// The longest content of a plan token, compressed, in bytes: a model or a person carries it from one program to another.
const LARGEST: usize = 12 * 1024;
/// The largest content before compression: the records of showing and approving it hold it whole, and a record has no more
/// than 1 MiB. Only a gateway with the key can have compressed what is opened; a bound all the same.
const LARGEST_OPENED: u64 = 512 * 1024;

/// A plan that waits for approval: what the approver is shown, and what the approval is compared with. It travels sealed
/// in the plan token, so nothing of what is shown comes from whoever asks for the approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanToApprove {
    /// What would be done.
    pub question: Question,
    /// Whose call it is.
    pub caller: Caller,
    /// The role mapping that the call came under.
    pub mapping: String,
    /// The IAM role that would do it.
    pub role: String,
    /// Why, in the caller's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why a second person is wanted, where the role mapping does not say so of every call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The gateway's id of the request that planned it.
    pub request_id: String,
}

impl PlanToApprove {
    /// As it stands in a token; `None` when that would be too large.
    pub(super) fn pack(content: &impl Serialize) -> Option<Vec<u8>> {
        let json = serde_json::to_vec(content).expect("plain data serializes");
        if json.len() as u64 > LARGEST_OPENED {
            return None;
        }
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&json).and_then(|()| encoder.finish()).ok().filter(|packed| packed.len() <= LARGEST)
    }

    /// What [`PlanToApprove::pack`] made.
    pub(super) fn unpack<T: for<'de> Deserialize<'de>>(packed: &[u8]) -> Option<T> {
        let mut json = Vec::new();
        DeflateDecoder::new(packed).take(LARGEST_OPENED).read_to_end(&mut json).ok()?;
        serde_json::from_slice(&json).ok()
    }
}

/// A plan token that was opened: it is genuine, not expired, and nobody has used it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingPlan {
    /// The plan.
    pub plan: PlanToApprove,
    /// What its approval is bound to.
    pub binding: Binding,
    /// By which records name it.
    pub id: String,
    /// When it stops waiting.
    pub expires: jiff::Timestamp,
    pub(super) nonce: String,
    /// When it was planned, in milliseconds since 1970.
    pub(super) issued: i64,
}

/// Who approves, and with which key: an approval counts no longer than the key does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approver {
    /// The caller.
    pub caller: Caller,
    /// The access key id.
    pub access_key_id: String,
}

/// What an approval token holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Approval {
    #[serde(flatten)]
    pub(super) approver: Approver,
    /// When the plan was made, in milliseconds since 1970: until when its use is remembered follows from it.
    pub(super) planned: i64,
}

/// An approval that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    /// By which records name the plan.
    pub id: String,
    /// Who approved.
    pub approver: Caller,
}

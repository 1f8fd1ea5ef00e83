//! What the gateway stands on at AWS: whether the mapped roles let in the gateway alone and only with its stamp, are bounded
//! and no administrators, whether sessions of them can be had, whether the gateway's own role is as small as it should be,
//! and whether CloudTrail keeps what is done.
//!
//! ```text
//! Examiner    -> looks, and changes nothing: AssumeRole as the broker has it, reads of IAM, CloudTrail's trails
//! Examination =  what was seen, and of what was not seen why
//! checks      -> Findings, each with its code, its evidence and its mend: pure
//! ```
//!
//! What could not be looked at is unknown and never fine.

mod checks;
mod examination;
mod examiner;
mod finding;
mod identity;
mod record;
mod start;
#[cfg(test)]
mod testing;

pub use self::checks::{CHECKS, Check, findings};
pub use self::examination::{
    AccountSeen, Asked, Evidence, Examination, IamReach, MappingSeen, OwnSeen, RoleRead, RoleSeen, Seen, Trails, Unseen,
};
pub use self::examiner::Examiner;
pub use self::finding::{Counts, Finding, Status, Subject};
pub use self::identity::GatewayIdentity;
pub use self::record::records;
pub use self::start::{Start, delay};

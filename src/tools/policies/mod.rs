//! Managed policies.

pub mod create;
pub mod default_version;
pub mod delete;
pub mod delete_version;
pub mod entities;
pub mod get;
pub mod list;
pub mod new_version;
pub mod usage;
pub mod versions;

pub use crate::tools::holder::attach::POLICY;

use crate::iam::{Action, reads};
use crate::tools::holder::gains;
use crate::tools::parameter::{Kept, Kind, Parameter, VERSION_ID};

/// The parameter that names a version.
pub const VERSION: Parameter = Parameter {
    name: "version_id",
    description: "the version, such as v2",
    kind: Kind::Text(&VERSION_ID),
    required: true,
    kept: Kept::AsGiven,
};

/// What a change of a policy reads: the policy, and whoever it reaches.
const READS: &[Action] =
    &join::<{ gains::FOUND.len() + 2 }>(gains::FOUND, &[reads::LIST_POLICY_VERSIONS, reads::LIST_ENTITIES_FOR_POLICY]);

/// The same but for the versions.
const READS_OF_ONE_VERSION: &[Action] =
    &join::<{ gains::FOUND.len() + 1 }>(gains::FOUND, &[reads::LIST_ENTITIES_FOR_POLICY]);

/// Two lists as one.
const fn join<const N: usize>(one: &[Action], other: &[Action]) -> [Action; N] {
    let mut all = [reads::GET_POLICY; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < one.len() { one[at] } else { other[at - one.len()] };
        at += 1;
    }
    all
}

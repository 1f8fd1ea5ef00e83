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
    &reads::joined::<{ gains::FOUND.len() + 2 }>(&[READS_OF_ONE_VERSION, &[reads::LIST_POLICY_VERSIONS]]);

/// The same but for the versions.
const READS_OF_ONE_VERSION: &[Action] =
    &reads::joined::<{ gains::FOUND.len() + 1 }>(&[gains::FOUND, &[reads::LIST_ENTITIES_FOR_POLICY]]);

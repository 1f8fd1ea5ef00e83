//! Who and what the account's identities are: machines or people, which roles for whom, and what they may do.

pub mod alone;
pub mod caller;
pub mod fetch;

use crate::tools::parameter::{Kept, Kind, Parameter};

/// Why credentials are no argument.
const NO_CREDENTIALS: &str = "is not taken: arguments are seen by models, clients and logs, so credentials never travel in them; \
    the gateway calls AWS with the role that whoami shows (and, if this was a real secret, replace it now)";

const fn refused(name: &'static str, why: &'static str) -> Parameter {
    Parameter { name, description: "", kind: Kind::Refused(why), required: false, kept: Kept::Secret }
}

/// What the original tools of these names take, and these refuse.
pub const CREDENTIALS: &[Parameter] = &[
    refused("aws_access_key_id", NO_CREDENTIALS),
    refused("aws_secret_access_key", NO_CREDENTIALS),
    refused("aws_session_token", NO_CREDENTIALS),
    refused("region", "is not taken: IAM has no regions, and the gateway knows the account's; see whoami"),
];

//! Who and what the account's identities are: machines or people, which roles for whom, and what they may do.

pub mod alone;
pub mod caller;
pub mod details;
pub mod distinguish;
pub mod fetch;
mod permissions;
mod scan;
pub(in crate::tools) mod shown;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use self::scan::{NHI, SCAN};
use crate::tools::parameter::{Kept, Kind, Parameter};

/// Why no tool takes credentials.
const CREDENTIALS: &str = "is not taken here: what stands in a tool's arguments was read by a model and stands in its context and \
                           its client's log, so credentials never travel there. The gateway assumes a role of its own for who \
                           you are; see whoami. If this was a real one, replace it";

/// Credentials and their like that other servers' tools take. What is given is neither read, logged, recorded nor echoed.
const fn refused(name: &'static str, why: &'static str) -> Parameter {
    Parameter { name, description: "", kind: Kind::Refused(why), required: false, kept: Kept::Secret }
}

/// `aws_access_key_id` of those tools.
const AWS_ACCESS_KEY_ID: Parameter = refused("aws_access_key_id", CREDENTIALS);
/// `aws_secret_access_key` of those tools.
const AWS_SECRET_ACCESS_KEY: Parameter = refused("aws_secret_access_key", CREDENTIALS);
/// `aws_session_token` of those tools.
const AWS_SESSION_TOKEN: Parameter = refused("aws_session_token", CREDENTIALS);
/// `region` of those tools.
const REGION: Parameter = refused(
    "region",
    "is not taken here: IAM is the same in every region, and the gateway knows where it is; see whoami",
);

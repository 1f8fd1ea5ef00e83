//! What makes stage two enforceable: the policies at AWS that let IAM tell the gateway's sessions from all others.
//!
//! The gateway stamps its sessions with tags, which IAM shows to policies as `aws:PrincipalTag/ViaAWSMCPService` and
//! `aws:PrincipalTag/CalledViaAWSMCP`. That is worth something only if nobody else can stamp, and if the mapped roles let
//! nobody in without the stamp:
//! - a service control policy lets only the gateway's role stamp sessions, and nobody put these tags on users and roles;
//! - a resource control policy says the same of the roles, for whom service control policies do not reach;
//! - the trust policies of the mapped roles let in the gateway's role alone, and only with its stamp;
//! - endpoint policies are translated, so that AWS enforces them too.

mod documents;
mod guards;
#[cfg(test)]
mod tests;
pub mod translate;

pub use self::documents::{Generated, Limit};
pub use self::guards::{resource_control_policy, service_control_policy, trust_policy};

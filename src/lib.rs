//! A remote MCP endpoint through which AI agents manage AWS IAM.

pub mod arn;
pub mod audit;
pub mod authn;
pub mod clock;
pub mod config;
pub mod http;
pub mod random;
pub mod secret;

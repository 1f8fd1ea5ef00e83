//! A remote MCP endpoint through which AI agents manage AWS IAM.

pub mod actions;
pub mod arn;
pub mod audit;
pub mod authn;
pub mod authorize;
pub mod broker;
pub mod bucket;
pub mod cli;
pub mod client;
pub mod clock;
pub mod config;
pub mod connect;
pub mod context;
pub mod current;
#[cfg(feature = "sandbox")]
pub mod demo;
pub mod doctor;
pub mod exchange;
mod expiring;
pub mod gateway;
pub mod hidden;
pub mod http;
pub mod iam;
mod json_path;
pub mod mcp;
pub mod panics;
pub mod policy;
pub mod policy_cases;
pub mod posture;
pub mod random;
pub mod report;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod sealing;
pub mod secret;
pub mod shared_state;
pub mod shares;
pub mod stage_two;
mod strict_json;
pub mod suggest;
pub mod tools;

//! The real binary in a [`gateway::TestGateway`], raw requests for it, and the parts around it that its authors did not
//! write: the Python and the TypeScript MCP client, awslabs' server, mcp-proxy-for-aws, botocore's signer, moto as IAM, STS and S3, and a
//! stand-in for AWS that misbehaves.
//!
//! The latter are programs in `tests/python` and `tests/node`, run with what `./tests/run` installs.
//! Every call here blocks, for a bounded time: from an asynchronous test, use a runtime with several threads.

pub(crate) mod access_analyzer;
pub(crate) mod account;
pub(crate) mod bucket;
pub(crate) mod chromium;
pub(crate) mod clients;
pub(crate) mod command;
pub(crate) mod connected;
pub(crate) mod debian;
pub(crate) mod dice;
pub(crate) mod disk;
pub(crate) mod exchange;
pub(crate) mod faulty;
pub(crate) mod faulty_syncs;
pub(crate) mod figures;
pub(crate) mod gateway;
pub(crate) mod holding;
pub(crate) mod http;
pub(crate) mod in_process;
pub(crate) mod kept;
pub(crate) mod kms;
pub(crate) mod ledger;
pub(crate) mod mcp;
pub(crate) mod moto;
pub(crate) mod node;
pub(crate) mod own_disk;
pub(crate) mod person;
pub(crate) mod prepared;
mod process;
pub(crate) mod program;
mod python;
pub(crate) mod recording;
pub(crate) mod recording_aws;
pub(crate) mod refusing;
pub(crate) mod relay;
pub(crate) mod resources;
pub(crate) mod round_robin;
pub(crate) mod sandbox;
pub(crate) mod scanner;
pub(crate) mod sealing;
pub(crate) mod secrets_manager;
pub(crate) mod signing_proxy;
mod tests;
pub(crate) mod waiting;

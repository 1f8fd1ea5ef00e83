//! Parts that the tests put around the gateway and that its authors did not write: the Python MCP client,
//! mcp-proxy-for-aws, botocore's signer, moto as IAM and STS, and a stand-in for AWS that misbehaves.
//!
//! They are Python programs in `tests/python`, run from the virtual environments that `./tests/run` installs. Every
//! call here blocks, for a bounded time: from an asynchronous test, use a runtime with several threads.

pub(crate) mod clients;
pub(crate) mod faulty;
pub(crate) mod moto;
pub(crate) mod python;
pub(crate) mod recording;
mod tests;

//! The real binary's `connect`, as a stdio MCP server in front of a gateway.

use super::command::{Ran, binary, run_with};
use super::gateway::TestGateway;
use super::program::Program;

impl Program {
    /// Starts `connect` as `caller`. Every line that it says on standard output has to be JSON.
    pub(crate) fn connect(gateway: &TestGateway, caller: &str, options: &[&str]) -> Self {
        let mut command = binary();
        command.envs(gateway.keys(caller).environment()).args(["connect", "--url", &gateway.url()]).args(options);
        Self::start("connect", &mut command)
    }
}

/// Runs `connect` as `caller` until it has answered all of the input.
pub(crate) fn run_connect(gateway: &TestGateway, caller: &str, options: &[&str], input: &str) -> Ran {
    let url = gateway.url();
    let arguments = [&["connect", "--url", &url], options].concat();
    run_with(&arguments, &gateway.keys(caller).environment(), input)
}

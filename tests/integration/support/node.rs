//! The programs of `tests/node`, and the commands of the packages that they come with.

use std::process::Command;

use super::command::{Ran, run_to_end};
use super::program::{Program, bare, installed, repository};

impl Program {
    /// Starts `tests/node/<script>`.
    pub(crate) fn node(script: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = node();
        command.arg(repository().join("tests/node").join(script)).args(arguments).envs(environment.iter().copied());
        Self::start(script, &mut command)
    }
}

/// Runs a command that one of the packages brings, to its end and in an empty home.
pub(crate) fn run_package(command: &str, arguments: &[&str]) -> Ran {
    let home = tempfile::tempdir().expect("a temporary directory can be made");
    let script = installed("node").join("node_modules/.bin").join(command);
    run_to_end(node().arg(script).args(arguments).env("HOME", home.path()), "")
}

/// Node.js at the version of `tests/node/package.json`.
fn node() -> Command {
    let home = installed("node");
    let mut command = bare(home.join("node"));
    // The programs stand elsewhere than the packages that they require.
    command.env("NODE_PATH", home.join("node_modules"));
    command
}

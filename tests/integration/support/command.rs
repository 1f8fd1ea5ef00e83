//! The real binary and other commands, run to their end.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The binary with nothing of this process's environment, so that no AWS profile, endpoint or proxy of the machine gets
/// into a test.
pub(crate) fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iam-mcp-gateway"));
    command.env_clear().env("AWS_EC2_METADATA_DISABLED", "true").stdin(Stdio::null());
    command
}

/// What a command said and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| unreachable!("this is not JSON: {self:?}"))
    }

    /// Everything that was said.
    pub(crate) fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// Runs the binary with these arguments.
pub(crate) fn run(arguments: &[&str]) -> Ran {
    run_with(arguments, &[], "")
}

/// Runs the binary with these arguments, variables and standard input.
pub(crate) fn run_with(arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Ran {
    run_to_end(binary().args(arguments).envs(variables.iter().copied()), input)
}

/// Runs a command with this standard input.
pub(super) fn run_to_end(command: &mut Command, input: &str) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("standard input was asked for");
    // A command that does not read its input may have ended before it is written.
    let _gone = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("the child was not waited for before");
    Ran {
        code: output.status.code().expect("the command ends by itself"),
        stdout: String::from_utf8(output.stdout).expect("commands speak UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("commands speak UTF-8"),
    }
}

//! A program around the gateway as a child process that speaks in lines of JSON.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use iam_mcp_gateway::config::{Environment, ProcessEnvironment};
use serde_json::Value;

/// How long one line may take. The programs bound their own waits below this; a busy machine needs the rest.
const PATIENCE: Duration = Duration::from_secs(90);

/// A running program; it ends with this value, and by itself when the test's process dies, since its input closes then.
pub(crate) struct Program {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Program {
    /// Starts it. What it says on standard error goes to the test's.
    pub(super) fn start(name: &str, command: &mut Command) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the installed interpreter starts");
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("standard output was asked for"));
        let (sender, lines) = channel();
        // A thread, since a pipe cannot be read with a deadline.
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { name: name.to_owned(), child, stdin, lines }
    }

    /// Its process id.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Writes one line to the program's standard input.
    pub(crate) fn say(&mut self, line: &Value) {
        let stdin = self.stdin.as_mut().expect("nothing is said after the input was closed");
        writeln!(stdin, "{line}").expect("the program reads its input");
    }

    /// The next line from the program.
    pub(crate) fn hear(&mut self) -> Value {
        self.next().expect("the program ended before it said this; see its standard error above")
    }

    /// Closes the program's input, and returns all that it says until it ends well.
    pub(crate) fn finish(mut self) -> Vec<Value> {
        self.stdin = None;
        let heard = std::iter::from_fn(|| self.next()).collect();
        let status = self.child.wait().expect("the child was not waited for before");
        assert!(status.success(), "{} ended with {status}; see its standard error above", self.name);
        heard
    }

    fn next(&mut self) -> Option<Value> {
        let line = match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => String::new(),
        };
        assert!(!line.is_empty(), "{} said nothing for {PATIENCE:?}", self.name);
        Some(serde_json::from_str(&line).expect("the programs speak in lines of JSON"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.stdin = None;
        // Either may fail because the program has ended by itself, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command with nothing of this process's environment but the path, so that no AWS profile, endpoint or proxy of the
/// machine gets into a test.
pub(super) fn bare(interpreter: PathBuf) -> Command {
    let mut command = Command::new(interpreter);
    command
        .env_clear()
        .envs(ProcessEnvironment.get("PATH").map(|path| ("PATH", path)))
        .env("HOME", installations())
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// Where `./tests/run` has installed the part of this name.
pub(super) fn installed(part: &str) -> PathBuf {
    let home = installations().join(part);
    let stamp = home.join("installed");
    assert!(stamp.exists(), "{} is missing: run ./tests/run once to install the parts of the tests", stamp.display());
    home
}

/// Where `./tests/run` keeps what it installs.
fn installations() -> PathBuf {
    let named = ProcessEnvironment.get("IAM_MCP_GATEWAY_TESTS").map(PathBuf::from);
    named.unwrap_or_else(|| repository().join(".tests"))
}

/// The repository.
pub(super) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

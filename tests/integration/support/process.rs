//! The real binary as a child process that serves.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::Value;

use super::clients::Keys;
use super::command::binary;
use super::waiting::{eventually, now};

/// How long the binary may take to say that it serves.
const PATIENCE: Duration = Duration::from_secs(30);

/// How the binary is started.
pub(super) struct Launch {
    pub(super) own: Keys,
    pub(super) config: PathBuf,
    pub(super) variables: Vec<(String, String)>,
    pub(super) options: Vec<&'static str>,
}

/// What the child said so far.
#[derive(Default)]
struct Said {
    stderr: Arc<Mutex<String>>,
    stdout: Arc<Mutex<String>>,
}

impl Said {
    fn everything(&self) -> String {
        locked(&self.stderr) + &locked(&self.stdout)
    }
}

/// The child process; it ends with this value.
pub(super) struct Process {
    child: Child,
    said: Said,
    collectors: Vec<JoinHandle<()>>,
    pub(super) public: SocketAddr,
    pub(super) metrics: SocketAddr,
}

impl Process {
    pub(super) fn start(launch: &Launch) -> Self {
        let mut child = binary()
            .env("AWS_ACCESS_KEY_ID", &launch.own.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &launch.own.secret_access_key)
            .envs(launch.own.session_token.as_ref().map(|token| ("AWS_SESSION_TOKEN", token)))
            .envs(launch.variables.iter().map(|(name, value)| (name, value)))
            .arg("serve")
            .arg("--config")
            .arg(&launch.config)
            .args(&launch.options)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let (said, lines, collectors) = listen(&mut child);
        let served = std::iter::from_fn(|| lines.recv_timeout(PATIENCE).ok())
            .filter_map(|line| serde_json::from_str::<Value>(&line).ok())
            .find(|line| line["message"] == "serving");
        let Some(served) = served else {
            let _ended = child.kill();
            let _reaped = child.wait();
            unreachable!("the gateway did not begin to serve: {}", said.everything());
        };
        let address =
            |name: &str| served[name].as_str().and_then(|text| text.parse().ok()).expect("an address is logged");
        Self { child, said, collectors, public: address("address"), metrics: address("metrics") }
    }

    /// What it said so far, on standard error and then on standard output, which is nothing unless it makes a mistake or
    /// records go there.
    pub(super) fn log(&self) -> String {
        self.said.everything()
    }

    /// What it said so far on standard error.
    pub(super) fn stderr(&self) -> String {
        locked(&self.said.stderr)
    }

    /// What it said so far on standard output.
    pub(super) fn stdout(&self) -> String {
        locked(&self.said.stdout)
    }

    /// What the system calls it.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal; whether it was there to get it.
    pub(super) fn signal(&self, signal: &str) -> bool {
        // The shell's own `kill`, since the standard library only knows SIGKILL.
        let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {}", self.child.id())]).status();
        sent.is_ok_and(|status| status.success())
    }

    /// Waits for its end, and for the last line of its log.
    pub(super) fn wait(&mut self) -> ExitStatus {
        let child = &mut self.child;
        let status = eventually("the gateway ends", || child.try_wait().expect("the child can be waited for"));
        for collector in self.collectors.drain(..) {
            collector.join().expect("collecting lines does not fail");
        }
        status
    }
}

/// Collects what the child says in threads, since a pipe that nobody reads fills up; its lines also go to the receiver.
fn listen(child: &mut Child) -> (Said, Receiver<String>, Vec<JoinHandle<()>>) {
    let stderr = child.stderr.take().expect("standard error was asked for");
    let stdout = child.stdout.take().expect("standard output was asked for");
    let said = Said::default();
    let (sender, lines) = channel();
    let collectors = vec![collect(stderr, &said.stderr, sender.clone()), collect(stdout, &said.stdout, sender)];
    (said, lines, collectors)
}

fn collect(stream: impl Read + Send + 'static, said: &Arc<Mutex<String>>, sender: Sender<String>) -> JoinHandle<()> {
    let collected = Arc::clone(said);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut collected = collected.lock().unwrap_or_else(PoisonError::into_inner);
            collected.push_str(&line);
            collected.push('\n');
            drop(collected);
            // Nobody listens any more once it serves.
            let _served = sender.send(line);
        }
    })
}

fn locked(said: &Mutex<String>) -> String {
    said.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tell(&self.log());
        }
        if let Ok(Some(_)) = self.child.try_wait() {
            return;
        }
        self.signal("TERM");
        let until = now() + SignedDuration::from_secs(5);
        let ended = eventually("the gateway ends, or its time is over", || match self.child.try_wait() {
            Ok(None) if now() < until => None,
            ended => Some(matches!(ended, Ok(Some(_)))),
        });
        if !ended {
            let _ended = self.child.kill();
            let _reaped = self.child.wait();
        }
    }
}

#[expect(clippy::print_stderr, reason = "whoever reads of a test's failure wants the gateway's log")]
fn tell(log: &str) {
    eprintln!("the gateway's log:\n{log}");
}

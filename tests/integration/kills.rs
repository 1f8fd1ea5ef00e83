//! `kill -9` at random moments, while many write: whatever AWS was asked has its intent in the journal, of every write that
//! was under way the next start says so, and the chain goes on.
//!
//! A killed process takes nothing with it that it had handed to the operating system; a machine that loses what was not
//! synced is in `src/audit/journal/tests/forgetful.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use iam_mcp_gateway::config::{Environment, ProcessEnvironment};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tempfile::TempDir;

use crate::support::clients::Keys;
use crate::support::command::run;
use crate::support::dice::Dice;
use crate::support::gateway::TestGateway;
use crate::support::http::Request;
use crate::support::ledger::{Ended, Ledger};
use crate::support::mcp::{Called, modern, tool_call};
use crate::support::program::Program;
use crate::support::waiting::{now, wait_until};

/// How many write at once.
const CALLERS: usize = 64;

/// When a gateway is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// AWS has just received so many of its writes.
    Asked(usize),
    /// So many of its writes have just been answered.
    Answered(usize),
}

/// One journal, and the gateways that write to it one after the other.
struct Trial {
    gateway: TestGateway,
    keys: TempDir,
    dice: Dice,
    /// The number of the next user.
    next: AtomicUsize,
    /// The users of whom a client heard that they were created.
    heard: BTreeSet<String>,
    ledger: Ledger,
    /// How many kills left a write under way.
    left_some: usize,
}

impl Trial {
    fn begin(seed: u64) -> Self {
        let keys = tempfile::tempdir().expect("a temporary directory can be made");
        let file = keys.path().join("audit.key");
        let made = run(&["audit", "key", "--file", file.to_str().expect("temporary folders have plain names")]);
        fs::write(keys.path().join("audit.pub"), &made.stdout).expect("the folder is ours");
        let gateway = TestGateway::with_recording_aws()
            .set("audit.signing_key", &format!("{file:?}"))
            // The least, so that writes are under way while a file is closed and the next begun.
            .set("audit.segment_bytes", "1048576")
            .start();
        let (next, heard, ledger) = (AtomicUsize::new(0), BTreeSet::new(), Ledger::default());
        Self { gateway, keys, dice: Dice::new(seed), next, heard, ledger, left_some: 0 }
    }

    /// So many more writes, in the course of which the gateway is killed and started again. Once only: each process
    /// refuses writes in its first seconds (`src/authn/replay.rs`), which have to be waited for.
    fn run(&mut self, writes: usize) {
        let end = self.next.load(Ordering::Relaxed) + writes;
        let count = self.dice.below(writes) + 1;
        let moment = if self.dice.below(2) == 0 { Moment::Asked(count) } else { Moment::Answered(count) };
        self.write(end, Some(moment));
        self.start_again();
        self.write(end, None);
    }

    /// Writes until all users up to `end` were tried, or the gateway is killed.
    fn write(&mut self, end: usize, kill: Option<Moment>) {
        let (gateway, heard) = (&self.gateway, &mut self.heard);
        let aws = gateway.recording_aws();
        let opens = gateway.opens_for_writes();
        // A date up to two seconds ahead is taken, which shortens the wait.
        wait_until(opens - SignedDuration::from_secs(1));
        let (address, keys, next) = (gateway.address(), gateway.keys("alice"), &self.next);
        let caller = Caller { address, keys, opens, next, end, mortal: kill.is_some() };
        let before = aws.received("CreateUser").len();
        let (tell, told) = channel();
        thread::scope(|scope| {
            for _ in 0..CALLERS {
                let tell = tell.clone();
                scope.spawn(move || caller.call(&tell));
            }
            drop(tell);
            match kill {
                Some(Moment::Asked(count)) => aws.wait_for("CreateUser", before + count),
                Some(Moment::Answered(count)) => heard.extend(told.iter().take(count)),
                None => {}
            }
            if kill.is_some() {
                gateway.signal("KILL");
            }
            heard.extend(told);
        });
    }

    /// Looks at what the killed gateway left, and at what the next one makes of it.
    fn start_again(&mut self) {
        assert_eq!(self.gateway.wait(), None, "it was killed: {}", self.gateway.log());
        self.ledger.read(self.gateway.journal_folder());
        let asked = self.gateway.recording_aws().received("CreateUser");
        for user in asked.iter().filter_map(|parameters| parameters.get("UserName")) {
            assert!(self.ledger.knows(user), "AWS was asked for {user} and the journal has no intent");
        }
        let left = self.ledger.under_way();
        self.left_some += usize::from(!left.is_empty());

        self.gateway.restart();
        self.ledger.read(self.gateway.journal_folder());
        for user in left {
            assert_eq!(self.ledger.ended(&user), Some(Ended::Unknown), "{user} was under way");
        }
        assert_eq!(self.ledger.under_way(), BTreeSet::new(), "nobody has written since");
    }

    /// Ends in order, and looks at all of it; `twice` with the second verifier, too.
    fn end(mut self, twice: bool) {
        self.gateway.stop();
        self.ledger.read(self.gateway.journal_folder());
        assert_eq!(self.ledger.under_way(), BTreeSet::new());
        let asked = self.gateway.recording_aws().received("CreateUser");
        let users: BTreeSet<&str> = asked.iter().map(|parameters| parameters["UserName"].as_str()).collect();
        assert_eq!(asked.len(), users.len(), "no write was sent twice");
        let (well, unknown) = (self.ledger.all_that_ended(Ended::Well), self.ledger.all_that_ended(Ended::Unknown));
        assert!(well.is_subset(&users), "what went well AWS was asked for");
        assert!(users.iter().all(|user| well.contains(user) || unknown.contains(user)), "each has its records");
        assert!(self.heard.iter().all(|user| well.contains(user.as_str())), "what clients heard is what is recorded");
        assert!(self.left_some > 0, "no kill left a write under way");
        assert!(self.ledger.files() > 3, "{} files", self.ledger.files());
        self.verify(twice);
    }

    fn verify(&self, twice: bool) {
        let key = self.keys.path().join("audit.pub");
        let key = key.to_str().expect("temporary folders have plain names");
        let folder = self.gateway.journal_folder().to_str().expect("temporary folders have plain names");
        let report = run(&["audit", "verify", "--json", "--public-key", key, folder]);
        assert_eq!(report.code, 0, "{}", report.said());
        let report = report.json();
        assert_eq!((&report["verdict"], &report["unsettled"]["count"]), (&json!("verified"), &json!(0)), "{report}");
        if !twice {
            return;
        }
        let mut other = Program::python("verify_journal.py", &["--public-key", key, folder], &[]);
        let found = other.hear();
        assert_eq!((&found["firstBad"], &found["records"]), (&json!(null), &report["records"]), "{found}");
        assert_eq!(found["signedThrough"], report["signatures"]["through"], "{found}");
        assert!(other.finish().is_empty());
    }
}

/// One of those who write to the same gateway.
#[derive(Clone, Copy)]
struct Caller<'a> {
    address: SocketAddr,
    keys: &'a Keys,
    opens: Timestamp,
    /// The number of the next user, for all of them.
    next: &'a AtomicUsize,
    end: usize,
    /// Whether the gateway is going to be killed.
    mortal: bool,
}

impl Caller<'_> {
    /// Creates users until there are enough, or the gateway is gone.
    fn call(self, tell: &Sender<String>) {
        let another = |number| (number < self.end).then_some(number + 1);
        while let Ok(number) = self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, another) {
            let user = format!("user-{number:06}");
            let message = tool_call(&user, "create_user", json!({"user_name": user}));
            let request = modern(Request::post(self.address).signed_with(self.keys), &message);
            let request = request.signed_at(now().max(self.opens));
            let answer = if self.mortal { request.send_to_mortal() } else { Some(request.send()) };
            // What was not answered is not tried again: nobody knows what became of it.
            let Some(answer) = answer else { return };
            assert_eq!(Called::of(user.clone(), &answer).done()["User"]["UserName"], user);
            tell.send(user).expect("the test hears of every answer");
        }
    }
}

#[test]
fn a_killed_gateway_has_the_intent_of_every_write_and_the_next_reports_what_was_under_way() {
    let mut trial = Trial::begin(1);
    for _ in 0..5 {
        trial.run(500);
    }
    trial.end(true);
}

/// How many writes a run of the long form has. A build that is not optimized does some 200 in a second, so this is for the
/// profile `optimized` (see tests/README.md).
fn writes_of_a_run() -> usize {
    let given = ProcessEnvironment.get("IAM_MCP_GATEWAY_TESTS_WRITES");
    given.map_or(10_000, |text| text.parse().expect("IAM_MCP_GATEWAY_TESTS_WRITES is a number"))
}

#[test]
#[ignore = "half a million writes: for an optimized build"]
fn fifty_killed_gateways_leave_whole_journals() {
    let writes = writes_of_a_run();
    // The second verifier looks at a whole journal at once: up to 10,000 writes are one.
    let runs_of_a_journal = (10_000 / writes).clamp(1, 5);
    for seed in 0..(50 / runs_of_a_journal as u64) {
        let mut trial = Trial::begin(seed + 2);
        for _ in 0..runs_of_a_journal {
            trial.run(writes);
        }
        // It takes longer for a journal than all of its writes.
        trial.end(seed % 10 == 0);
    }
}

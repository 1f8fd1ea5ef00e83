//! `kill -9` at random moments of a forced deletion of a user on which everything hangs that can: the tool called again at
//! the next gateway finishes it, and the journal accounts for every change that IAM saw.

use std::collections::BTreeSet;
use std::fs;

use iam_mcp_gateway::clock::{Clock, SystemClock};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::aws_calls::Account;
use crate::support::command::run;
use crate::support::dice::Dice;
use crate::support::gateway::{ACCOUNT, TestGateway};
use crate::support::mcp::Called;
use crate::support::relay::{Log, Relay, Way};
use crate::tools::{At, Place, UNCONFIRMED, with_callers};

/// What becomes of the request at which a gateway is killed: it was sent and did not arrive, was done and not answered,
/// or passes while the gateway dies.
const MOMENTS: [Way; 3] = [Way::Silent, Way::Unacknowledged, Way::Open];

/// The least that a deletion reads before it changes anything.
const READS: usize = 10;

/// What IAM has to be asked for before such a user is gone, and that it goes.
const CHANGES: [&str; 11] = [
    "DeleteAccessKey",
    "DeleteLoginProfile",
    "DeleteSigningCertificate",
    "DeleteSSHPublicKey",
    "DeleteServiceSpecificCredential",
    "RemoveUserFromGroup",
    "DetachUserPolicy",
    "DeleteUserPolicy",
    "DeactivateMFADevice",
    "DeleteVirtualMFADevice",
    "DeleteUser",
];

/// One journal, and the gateways that write to it one after the other.
struct Ordeal {
    gateway: TestGateway,
    relay: Relay,
    account: Account,
    dice: Dice,
    kills: usize,
    /// How many changes AWS saw of which a killed gateway could not say how they ended.
    unknown: usize,
}

impl Ordeal {
    fn begin(seed: u64) -> Self {
        let (prepared, relay) = with_callers(TestGateway::with_sandbox()).iam_behind_a_relay(&Log::default());
        let gateway = prepared.start();
        let account = Account::at(gateway.sandbox().url(), &gateway.sandbox().root_keys());
        Self { gateway, relay, account, dice: Dice::new(seed), kills: 0, unknown: 0 }
    }

    /// Deletes users until gateways were killed so often; some are killed again at what one before them had begun.
    fn undergo(&mut self, kills: usize) {
        for number in 0.. {
            if self.kills == kills {
                return;
            }
            let of_this = 1 + self.dice.below(3);
            self.delete(number, of_this.min(kills - self.kills));
        }
    }

    /// Deletes one more user, and is killed so often on the way.
    fn delete(&mut self, number: usize, kills: usize) {
        let place = Place::to_read(&format!("i{number:03}"), &self.account, At::Sandbox);
        let arguments = place.filled(&json!({"user_name": "bob", "force": true}));
        for _ in 0..kills {
            self.kill_during(&arguments);
        }
        let finished = self.delete_user(arguments);
        if finished.is_error {
            // The deletion itself was the last that a killed gateway did.
            assert_eq!(finished.code(), "NoSuchEntity", "{}", finished.content);
        }
        self.check_that_it_is_gone(place);
        self.check_the_journal(&format!("-i{number:03}"));
    }

    fn delete_user(&self, arguments: Value) -> Called {
        self.gateway.write(UNCONFIRMED, "delete_user", arguments)
    }

    /// Calls the tool and kills the gateway at one of its requests to IAM; then the next one is there.
    fn kill_during(&mut self, arguments: &Value) {
        let mut dry = arguments.clone();
        dry["dry_run"] = json!(true);
        let planned = self.delete_user(dry);
        if planned.is_error {
            assert_eq!(planned.code(), "NoSuchEntity", "{}", planned.content);
            return;
        }
        let plan = planned.content["plan"]["calls"].as_array().expect("a plan has calls").len();
        let (_, request) = self.gateway.writing_call(UNCONFIRMED, "delete_user", arguments.clone());
        let moment = MOMENTS[self.dice.below(MOMENTS.len())];
        self.relay.turn_at(1 + self.dice.below(READS + plan), moment);
        let calling = std::thread::spawn(move || request.send_to_mortal());
        self.relay.wait_for_turn();
        self.gateway.signal("KILL");
        self.kills += 1;
        assert_eq!(self.gateway.wait(), None, "it was killed: {}", self.gateway.log());
        let _hung_up = calling.join().expect("the caller sees a connection that ends");
        self.relay.turn(Way::Gone);
        self.gateway.restart();
        self.relay.turn(Way::Open);
    }

    /// Nothing is left of the user, and nothing else is gone.
    fn check_that_it_is_gone(&self, mut place: Place) {
        let looks = json!([
            ["iam:GetUser", {"UserName": "bob"}, {"error": "NoSuchEntity"}],
            ["iam:GetGroup", {"GroupName": "crew"}, {"Users": []}],
            ["iam:GetPolicy", {"PolicyArn": "arn:aws:iam::123456789012:policy/team/reports"},
             {"Policy": {"$includes": {"AttachmentCount": 2}}}],
        ]);
        place.arrange(looks.as_array().expect("a list"), &self.account);
    }

    /// Every change that IAM saw of this user stands in the journal as one that was made, or in the plan of an intent whose
    /// outcome is unknown; and every one that stands there as made IAM saw.
    fn check_the_journal(&mut self, mark: &str) {
        let events = self.gateway.sandbox().trail();
        let by_agents = format!("arn:aws:sts::{ACCOUNT}:assumed-role/mcp-admin/{UNCONFIRMED}-");
        let changes: Vec<&Value> = events
            .iter()
            .filter(|event| event["readOnly"] == false && event["requestParameters"].to_string().contains(mark))
            .filter(|event| event["userIdentity"]["arn"].as_str().is_some_and(|arn| arn.starts_with(&by_agents)))
            .collect();
        let journal = Journal::of(&self.gateway.journal(), mark);
        let made: BTreeSet<&str> = changes.iter().filter_map(|event| event["eventName"].as_str()).collect();
        for operation in CHANGES.iter().filter(|operation| !made.contains(*operation)) {
            // Who deletes a user that was begun with does not find a device that is nobody's any more: it can be told from
            // no other. The journal names it.
            let is_left = *operation == "DeleteVirtualMFADevice" && journal.had_planned("iam:DeleteVirtualMFADevice");
            assert!(is_left, "IAM saw no {operation} of {mark}: {changes:?}");
        }
        for change in &changes {
            let id = change["requestID"].as_str().expect("an event has a request id");
            if !journal.made.contains(id) {
                assert!(journal.may_have_made(change), "the journal knows nothing of {change}");
                self.unknown += 1;
            }
        }
        let seen: BTreeSet<&str> = changes.iter().filter_map(|change| change["requestID"].as_str()).collect();
        assert!(journal.made.iter().all(|id| seen.contains(id.as_str())), "IAM saw what the journal says: {seen:?}");
    }

    /// Ends in order, and has the command compare the whole of both sides.
    fn end(mut self) {
        assert!(self.unknown > 0, "no kill left a change of which it is not known how it ended");
        self.gateway.stop();
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        let mut events = self.gateway.sandbox().trail();
        // CloudTrail would have delivered all that came before this.
        let later = SystemClock.now() + SignedDuration::from_mins(20);
        events.push(json!({"eventTime": later.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), "eventID": "later",
            "eventName": "GetCallerIdentity", "eventSource": "sts.amazonaws.com", "awsRegion": "us-east-1",
            "recipientAccountId": ACCOUNT}));
        fs::write(folder.path().join("log.json"), json!({"Records": events}).to_string()).expect("the folder is ours");
        let trail = folder.path().to_str().expect("temporary folders have plain names");
        let journal = self.gateway.argument("audit");
        let ran = run(&["audit", "reconcile", &journal, "--cloudtrail", trail, "--settle", "0s", "--json"]);
        let report = ran.json();
        assert_eq!(report["writesWithoutEvent"], json!([]), "{report:#}");
        // A gateway that was killed while it read has recorded nothing yet, as docs/audit-reconcile.md says.
        let unrecorded = report["eventsWithoutRecord"].as_array().expect("a list of events");
        let reads = |event: &Value| {
            event["action"].as_str().is_some_and(|action| {
                ["iam:Get", "iam:List", "sts:AssumeRole"].iter().any(|reading| action.starts_with(reading))
            })
        };
        assert!(unrecorded.iter().all(reads), "{unrecorded:#?}");
        let open = report["openWrites"].as_array().map_or(0, Vec::len);
        assert!(open > 0, "the command knows of writes whose outcome is unknown: {report:#}");
    }
}

/// What the journal says of the changes to one user.
struct Journal {
    /// The request ids of those that were made.
    made: BTreeSet<String>,
    /// The calls that were planned where the outcome is unknown.
    unknown: Vec<Value>,
}

impl Journal {
    fn of(records: &[Value], mark: &str) -> Self {
        let of_user = |record: &&Value| record["requestParameters"].to_string().contains(mark);
        let outcomes: Vec<&Value> = records.iter().filter(|record| record["stage"] == "outcome").collect();
        let (mut made, mut unknown) = (BTreeSet::new(), Vec::new());
        for intent in records.iter().filter(of_user).filter(|record| record["stage"] == "intent") {
            let own = |outcome: &&&Value| outcome["additionalEventData"]["intentEventID"] == intent["eventID"];
            let own: Vec<&&Value> = outcomes.iter().filter(own).collect();
            let [outcome] = own.as_slice() else { unreachable!("an intent has one outcome: {intent} {own:?}") };
            let list = |value: &Value| value.as_array().expect("a list of calls").clone();
            if outcome["errorCode"] == "OutcomeUnknown" {
                unknown.extend(list(&intent["additionalEventData"]["plan"]["calls"]));
                continue;
            }
            let calls = list(&outcome["additionalEventData"]["awsCalls"]);
            let planned = list(&intent["additionalEventData"]["plan"]["calls"]);
            let changes = calls.iter().filter(|call| planned.iter().any(|planned| planned["action"] == call["action"]));
            made.extend(changes.filter_map(|call| call["requestId"].as_str().map(str::to_owned)));
        }
        Self { made, unknown }
    }

    /// Whether an intent of unknown outcome had planned this action.
    fn had_planned(&self, action: &str) -> bool {
        self.unknown.iter().any(|call| call["action"] == action)
    }

    /// Whether an intent of unknown outcome had planned what this event tells of.
    fn may_have_made(&self, event: &Value) -> bool {
        let action = format!("iam:{}", event["eventName"].as_str().unwrap_or_default());
        let parameters = lower(&event["requestParameters"]);
        self.unknown.iter().any(|call| call["action"] == *action && lower(&call["parameters"]) == parameters)
    }
}

/// CloudTrail begins the names of parameters with a small letter.
fn lower(parameters: &Value) -> Value {
    let members = parameters.as_object().into_iter().flatten();
    members.map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect::<serde_json::Map<_, _>>().into()
}

#[test]
fn a_deletion_that_was_killed_is_finished_by_the_next_gateway_and_its_journal_accounts_for_each_step() {
    let mut ordeal = Ordeal::begin(1);
    ordeal.undergo(20);
    ordeal.end();
}

#[test]
#[ignore = "ten times as many: ten minutes"]
fn two_hundred_killed_deletions_are_finished_and_accounted_for() {
    for seed in 2..12 {
        let mut ordeal = Ordeal::begin(seed);
        ordeal.undergo(20);
        ordeal.end();
    }
}

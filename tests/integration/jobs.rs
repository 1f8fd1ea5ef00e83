//! Five jobs as people give them to agents, done step by step as the prompts say, against the sandbox. Each looks at what is
//! in the account afterwards, at the records, and at AWS's own trail.

mod audit_group;
mod clean_up;
mod create_role;
mod onboard;
mod test_role;

use serde_json::{Value, json};

use crate::support::account::Account;
use crate::support::gateway::TestGateway;
use crate::support::mcp::Called;

/// Somebody at work.
struct Job {
    gateway: TestGateway,
    caller: &'static str,
    /// Every call so far: its tool, and its id in the records.
    calls: Vec<(&'static str, String)>,
}

impl Job {
    /// Who may write begins, with a gateway before the believable account.
    fn begin() -> Self {
        let job = Self { gateway: TestGateway::with_sandbox().start(), caller: "alice", calls: Vec::new() };
        job.gateway.wait_for_writes();
        job
    }

    /// Who may only read begins.
    fn begin_reading() -> Self {
        Self { gateway: TestGateway::with_sandbox().start(), caller: "reader", calls: Vec::new() }
    }

    fn account(&self) -> Account {
        self.gateway.account()
    }

    fn called(&mut self, tool: &'static str, arguments: Value) -> Called {
        let called = match self.caller {
            "alice" => self.gateway.write(self.caller, tool, arguments),
            _ => self.gateway.call(self.caller, tool, arguments),
        };
        self.calls.push((tool, called.id.clone()));
        called
    }

    /// A call that goes well; what it answers.
    fn call(&mut self, tool: &'static str, arguments: Value) -> Value {
        self.called(tool, arguments).done().clone()
    }

    /// A call that is refused; with which code.
    fn refused(&mut self, tool: &'static str, arguments: Value) -> String {
        self.called(tool, arguments).code().to_owned()
    }

    /// What a call would do.
    fn planned(&mut self, tool: &'static str, mut arguments: Value) -> Value {
        arguments["dry_run"] = true.into();
        let answer = self.call(tool, arguments);
        assert_eq!(answer["status"], "dry_run", "{answer}");
        answer["plan"].clone()
    }

    /// The same plan, asked about and confirmed.
    fn confirmed(&mut self, tool: &'static str, mut arguments: Value, plan: &Value) -> Value {
        let asked = self.call(tool, arguments.clone());
        assert_eq!((&asked["status"], &asked["plan"]), (&json!("confirmation_required"), plan), "{tool}: {asked}");
        arguments["confirmation_token"] = asked["confirmation_token"].clone();
        let answer = self.call(tool, arguments);
        assert_eq!((&answer["status"], &answer["plan"]), (&json!("done"), plan), "{tool}: {answer}");
        answer
    }

    /// What was recorded of each call, in their order: its tool, and the stages of its records.
    fn recorded(&self) -> Vec<(&'static str, Vec<String>)> {
        let stages = |id: &String| {
            let records = self.gateway.records_of(id);
            records.iter().map(|record| record["stage"].as_str().expect("a record has a stage").to_owned()).collect()
        };
        self.calls.iter().map(|(tool, id)| (*tool, stages(id))).collect()
    }

    /// How the writes among the calls were recorded: each is an intent and an outcome, says who it was for, and lists the AWS
    /// calls that AWS's trail has, by the same request ids.
    fn assert_writes_are_told(&self, operations: &[&str]) {
        let mut told = Vec::new();
        for (tool, id) in &self.calls {
            let records = self.gateway.records_of(id);
            let Some(outcome) = records.iter().find(|record| record["stage"] == "outcome") else { continue };
            assert_eq!(records[0]["stage"], "intent", "{tool}");
            let data = &outcome["additionalEventData"];
            assert_eq!((&data["tool"], &data["sourceIdentity"]), (&json!(tool), &json!("alice@example.com")));
            let calls = data["awsCalls"].as_array().expect("the AWS calls are recorded");
            let writes = calls.iter().filter(|call| !is_read(call["action"].as_str().unwrap_or_default()));
            told.extend(writes.map(|call| (call["action"].to_string(), call["requestId"].clone())));
        }
        let names: Vec<&str> = told.iter().map(|(action, _)| action.trim_matches('"')).collect();
        assert_eq!(names, operations);
        let trail = self.gateway.sandbox().trail();
        for (action, request) in told {
            let event = trail.iter().find(|event| event["requestID"] == request);
            let event = event.unwrap_or_else(|| unreachable!("AWS has no event of {action}"));
            assert_eq!(event["userIdentity"]["sessionContext"]["sourceIdentity"], "alice@example.com");
            assert_eq!(event.get("errorCode"), None, "{event}");
        }
    }
}

fn is_read(action: &str) -> bool {
    ["iam:Get", "iam:List", "iam:Simulate", "sts:"].iter().any(|start| action.starts_with(start))
}

/// The stages of a call that only reads, or was refused by AWS while it read.
fn read(tool: &'static str) -> (&'static str, Vec<String>) {
    (tool, vec!["read".to_owned()])
}

/// Of one that only said what it would do, or asked first.
fn dry_run(tool: &'static str) -> (&'static str, Vec<String>) {
    (tool, vec!["dry-run".to_owned()])
}

/// Of one that did it.
fn written(tool: &'static str) -> (&'static str, Vec<String>) {
    (tool, vec!["intent".to_owned(), "outcome".to_owned()])
}

/// The texts of a member of each item.
fn names(items: &Value, member: &str) -> Vec<String> {
    let items = items.as_array().unwrap_or_else(|| unreachable!("this is no list: {items}"));
    items.iter().map(|item| item[member].as_str().expect("each item has it").to_owned()).collect()
}

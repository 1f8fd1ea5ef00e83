//! Mistakes of ours, a disk that fails, and time that passes: what the outside cannot provoke.

use std::io::Write;

use iam_mcp_gateway::config::Toolset;
use iam_mcp_gateway::iam::change::actions;
use iam_mcp_gateway::iam::{Change, Entity, EntityKind, Interrupted, PlannedCall, Reader, Resource, Writer};
use iam_mcp_gateway::tools::catalogue::Catalogue;
use iam_mcp_gateway::tools::{
    Call, Declaration, Effect, KeptOfResult, LocalTool, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool,
    governance,
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::disk::State;
use crate::support::faulty::NEW_USER;
use crate::support::gateway::TestGateway;
use crate::support::http::{Answer, connect};
use crate::support::in_process::InProcess;
use crate::support::mcp::Called;
use crate::support::waiting::eventually;

const fn spec(name: &'static str, effect: Effect, writes: &'static [iam_mcp_gateway::iam::Action]) -> Spec {
    Spec {
        name,
        aliases: &[],
        title: "A tool with a mistake in it",
        description: "Panics.",
        toolset: Toolset::Users,
        effect,
        other_effects: &[],
        effect_of: None,
        overwrites: false,
        idempotent: false,
        open_world: false,
        scans: false,
        own_parameters: &[],
        output: || json!({}),
        kept: KeptOfResult::NOTHING,
        reads: &[],
        writes,
        always: &[],
    }
}

static LOCAL: Spec = spec("panic_locally", Effect::Read, &[]);
static PLANNING: Spec = spec("panic_while_planning", Effect::Write, &[actions::CREATE_USER]);
static APPLYING: Spec = spec("panic_while_applying", Effect::Write, &[actions::CREATE_USER]);

static CLUMSY: [Tool; 4] = [
    Tool { spec: &LOCAL, work: Work::Local(&PanicsLocally) },
    Tool { spec: &PLANNING, work: Work::Write(&PanicsWhilePlanning) },
    Tool { spec: &APPLYING, work: Work::Write(&PanicsWhileApplying) },
    governance::whoami::TOOL,
];

struct PanicsLocally;

impl LocalTool for PanicsLocally {
    fn answer(&self, _call: &Call) -> Value {
        unreachable!("a mistake, on purpose")
    }
}

fn create_eve() -> PlannedCall {
    let change =
        Change::CreateUser { user_name: "eve".into(), path: "/".into(), permissions_boundary: None, tags: Vec::new() };
    change.on(Resource::Entity(Entity { kind: EntityKind::User, name: "eve".into(), path: Some("/".into()) }))
}

fn declared() -> Declaration {
    Declaration { reads: Vec::new(), writes: vec![create_eve().declared()] }
}

struct PanicsWhilePlanning;

impl WriteTool for PanicsWhilePlanning {
    fn declare(&self, _call: &Call) -> Result<Declaration, ToolError> {
        Ok(declared())
    }

    fn plan<'a>(&'a self, _call: &'a Call, _reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async { unreachable!("a mistake, on purpose") })
    }

    fn apply<'a>(&'a self, _plan: &'a Plan, _writer: &'a Writer<'a>) -> ToolFuture<'a, Result<Value, Interrupted>> {
        Box::pin(async { Ok(Value::Null) })
    }
}

struct PanicsWhileApplying;

impl WriteTool for PanicsWhileApplying {
    fn declare(&self, _call: &Call) -> Result<Declaration, ToolError> {
        Ok(declared())
    }

    fn plan<'a>(&'a self, _call: &'a Call, _reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async { Ok(Plan::adding(vec![create_eve()])) })
    }

    fn apply<'a>(&'a self, plan: &'a Plan, writer: &'a Writer<'a>) -> ToolFuture<'a, Result<Value, Interrupted>> {
        Box::pin(async move {
            writer.perform(&plan.calls).await?;
            unreachable!("a mistake, on purpose")
        })
    }
}

#[test]
fn a_tool_that_panics_is_one_refused_call_and_one_record() {
    let gateway = TestGateway::with_faulty_aws().start_in_process_with(Catalogue(&CLUMSY));
    for tool in ["panic_locally", "panic_while_planning"] {
        let answer = gateway.call("alice", tool, json!({}));
        assert_eq!((answer.code(), &answer.content["error"]["stage"]), ("InternalFailure", &json!("gateway")));
        assert!(answer.message().contains("nothing was changed"), "{}", answer.message());
        let records = gateway.records_of(&answer.id, 1);
        assert_eq!((records.len(), &records[0]["stage"]), (1, &json!("panic")), "{tool}");
        assert_eq!(records[0]["errorCode"], "InternalFailure");
        assert!(!gateway.call("reader", "whoami", json!({})).is_error, "others are served on");
    }
    assert_eq!(gateway.received("CreateUser").len(), 0);
}

#[test]
fn a_tool_that_panics_after_its_intent_leaves_an_unknown_outcome() {
    let mut gateway = TestGateway::with_faulty_aws().start_in_process_with(Catalogue(&CLUMSY));
    gateway.aws().queue("CreateUser", &[json!({"result": NEW_USER})]);
    let answer = gateway.call("alice", "panic_while_applying", json!({}));
    assert_eq!(answer.code(), "InternalFailure");
    assert!(answer.message().contains("its outcome is unknown"), "{}", answer.message());
    assert_eq!(gateway.received("CreateUser").len(), 1);

    let records = gateway.records_of(&answer.id, 3);
    let of = |stage: &str| records.iter().find(|record| record["stage"] == stage).expect("one of each stage");
    assert_eq!(records.len(), 3, "{records:#?}");
    assert_eq!(of("outcome")["errorCode"], "OutcomeUnknown");
    assert_eq!(of("outcome")["additionalEventData"]["intentEventID"], of("intent")["eventID"]);
    // The panic's own record tells what the lost outcome cannot: which calls AWS has answered.
    assert_eq!(of("panic")["additionalEventData"]["awsCalls"][0]["action"], "iam:CreateUser");
    assert!(!gateway.call("reader", "whoami", json!({})).is_error, "others are served on");
}

#[test]
fn without_an_audit_journal_nothing_is_written_to_aws() {
    let mut gateway = TestGateway::with_faulty_aws().start_in_process();
    gateway.aws().queue("CreateUser", &[json!({"result": NEW_USER, "times": 9})]);
    let create = |gateway: &InProcess, name: &str| gateway.call("alice", "create_user", json!({"user_name": name}));
    assert!(!create(&gateway, "before").is_error);

    gateway.disk().set(State::Full);
    let refused = create(&gateway, "during");
    assert_eq!((refused.code(), &refused.content["error"]["retryable"]), ("AuditUnavailable", &json!(true)));
    let names = |gateway: &InProcess| -> Vec<Value> {
        gateway.received("CreateUser").iter().map(|request| request["parameters"]["UserName"].clone()).collect()
    };
    assert_eq!(names(&gateway), ["before"]);

    gateway.disk().set(State::Works);
    let name = eventually("the journal takes records again", || {
        // Signed anew each time: a refused write may have used its signature up.
        gateway.clock().advance(SignedDuration::from_secs(1));
        (!create(&gateway, "after").is_error).then_some("after")
    });
    assert_eq!(names(&gateway), ["before", name]);
}

#[test]
fn an_outcome_that_finds_no_room_is_held_and_stops_further_changes() {
    let mut gateway = TestGateway::with_faulty_aws().set("audit.durable_seconds", "1").start_in_process();
    gateway.aws().queue("CreateUser", &[json!({"hold": true, "result": NEW_USER}), json!({"result": NEW_USER})]);
    let (id, request) = gateway.tool_call("alice", "create_user", json!({"user_name": "dave"}));
    let mut client = connect(gateway.address());
    client.write_all(&request.bytes()).expect("the gateway listens");
    eventually("AWS receives CreateUser", || (gateway.received("CreateUser").len() == 1).then_some(()));
    gateway.disk().set(State::Full);
    gateway.aws().release();

    let answer = Called::of(id.clone(), &Answer::read(&mut client));
    assert_eq!(answer.code(), "AuditUnavailable");
    assert!(answer.message().contains("AWS was asked"), "{}", answer.message());
    assert_eq!(answer.content["error"]["retryable"], false, "it was done: to do it again would be to do it twice");
    assert_eq!(answer.content["performed"]["User"]["UserName"], "dave", "{}", answer.content);
    let create = |gateway: &InProcess| {
        gateway.clock().advance(SignedDuration::from_secs(1));
        gateway.call("alice", "create_user", json!({"user_name": "erin"}))
    };
    assert_eq!(create(&gateway).code(), "AuditUnavailable");
    assert_eq!(gateway.received("CreateUser").len(), 1);

    gateway.disk().set(State::Works);
    let records = gateway.records_of(&id, 2);
    assert_eq!((&records[1]["stage"], records[1].get("errorCode")), (&json!("outcome"), None));
    eventually("writes are taken again", || (!create(&gateway).is_error).then_some(()));
}

#[test]
fn refused_authentications_that_were_not_recorded_are_counted() {
    let gateway = TestGateway::without_aws().start_in_process();
    let refuse = || assert_eq!(gateway.unsigned().body("{}").send().status, 401);
    (0..100).for_each(|_| refuse());
    gateway.clock().advance(SignedDuration::from_secs(61));
    refuse();
    let records = eventually("the next window's record", || {
        Some(gateway.records("authentication")).filter(|records| records.len() >= 61)
    });
    assert_eq!(records.len(), 61);
    assert_eq!(records[60]["additionalEventData"]["unrecordedBefore"], 40);
    assert!(records[..60].iter().all(|record| record["additionalEventData"]["unrecordedBefore"] == 0));
}

#[test]
fn refused_authentications_that_a_full_disk_does_not_take_are_counted_too() {
    let gateway = TestGateway::without_aws().start_in_process();
    let mut made = 0;
    let mut refuse = || {
        assert_eq!(gateway.unsigned().body("{}").send().status, 401);
        made += 1;
    };
    refuse();
    gateway.disk().set(State::Full);
    (0..20).for_each(|_| refuse());
    gateway.disk().set(State::Works);
    let told = || {
        let records = gateway.records("authentication");
        let counted = records.iter().filter_map(|record| record["additionalEventData"]["unrecordedBefore"].as_u64());
        let counted: u64 = counted.sum();
        (records.len(), counted)
    };
    eventually("the journal takes records again", || {
        refuse();
        (told().1 > 0).then_some(())
    });
    eventually("every one is told", || (told().0 as u64 + told().1 == made).then_some(()));
}

//! Tools that this catalogue does not have: one whose result is a secret, one that takes secrets and has a mistake in it.

use std::fs;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use iam_mcp_gateway::audit::HashKey;
use iam_mcp_gateway::config::Toolset;
use iam_mcp_gateway::iam::change::actions;
use iam_mcp_gateway::iam::{Change, Entity, EntityKind, Interrupted, PlannedCall, Reader, Resource, Writer};
use iam_mcp_gateway::panics;
use iam_mcp_gateway::tools::catalogue::Catalogue;
use iam_mcp_gateway::tools::parameter::{Kept, Kind, MARKER, Parameter};
use iam_mcp_gateway::tools::{
    Call, Declaration, Effect, KeptOfResult, LocalTool, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool,
};
use serde_json::{Map, Value, json};
use tracing_subscriber::filter::LevelFilter;

use super::canary::{Canary, Haystack};
use super::key_files::KeyFiles;
use crate::support::faulty::NEW_USER;
use crate::support::gateway::TestGateway;
use crate::support::in_process::InProcess;

const PASSWORD: Parameter = Parameter {
    name: "password",
    description: "a secret that the tool takes",
    kind: Kind::Text(&MARKER),
    required: true,
    kept: Kept::Secret,
};

const fn spec(name: &'static str, effect: Effect, writes: &'static [iam_mcp_gateway::iam::Action]) -> Spec {
    Spec {
        name,
        aliases: &[],
        title: "A tool with secrets",
        description: "Takes a secret and answers it.",
        toolset: Toolset::Users,
        effect,
        other_effects: &[],
        effect_of: None,
        overwrites: false,
        idempotent: false,
        open_world: false,
        scans: false,
        own_parameters: &[PASSWORD],
        output: || json!({}),
        kept: KeptOfResult { result: &["User/UserName"], lost: &["User/UserName"] },
        reads: &[],
        writes,
        always: &[],
    }
}

static PANICKING: Spec = spec("panic_with_a_secret", Effect::Read, &[]);
static CREATING: Spec = spec("create_a_secret", Effect::Write, &[actions::CREATE_USER]);

static TOOLS: [Tool; 2] =
    [Tool { spec: &PANICKING, work: Work::Local(&Panics) }, Tool { spec: &CREATING, work: Work::Write(&Creates) }];

struct Panics;

impl LocalTool for Panics {
    fn answer(&self, call: &Call) -> Value {
        unreachable!("the password is {:?}", call.arguments.text("password"))
    }
}

struct Creates;

impl Creates {
    fn planned() -> PlannedCall {
        let change = Change::CreateUser {
            user_name: "dave".into(),
            path: "/".into(),
            permissions_boundary: None,
            tags: Vec::new(),
        };
        change.on(Resource::Entity(Entity { kind: EntityKind::User, name: "dave".into(), path: Some("/".into()) }))
    }
}

impl WriteTool for Creates {
    fn declare(&self, _call: &Call) -> Result<Declaration, ToolError> {
        Ok(Declaration { reads: Vec::new(), writes: vec![Self::planned().declared()] })
    }

    fn plan<'a>(&'a self, call: &'a Call, _reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async {
            let lost = json!({"UserName": "dave", "Password": call.arguments.required("password")});
            Ok(Plan {
                calls: vec![Self::planned()],
                lost: Map::from_iter([("User".to_owned(), lost)]),
                ..Plan::default()
            })
        })
    }

    fn apply<'a>(&'a self, plan: &'a Plan, writer: &'a Writer<'a>) -> ToolFuture<'a, Result<Value, Interrupted>> {
        Box::pin(async move {
            writer.perform(&plan.calls).await?;
            let password = &plan.lost["User"]["Password"];
            Ok(json!({"User": {"UserName": "dave", "Secrets": [{"Key": password}]}, "SecretAccessKey": password}))
        })
    }
}

/// What is logged in this process.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

fn started(keys: &KeyFiles, mode: &str) -> InProcess {
    let prepared = TestGateway::with_faulty_aws().set("audit.secrets", &format!("{mode:?}"));
    let prepared = match mode {
        "hash" => prepared.set("audit.hash_key", &format!("{:?}", keys.path("hash"))),
        _ => prepared,
    };
    prepared.start_in_process_with(Catalogue(&TOOLS))
}

#[test]
fn a_secret_of_a_result_or_plan_is_its_callers_alone() {
    let keys = KeyFiles::new();
    for mode in ["omit", "hash"] {
        let mut gateway = started(&keys, mode);
        gateway.aws().queue("CreateUser", &[json!({"result": NEW_USER}), json!({"close": "unanswered"})]);
        let canary = Canary::new("a secret that a tool made");
        let done = gateway.call("alice", "create_a_secret", json!({"password": canary.plain()}));
        assert_eq!(done.done()["SecretAccessKey"], canary.plain(), "its caller gets it");
        gateway.clock().advance(jiff::SignedDuration::from_secs(1));
        let failed = gateway.call("alice", "create_a_secret", json!({"password": canary.plain()}));
        assert_eq!(failed.code(), "AwsUnreachable");
        let records = [gateway.records_of(&done.id, 2), gateway.records_of(&failed.id, 2)].concat();
        assert_eq!(records.len(), 4, "two intents and two outcomes");
        assert_eq!(canary.found_in(&Haystack::new("the records", json!(records).to_string())), None);

        let kept = match mode {
            "hash" => {
                let bytes = KeyFiles::bytes(0x52).try_into().expect("a key has 32 bytes");
                let key = HashKey::new(&bytes);
                json!({"hmacSha256": key.hash(&canary.plain().into()), "key": key.id()})
            }
            _ => json!("[not kept]"),
        };
        for record in &records {
            assert_eq!(record["requestParameters"]["params"]["arguments"]["password"], kept);
            assert_eq!(record["additionalEventData"]["plan"]["lost"]["User"]["Password"], kept);
            assert_eq!(record["additionalEventData"]["plan"]["lost"]["User"]["UserName"], "dave");
        }
        let result = &records[1]["responseElements"]["structuredContent"];
        assert_eq!((&result["SecretAccessKey"], &result["User"]["UserName"]), (&kept, &json!("dave")));
        assert_eq!(result["status"], "done");
        assert!(result["User"]["Secrets"].is_string() || mode == "hash", "a list that nobody declared: {result}");
    }
}

#[test]
fn a_panic_tells_its_place_and_not_what_it_was_about() {
    let keys = KeyFiles::new();
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_ansi(false);
    let subscriber = subscriber.with_writer(move || writer.clone());
    let installed = tracing::subscriber::set_global_default(subscriber.finish());
    installed.expect("each test has a process of its own");
    panics::log_places();
    let canary = Canary::new("what a tool panicked about");
    for mode in ["omit", "hash"] {
        let gateway = started(&keys, mode);
        let answer = gateway.call("alice", "panic_with_a_secret", json!({"password": canary.plain()}));
        assert_eq!(answer.code(), "InternalFailure");
        let records = gateway.records_of(&answer.id, 1);
        assert_eq!(records[0]["stage"], "panic");
        for (name, text) in [
            ("the record", records[0].to_string()),
            ("the answer", answer.content.to_string()),
            ("the log of the gateway", own_lines(&log.text())),
        ] {
            assert_eq!(canary.found_in(&Haystack::new(name, text)), None, "{name}");
        }
    }
    assert!(own_lines(&log.text()).contains("a mistake of the gateway"), "{}", log.text());
    assert!(log.text().contains(&format!("{}:", file!())), "the place is told: {}", log.text());
    fs::metadata(keys.path("hash")).expect("the keys were there to the end");
}

/// The lines that the gateway's own log has: libraries' are left out as `gateway::log` leaves them out.
fn own_lines(log: &str) -> String {
    log.lines().filter(|line| line.contains(" iam_mcp_gateway")).collect::<Vec<_>>().join("\n")
}

//! Canary secrets are put through every tool, error and log level, and appear nowhere.

mod calls;
mod canary;
mod hashes;
mod key_files;
mod put;
mod results;

use std::collections::BTreeSet;
use std::fs;

use iam_mcp_gateway::tools::catalogue::CATALOGUE;
use serde_json::{Value, json};

use crate::support::command::run;
use crate::support::gateway::TestGateway;
use crate::support::mcp::{message, modern};
use crate::support::waiting::eventually;
use canary::{Canary, Haystack};
use key_files::KeyFiles;
use put::Put;

/// A gateway with every key there is, at this log level.
fn started(keys: &KeyFiles, level: &str, mode: &str) -> (TestGateway, Vec<Canary>) {
    let quoted = |name: &str| format!("{:?}", keys.path(name));
    let sealing = format!("[{{ id = \"a\", file = {}, state = \"seal\" }}]", quoted("sealing"));
    let prepared = TestGateway::with_faulty_aws()
        .set("log.level", "\"info\"")
        .set("audit.signing_key", &quoted("signing"))
        .set("audit.secrets", &format!("{mode:?}"))
        .set("sealing.keys", &sealing);
    let prepared = if mode == "hash" { prepared.set("audit.hash_key", &quoted("hash")) } else { prepared };
    let mut gateway = prepared.start();
    let (secret, token) = (Canary::new("an assumed secret"), Canary::new("an assumed session token"));
    let assumed = format!(
        "<Credentials><AccessKeyId>ASIAFAULTYAWSEXAMPLE</AccessKeyId><SecretAccessKey>{}</SecretAccessKey>\
         <SessionToken>{}</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser>\
         <AssumedRoleId>AROAFAULTYAWSEXAMPLE:x</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/r/x</Arn>\
         </AssumedRoleUser>",
        secret.plain(),
        token.plain(),
    );
    gateway.aws().queue("AssumeRole", &[json!({"result": assumed, "times": 8})]);
    let mut canaries = vec![secret, token];
    canaries.extend(["alice", "reader"].map(|name| Canary::of(name, &gateway.keys(name).secret_access_key)));
    canaries.push(Canary::of("the gateway's own AWS secret", &gateway.own_keys().secret_access_key));
    canaries.extend(KeyFiles::canaries());
    set_level(&gateway, level);
    (gateway, canaries)
}

/// Sets the level while it runs: at the higher ones it could not say where it listens.
fn set_level(gateway: &TestGateway, level: &str) {
    if level == "info" {
        return;
    }
    gateway.reconfigure("level = \"info\"", &format!("level = {level:?}"));
    eventually("the new level is in force", || {
        gateway.records("reload").iter().any(|record| record["eventName"] == "ReloadConfiguration").then_some(())
    });
}

/// Everything that the gateway wrote and that its commands tell of it.
fn written(gateway: &TestGateway, metrics: String, put: &Put) -> Vec<Haystack> {
    let files = fs::read_dir(gateway.path("audit")).expect("the journal is there");
    let files = files.map(|entry| fs::read(entry.expect("ours").path()).expect("the folder is ours"));
    let journal: Vec<u8> = files.collect::<Vec<_>>().concat();
    let audit = gateway.argument("audit");
    let told = |arguments: &[&str]| {
        let ran = run(&[&["audit"], arguments, &[&audit]].concat());
        assert_eq!(ran.code, 0, "{}", ran.said());
        ran.said()
    };
    vec![
        Haystack::new("the journal", String::from_utf8_lossy(&journal).into_owned()),
        Haystack::new("the log", gateway.log()),
        Haystack::new("the metrics", metrics),
        Haystack::new("audit query", told(&["query"])),
        Haystack::new("audit query --json", told(&["query", "--json"])),
        Haystack::new("audit export csv", told(&["export", "--format", "csv"])),
        Haystack::new("audit export cloudtrail", told(&["export", "--format", "cloudtrail"])),
        Haystack::new("audit verify", told(&["verify", "--json"])),
        Haystack::new("an answer", put.answers.concat()),
    ]
}

/// Every canary that stands somewhere.
fn leaks(canaries: &[Canary], haystacks: &[Haystack]) -> Vec<String> {
    let mut leaks = Vec::new();
    for canary in canaries {
        let searched = haystacks.iter().filter(|haystack| !canary.may_be_echoed || haystack.name != "an answer");
        for haystack in searched {
            if let Some(form) = canary.found_in(haystack) {
                leaks.push(format!("{} stands {form} in {}", canary.what, haystack.name));
            }
        }
    }
    leaks
}

fn put_through(level: &str, mode: &str) {
    let keys = KeyFiles::new();
    let (mut gateway, assumed) = started(&keys, level, mode);
    let mut put = Put { canaries: assumed.clone(), answers: Vec::new() };
    put::put_into_signatures(&gateway, &mut put);
    put::put_through_every_tool(&mut gateway, &mut put);
    put::put_around_calls(&mut gateway, &mut put);
    put::put_into_awss_words(&mut gateway, &mut put, &assumed);
    put::put_a_good_token(&mut gateway, &mut put);
    let kept = Canary::new("a user's name, which is kept").echoed();
    put.send(&gateway.tool_call("alice", "get_user", json!({"user_name": kept.plain()})).1, []);
    let metrics = gateway.metrics();
    gateway.stop();

    let haystacks = written(&gateway, metrics, &put);
    let leaks = leaks(&put.canaries, &haystacks);
    assert!(leaks.is_empty(), "at level {level}, secrets = {mode}:\n{}", leaks.join("\n"));
    // The search can find something, where there is something.
    for name in ["the journal", "audit query --json", "audit export csv", "audit export cloudtrail"] {
        let searched = haystacks.iter().find(|haystack| haystack.name == name).expect("it is one of them");
        assert!(kept.found_in(searched).is_some(), "what is kept is found in {name}");
    }
    let records = gateway.journal();
    let tools: BTreeSet<&str> =
        records.iter().filter_map(|record| record["additionalEventData"]["tool"].as_str()).collect();
    assert_eq!(tools.len(), CATALOGUE.iter().count(), "every tool was called and recorded: {tools:?}");
    let quiet = ["warn", "error"].contains(&level);
    assert_eq!(gateway.log().contains("refused: the signature does not match"), !quiet, "the level is in force");
    assert_eq!(records.iter().any(|record| record.to_string().contains("hmacSha256")), mode == "hash");
}

#[test]
fn no_canary_appears_anywhere_at_the_most_talkative_level() {
    put_through("trace", "omit");
}

#[test]
fn no_canary_appears_anywhere_where_secrets_are_hashed() {
    put_through("trace", "hash");
}

#[test]
fn no_canary_appears_anywhere_at_the_levels_for_looking() {
    for (level, mode) in [("debug", "hash"), ("info", "omit")] {
        put_through(level, mode);
    }
}

#[test]
fn no_canary_appears_anywhere_at_the_levels_of_trouble() {
    for (level, mode) in [("warn", "hash"), ("error", "omit")] {
        put_through(level, mode);
    }
}

#[test]
fn the_tools_that_are_tried_are_all_that_there_are() {
    let gateway = TestGateway::without_aws().start();
    let names = |tools: &Value| -> BTreeSet<String> {
        let tools = tools["tools"].as_array().expect("a list of tools");
        tools.iter().filter_map(|tool| tool["name"].as_str()).map(ToOwned::to_owned).collect()
    };
    let listed = modern(gateway.request("alice"), &message("1", "tools/list", json!({}))).send().json();
    let tried: BTreeSet<String> = calls::all().iter().map(|call| call.tool.name.to_owned()).collect();
    assert_eq!(names(&run(&["tools", "--json"]).json()), tried);
    assert_eq!(names(&listed["result"]), tried);
}

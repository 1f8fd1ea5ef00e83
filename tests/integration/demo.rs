//! `demo`, as a newcomer runs it: the tour, and a gateway that agents connect to with what it left in its folder.

mod profiles;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::clients::{Client, Era, Keys};
use crate::support::command::{binary, run};
use crate::support::gateway::journal_in;
use crate::support::waiting::eventually;

/// A folder for a demo, which is removed with this value.
struct Place {
    _parent: TempDir,
    path: PathBuf,
}

impl Place {
    fn new() -> Self {
        let parent = tempfile::tempdir().expect("a temporary directory can be made");
        let path = parent.path().join("demo");
        Self { _parent: parent, path }
    }

    fn argument(&self) -> &str {
        self.path.to_str().expect("temporary folders have plain names")
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path.join(name)).unwrap_or_else(|error| unreachable!("{name}: {error}"))
    }

    /// A profile of `aws-credentials`.
    fn keys(&self, profile: &str) -> Keys {
        self.keys_in("aws-credentials", profile)
    }

    fn keys_in(&self, file: &str, profile: &str) -> Keys {
        let text = self.read(file);
        let section = text.split('[').find_map(|section| section.strip_prefix(&format!("{profile}]")));
        let value = |name: &str| {
            let line = section?.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_prefix('='))?;
            Some(line.trim().to_owned())
        };
        Keys {
            access_key_id: value("aws_access_key_id").expect("the profile has a key"),
            secret_access_key: value("aws_secret_access_key").expect("the profile has a secret"),
            session_token: None,
        }
    }

    /// Where the sandbox is.
    fn sandbox_url(&self) -> String {
        let text = self.read("gateway.toml");
        let (_, named) = text.split_once("sts_endpoint = \"").expect("[aws] names it");
        named.split('"').next().unwrap_or_default().to_owned()
    }

    /// What AWS saw of one operation.
    fn seen_by_aws(&self, operation: &str) -> Vec<Value> {
        let text = self.read("aws-trail.jsonl");
        let events = text.lines().map(|line| serde_json::from_str(line).expect("an event is JSON"));
        events.filter(|event: &Value| event["eventName"] == operation).collect()
    }
}

/// A demo that serves; it ends with this value.
struct Serving {
    place: Place,
    child: Child,
    /// The ways to connect, as it tells them.
    ways: Value,
}

impl Serving {
    fn start() -> Self {
        let place = Place::new();
        let arguments = ["demo", "--dir", place.argument(), "--listen", "127.0.0.1:0", "--json"];
        let mut child =
            binary().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let lines = BufReader::new(child.stdout.take().expect("standard output was asked for")).lines();
        let serving = lines.map_while(Result::ok).find(|line| line.starts_with("{\"connect\""));
        let serving: Value = serde_json::from_str(&serving.expect("the demo serves after the tour")).expect("JSON");
        Self { place, child, ways: serving["connect"].clone() }
    }

    fn url(&self) -> String {
        self.place.read("endpoint").trim().to_owned()
    }

    /// What is to be pasted for one client.
    fn way(&self, client: &str) -> &str {
        let ways = self.ways.as_array().expect("a list of ways");
        ways.iter().find(|way| way["client"] == client).and_then(|way| way["text"].as_str()).expect("it is told")
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {}", self.child.id())]).status();
        assert!(sent.is_ok_and(|status| status.success()), "the demo was gone before it was sent {signal}");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn content(line: &Value) -> &Value {
    &line["result"]["structuredContent"]
}

#[test]
fn the_tour_shows_every_step_and_leaves_a_whole_journal() {
    let place = Place::new();
    let ran = run(&["demo", "--once", "--dir", place.argument(), "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, 0, "{}", ran.said());
    for shown in
        ["ReadOnlyCaller", "ViaAWSMCPService=true", "source identity ada@example.com", "iam:CreateUser", "Good:"]
    {
        assert!(ran.stdout.contains(shown), "{shown} is missing: {}", ran.stdout);
    }
    assert_eq!(ran.stderr, "");
    let verified = run(&["audit", "verify", &format!("{}/audit", place.argument()), "--json"]);
    assert_eq!(verified.code, 0, "{}", verified.said());
    let secret = place.keys("admin").secret_access_key;
    assert!(!ran.stdout.contains(&secret), "the tour shows no secret");
}

/// What is printed, with what differs from run to run replaced.
fn as_in_the_readme(printed: &str, place: &Place) -> String {
    let endpoint = place.read("endpoint");
    let folder = place.path.canonicalize().expect("the folder is there");
    printed
        .replace(endpoint.trim(), "http://127.0.0.1:8426/mcp")
        .replace(&place.sandbox_url(), "http://127.0.0.1:41001")
        .replace(folder.to_str().expect("temporary folders have plain names"), "/home/you/.iam-mcp-gateway-demo")
}

#[test]
fn the_readme_shows_what_is_printed() {
    let place = Place::new();
    let ran = run(&["demo", "--once", "--dir", place.argument(), "--listen", "127.0.0.1:0"]);
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("it is there");
    let (_, rest) = readme.split_once("```text\n").expect("the README has the block");
    let (shown, _) = rest.split_once("```\n").expect("the block ends");
    let printed = as_in_the_readme(&ran.stdout, &place);
    assert_eq!(shown, printed, "put this into the README:\n{printed}");
}

#[test]
fn the_tour_in_json_is_an_object_a_line() {
    let place = Place::new();
    let ran = run(&["demo", "--once", "--json", "--dir", place.argument(), "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, 0, "{}", ran.said());
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.first().expect("an opening")["endpoint"], place.read("endpoint").trim());
    assert_eq!(lines.last().expect("a closing")["good"], true);
    let steps: Vec<&Value> = lines.iter().filter(|line| line.get("step").is_some()).collect();
    assert_eq!(steps.len(), 9);
    assert!(steps.iter().all(|step| step["wrong"] == json!([])), "{steps:#?}");
}

#[test]
fn both_refusals_stand_in_the_record_with_their_stage() {
    let place = Place::new();
    let ran = run(&["demo", "--once", "--dir", place.argument(), "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, 0, "{}", ran.said());
    let records = journal_in(&place.path.join("audit"));
    let of = |code: &str| {
        let found: Vec<&Value> = records.iter().filter(|record| record["errorCode"] == code).collect();
        let [record] = found[..] else { unreachable!("{code} stands in {} records", found.len()) };
        record
    };
    let stage_one = of("PolicyDenied");
    let decision = &stage_one["additionalEventData"]["decision"];
    assert_eq!(stage_one["stage"], "denied");
    assert_eq!(
        (&decision["stage"], &decision["policy"], &decision["statement"]),
        (&json!("gateway"), &json!("guardrails.json"), &json!("AgentsBreakNoGlass")),
    );
    assert_eq!(stage_one["additionalEventData"]["awsCalls"], json!([]), "AWS was not asked");
    let stage_two = of("AccessDenied");
    let data = &stage_two["additionalEventData"];
    assert_eq!((&stage_two["stage"], &data["error"]["stage"]), (&json!("outcome"), &json!("aws")));
    assert_eq!((&data["decision"]["stage"], &data["decision"]["effect"]), (&json!("gateway"), &json!("allow")));
    assert_eq!(data["sessionTags"]["ViaAWSMCPService"], "true", "{data}");
    assert_eq!(data["awsCalls"][0]["action"], "iam:CreateUser");
}

#[test]
fn a_second_start_on_the_same_folder_begins_the_account_anew_and_goes_on_with_the_journal() {
    let place = Place::new();
    let once = || run(&["demo", "--once", "--dir", place.argument(), "--listen", "127.0.0.1:0"]);
    assert_eq!(once().code, 0);
    let (key, records) = (place.keys("admin").access_key_id, journal_in(&place.path.join("audit")).len());
    let folder = |name: &str| place.path.join(name).to_str().expect("temporary folders have plain names").to_owned();
    let key_file = folder("audit-signing.key");
    let public_key = run(&["audit", "key", "--file", &key_file]).stdout;
    let (trail, sealing) = (place.read("aws-trail.jsonl"), place.read("sealing.key"));
    let again = once();
    assert_eq!(again.code, 0, "{}", again.said());
    fs::write(place.path.join("audit.pub"), public_key).expect("the folder is ours");
    let verified = run(&["audit", "verify", "--public-key", &folder("audit.pub"), &folder("audit")]);
    assert_eq!(verified.code, 0, "the key stays: {}", verified.said());
    assert!(place.read("aws-trail.jsonl").starts_with(&trail), "the trail goes on, too");
    assert_ne!(place.read("sealing.key"), sealing, "nobody remembers which of the old tokens were used");
    assert_ne!(place.keys("admin").access_key_id, key);
    assert!(journal_in(&place.path.join("audit")).len() > records);
}

#[test]
fn what_the_folder_or_the_address_forbids_is_said_and_nothing_is_touched() {
    let place = Place::new();
    fs::create_dir(&place.path).expect("the parent is ours");
    fs::write(place.path.join("thesis.txt"), "years").expect("the folder is ours");
    let foreign = run(&["demo", "--once", "--dir", place.argument(), "--listen", "127.0.0.1:0"]);
    assert_eq!(foreign.code, 1);
    assert!(foreign.stderr.contains("--dir"), "{}", foreign.stderr);
    assert_eq!(fs::read_dir(&place.path).expect("it is there").count(), 1);

    let elsewhere = Place::new();
    let public = run(&["demo", "--once", "--dir", elsewhere.argument(), "--listen", "0.0.0.0:0"]);
    assert_eq!(public.code, 1);
    assert!(public.stderr.contains("loopback"), "{}", public.stderr);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = taken.local_addr().expect("a bound listener has an address").to_string();
    let busy = run(&["demo", "--once", "--dir", elsewhere.argument(), "--listen", &address]);
    assert_eq!(busy.code, 1);
    assert!(busy.stderr.contains("--listen"), "{}", busy.stderr);
    assert!(!elsewhere.path.exists());
}

#[test]
fn agents_work_on_it_with_the_profiles_it_wrote() {
    let mut demo = Serving::start();
    let proxy = |profile: &str| {
        let keys = demo.place.keys(profile);
        Client::through_proxy(&demo.url(), &keys).with("--proxy-option=--log-level=CRITICAL")
    };
    let lines = proxy("admin").run(&[
        json!(["call_tool", "list_users", {"max_items": 30}]),
        json!(["call_tool", "create_user", {"user_name": "made-by-agent", "tags": {"team": "blue"}}]),
        json!(["call_tool", "delete_user", {"user_name": "made-by-agent", "force": true}]),
    ]);
    assert!(lines.iter().all(|line| line["ok"] == true), "{lines:#?}");
    let page = content(&lines[1]);
    assert_eq!((&page["Count"], &page["IsTruncated"]), (&json!(30), &json!(true)));
    let asked = content(&lines[3]);
    assert_eq!(asked["status"], "confirmation_required", "{}", lines[3]);
    let lines = proxy("admin").run(&[
        json!(["call_tool", "list_users", {"max_items": 30, "marker": page["Marker"]}]),
        json!(["call_tool", "delete_user", {
            "user_name": "made-by-agent", "force": true, "confirmation_token": asked["confirmation_token"],
        }]),
        json!(["call_tool", "get_user", {"user_name": "made-by-agent"}]),
    ]);
    let rest = content(&lines[1]);
    assert_eq!(rest["IsTruncated"], false);
    let names = |page: &Value| -> Vec<String> {
        let users = page["Users"].as_array().expect("a list of users");
        users.iter().filter_map(|user| user["UserName"].as_str().map(str::to_owned)).collect()
    };
    assert!(names(rest).iter().all(|name| !names(page).contains(name)), "no user is on both pages");
    assert_eq!(content(&lines[2])["Deleted"]["UserName"], "made-by-agent", "{}", lines[2]);
    assert_eq!(content(&lines[3])["error"]["code"], "NoSuchEntity", "{}", lines[3]);

    // A caller who only reads does not see the tools that write; who calls one all the same is refused.
    let lines =
        proxy("auditor").run(&[json!(["list_tools"]), json!(["call_tool", "create_user", {"user_name": "never"}])]);
    let tools = lines[1]["result"]["tools"].as_array().expect("a list of tools");
    assert!(tools.iter().all(|tool| tool["name"] != "create_user"));
    assert_eq!(lines[2]["result"]["isError"], true, "{}", lines[2]);
    let direct = Client::python(&demo.url(), Era::Modern, &demo.place.keys("auditor"));
    let lines = direct.run(&[json!(["call_tool", "create_user", {"user_name": "never"}])]);
    assert_eq!(content(&lines[1])["error"]["code"], "ReadOnlyCaller");

    assert_stamped(&demo.place);
    demo.signal("TERM");
    let child = &mut demo.child;
    let status = eventually("the demo ends", || child.try_wait().expect("the child can be waited for"));
    assert!(status.success(), "{status}");
    let verified = run(&["audit", "verify", &format!("{}/audit", demo.place.argument())]);
    assert_eq!(verified.code, 0, "{}", verified.said());
}

#[test]
fn what_it_prints_can_be_pasted() {
    let demo = Serving::start();
    let pasted = Command::new("sh").args(["-c", demo.way("This binary")]).env_clear().output().expect("sh is there");
    assert!(pasted.status.success(), "{}", String::from_utf8_lossy(&pasted.stderr));
    let listed: Value = serde_json::from_slice(&pasted.stdout).expect("the answer is JSON");
    assert_eq!(listed["Count"], 44);

    // The proxy is named at the version that the tests run with.
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tested = fs::read_to_string(home.join("tests/python/requirements/proxy.txt")).expect("it is there");
    let tested = tested.lines().find(|line| line.starts_with("mcp-proxy-for-aws==")).expect("it is pinned");
    for client in ["mcp-proxy-for-aws", "Claude Code", "Claude Desktop, Cursor, Windsurf", "VS Code"] {
        assert!(demo.way(client).contains(tested), "{client}: {}", demo.way(client));
    }
    let readme = fs::read_to_string(home.join("README.md")).expect("it is there");
    assert!(readme.contains(tested), "the README names another version than {tested}");
}

#[test]
fn closing_the_terminal_ends_it() {
    let mut demo = Serving::start();
    demo.signal("HUP");
    let child = &mut demo.child;
    let status = eventually("the demo ends", || child.try_wait().expect("the child can be waited for"));
    assert!(status.success(), "{status}");
}

/// What AWS saw: every session carries the stamp, every call the source identity.
fn assert_stamped(place: &Place) {
    let assumed = place.seen_by_aws("AssumeRole");
    assert!(!assumed.is_empty());
    for event in &assumed {
        let request = &event["requestParameters"];
        let tag = |key: &str| {
            let tags = request["tags"].as_array().expect("tags");
            tags.iter().find(|tag| tag["key"] == key).map(|tag| tag["value"].clone())
        };
        assert_eq!(tag("ViaAWSMCPService"), Some(json!("true")), "{event}");
        assert_eq!(tag("CalledViaAWSMCP"), Some(json!("iam-mcp.demo")), "{event}");
        let person = request["sourceIdentity"].as_str().expect("a source identity");
        assert!(person.ends_with("@example.com"), "{event}");
    }
    let created = place.seen_by_aws("CreateUser");
    let by_agent = created.iter().find(|event| event["requestParameters"]["userName"] == "made-by-agent");
    let context = &by_agent.expect("AWS saw it")["userIdentity"]["sessionContext"];
    assert_eq!(context["sourceIdentity"], "ada@example.com");
    assert_eq!(context["sessionIssuer"]["userName"], "mcp-admin");
}

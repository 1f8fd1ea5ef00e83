//! Canary secrets are put through every tool, error and log level, and appear nowhere.

mod calls;
mod canary;
mod results;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use data_encoding::{BASE64, HEXLOWER};
use iam_mcp_gateway::tools::catalogue::CATALOGUE;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::clients::Keys;
use crate::support::command::{run, run_with};
use crate::support::gateway::TestGateway;
use crate::support::http::{Answer, Request};
use crate::support::mcp::{message, modern, tool_call};
use crate::support::waiting::eventually;
use canary::{Canary, Haystack};

/// Files of keys, for their owner alone.
struct KeyFiles(TempDir);

impl KeyFiles {
    /// One of each kind.
    fn new() -> Self {
        let files = Self(tempfile::tempdir().expect("a temporary directory can be made"));
        for (name, byte) in [("signing", 0x51), ("hash", 0x52), ("sealing", 0x53)] {
            fs::write(files.path(name), Self::text(byte)).expect("the folder is ours");
            fs::set_permissions(files.path(name), fs::Permissions::from_mode(0o600)).expect("the folder is ours");
        }
        files
    }

    fn text(byte: u8) -> String {
        BASE64.encode(&Self::bytes(byte))
    }

    /// Bytes that do not repeat, so that a part of them is found as well.
    fn bytes(byte: u8) -> Vec<u8> {
        (0..32u8).map(|place| byte.wrapping_mul(place.wrapping_add(3))).collect()
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().expect("temporary folders have plain names").to_owned()
    }

    fn canaries() -> Vec<Canary> {
        let keys = [("the signing key", 0x51), ("the hash key", 0x52), ("a sealing key", 0x53)];
        let forms = |(what, byte)| {
            let hex = HEXLOWER.encode(&Self::bytes(byte));
            [Canary::of(what, &Self::text(byte)), Canary::of(what, &hex)]
        };
        keys.into_iter().flat_map(forms).collect()
    }
}

/// What was put in, and what was answered.
#[derive(Default)]
struct Put {
    canaries: Vec<Canary>,
    answers: Vec<String>,
}

impl Put {
    fn send(&mut self, request: &Request, canaries: impl IntoIterator<Item = Canary>) -> Answer {
        let answer = request.send();
        self.answers.push(answer.text());
        self.canaries.extend(canaries);
        answer
    }
}

/// The behaviour of an AWS that repeats what it was sent.
fn repeating(said: &str) -> Value {
    json!({"status": 400, "code": "ValidationError", "message": format!("the value '{said}' cannot be taken")})
}

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

/// Every call of every tool.
fn put_through_every_tool(gateway: &mut TestGateway, put: &mut Put) {
    gateway.wait_for_writes();
    for call in calls::all() {
        let said = [repeating(&call.aws_says)];
        let operations: BTreeSet<&str> =
            call.tool.reads.iter().chain(call.tool.writes).map(|a| a.operation()).collect();
        operations.iter().for_each(|operation| gateway.aws().queue(operation, &said));
        let (_, request) = gateway.tool_call("alice", call.tool.name, call.arguments.into());
        put.send(&request, call.canaries);
        operations.iter().for_each(|operation| gateway.aws().clear(operation));
    }
}

/// Names, headers and bodies around a call.
fn put_around_calls(gateway: &mut TestGateway, put: &mut Put) {
    let name = Canary::new("a tool's name").echoed();
    put.send(&gateway.tool_call("alice", &name.plain(), json!({"x": name.text()})).1, [name.clone()]);
    let params = Canary::new("params that are none");
    let call = message("1", "tools/call", json!({"name": "whoami", "arguments": params.text()}));
    put.send(&modern(gateway.request("alice"), &call), [params]);
    let method = Canary::new("a method").echoed();
    put.send(&modern(gateway.request("alice"), &message("1", &method.plain(), json!({}))), [method.clone()]);
    let meta = Canary::new("_meta");
    let mut call = tool_call("1", "whoami", json!({}));
    call["params"]["_meta"]["progressToken"] = meta.plain().into();
    call["params"]["_meta"][meta.plain()] = meta.text().into();
    // Progress is told with the client's own token.
    put.send(&modern(gateway.request("alice"), &call), [meta.echoed()]);
    let environment = Canary::new("an environment").echoed();
    let target = format!("/mcp/{}", environment.plain());
    put.send(&modern(gateway.request("alice").target(&target), &tool_call("1", "whoami", json!({}))), [environment]);
    let path = Canary::new("a path and a query");
    put.send(&gateway.request("alice").target(&format!("/{0}?token={0}", path.plain())), [path.clone()]);
    put.send(&gateway.request("alice").target(&format!("/mcp?X-Amz-Signature={}", path.plain())), [path]);
    for body in ["%", "{\"jsonrpc\": %", "{\"a%\": 1, \"a%\": 1}", "{\"jsonrpc\": \"2.0\", \"id\": \"x\\n%\"}"] {
        let canary = Canary::new(format!("the body {body}")).echoed();
        put.send(&gateway.request("alice").body(body.replace('%', &canary.plain())), [canary]);
    }
    for header in ["x-amz-security-token", "cookie", "x-api-key", "proxy-authorization", "mcp-session-id", "x-amz-%"] {
        let canary = Canary::new(format!("the header {header}")).echoed();
        let name = header.replace('%', &canary.plain());
        let call = tool_call("1", "whoami", json!({}));
        let request = modern(gateway.request("alice"), &call);
        put.send(&request.clone().unsigned_header(&name, &canary.plain()), [canary.clone()]);
        put.send(&modern(gateway.request("alice").header(&name, &canary.plain()), &call), [canary]);
    }
    let name = Canary::new("the header mcp-name").echoed();
    let call = tool_call("1", "whoami", json!({}));
    put.send(&modern(gateway.request("alice"), &call).header("mcp-name", &name.plain()), [name.clone()]);
}

/// Signatures that are none, and one that is not right.
fn put_into_signatures(gateway: &TestGateway, put: &mut Put) {
    let forms = [
        "%",
        "Bearer %",
        "Basic %",
        "AWS4-HMAC-SHA256 %",
        "AWS4-HMAC-SHA256 Credential=%, SignedHeaders=host, Signature=%",
        "AWS4-HMAC-SHA256 Credential=%/20260101/us-east-1/iam-mcp/aws4_request, SignedHeaders=host;x-amz-date, Signature=$",
        "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLEEXAMPLE00/%/%/%/%, SignedHeaders=host;x-amz-date, Signature=$",
        "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLEEXAMPLE00/20260101/us-east-1/iam-mcp/aws4_request, SignedHeaders=%, Signature=$",
    ];
    for form in forms {
        let canary = Canary::new(format!("Authorization: {form}")).echoed();
        let value = form.replace('%', &canary.plain()).replace('$', &"a1".repeat(32));
        let request = Request::post(gateway.address()).header("x-amz-date", "20260101T000000Z");
        assert_eq!(put.send(&request.header("authorization", &value), [canary]).status, 401, "{form}");
    }
    let wrong = Canary::new("a secret that is not the key's");
    let keys = Keys { secret_access_key: wrong.plain(), ..gateway.keys("alice").clone() };
    let request = modern(Request::post(gateway.address()).signed_with(&keys), &tool_call("1", "whoami", json!({})));
    let signature = Canary::of("a signature", &signature_of(&request));
    assert_eq!(put.send(&request, [wrong, signature]).code(), "signature_mismatch");
    let (_, request) = gateway.tool_call("alice", "whoami", json!({}));
    let signature = Canary::of("a good signature", &signature_of(&request));
    put.send(&request, [signature]);
}

fn signature_of(request: &Request) -> String {
    let text = String::from_utf8(request.bytes()).expect("the tests' requests are text");
    let signature = text.split("Signature=").nth(1).expect("the request is signed");
    signature.chars().take_while(char::is_ascii_hexdigit).collect()
}

/// AWS refuses the gateway's signature, and repeats what was signed, as the query protocol does.
fn put_into_awss_words(gateway: &mut TestGateway, put: &mut Put, assumed: &[Canary]) {
    let token = assumed[1].plain();
    let said =
        format!("The Canonical String for this request should have been\n'POST\nx-amz-security-token:{token}\n'");
    for (code, tool, operation, arguments) in [
        ("SignatureDoesNotMatch", "list_users", "ListUsers", json!({})),
        ("IncompleteSignature", "get_user", "GetUser", json!({"user_name": "bob"})),
    ] {
        gateway.aws().queue(operation, &[json!({"status": 403, "code": code, "message": said})]);
        assert_eq!(put.send(&gateway.tool_call("alice", tool, arguments).1, []).code(), code);
    }
}

/// A plan that is asked to be confirmed, with a token that is good.
fn put_a_good_token(gateway: &mut TestGateway, put: &mut Put) {
    let user = "<User><Path>/</Path><UserName>bob</UserName><UserId>AIDAEXAMPLE</UserId>\
        <Arn>arn:aws:iam::123456789012:user/bob</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></User>";
    let empty = |list: &str| json!({"result": format!("<{list}/><IsTruncated>false</IsTruncated>"), "times": 2});
    let aws = gateway.aws();
    aws.queue("GetUser", &[json!({"result": user, "times": 6})]);
    for (operation, list) in [
        ("ListGroupsForUser", "Groups"),
        ("ListAttachedUserPolicies", "AttachedPolicies"),
        ("ListUserPolicies", "PolicyNames"),
        ("ListAccessKeys", "AccessKeyMetadata"),
        ("ListMFADevices", "MFADevices"),
        ("ListSigningCertificates", "Certificates"),
        ("ListSSHPublicKeys", "SSHPublicKeys"),
        ("ListServiceSpecificCredentials", "ServiceSpecificCredentials"),
    ] {
        aws.queue(operation, &[empty(list)]);
    }
    aws.queue("GetLoginProfile", &[json!({"status": 404, "code": "NoSuchEntity", "times": 2})]);
    let asked = put.send(&gateway.tool_call("alice", "delete_user", json!({"user_name": "bob"})).1, []);
    let token = asked.json()["result"]["structuredContent"]["confirmation_token"].clone();
    let token = token.as_str().unwrap_or_else(|| unreachable!("no token: {}", asked.text())).to_owned();
    gateway.aws().queue("DeleteUser", &[repeating(&token)]);
    let arguments = json!({"user_name": "bob", "confirmation_token": token});
    put.send(&gateway.tool_call("alice", "delete_user", arguments).1, [Canary::of("a good token", &token).echoed()]);
    assert_eq!(gateway.received("DeleteUser").len(), 1, "the token was taken: {}", put.answers.concat());
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
    put_into_signatures(&gateway, &mut put);
    put_through_every_tool(&mut gateway, &mut put);
    put_around_calls(&mut gateway, &mut put);
    put_into_awss_words(&mut gateway, &mut put, &assumed);
    put_a_good_token(&mut gateway, &mut put);
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

#[test]
fn a_secret_that_somebody_holds_is_found_by_its_hash() {
    let keys = KeyFiles::new();
    let (mut gateway, _) = started(&keys, "info", "hash");
    let pasted = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    gateway.call("alice", "list_users", json!({"secret_access_key": pasted}));
    gateway.call("reader", "whoami", json!({"credentials": {"secret": [pasted]}, pasted: 1}));
    gateway.call("reader", "get_user", json!({"user_name": pasted}));
    gateway.stop();
    let hashed = |arguments: &[&str], input: &str| {
        let key = keys.path("hash");
        let ran = run_with(&[&["audit", "hash", "--key", &key, "--json"], arguments].concat(), &[], input);
        assert_eq!(ran.code, 0, "{}", ran.said());
        ran.json()
    };
    let hash = hashed(&[], &format!("{pasted}\n"));
    assert_eq!(hash, hashed(&["--value-is-json"], &format!("{pasted:?}")));
    assert_ne!(hash, hashed(&[], "another"));
    let text = hash["hmacSha256"].as_str().expect("a hash is a text");
    let found: Vec<Value> = gateway.journal().into_iter().filter(|record| record.to_string().contains(text)).collect();
    let tools: Vec<&Value> = found.iter().map(|record| &record["additionalEventData"]["tool"]).collect();
    assert_eq!(tools, ["list_users", "whoami", "get_user"], "{found:#?}");
    let unknown = &found[0]["requestParameters"]["params"]["unknownArguments"];
    assert_eq!((&unknown["count"], &unknown["hashed"][0]["value"]), (&json!(1), &hash));
    assert_eq!(found[2]["requestParameters"]["params"]["arguments"]["user_name"], hash);

    let plain = run_with(&["audit", "hash", "--key", &keys.path("hash")], &[], pasted);
    assert_eq!(plain.stdout.trim(), text);
    assert!(!plain.said().contains(pasted));
    for (input, arguments, said) in [("", &[][..], "empty"), ("x", &["--value-is-json"], "no JSON (line 1, column 1)")]
    {
        let wrong = run_with(&[&["audit", "hash", "--key", &keys.path("hash")], arguments].concat(), &[], input);
        assert!(wrong.code == 2 && wrong.stderr.contains(said), "{}", wrong.said());
    }
    fs::write(keys.path("hash"), "hunter2").expect("the folder is ours");
    let bad = run_with(&["audit", "hash", "--key", &keys.path("hash")], &[], pasted);
    assert!(bad.code == 1 && bad.stderr.contains("32 bytes in base64") && !bad.said().contains("hunter2"));
}

#[test]
fn a_hash_key_that_cannot_be_used_starts_nothing() {
    let keys = KeyFiles::new();
    let gateway = TestGateway::without_aws().start();
    let config = gateway.argument("gateway.toml");
    let with = |key: &str| format!("[audit]\nsecrets = \"hash\"\nhash_key = {:?}\n", keys.path(key));
    gateway.reconfigure("[audit]\n", &with("hash"));
    assert_eq!(run(&["config", "check", "--config", &config]).code, 0);
    eventually("the change waits for the next start", || {
        gateway.log().contains("these changes take effect at the next start").then_some(())
    });
    fs::set_permissions(keys.path("hash"), fs::Permissions::from_mode(0o644)).expect("the folder is ours");
    for command in [["config", "check", "--config", &config], ["serve", "--config", &config, "--read-only"]] {
        let ran = run(&command);
        assert_eq!(ran.code, 64, "{command:?}: {}", ran.said());
        assert!(ran.said().contains("others can read it; run chmod 600"), "{command:?}: {}", ran.said());
    }
}

//! From an identity to calls, the whole way and with clients that others wrote: profiles with `credential_process` through
//! several replicas, OAuth, tokens of AWS and of a cluster, and what revocation ends.

use std::fs;

use serde_json::{Value, json};

use crate::support::clients::{Client, Era, Keys};
use crate::support::command::Ran;
use crate::support::gateway::{ACCOUNT, NAME, TestGateway};
use crate::support::person::{Home, of_account, proving};
use crate::support::prepared::Prepared;
use crate::support::round_robin::RoundRobin;
use crate::support::sandbox::RunningSandbox;
use crate::support::sealing::SealingKeys;
use crate::support::waiting::eventually;

/// A person of the believable account, with ordinary keys.
const PERSON: &str = "ben.okafor";

/// Calls `whoami` as whoever these options prove.
fn whoami(home: &Home, url: &str, options: &[&str]) -> Ran {
    home.run(&[&["call", "whoami", "--url", url, "--audience", NAME][..], options].concat())
}

/// A gateway on this sandbox that takes GetCallerIdentity proofs of its people, for a minute each.
fn replica(sandbox: &RunningSandbox, keys: &SealingKeys) -> Prepared {
    let Keys { access_key_id, secret_access_key, session_token } = sandbox.gateway_keys();
    let url = format!("{:?}", sandbox.url());
    TestGateway::without_aws()
        .set("aws.sts_endpoint", &url)
        .set("aws.iam_endpoint", &url)
        .variable("AWS_ACCESS_KEY_ID", &access_key_id)
        .variable("AWS_SECRET_ACCESS_KEY", &secret_access_key)
        .variable("AWS_SESSION_TOKEN", &session_token.expect("a role has a session"))
        .taking_identities(keys, &[1])
        .mapping_of(
            &of_account("caller-identity", "user/people/*"),
            "role/mcp-auditor",
            "access = \"read-only\"\ncredential_seconds = 60",
        )
}

/// The access key ids that calls at a gateway were signed with, in their order.
fn keys_of_calls(gateway: &TestGateway) -> Vec<String> {
    let calls = gateway.journal().into_iter().filter(|record| record["stage"] == "read");
    calls.map(|call| text(&call["additionalEventData"]["authentication"]["accessKeyId"])).collect()
}

fn sealing_keys_of_calls(gateway: &TestGateway) -> Vec<String> {
    let calls = gateway.journal().into_iter().filter(|record| record["stage"] == "read");
    calls.map(|call| text(&call["additionalEventData"]["authentication"]["sealingKey"])).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| unreachable!("{value} is no text")).to_owned()
}

/// Gives both replicas these sealing keys, and waits until they have them.
fn rotate(replicas: &[TestGateway; 2], keys: &SealingKeys, from: &[u8], to: &[u8]) {
    for replica in replicas {
        let reloads = || replica.records("reload").len();
        let before = reloads();
        replica.reconfigure(&keys.value(from), &keys.value(to));
        eventually("the new keys are in force", || (reloads() > before).then_some(()));
    }
}

/// This watches the real binary while credentials of a minute expire, so it takes more than one.
#[test]
fn an_unmodified_client_works_through_two_replicas_across_expiry_and_rotation() {
    let (sandbox, keys) = (RunningSandbox::start(), SealingKeys::new());
    let replicas = [replica(&sandbox, &keys).start(), replica(&sandbox, &keys).start()];
    let balancer = RoundRobin::before(replicas.iter().map(TestGateway::address).collect());
    let url = format!("http://{}/mcp", balancer.address());
    let home = Home::of(&sandbox.user_keys(PERSON));
    let options = proving(sandbox.url());
    let installed = home.run(&[&["credentials", "--url", &url, "--install", "gw", "--yes"][..], &options].concat());
    assert_eq!(installed.code, 0, "{}", installed.stderr);

    // Longer than clients keep an idle connection, so that the next call goes to the other replica.
    let call_and_pause = [json!(["call_tool", "list_users", {"max_items": 1}]), json!(["pause", 5.5])];
    let steps: Vec<Value> = call_and_pause.iter().cycle().take(2 * 15).cloned().collect();
    let client = Client::through_proxy_by_profile(&url, &home.config(), "gw").with_home(&home.path(""));
    let calls = |at_least: usize| {
        let made = || replicas.iter().map(|replica| keys_of_calls(replica).len()).sum::<usize>();
        eventually("the client makes its calls", || (made() >= at_least).then_some(()));
    };
    let answers = std::thread::scope(|scope| {
        let running = scope.spawn(|| client.run(&steps));
        calls(2);
        rotate(&replicas, &keys, &[1], &[1, 2]);
        rotate(&replicas, &keys, &[1, 2], &[2, 1]);
        // One wait for each call, since all of them take more than a minute.
        (3..=10).for_each(calls);
        // The first credentials are over once all that are used were sealed by the new key.
        eventually("credentials are renewed", || {
            let of_new =
                replicas.iter().all(|replica| sealing_keys_of_calls(replica).last().is_some_and(|key| key == "root-2"));
            of_new.then_some(())
        });
        rotate(&replicas, &keys, &[2, 1], &[2]);
        running.join().expect("the client ends")
    });
    assert_eq!(answers.len(), 1 + 15, "{answers:?}");
    for answer in &answers {
        assert!(answer["ok"] == true && answer["result"]["isError"] != true, "{answer}");
    }
    let used: Vec<Vec<String>> = replicas.iter().map(keys_of_calls).collect();
    assert!(used.iter().all(|keys| keys.len() >= 5), "both replicas are called: {used:?}");
    let different: std::collections::BTreeSet<&String> = used.iter().flatten().collect();
    assert!(different.len() >= 2, "the first credentials expired meanwhile: {different:?}");
    let issued: usize = replicas.iter().map(|replica| replica.records("issuance").len()).sum();
    assert_eq!(issued, different.len(), "no credentials were asked for in vain");
}

#[test]
fn connect_calls_as_whoever_the_profile_proves() {
    let (sandbox, keys) = (RunningSandbox::start(), SealingKeys::new());
    let gateway = replica(&sandbox, &keys).start();
    let home = Home::of(&sandbox.user_keys(PERSON));
    for era in [Era::Legacy, Era::Modern] {
        let connect = Client::through_connect(&gateway.url(), era, &Keys::none()).with_home(&home.path(""));
        let connect = proving(sandbox.url()).iter().fold(connect, |client, option| client.with(&passed_on(option)));
        let answers = connect.run(&[json!(["call_tool", "whoami", {}]), json!(["call_tool", "list_users", {}])]);
        let [connected, whoami, listed] = &answers[..] else { unreachable!("one answer for each step: {answers:?}") };
        assert_eq!(connected["ok"], true, "{connected}");
        let caller = &whoami["result"]["structuredContent"]["Caller"];
        assert_eq!(
            (&caller["kind"], &caller["name"], &caller["account"]),
            (&json!("caller-identity"), &json!(format!("user/people/{PERSON}")), &json!(ACCOUNT)),
            "{whoami}"
        );
        assert_eq!(listed["result"]["isError"], false, "{listed}");
    }
    let used = keys_of_calls(&gateway);
    assert!(used.len() >= 4 && used.iter().all(|key| *key == used[0] && key.starts_with("IMGT")), "{used:?}");
    assert_eq!(gateway.records("issuance").len(), 1, "the second takes what the first has kept");
}

/// An option of `connect`, as its script takes it.
fn passed_on(option: &str) -> String {
    format!("--connect-option={option}")
}

#[test]
fn the_python_client_finds_its_way_by_oauth() {
    let sandbox = RunningSandbox::start();
    let issuer = format!(
        "access = \"read-only\"\n[[issuer]]\nname = \"idp\"\nurl = {:?}\nuses = [\"bearer\"]\ncaller = \"people/{{email}}\"\n\
         person = \"{{email}}\"\n",
        sandbox.oidc_issuer()
    );
    let gateway = replica(&sandbox, &SealingKeys::new())
        .set("bearer.url", "\"http://127.0.0.1:1\"")
        .mapping_of("{ kind = \"oidc\", issuer = \"idp\", pattern = \"people/*\" }", "role/mcp-auditor", &issuer)
        .start();
    let public = format!("http://{}", gateway.address());
    gateway.reconfigure("http://127.0.0.1:1", &public);
    eventually("the gateway knows its own address", || {
        let metadata = gateway.get("/.well-known/oauth-protected-resource/mcp").json();
        (metadata["resource"] == gateway.url()).then_some(())
    });
    for era in [Era::Legacy, Era::Modern, Era::Auto] {
        let steps = [json!(["call_tool", "whoami", {}]), json!(["call_tool", "create_user", {"user_name": "dave"}])];
        let answers = Client::with_oauth(&gateway.url(), era).run(&steps);
        let [connected, whoami, written] = &answers[..] else { unreachable!("one answer for each step: {answers:?}") };
        assert_eq!(connected["ok"], true, "{connected}");
        let who = &whoami["result"]["structuredContent"];
        assert_eq!(who["Access"], "read-only", "{whoami}");
        assert_eq!(who["Caller"]["person"], "emma.lindqvist@acme.example", "{whoami}");
        assert_eq!(who["Caller"]["issuer"], "idp");
        // The scope is looked at before the access, and a client asks for the one that the challenge names.
        assert_eq!(written["result"]["structuredContent"]["error"]["code"], "InsufficientScope", "{written}");
    }
}

#[test]
fn a_token_of_aws_names_the_person_and_is_worth_more_than_a_proof_of_identity() {
    let (sandbox, keys) = (RunningSandbox::start(), SealingKeys::new());
    let tables = format!(
        "access = \"read-only\"\n[[exchange.web_identity]]\naccount = \"{ACCOUNT}\"\nissuer = {:?}\n",
        sandbox.web_identity_issuer()
    );
    let gateway =
        replica(&sandbox, &keys).mapping_of(&of_account("web-identity", "role/*"), "role/mcp-auditor", &tables).start();
    let allow = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:GetWebIdentityToken", "Resource": "*"},
    ]});
    let document = allow.to_string();
    let arguments = json!({"RoleName": "mcp-admin", "PolicyName": "own-tokens", "PolicyDocument": document});
    sandbox.root().done("put_role_policy", arguments);
    let home = Home::of(&sandbox.identity_center_keys("mcp-admin", "ada", "0123456789-ada"));
    let options = ["--profile", "person", "--proof", "web-identity", "--sts-endpoint", sandbox.url()];
    let called = whoami(&home, &gateway.url(), &options);
    assert_eq!(called.code, 0, "{}", called.stderr);
    let caller = called.json()["Caller"].clone();
    assert_eq!((&caller["kind"], &caller["name"]), (&json!("web-identity"), &json!("role/mcp-admin")), "{caller}");
    assert_eq!(caller["person"], "0123456789-ada", "{caller}");
    let issued = gateway.records("issuance");
    assert_eq!(issued.len(), 1);
    assert_eq!(issued[0]["additionalEventData"]["caller"]["kind"], "web-identity");
}

#[test]
fn a_clusters_token_file_is_traded_and_conditions_say_whose_it_must_be() {
    let sandbox = RunningSandbox::start();
    let issuer = format!(
        "access = \"read-only\"\n[[issuer]]\nname = \"cluster\"\nurl = {:?}\n\
         caller = \"{{/kubernetes.io/namespace}}/{{/kubernetes.io/serviceaccount/name}}\"\n\
         conditions = {{ \"/kubernetes.io/namespace\" = [\"agents\"] }}\ntags = {{ Namespace = \"/kubernetes.io/namespace\" }}\n",
        sandbox.oidc_issuer()
    );
    let pods = "{ kind = \"oidc\", issuer = \"cluster\", pattern = \"agents/*\" }";
    let gateway = replica(&sandbox, &SealingKeys::new()).mapping_of(pods, "role/mcp-auditor", &issuer).start();
    let home = Home::of(&Keys::none());
    let file = home.path("token");
    let call_as = |namespace: &str| {
        let now = crate::support::waiting::now().as_second();
        let token = sandbox.oidc_token(json!({
            "aud": [NAME], "sub": format!("system:serviceaccount:{namespace}:bot"), "iat": now, "exp": now + 600, "jti": "j",
            "kubernetes.io": {"namespace": namespace, "serviceaccount": {"name": "bot"}},
        }));
        fs::write(&file, token).expect("the folder is ours");
        let path = file.display().to_string();
        whoami(&home, &gateway.url(), &["--web-identity-token-file", &path, "--no-cache"])
    };
    let called = call_as("agents");
    assert_eq!(called.code, 0, "{}", called.stderr);
    let who = called.json();
    assert_eq!(
        (&who["Caller"]["name"], &who["SessionTags"]["Namespace"]),
        (&json!("agents/bot"), &json!("agents")),
        "{who}"
    );
    let refused = call_as("other");
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    assert!(refused.stderr.contains("token_condition"), "{}", refused.stderr);
}

#[test]
fn a_person_who_is_revoked_is_refused_with_credentials_that_are_out_and_with_new_proofs() {
    let (sandbox, keys) = (RunningSandbox::start(), SealingKeys::new());
    let gateway = replica(&sandbox, &keys).start();
    let home = Home::of(&sandbox.user_keys(PERSON));
    let options = ["--profile", "person", "--sts-endpoint", sandbox.url()];
    let call = |more: &[&str]| whoami(&home, &gateway.url(), &[&options, more].concat());
    let called = call(&[]);
    assert_eq!(called.code, 0, "{}", called.stderr);
    let caller = format!("caller-identity:{ACCOUNT}:{}", text(&called.json()["Caller"]["name"]));
    let mut config = fs::read_to_string(gateway.path("gateway.toml")).expect("the configuration is there");
    config.push_str(&format!("[[revoked]]\ncaller = \"{caller}\"\n"));
    fs::write(gateway.path("gateway.toml"), config).expect("the folder is ours");
    eventually("the revocation is in force", || (!gateway.records("reload").is_empty()).then_some(()));
    let with_what_is_out = call(&[]);
    assert_eq!(with_what_is_out.code, 1);
    assert!(with_what_is_out.stderr.contains("revoked"), "{}", with_what_is_out.stderr);
    let anew = call(&["--no-cache"]);
    assert!(anew.code == 1 && anew.stderr.contains("revoked"), "{}", anew.stderr);
    assert_eq!(gateway.records("issuance").len(), 1, "no credentials for whoever is revoked");
    assert!(eventually("it is recorded", || {
        let refused = gateway.records("authentication");
        (refused.len() >= 2).then(|| refused.iter().all(|record| record["errorCode"] == "revoked"))
    }));
}

#[test]
fn without_sts_nobody_new_comes_and_whoever_is_there_stays() {
    let (sandbox, keys) = (RunningSandbox::start(), SealingKeys::new());
    let gateway = replica(&sandbox, &keys).start();
    let home = Home::of(&sandbox.user_keys(PERSON));
    let url = sandbox.url().to_owned();
    let options = ["--profile", "person", "--sts-endpoint", &url, "--timeout", "20"];
    assert_eq!(whoami(&home, &gateway.url(), &options).code, 0);
    drop(sandbox);
    let held = whoami(&home, &gateway.url(), &options);
    assert_eq!(held.code, 0, "{}", held.stderr);
    let refused = whoami(&home, &gateway.url(), &[&options[..], &["--no-cache"]].concat());
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    assert!(refused.stderr.contains("sts_unreachable"), "{}", refused.stderr);
}

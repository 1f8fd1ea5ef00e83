//! Several replicas of the real binary behind nginx, with Valkey between them: each was written by others, and comes from
//! Debian.

mod server;

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::clients::{Client, Keys};
use crate::support::debian::{Nginx, Valkey};
use crate::support::faulty::NEW_USER;
use crate::support::gateway::TestGateway;
use crate::support::holding::Holding;
use crate::support::http::{Request, connect};
use crate::support::mcp::{Called, modern, tool_call};
use crate::support::prepared::Prepared;
use crate::support::sandbox::RunningSandbox;
use crate::support::sealing::SealingKeys;
use crate::support::waiting::{eventually, now, wait_until};

static IDS: AtomicU32 = AtomicU32::new(1);

/// A replica that asks this Valkey, and behaves so while it is gone.
fn sharing(prepared: Prepared, valkey: &Valkey, unavailable: &str) -> Prepared {
    sharing_at(prepared, &valkey.url(), unavailable)
}

/// The same with the Valkey of this URL.
fn sharing_at(prepared: Prepared, url: &str, unavailable: &str) -> Prepared {
    prepared
        .set("shared_state.url", &format!("{url:?}"))
        .set("shared_state.unavailable", &format!("{unavailable:?}"))
        .set("listen.trusted_proxies", "[\"127.0.0.1/32\"]")
}

/// Another replica of the same gateway: with its keys and its AWS.
fn another(first: &TestGateway, aws: &str) -> Prepared {
    let Keys { access_key_id, secret_access_key, session_token } = first.own_keys();
    let aws = format!("{aws:?}");
    let prepared = TestGateway::without_aws()
        .set("aws.sts_endpoint", &aws)
        .set("aws.iam_endpoint", &aws)
        .with_keys_of(first)
        .variable("AWS_ACCESS_KEY_ID", &access_key_id)
        .variable("AWS_SECRET_ACCESS_KEY", &secret_access_key);
    match session_token {
        Some(token) => prepared.variable("AWS_SESSION_TOKEN", &token),
        None => prepared,
    }
}

/// Two replicas on one faulty AWS, which is the first one's.
fn on_faulty_aws(valkey: &Valkey, unavailable: &str) -> [TestGateway; 2] {
    let mut first = sharing(TestGateway::with_faulty_aws(), valkey, unavailable).start();
    let aws = first.aws().url().to_owned();
    let second = sharing(another(&first, &aws), valkey, unavailable).start();
    [first, second]
}

/// A call that alice of the first signs, late enough to write; to be sent to any of them.
fn write(replicas: &[TestGateway; 2], tool: &str, arguments: Value) -> (String, Request) {
    let opens = replicas.iter().map(TestGateway::opens_for_writes).max().expect("there are two");
    wait_until(opens - SignedDuration::from_secs(1));
    let id = format!("of-two-{}", IDS.fetch_add(1, Ordering::Relaxed));
    let request = Request::post(replicas[0].address()).signed_with(replicas[0].keys("alice"));
    (id.clone(), modern(request, &tool_call(&id, tool, arguments)).signed_at(now().max(opens)))
}

/// The same request at another replica: it was signed for a name that both answer to.
fn at(replica: &TestGateway, id: &str, request: &Request) -> Called {
    Called::of(id.to_owned(), &request.to(replica.address()).send())
}

fn is_lost(replica: &TestGateway) -> Option<String> {
    replica.readiness()["alarms"]["shared_state"].as_str().map(ToOwned::to_owned)
}

#[test]
fn a_write_that_is_replayed_at_the_other_replica_is_refused() {
    let valkey = Valkey::start();
    let mut replicas = on_faulty_aws(&valkey, "refuse-writes");
    replicas[0].aws().queue("CreateUser", &[json!({"result": NEW_USER, "times": 2})]);
    let (id, request) = write(&replicas, "create_user", json!({"user_name": "dave"}));
    assert_eq!(at(&replicas[0], &id, &request).done()["status"], "done");
    for replica in &replicas {
        assert_eq!(at(replica, &id, &request).code(), "replayed");
    }
    assert_eq!(replicas[0].received("CreateUser").len(), 1);
    let refused = replicas[1].records_of(&id);
    assert_eq!((refused.len(), &refused[0]["errorCode"]), (1, &json!("replayed")));
}

#[test]
fn a_confirmation_is_used_once_across_both_and_what_was_rejected_is_done_by_none() {
    let (valkey, sandbox, keys) = (Valkey::start(), RunningSandbox::start(), SealingKeys::new());
    let replica = |prepared: Prepared| {
        sharing(prepared, &valkey, "refuse-writes")
            .set("sealing.keys", &keys.value(&[1]))
            .mapping("planner", "role/mcp-admin", "access = \"read-write\"\nconfirmation = \"second-person\"")
            .mapping("approver", "role/mcp-auditor", "access = \"read-only\"\nmay_approve = true")
    };
    let Keys { access_key_id, secret_access_key, session_token } = sandbox.gateway_keys();
    let url = format!("{:?}", sandbox.url());
    let on_sandbox = |prepared: Prepared| {
        prepared
            .set("aws.sts_endpoint", &url)
            .set("aws.iam_endpoint", &url)
            .variable("AWS_ACCESS_KEY_ID", &access_key_id)
            .variable("AWS_SECRET_ACCESS_KEY", &secret_access_key)
            .variable("AWS_SESSION_TOKEN", session_token.as_deref().expect("a role has a session"))
    };
    let first = on_sandbox(replica(TestGateway::without_aws())).start();
    let second = on_sandbox(replica(TestGateway::without_aws())).with_keys_of(&first).start();
    let replicas = [first, second];
    let call = |replica: usize, caller: &str, tool: &str, arguments: Value| {
        let opens = replicas.iter().map(TestGateway::opens_for_writes).max().expect("there are two");
        wait_until(opens);
        let id = format!("of-two-{}", IDS.fetch_add(1, Ordering::Relaxed));
        let request = Request::post(replicas[replica].address()).signed_with(replicas[0].keys(caller));
        Called::of(id.clone(), &modern(request, &tool_call(&id, tool, arguments)).send())
    };
    let decide = |replica: usize, token: &Value, decision: &str| {
        let number = IDS.fetch_add(1, Ordering::Relaxed).to_string();
        let body = json!({"plan_token": token, "decision": decision}).to_string();
        let request = Request::post(replicas[replica].address()).signed_with(replicas[0].keys("approver"));
        request.target("/approvals").header("x-request-id", &number).body(body).send()
    };
    let policy = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let attach = json!({"user_name": "ben.okafor", "policy_arn": policy});
    let with = |token: &Value| json!({"user_name": "ben.okafor", "policy_arn": policy, "confirmation_token": token});

    let plan = call(0, "planner", "attach_user_policy", attach.clone()).done()["plan_token"].clone();
    let approved = decide(1, &plan, "approve");
    assert_eq!(approved.status, 200, "{}", approved.text());
    let approval = approved.json()["approval_token"].clone();
    assert_eq!(call(0, "planner", "attach_user_policy", with(&approval)).done()["status"], "done");
    // So that the plan is the same again, and only the token stands in the way.
    let detach = json!({"user_name": "ben.okafor", "policy_arn": policy});
    let asked = call(0, "alice", "detach_user_policy", detach.clone());
    let mut detach = detach;
    detach["confirmation_token"] = asked.content["confirmation_token"].clone();
    assert_eq!(call(0, "alice", "detach_user_policy", detach).done()["status"], "done");
    for replica in [1, 0] {
        assert_eq!(call(replica, "planner", "attach_user_policy", with(&approval)).code(), "ConfirmationUsed");
    }

    let plan = call(0, "planner", "attach_user_policy", attach).done()["plan_token"].clone();
    let approval = decide(1, &plan, "approve").json()["approval_token"].clone();
    let rejected = decide(0, &plan, "reject");
    assert_eq!(
        (rejected.status, &rejected.json()["note"]),
        (200, &json!("no approval of this plan is accepted any more"))
    );
    assert_eq!(decide(1, &plan, "approve").code(), "ConfirmationUsed", "the other replica knows of it");
    assert_eq!(call(1, "planner", "attach_user_policy", with(&approval)).code(), "ConfirmationUsed");
}

#[test]
fn what_an_approver_decided_is_done_and_recorded_though_nobody_waits_for_the_answer() {
    let valkey = Valkey::start();
    // What makes a signature good for once is asked of Valkey before anything is decided.
    let holding = Holding::before(valkey.address(), ":write:");
    let gateway = sharing_at(TestGateway::with_sandbox(), &holding.url(), "local")
        .mapping("planner", "role/mcp-admin", "access = \"read-write\"\nconfirmation = \"second-person\"")
        .mapping("approver", "role/mcp-auditor", "access = \"read-only\"\nmay_approve = true")
        .start();
    let arguments = json!({"user_name": "ben.okafor", "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"});
    wait_until(gateway.opens_for_writes());
    let planned = gateway.call("planner", "attach_user_policy", arguments).done()["plan_token"].clone();
    let decide = |decision: &str| {
        let body = json!({"plan_token": planned, "decision": decision}).to_string();
        Request::post(gateway.address()).signed_with(gateway.keys("approver")).target("/approvals").body(body)
    };
    holding.hold();
    let mut client = connect(gateway.address());
    client.write_all(&decide("reject").bytes()).expect("the gateway listens");
    holding.wait();
    drop(client);
    let recorded = eventually("the decision is recorded", || gateway.records("approval").pop());
    assert_eq!((&recorded["eventName"], &recorded["errorCode"]), (&json!("RejectPlan"), &Value::Null));
    assert_eq!(decide("approve").send().code(), "ConfirmationUsed");
}

#[test]
fn without_valkey_writes_are_refused_reads_are_answered_and_it_heals() {
    let mut valkey = Valkey::start();
    let mut replicas = on_faulty_aws(&valkey, "refuse-writes");
    replicas[0].aws().queue("CreateUser", &[json!({"result": NEW_USER, "times": 2})]);
    let (before, used) = write(&replicas, "create_user", json!({"user_name": "dave"}));
    assert_eq!(at(&replicas[0], &before, &used).done()["status"], "done");
    valkey.kill();
    for replica in &replicas {
        let (id, request) = write(&replicas, "create_user", json!({"user_name": "erin"}));
        assert_eq!(at(replica, &id, &request).code(), "shared_state_unavailable");
        let told = eventually("operators are told", || is_lost(replica));
        assert!(told.contains("writes are refused"), "{told}");
        assert_eq!(replica.get("/readyz").status, 200, "it can answer");
    }
    assert!(!replicas[0].call("alice", "whoami", json!({})).is_error);
    valkey.restart();
    for replica in &replicas {
        eventually("it heals", || is_lost(replica).is_none().then_some(()));
    }
    // Valkey forgot everything: what was signed before it began again may have been used, and was.
    assert_eq!(at(&replicas[1], &before, &used).code(), "signed_before_start");
    let created = eventually("writes go on", || {
        let (id, request) = write(&replicas, "create_user", json!({"user_name": "frank"}));
        let called = at(&replicas[1], &id, &request);
        (called.content["status"] == "done").then_some(called)
    });
    assert!(!created.is_error);
    for replica in &replicas {
        let names: Vec<Value> =
            replica.records("reload").into_iter().map(|record| record["eventName"].clone()).collect();
        assert_eq!(names, ["LoseSharedState", "ReachSharedState"], "both are recorded");
    }
}

#[test]
fn a_replica_that_may_goes_on_by_itself_and_tells_valkey_later_what_it_let_pass() {
    let mut valkey = Valkey::start();
    let mut replicas = on_faulty_aws(&valkey, "local");
    replicas[0].aws().queue("CreateUser", &[json!({"result": NEW_USER, "times": 2})]);
    // The first seconds of a process are not for writing without Valkey, as ever.
    let started = now();
    wait_until(started + SignedDuration::from_secs(4));
    valkey.kill();
    let told = eventually("operators are told", || is_lost(&replicas[0]));
    assert!(told.contains("could be replayed"), "{told}");
    let (id, request) = write(&replicas, "create_user", json!({"user_name": "dave"}));
    assert_eq!(at(&replicas[0], &id, &request).done()["status"], "done");
    assert_eq!(at(&replicas[0], &id, &request).code(), "replayed");
    valkey.restart();
    for replica in &replicas {
        eventually("it heals", || is_lost(replica).is_none().then_some(()));
    }
    assert!(valkey.ask(&["KEYS", "*:write:*"]).contains(":write:"), "it was told");
    assert_eq!(at(&replicas[1], &id, &request).code(), "replayed", "and so the other one knows");
}

#[test]
fn rates_are_counted_across_both() {
    let valkey = Valkey::start();
    let limited = |prepared: Prepared| {
        sharing(prepared, &valkey, "refuse-writes")
            .set("limits.caller_requests_per_second", "1")
            .set("limits.caller_requests_burst", "6")
    };
    let mut first = limited(TestGateway::with_faulty_aws()).start();
    let aws = first.aws().url().to_owned();
    let second = limited(another(&first, &aws)).start();
    let statuses: Vec<u16> = (0..10)
        .map(|number| {
            let replica = if number % 2 == 0 { &first } else { &second };
            let request = Request::post(replica.address()).signed_with(first.keys("reader"));
            let answer = modern(request, &tool_call("limited", "whoami", json!({}))).send();
            if answer.status == 429 {
                assert_eq!(answer.code(), "caller_rate_limited");
                assert!(answer.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()));
            }
            answer.status
        })
        .collect();
    let passed = statuses.iter().filter(|status| **status == 200).count();
    // One more for each second that this took.
    assert!((6..10).contains(&passed), "six together, not six each: {statuses:?}");
}

#[test]
fn where_nginx_rewrites_the_host_the_configuration_names_the_one_that_is_signed() {
    let valkey = Valkey::start();
    // Whoever signs learns the address of nginx, which is known once it listens before the gateway; so the configuration
    // is the second one, and the first shows what is refused without it.
    let plain = sharing(TestGateway::with_faulty_aws(), &valkey, "refuse-writes").start();
    let rewriting = Nginx::before(&[plain.address()], "$proxy_host");
    let keys = plain.keys("reader").clone();
    let whoami = |nginx: &Nginx| {
        let request = Request::post(nginx.address()).signed_with(&keys);
        modern(request, &tool_call("rewritten", "whoami", json!({}))).send()
    };
    let refused = whoami(&rewriting);
    assert_eq!((refused.status, refused.code().as_str()), (403, "host_not_allowed"), "{}", refused.text());
    let listed = |host: &str| {
        sharing(TestGateway::with_faulty_aws(), &valkey, "refuse-writes")
            .with_keys_of(&plain)
            .set("listen.hosts", "[\"gateway\"]")
            .set("listen.signed_host", &format!("{host:?}"))
            .start()
    };
    let other = listed("iam-mcp.elsewhere.example");
    let before_other = Nginx::before(&[other.address()], "$proxy_host");
    let refused = whoami(&before_other);
    assert_eq!((refused.status, refused.code().as_str()), (401, "signature_mismatch"), "{}", refused.text());

    let before = Nginx::reserved();
    let gateway = listed(&before.address().to_string());
    let nginx = before.start(&[gateway.address()], "$proxy_host");
    assert_eq!(whoami(&nginx).status, 200);
    let answers = Client::through_proxy(&nginx.url(), &keys).run(&[json!(["call_tool", "whoami", {}])]);
    let [connected, answered] = &answers[..] else { unreachable!("one answer for each step: {answers:?}") };
    assert!(connected["ok"] == true && answered["result"]["isError"] == false, "{answers:?}");
}

#[test]
fn mcp_proxy_works_through_nginx_while_one_replica_is_told_to_end() {
    let (valkey, sandbox) = (Valkey::start(), RunningSandbox::start());
    let url = format!("{:?}", sandbox.url());
    let Keys { access_key_id, secret_access_key, session_token } = sandbox.gateway_keys();
    let replica = || {
        sharing(TestGateway::without_aws(), &valkey, "refuse-writes")
            .set("aws.sts_endpoint", &url)
            .set("aws.iam_endpoint", &url)
            .set("limits.shutdown_announce_seconds", "3")
            .variable("AWS_ACCESS_KEY_ID", &access_key_id)
            .variable("AWS_SECRET_ACCESS_KEY", &secret_access_key)
            .variable("AWS_SESSION_TOKEN", session_token.as_deref().expect("a role has a session"))
    };
    let first = replica().start();
    let mut second = replica().with_keys_of(&first).start();
    let nginx = Nginx::before(&[first.address(), second.address()], "$http_host");
    let ended = AtomicBool::new(false);
    let (through, balancer, of_load) = (nginx.url(), nginx.address(), first.keys("reader").clone());
    // A steady load beside the client, each call on a connection of its own.
    let load = || {
        let mut failed = Vec::new();
        while !ended.load(Ordering::SeqCst) {
            let request = Request::post(balancer).signed_with(&of_load);
            let answer = modern(request, &tool_call("load", "whoami", json!({}))).send();
            if answer.status != 200 {
                failed.push(format!("{} {}", answer.status, answer.text()));
            }
        }
        failed
    };
    // For some seconds, so that the end of a replica falls into it.
    let steps: Vec<Value> = [json!(["call_tool", "whoami", {}]), json!(["call_tool", "list_users", {"max_items": 1}])]
        .into_iter()
        .chain([json!(["pause", 0.2])])
        .cycle()
        .take(3 * 25)
        .collect();
    let client = Client::through_proxy(&through, first.keys("alice"));
    let calls_of = |gateway: &TestGateway, caller: &str| {
        let role = format!("keyring:{caller}");
        let reads = gateway.records("read").into_iter();
        reads.filter(|read| read["additionalEventData"]["roleMapping"].to_string().contains(&role)).count()
    };
    // Changes, too: each is done, whichever replica takes it.
    let opens = [&first, &second].map(TestGateway::opens_for_writes).into_iter().max().expect("there are two");
    wait_until(opens);
    let of_writes = first.keys("alice").clone();
    let writes = || {
        let (mut made, mut failed) = (0, Vec::new());
        while !ended.load(Ordering::SeqCst) {
            made += 1;
            let create =
                tool_call(&format!("write-{made}"), "create_user", json!({"user_name": format!("load-{made}")}));
            let answer = modern(Request::post(balancer).signed_with(&of_writes), &create).send();
            if answer.status != 200 || !answer.text().contains("\"status\":\"done\"") {
                failed.push(format!("{} {}", answer.status, answer.text()));
            }
        }
        assert!(made > 10, "{made} changes were made");
        failed
    };
    let (answers, failed) = std::thread::scope(|scope| {
        let running = scope.spawn(|| client.run(&steps));
        let writing = scope.spawn(writes);
        let loads: Vec<_> = (0..4).map(|_| scope.spawn(load)).collect();
        eventually("both replicas are called by both", || {
            let both =
                [&first, &second].into_iter().all(|one| calls_of(one, "alice") > 2 && calls_of(one, "reader") > 20);
            both.then_some(())
        });
        let told = now();
        second.stop();
        let took = now().duration_since(told);
        assert!(took < SignedDuration::from_secs(3 + 20), "announced for 3 s, and within the grace: {took}");
        let answers = running.join().expect("the client ends");
        ended.store(true, Ordering::SeqCst);
        let failed = loads.into_iter().chain([writing]).flat_map(|load| load.join().expect("it ends"));
        (answers, failed.collect::<Vec<String>>())
    });
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(answers.len(), 1 + 2 * 25, "{answers:?}");
    for answer in &answers {
        assert!(answer["ok"] == true && answer["result"]["isError"] != true, "{answer}");
    }
    assert!(calls_of(&first, "alice") > calls_of(&second, "alice"), "the other one went on");
}

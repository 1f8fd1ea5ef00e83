//! Access keys through the gateway: rotation in three calls, what becomes of new secrets, and who may still use what.

mod stored;

use serde_json::{Value, json};

use crate::support::clients::Keys;
use crate::support::faulty::NEW_USER;
use crate::support::gateway::TestGateway;
use crate::support::http::{Answer, Request};
use crate::support::mcp::Called;

/// Calls a tool and, asked for a confirmation, confirms.
fn confirmed(gateway: &TestGateway, tool: &str, arguments: &Value) -> Called {
    let asked = gateway.write("alice", tool, arguments.clone());
    if asked.is_error {
        return asked;
    }
    assert_eq!(asked.content["status"], "confirmation_required", "{}", asked.content);
    let mut arguments = arguments.clone();
    arguments["confirmation_token"] = asked.content["confirmation_token"].clone();
    gateway.write("alice", tool, arguments)
}

fn rotate(gateway: &TestGateway, user: &str, stage: &str, more: &Value) -> Called {
    let mut arguments = json!({"user_name": user, "stage": stage});
    for (name, value) in more.as_object().into_iter().flatten() {
        arguments[name] = value.clone();
    }
    confirmed(gateway, "rotate_access_key", &arguments)
}

/// The user's keys: id and status, by age.
fn keys_of(gateway: &TestGateway, user: &str) -> Vec<(String, String)> {
    let listed = gateway.call("reader", "list_access_keys", json!({"user_name": user}));
    let keys = listed.done()["AccessKeyMetadata"].as_array().expect("a list of keys");
    let text = |key: &Value, name: &str| key[name].as_str().expect("AWS tells it").to_owned();
    keys.iter().map(|key| (text(key, "AccessKeyId"), text(key, "Status"))).collect()
}

/// The key pair that a result tells.
fn told(made: &Called) -> Keys {
    let text = |name: &str| made.done()["AccessKey"][name].as_str().expect("the key is told").to_owned();
    Keys { access_key_id: text("AccessKeyId"), secret_access_key: text("SecretAccessKey"), session_token: None }
}

/// Uses a key at AWS.
fn used(gateway: &TestGateway, keys: &Keys) -> Answer {
    let address = gateway.sandbox().url().strip_prefix("http://").and_then(|address| address.parse().ok());
    Request::post(address.expect("the sandbox is on loopback"))
        .target("/")
        .scope("sts", "us-east-1")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("Action=GetCallerIdentity&Version=2011-06-15")
        .signed_with(keys)
        .send()
}

#[test]
fn a_rotation_that_was_begun_goes_on_to_its_end() {
    let gateway = TestGateway::with_sandbox().set("tools.new_secrets", "\"reveal\"").start();
    // The old one was used three days ago, the new one is used every day.
    let keys = keys_of(&gateway, "carla.rossi");
    let [(old, _), (new, _)] = keys.as_slice() else { unreachable!("carla.rossi has two keys: {keys:?}") };

    let third = rotate(&gateway, "carla.rossi", "create", &json!({}));
    assert_eq!(third.code(), "LimitExceeded");
    assert!(third.message().contains(old) && third.message().contains(new), "{}", third.message());
    assert!(third.content["error"]["hint"].as_str().is_some_and(|hint| hint.contains("stage=deactivate")));
    assert_eq!(confirmed(&gateway, "create_access_key", &json!({"user_name": "carla.rossi"})).code(), "LimitExceeded");

    let unnamed = rotate(&gateway, "carla.rossi", "deactivate", &json!({}));
    assert_eq!(unnamed.code(), "AmbiguousKey");
    let in_use = rotate(&gateway, "carla.rossi", "deactivate", &json!({"old_access_key_id": new}));
    assert_eq!(in_use.code(), "KeyInUse");
    assert!(in_use.message().contains("(sts in us-east-1)"), "{}", in_use.message());
    let in_use = rotate(&gateway, "carla.rossi", "deactivate", &json!({"old_access_key_id": old, "grace_days": 7}));
    assert_eq!(in_use.code(), "KeyInUse");
    let too_early = rotate(&gateway, "carla.rossi", "delete", &json!({"old_access_key_id": old, "force": true}));
    assert_eq!(too_early.code(), "KeyNotInactive");
    assert!(gateway.sandbox().trail_of("UpdateAccessKey").is_empty());

    let named = json!({"old_access_key_id": old});
    let dry = gateway.write(
        "alice",
        "rotate_access_key",
        json!({"user_name": "carla.rossi", "stage": "deactivate", "old_access_key_id": old, "dry_run": true}),
    );
    let plan = &dry.done()["plan"];
    assert_eq!(plan["lost"]["AccessKey"]["AccessKeyId"], *old, "{plan}");
    assert_eq!(plan["lost"]["AccessKey"]["LastUsed"]["ServiceName"], "sts", "{plan}");
    assert_eq!(plan["stays"]["AccessKeys"][0]["AccessKeyId"], *new, "{plan}");
    assert_eq!(plan["stays"]["AccessKeys"][0]["EverUsed"], true, "{plan}");

    let deactivated = rotate(&gateway, "carla.rossi", "deactivate", &named);
    assert_eq!(deactivated.done()["AccessKey"]["Status"], "Inactive");
    assert!(deactivated.content["next"].as_str().is_some_and(|next| next.contains("stage=delete")));
    // Again: it changes nothing, and says the same.
    let again = rotate(&gateway, "carla.rossi", "deactivate", &named);
    assert_eq!(again.done()["next"], deactivated.content["next"]);
    assert!(again.content["plan"]["lost"].is_null());
    assert_eq!(keys_of(&gateway, "carla.rossi")[0].1, "Inactive");

    let deleted = rotate(&gateway, "carla.rossi", "delete", &named);
    assert_eq!(deleted.done()["Deleted"], json!({"UserName": "carla.rossi", "AccessKeyId": old}));
    assert_eq!(keys_of(&gateway, "carla.rossi"), [(new.clone(), "Active".to_owned())]);
    let gone = rotate(&gateway, "carla.rossi", "delete", &named);
    assert_eq!(gone.code(), "NoSuchEntity");
    assert!(gone.content["error"]["hint"].as_str().is_some_and(|hint| hint.contains("its rotation is done")));
}

#[test]
fn a_key_that_is_still_used_is_left_alone_until_somebody_insists() {
    let gateway = TestGateway::with_sandbox().set("tools.new_secrets", "\"reveal\"").start();
    gateway.write("alice", "create_user", json!({"user_name": "dave", "path": "/people/"})).done();
    let old = told(&confirmed(&gateway, "create_access_key", &json!({"user_name": "dave"})));
    assert_eq!(used(&gateway, &old).status, 200);
    let tells = gateway.call("reader", "get_access_key_last_used", json!({"access_key_id": old.access_key_id}));
    assert_eq!(tells.done()["UserName"], "dave");
    assert_eq!(tells.content["AccessKeyLastUsed"]["ServiceName"], "sts");

    let alone = rotate(&gateway, "dave", "deactivate", &json!({}));
    assert_eq!(alone.code(), "NoOtherActiveKey");
    let made = rotate(&gateway, "dave", "create", &json!({}));
    let new = told(&made);
    let next = made.content["next"].as_str().expect("what comes next");
    assert!(next.contains(&format!("stage=deactivate and old_access_key_id={}", old.access_key_id)), "{next}");
    assert_eq!(used(&gateway, &new).status, 200);

    let named = json!({"old_access_key_id": old.access_key_id});
    let forced = json!({"old_access_key_id": old.access_key_id, "force": true});
    assert_eq!(rotate(&gateway, "dave", "deactivate", &named).code(), "KeyInUse");
    assert_eq!(rotate(&gateway, "dave", "deactivate", &forced).done()["AccessKey"]["Status"], "Inactive");
    assert_eq!(used(&gateway, &old).status, 403);
    // Something still used it: it is activated again, and later stopped for good.
    let activated = json!({"user_name": "dave", "access_key_id": old.access_key_id, "status": "Active"});
    assert_eq!(confirmed(&gateway, "update_access_key", &activated).done()["AccessKey"]["Status"], "Active");
    assert_eq!(used(&gateway, &old).status, 200);
    rotate(&gateway, "dave", "deactivate", &forced).done();
    assert_eq!(rotate(&gateway, "dave", "delete", &named).code(), "KeyInUse");
    rotate(&gateway, "dave", "delete", &forced).done();
    assert_eq!(used(&gateway, &new).status, 200);
    assert_eq!(keys_of(&gateway, "dave"), [(new.access_key_id, "Active".to_owned())]);
}

#[test]
fn a_plan_says_what_a_key_lets_do_and_what_goes_with_one() {
    let gateway = TestGateway::with_sandbox().set("tools.new_secrets", "\"reveal\"").start();
    let dry = |tool: &str, arguments: &Value| {
        let mut arguments = arguments.clone();
        arguments["dry_run"] = true.into();
        gateway.write("alice", tool, arguments).done()["plan"].clone()
    };
    let plan = dry("create_access_key", &json!({"user_name": "alice.nguyen"}));
    assert_eq!(plan["granted"]["administrator"], true, "{plan}");
    assert_eq!(plan["calls"][0]["parameters"], json!({"UserName": "alice.nguyen"}));
    let (old, _) = keys_of(&gateway, "carla.rossi").remove(0);
    let key = json!({"user_name": "carla.rossi", "access_key_id": old});
    assert_eq!(dry("delete_access_key", &key)["lost"]["AccessKey"]["AccessKeyId"], old);
    let mut update = key.clone();
    update["status"] = "Active".into();
    let plan = dry("update_access_key", &update);
    assert_eq!(plan["granted"], json!({"allowed": [], "administrator": false}), "it works already: {plan}");
    update["status"] = "Inactive".into();
    let plan = dry("update_access_key", &update);
    assert!(plan["granted"].is_null() && plan["lost"]["AccessKey"]["LastUsed"].is_object(), "{plan}");

    let other = json!({"user_name": "dmitri.volkov", "access_key_id": old});
    assert_eq!(gateway.write("alice", "delete_access_key", other).code(), "NoSuchEntity");
    for record in gateway.records("dry-run") {
        let data = &record["additionalEventData"];
        let expected =
            match (data["tool"].as_str(), record["requestParameters"]["params"]["arguments"]["status"].as_str()) {
                (Some("create_access_key"), _) | (_, Some("Active")) => "grant",
                _ => "destructive",
            };
        assert_eq!(data["effect"], expected, "{record}");
    }
}

#[test]
fn ship_clis_names_are_known_and_their_profile_is_refused() {
    let gateway = TestGateway::with_sandbox().start();
    let listed = gateway.call("reader", "aws_iam_list_access_keys", json!({"user_name": "carla.rossi"}));
    assert_eq!(listed.done()["Count"], 2);
    let id = listed.content["AccessKeyMetadata"][0]["AccessKeyId"].clone();
    let last = gateway.call("reader", "aws_iam_get_access_key_last_used", json!({"access_key_id": id}));
    assert_eq!(last.done()["UserName"], "carla.rossi");
    let arguments = json!({"user_name": "carla.rossi", "access_key_id": id, "status": "Active", "profile": "prod"});
    for (tool, takes) in [
        ("aws_iam_list_access_keys", &["user_name"][..]),
        ("aws_iam_create_access_key", &["user_name"]),
        ("aws_iam_update_access_key", &["user_name", "access_key_id", "status"]),
        ("aws_iam_delete_access_key", &["user_name", "access_key_id"]),
        ("aws_iam_get_access_key_last_used", &["access_key_id"]),
        ("aws_iam_get_version", &[]),
    ] {
        let given = takes.iter().chain(&["profile"]).map(|name| ((*name).to_owned(), arguments[*name].clone()));
        let refused = gateway.call("alice", tool, Value::Object(given.collect()));
        assert_eq!((refused.code(), &refused.content["error"]["parameter"]), ("ValidationError", &json!("profile")));
        assert!(refused.message().contains("the gateway chooses the role"), "{}", refused.message());
    }
}

#[test]
fn without_a_setting_no_key_is_made_and_aws_is_not_even_asked() {
    let gateway = TestGateway::with_sandbox().start();
    for (tool, arguments) in [
        ("create_access_key", json!({"user_name": "alice.nguyen"})),
        ("rotate_access_key", json!({"user_name": "carla.rossi", "stage": "create"})),
    ] {
        let refused = gateway.write("alice", tool, arguments);
        assert_eq!(refused.code(), "NewSecretsRefused");
        assert!(refused.content["error"]["hint"].as_str().is_some_and(|hint| hint.contains("tools.new_secrets")));
        assert_eq!(gateway.records_of(&refused.id)[0]["errorCode"], "NewSecretsRefused");
    }
    assert!(gateway.sandbox().trail().is_empty(), "{:?}", gateway.sandbox().trail());
}

#[test]
fn a_revealed_secret_stands_in_the_one_result_and_nowhere_else() {
    let mut gateway =
        TestGateway::with_sandbox().set("tools.new_secrets", "\"reveal\"").set("log.level", "\"trace\"").start();
    let arguments = json!({"user_name": "emma.lindqvist"});
    let asked = gateway.write("alice", "create_access_key", arguments.clone());
    let mut confirming = arguments.clone();
    confirming["confirmation_token"] = asked.done()["confirmation_token"].clone();
    let (id, request) = gateway.writing_call("alice", "create_access_key", confirming.clone());
    let answer = request.send();
    let made = Called::of(id, &answer);
    let secret = told(&made).secret_access_key;
    // As structured content, and as text for older clients.
    assert_eq!(answer.text().matches(&secret).count(), 2);

    let key = json!({"access_key_id": made.content["AccessKey"]["AccessKeyId"]});
    let later = [
        request.send().text(),
        gateway.write("alice", "create_access_key", confirming).content.to_string(),
        gateway.call("reader", "list_access_keys", arguments.clone()).content.to_string(),
        gateway.call("reader", "get_access_key_last_used", key).content.to_string(),
        gateway.call("reader", "get_user", arguments).content.to_string(),
        gateway.metrics(),
    ];
    gateway.stop();
    assert!(gateway.log().contains("\"level\":\"INFO\""), "the log was written");
    let haystacks = later.into_iter().chain([gateway.log(), gateway.journal_lines().concat()]);
    for (place, text) in haystacks.enumerate() {
        assert!(!text.contains(&secret), "the secret stands in place {place}");
    }
    let outcome = gateway.records("outcome").remove(0);
    let recorded = &outcome["responseElements"]["structuredContent"]["AccessKey"];
    assert_eq!(recorded["AccessKeyId"], made.content["AccessKey"]["AccessKeyId"], "{outcome}");
    assert_eq!(recorded["SecretAccessKey"], "[not kept]", "{outcome}");
}

/// Has a faulty AWS tell of `dave`, who has neither keys nor permissions, for a few plans.
fn let_dave_be_read(gateway: &mut TestGateway) {
    for (action, result) in [
        ("GetUser", NEW_USER),
        ("ListAttachedUserPolicies", "<AttachedPolicies/><IsTruncated>false</IsTruncated>"),
        ("ListUserPolicies", "<PolicyNames/><IsTruncated>false</IsTruncated>"),
        ("ListGroupsForUser", "<Groups/><IsTruncated>false</IsTruncated>"),
        ("ListAccessKeys", "<AccessKeyMetadata/><IsTruncated>false</IsTruncated>"),
    ] {
        gateway.aws().queue(action, &[json!({"result": result, "times": 8})]);
    }
}

#[test]
fn a_key_that_may_have_been_made_is_not_asked_for_again() {
    let mut gateway = TestGateway::with_faulty_aws().set("tools.new_secrets", "\"reveal\"").start();
    let_dave_be_read(&mut gateway);
    gateway.aws().queue("CreateAccessKey", &[json!({"close": "unanswered", "times": 4})]);
    let failed = confirmed(&gateway, "create_access_key", &json!({"user_name": "dave"}));
    assert_eq!(failed.code(), "AwsUnreachable");
    assert_eq!(failed.content["error"]["retryable"], false);
    let hint = failed.content["error"]["hint"].as_str().expect("what to do");
    assert!(hint.contains("list_access_keys") && hint.contains("whose secret nobody has"), "{hint}");
    assert_eq!(gateway.received("CreateAccessKey").len(), 1);
}

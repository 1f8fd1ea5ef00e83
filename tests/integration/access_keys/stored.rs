//! `tools.new_secrets = "secrets_manager"`: what is stored, and what becomes of a key whose secret is not.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{confirmed, keys_of, let_dave_be_read, rotate, used};
use crate::support::clients::Keys;
use crate::support::gateway::TestGateway;
use crate::support::http::Request;
use crate::support::secrets_manager::SecretsManager;

const USER: &str = "alice.nguyen";

/// The AWS calls of a record that change something: action, status and error code.
fn writes(record: &Value) -> Vec<(String, Value, Value)> {
    let calls = record["additionalEventData"]["awsCalls"].as_array().expect("a list of calls");
    let text = |call: &Value| call["action"].as_str().expect("an action").to_owned();
    let writing = calls.iter().filter(|call| ["Create", "Delete"].iter().any(|verb| text(call).contains(verb)));
    writing.map(|call| (text(call), call["status"].clone(), call["errorCode"].clone())).collect()
}

/// An operation of IAM by the account's root user, who arranges what a test needs.
fn as_root(gateway: &TestGateway, action: &str, parameters: &[(&str, &str)]) {
    let address = gateway.sandbox().url().strip_prefix("http://").and_then(|address| address.parse().ok());
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let parameters = parameters.iter().map(|(name, value)| format!("&{name}={}", encoded(value)));
    let answer = Request::post(address.expect("the sandbox is on loopback"))
        .target("/")
        .scope("iam", "us-east-1")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("Action={action}&Version=2010-05-08{}", parameters.collect::<String>()))
        .signed_with(&gateway.sandbox().root_keys())
        .send();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn a_secret_is_stored_with_the_callers_session_and_told_to_nobody() {
    let mut secrets = SecretsManager::start();
    let mut gateway = TestGateway::with_sandbox()
        .confirming("model")
        .storing_new_secrets_in(&secrets)
        .set("log.level", "\"trace\"")
        .policy(
            "keys.json",
            &json!({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
                {
                    "Effect": "Allow", "Action": "secretsmanager:CreateSecret",
                    "Resource": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:iam-mcp/*",
                    "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}},
                },
            ]}),
        )
        .start();
    let asked = gateway.write("alice", "create_access_key", json!({"user_name": USER}));
    let plan = &asked.done()["plan"];
    assert_eq!(
        plan["calls"][1],
        json!({
            "action": "secretsmanager:CreateSecret",
            "resource": format!("arn:aws:secretsmanager:eu-central-1:123456789012:secret:iam-mcp/{USER}/*"),
            "parameters": {"Name": format!("iam-mcp/{USER}/{{AccessKeyId}}")},
        }),
        "{plan}"
    );
    assert_eq!(plan["if_it_fails"][0]["action"], "iam:DeleteAccessKey", "{plan}");
    assert_eq!(
        plan["if_it_fails"][0]["parameters"],
        json!({"UserName": USER, "AccessKeyId": "{AccessKeyId}"}),
        "{plan}"
    );

    let made = confirmed(&gateway, "create_access_key", &json!({"user_name": USER}));
    let id = made.done()["AccessKey"]["AccessKeyId"].as_str().expect("the id is told").to_owned();
    let arn = made.content["SecretArn"].as_str().expect("it is told where the secret is");
    let name = format!("iam-mcp/{USER}/{id}");
    assert!(arn.starts_with(&format!("arn:aws:secretsmanager:eu-central-1:123456789012:secret:{name}-")), "{arn}");

    let stored = secrets.secrets();
    let stored: Value = serde_json::from_str(stored[&name].as_str().expect("it is stored")).expect("as JSON");
    assert_eq!((&stored["UserName"], &stored["AccessKeyId"]), (&json!(USER), &json!(id)));
    let secret = stored["SecretAccessKey"].as_str().expect("it is what is stored").to_owned();
    let keys = Keys { access_key_id: id, secret_access_key: secret.clone(), session_token: None };
    assert_eq!(used(&gateway, &keys).status, 200, "the stored pair is good");

    let received = secrets.recording().of("CreateSecret");
    let call = &received[0];
    assert_eq!(received.len(), 1);
    assert_eq!((&call["service"], &call["region"]), (&json!("secretsmanager"), &json!("eu-central-1")));
    assert_eq!(call["session_token"], true, "the caller's role stores it");
    let policies: Vec<String> =
        gateway.sandbox().trail_of("AssumeRole").iter().map(|event| event["requestParameters"].to_string()).collect();
    let may_store = policies.iter().filter(|policy| policy.contains("secretsmanager:CreateSecret")).count();
    assert_eq!((policies.len(), may_store), (2, 1), "only the session that writes: {policies:?}");

    let key = json!({"access_key_id": keys.access_key_id});
    let told = [
        made.content.to_string(),
        asked.content.to_string(),
        gateway.call("reader", "list_access_keys", json!({"user_name": USER})).content.to_string(),
        gateway.call("reader", "get_access_key_last_used", key).content.to_string(),
    ];
    let outcome = gateway.records("outcome").remove(0);
    assert_eq!(
        writes(&outcome),
        [
            ("iam:CreateAccessKey".to_owned(), json!(200), Value::Null),
            ("secretsmanager:CreateSecret".to_owned(), json!(200), Value::Null)
        ]
    );
    gateway.stop();
    for (place, text) in told.into_iter().chain([gateway.log(), gateway.journal_lines().concat()]).enumerate() {
        assert!(!text.contains(&secret), "the secret stands in place {place}");
    }
}

#[test]
fn an_endpoint_policy_judges_the_storing_too() {
    let secrets = SecretsManager::start();
    let only_iam = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
    ]});
    let gateway = TestGateway::with_sandbox()
        .confirming("model")
        .storing_new_secrets_in(&secrets)
        .policy("iam.json", &only_iam)
        .start();
    let refused = gateway.write("alice", "create_access_key", json!({"user_name": USER}));
    assert_eq!(refused.code(), "PolicyNotAllowed");
    assert_eq!(refused.content["error"]["action"], "secretsmanager:CreateSecret");
    assert!(gateway.sandbox().trail().is_empty());
}

#[test]
fn a_key_whose_secret_is_not_stored_is_deleted_again() {
    let mut secrets = SecretsManager::start();
    let mut gateway = TestGateway::with_sandbox()
        .confirming("model")
        .storing_new_secrets_in(&secrets)
        .set("log.level", "\"trace\"")
        .start();
    for (tool, user, code, status, more) in [
        ("create_access_key", USER, "AccessDeniedException", 400, json!({})),
        ("create_access_key", "Alice.Nguyen", "InternalServiceError", 500, json!({})),
        ("rotate_access_key", "ben.okafor", "EncryptionFailure", 400, json!({"stage": "create"})),
    ] {
        let before = (keys_of(&gateway, user), secrets.recording().of("CreateSecret").len());
        secrets.refuse("CreateSecret", code, status);
        let failed = if tool == "create_access_key" {
            confirmed(&gateway, tool, &json!({"user_name": user}))
        } else {
            rotate(&gateway, user, "create", &more)
        };
        assert_eq!((failed.code(), &failed.content["error"]["stage"]), ("SecretNotStored", &json!("gateway")));
        let message = failed.message();
        assert!(message.contains(code) && message.contains("the key was deleted again"), "{message}");
        assert_eq!(message.contains("may stand in Secrets Manager"), status == 500, "{message}");
        assert_eq!(failed.content["error"]["retryable"], false);
        let lists = |name: &str| failed.content[name][0]["action"].clone();
        assert_eq!(
            (lists("done"), lists("not_done"), lists("undone")),
            (json!("iam:CreateAccessKey"), json!("secretsmanager:CreateSecret"), json!("iam:DeleteAccessKey"))
        );
        let id = failed.content["undone"][0]["parameters"]["AccessKeyId"].as_str().expect("the key's id");
        assert!(message.contains(id), "{message}");
        let after = (keys_of(&gateway, user), secrets.recording().of("CreateSecret").len());
        assert_eq!(after, (before.0, before.1 + 1), "stored once, and the key is gone");

        let records = gateway.records_of(&failed.id);
        assert_eq!((&records[0]["stage"], &records[1]["stage"]), (&json!("intent"), &json!("outcome")));
        assert_eq!(records[0]["additionalEventData"]["plan"]["if_it_fails"][0]["action"], "iam:DeleteAccessKey");
        assert_eq!(records[1]["errorCode"], "SecretNotStored");
        assert_eq!(
            writes(&records[1]),
            [
                ("iam:CreateAccessKey".to_owned(), json!(200), Value::Null),
                ("secretsmanager:CreateSecret".to_owned(), json!(status), json!(code)),
                ("iam:DeleteAccessKey".to_owned(), json!(200), Value::Null)
            ]
        );
    }
    let sent = secrets.recording().of("CreateSecret");
    gateway.stop();
    for text in sent.iter().filter_map(|call| call["parameters"]["SecretString"].as_str()) {
        let stored: Value = serde_json::from_str(text).expect("it is JSON");
        let secret = stored["SecretAccessKey"].as_str().expect("it is what was to be stored");
        for written in [gateway.log(), gateway.journal_lines().concat()] {
            assert!(!written.contains(secret), "AWS's words repeat it, and they are not kept");
        }
    }
}

#[test]
fn a_key_that_is_left_without_its_secret_is_told_loudly() {
    let mut secrets = SecretsManager::start();
    let mut gateway = TestGateway::with_sandbox().confirming("model").storing_new_secrets_in(&secrets).start();
    let deny = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": "iam:DeleteAccessKey", "Resource": "*"},
    ]});
    let policy = [("RoleName", "mcp-admin"), ("PolicyName", "no-deleting"), ("PolicyDocument", &deny.to_string())];
    as_root(&gateway, "PutRolePolicy", &policy);
    secrets.refuse("CreateSecret", "AccessDeniedException", 400);
    let failed = confirmed(&gateway, "create_access_key", &json!({"user_name": USER}));
    assert_eq!(failed.code(), "KeyWithoutSecret");
    let left = keys_of(&gateway, USER);
    let [(id, status)] = left.as_slice() else { unreachable!("one key is left: {left:?}") };
    assert_eq!(status, "Active");
    assert!(failed.message().contains(&format!("NOBODY HAS: {id} of the IAM user {USER}")), "{}", failed.message());
    let hint = failed.content["error"]["hint"].as_str().expect("what to do");
    assert!(hint.contains("delete_access_key") && hint.contains(id), "{hint}");
    assert!(failed.content["undone"].is_null(), "{}", failed.content);
    let outcome = gateway.records("outcome").remove(0);
    assert_eq!(outcome["errorCode"], "KeyWithoutSecret");
    assert!(outcome["errorMessage"].as_str().is_some_and(|message| message.contains(id)), "{outcome}");
    gateway.stop();
    assert!(gateway.log().contains("an access key is left whose secret nobody has"), "operators are told");
}

#[test]
fn a_key_that_is_not_known_everywhere_yet_is_not_taken_for_deleted() {
    const KEY: &str = "<AccessKey><UserName>dave</UserName><AccessKeyId>AKIAIOSFODNN7EXAMPLE</AccessKeyId>\
        <Status>Active</Status><SecretAccessKey>not-a-real-secret</SecretAccessKey></AccessKey>";
    let mut secrets = SecretsManager::start();
    secrets.refuse("CreateSecret", "AccessDeniedException", 400);
    let mut gateway = TestGateway::with_faulty_aws().confirming("model").storing_new_secrets_in(&secrets).start();
    let gone = || json!({"status": 404, "code": "NoSuchEntity"});
    for (answers, code) in [
        // The second attempt may have deleted it, so that the third finds none.
        (vec![gone(), json!({"close": "unanswered"}), gone()], "SecretNotStored"),
        (vec![gone(); 5], "KeyWithoutSecret"),
    ] {
        let (before, attempts) = (gateway.received("DeleteAccessKey").len(), answers.len());
        let_dave_be_read(&mut gateway);
        gateway.aws().queue("CreateAccessKey", &[json!({"result": KEY})]);
        gateway.aws().queue("DeleteAccessKey", &answers);
        let failed = confirmed(&gateway, "create_access_key", &json!({"user_name": "dave"}));
        assert_eq!(failed.code(), code, "{}", failed.content);
        assert_eq!(gateway.received("DeleteAccessKey").len(), before + attempts);
    }
}

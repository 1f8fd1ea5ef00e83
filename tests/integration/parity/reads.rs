//! What reads, awslabs' and ours, of one and the same account.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Iam;
use super::arranged::{PATH, POLICY, arrange};
use crate::support::clients::Client;

/// Whose permissions are simulated.
const ANNA: &str = "arn:aws:iam::123456789012:user/parity/parity-anna";

/// Our answer, told as awslabs tells the same.
type Told = fn(&Value) -> Value;

struct Row {
    tool: &'static str,
    arguments: Value,
    told: Told,
}

fn row(tool: &'static str, arguments: Value, told: Told) -> Row {
    Row { tool, arguments, told }
}

/// Every reading tool of awslabs.
fn rows(iam: Iam) -> Vec<Row> {
    let app = json!({"role_name": "parity-app"});
    let anna = json!({"user_name": "parity-anna"});
    let with = |mut arguments: Value, name: &str, value: &str| {
        arguments[name] = value.into();
        arguments
    };
    let mut rows = vec![
        row("list_users", json!({}), users),
        row("list_users", json!({"path_prefix": PATH, "max_items": 1}), users),
        row("get_user", anna.clone(), user_and_all),
        row("get_user", json!({"user_name": "parity-bert"}), user_and_all),
        row("list_roles", json!({}), roles),
        row("list_roles", json!({"path_prefix": PATH}), roles),
        row("list_policies", json!({}), policies),
        row("list_policies", json!({"scope": "AWS", "max_items": 5}), policies),
        row("list_policies", json!({"only_attached": true, "path_prefix": PATH}), policies),
        row("get_managed_policy_document", json!({"policy_arn": POLICY, "version_id": "v1"}), document),
        row("get_managed_policy_document", json!({"policy_arn": POLICY, "version_id": "v2"}), document),
        row("list_groups", json!({}), groups),
        row("list_groups", json!({"path_prefix": PATH, "max_items": 1}), groups),
        row("get_group", json!({"group_name": "parity-readers"}), group_and_all),
        row("get_user_policy", with(anna.clone(), "policy_name", "own"), inline),
        row("get_role_policy", with(app.clone(), "policy_name", "own"), inline),
        row("list_user_policies", anna, inline_names),
        row("list_role_policies", app, inline_names),
    ];
    // moto has no simulator.
    if iam == Iam::Sandbox {
        let asked = json!({
            "policy_source_arn": ANNA,
            "action_names": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            "resource_arns": ["arn:aws:s3:::parity-bucket/key"],
            "context_entries": {"aws:SourceIp": "192.0.2.1"},
        });
        rows.push(row("simulate_principal_policy", asked.clone(), simulated));
        let mut bare = asked;
        bare.as_object_mut().expect("an object").retain(|name, _| name != "resource_arns" && name != "context_entries");
        rows.push(row("simulate_principal_policy", bare, simulated));
    }
    rows
}

/// The members of these names, under awslabs' names for them; what is missing is null.
fn members(of: &Value, names: &[(&str, &str)]) -> Value {
    Value::Object(names.iter().map(|(theirs, ours)| ((*theirs).to_owned(), of[*ours].clone())).collect())
}

/// The same of each item of a list.
fn each(of: &Value, told: impl Fn(&Value) -> Value) -> Value {
    of.as_array().unwrap_or_else(|| unreachable!("this is no list: {of}")).iter().map(told).collect()
}

/// How much of a list was told, beside its items, in awslabs' models.
fn listed(page: &Value, name: &str, items: Value) -> Value {
    let mut told = members(page, &[("is_truncated", "IsTruncated"), ("marker", "Marker"), ("count", "Count")]);
    told[name] = items;
    told
}

fn user(of: &Value) -> Value {
    members(
        of,
        &[
            ("user_name", "UserName"),
            ("user_id", "UserId"),
            ("arn", "Arn"),
            ("path", "Path"),
            ("create_date", "CreateDate"),
            ("password_last_used", "PasswordLastUsed"),
        ],
    )
}

fn group(of: &Value) -> Value {
    members(
        of,
        &[
            ("group_name", "GroupName"),
            ("group_id", "GroupId"),
            ("arn", "Arn"),
            ("path", "Path"),
            ("create_date", "CreateDate"),
        ],
    )
}

fn attached(of: &Value) -> Value {
    each(&of["AttachedPolicies"], |policy| {
        members(policy, &[("policy_name", "PolicyName"), ("policy_arn", "PolicyArn")])
    })
}

fn names(of: &Value, name: &str) -> Value {
    each(of, |item| item[name].clone())
}

fn users(page: &Value) -> Value {
    listed(page, "users", each(&page["Users"], user))
}

fn groups(page: &Value) -> Value {
    listed(page, "groups", each(&page["Groups"], group))
}

fn user_and_all(answer: &Value) -> Value {
    let of = &answer["User"];
    json!({
        "user": user(of),
        "attached_policies": attached(of),
        "inline_policies": names(&of["InlinePolicies"], "PolicyName"),
        "groups": names(&of["Groups"], "GroupName"),
        "access_keys": each(&of["AccessKeys"], |key| members(key, &[
            ("access_key_id", "AccessKeyId"), ("status", "Status"), ("create_date", "CreateDate"),
        ])),
    })
}

fn group_and_all(answer: &Value) -> Value {
    let of = &answer["Group"];
    json!({
        "group": group(of),
        "users": names(&of["Users"], "UserName"),
        "attached_policies": attached(of),
        "inline_policies": names(&of["InlinePolicies"], "PolicyName"),
    })
}

/// What awslabs tells under AWS's own names: the page with these members of each item.
fn page(of: &Value, list: &str, item: &[&str]) -> Value {
    let same: Vec<(&str, &str)> = item.iter().map(|name| (*name, *name)).collect();
    let mut told = members(of, &[("IsTruncated", "IsTruncated"), ("Marker", "Marker"), ("Count", "Count")]);
    told[list] = each(&of[list], |item| members(item, &same));
    told
}

fn roles(answer: &Value) -> Value {
    let item = [
        "RoleName",
        "RoleId",
        "Arn",
        "Path",
        "CreateDate",
        "AssumeRolePolicyDocument",
        "Description",
        "MaxSessionDuration",
    ];
    page(answer, "Roles", &item)
}

fn policies(answer: &Value) -> Value {
    let item = [
        "PolicyName",
        "PolicyId",
        "Arn",
        "Path",
        "DefaultVersionId",
        "AttachmentCount",
        "PermissionsBoundaryUsageCount",
        "IsAttachable",
        "Description",
        "CreateDate",
        "UpdateDate",
    ];
    let mut told = page(answer, "Policies", &item);
    // moto does not count, and awslabs takes that for none; IAM always counts.
    for policy in told["Policies"].as_array_mut().into_iter().flatten() {
        let count = policy["PermissionsBoundaryUsageCount"].as_i64();
        policy["PermissionsBoundaryUsageCount"] = count.unwrap_or(0).into();
    }
    told
}

fn document(answer: &Value) -> Value {
    members(
        answer,
        &[
            ("policy_arn", "PolicyArn"),
            ("policy_name", "PolicyName"),
            ("version_id", "VersionId"),
            ("policy_document", "PolicyDocument"),
            ("is_default_version", "IsDefaultVersion"),
            ("create_date", "CreateDate"),
        ],
    )
}

fn inline(answer: &Value) -> Value {
    members(
        answer,
        &[
            ("policy_name", "PolicyName"),
            ("policy_document", "PolicyDocument"),
            ("user_name", "UserName"),
            ("role_name", "RoleName"),
        ],
    )
}

/// awslabs lists the inline policies alone; ours has those that are attached beside, and counts both.
fn inline_names(answer: &Value) -> Value {
    let mut told =
        members(answer, &[("policy_names", "PolicyNames"), ("user_name", "UserName"), ("role_name", "RoleName")]);
    told["count"] = answer["PolicyNames"].as_array().map(Vec::len).into();
    assert_eq!(answer["AttachedPolicies"], json!([{"PolicyName": "parity-read", "PolicyArn": POLICY}]));
    told
}

fn simulated(answer: &Value) -> Value {
    let item = ["EvalActionName", "EvalResourceName", "EvalDecision", "MatchedStatements", "MissingContextValues"];
    let mut told = page(answer, "EvaluationResults", &item);
    told.as_object_mut().expect("an object").remove("Count");
    // awslabs tells one result over all resources, whose name is *; ours is of each.
    for result in told["EvaluationResults"].as_array_mut().into_iter().flatten() {
        result["EvalResourceName"] = "*".into();
    }
    // It repeats what was asked about.
    told["PolicySourceArn"] = ANNA.into();
    told
}

/// Without what may differ: sentences for people, how a date is written, and what stands in a marker.
fn comparable(value: Value) -> Value {
    match value {
        Value::String(text) => match (text.parse::<Timestamp>(), serde_json::from_str::<Value>(&text)) {
            (Ok(date), _) => date.to_string().into(),
            // awslabs tells some documents as text.
            (_, Ok(document @ Value::Object(_))) => document,
            _ => text.into(),
        },
        Value::Array(items) => items.into_iter().map(comparable).collect(),
        Value::Object(all) => {
            let told = all.into_iter().filter(|(name, _)| name != "message").map(|(name, value)| match name.as_str() {
                "marker" | "Marker" => (name, (!value.is_null()).into()),
                _ => (name, comparable(value)),
            });
            Value::Object(told.collect::<Map<_, _>>())
        }
        other => other,
    }
}

fn reads_tell_the_same(iam: Iam) {
    let gateway = iam.gateway().start();
    let mut account = gateway.account();
    arrange(&mut account);
    let rows = rows(iam);
    let steps: Vec<Value> = rows.iter().map(|row| json!(["call_tool", row.tool, called(row)])).collect();
    let lines = Client::on_awslabs(account.url(), account.keys()).run(&steps);
    for (row, line) in rows.iter().zip(&lines[1..]) {
        assert_eq!(line["result"]["isError"], false, "{} {}: {line}", row.tool, row.arguments);
        let theirs = &line["result"]["structuredContent"];
        // What is no model of its own stands in a wrapper of its framework.
        let theirs = theirs.get("result").unwrap_or(theirs);
        let ours = gateway.call("alice", row.tool, row.arguments.clone());
        let differences = differences("", &comparable((row.told)(ours.done())), &comparable(theirs.clone()));
        assert!(differences.is_empty(), "{} {}: {differences:#?}", row.tool, row.arguments);
    }
}

/// Where our answer, told as theirs, is another than theirs.
fn differences(place: &str, ours: &Value, theirs: &Value) -> Vec<String> {
    match (ours, theirs) {
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            let pairs = ours.iter().zip(theirs).enumerate();
            pairs
                .flat_map(|(place_in, (ours, theirs))| differences(&format!("{place}/{place_in}"), ours, theirs))
                .collect()
        }
        (Value::Object(ours), Value::Object(theirs)) if ours.keys().eq(theirs.keys()) => {
            let pairs = ours.iter().zip(theirs.values());
            pairs.flat_map(|((name, ours), theirs)| differences(&format!("{place}/{name}"), ours, theirs)).collect()
        }
        _ if ours == theirs => Vec::new(),
        _ => vec![format!("{place}: {ours} is {theirs}")],
    }
}

/// The row's arguments, with the parameter that awslabs lists by mistake where it does.
fn called(row: &Row) -> Value {
    let mut arguments = row.arguments.clone();
    if ["list_users", "get_user", "create_user"].contains(&row.tool) {
        arguments["ctx"] = json!({"content": []});
    }
    arguments
}

#[test]
fn reads_tell_the_same_of_the_sandbox() {
    reads_tell_the_same(Iam::Sandbox);
}

#[test]
fn reads_tell_the_same_of_moto() {
    reads_tell_the_same(Iam::Moto);
}

#[test]
fn what_is_not_there_is_not_there_for_either() {
    let gateway = Iam::Sandbox.gateway().start();
    let account = gateway.account();
    let rows = [
        ("get_user", json!({"user_name": "nobody", "ctx": {"content": []}})),
        ("get_group", json!({"group_name": "nobody"})),
        ("get_user_policy", json!({"user_name": "nobody", "policy_name": "own"})),
        ("list_role_policies", json!({"role_name": "nobody"})),
        ("get_managed_policy_document", json!({"policy_arn": POLICY, "version_id": "v1"})),
    ];
    let steps: Vec<Value> = rows.iter().map(|(tool, arguments)| json!(["call_tool", tool, arguments])).collect();
    let lines = Client::on_awslabs(account.url(), account.keys()).run(&steps);
    for ((tool, arguments), line) in rows.into_iter().zip(&lines[1..]) {
        // Its own words do not get through to the model: "Error executing tool".
        assert_eq!(line["result"]["isError"], true, "{tool}: {line}");
        let mut arguments = arguments;
        arguments.as_object_mut().expect("an object").remove("ctx");
        assert_eq!(gateway.call("alice", tool, arguments).code(), "NoSuchEntity", "{tool}");
    }
}

#[test]
fn the_default_version_is_what_its_description_says() {
    // awslabs' own tool says the same and fails: boto3 wants the version.
    let gateway = Iam::Moto.gateway().start();
    let mut account = gateway.account();
    arrange(&mut account);
    let asked = json!({"policy_arn": POLICY});
    let lines = Client::on_awslabs(account.url(), account.keys()).run(&[json!([
        "call_tool",
        "get_managed_policy_document",
        asked
    ])]);
    assert_eq!(lines[1]["result"]["isError"], true, "{}", lines[1]);
    assert_eq!(gateway.call("alice", "get_managed_policy_document", asked).done()["VersionId"], "v2");
}

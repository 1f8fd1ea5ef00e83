//! Where canaries are put.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::calls;
use super::canary::Canary;
use crate::support::clients::Keys;
use crate::support::gateway::TestGateway;
use crate::support::http::{Answer, Request};
use crate::support::mcp::{legacy, message, modern, tool_call};

/// What was put in, and what was answered.
#[derive(Default)]
pub(super) struct Put {
    pub(super) canaries: Vec<Canary>,
    pub(super) answers: Vec<String>,
}

impl Put {
    pub(super) fn send(&mut self, request: &Request, canaries: impl IntoIterator<Item = Canary>) -> Answer {
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

/// Every call of every tool.
pub(super) fn put_through_every_tool(gateway: &mut TestGateway, put: &mut Put) {
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

/// What prompts, resources and completion take.
fn put_beyond_tools(gateway: &TestGateway, put: &mut Put) {
    let mut send = |method: &str, params: Value, canary: Canary| {
        put.send(&modern(gateway.request("alice"), &message("1", method, params)), [canary]);
    };
    for uri in ["{}", "iam://users/{}%20", "iam://users/{}?x"] {
        let canary = Canary::new(format!("the resource {uri}")).echoed();
        let uri = uri.replace("{}", &canary.plain());
        send("resources/read", json!({"uri": uri}), canary);
    }
    let prompt = Canary::new("a prompt's name");
    send("prompts/get", json!({"name": prompt.plain()}), prompt);
    let value = Canary::new("a prompt's argument");
    send("prompts/get", json!({"name": "onboard_developer", "arguments": {"user_name": value.text()}}), value);
    let name = Canary::new("a name of a prompt's argument").echoed();
    let mut params = json!({"name": "onboard_developer", "arguments": {}});
    params["arguments"][name.plain()] = "x".into();
    send("prompts/get", params, name);
    let of_users = json!({"type": "ref/resource", "uri": "iam://users/{name}"});
    let typed = Canary::new("what was typed");
    send("completion/complete", json!({"ref": of_users, "argument": {"name": "name", "value": typed.plain()}}), typed);
    let argument = Canary::new("an argument to be completed");
    send(
        "completion/complete",
        json!({"ref": of_users, "argument": {"name": argument.plain(), "value": ""}}),
        argument,
    );
    for reference in ["prompt", "resource"] {
        let canary = Canary::new(format!("a {reference} to be completed"));
        let reference = json!({"type": format!("ref/{reference}"), "name": canary.plain(), "uri": canary.plain()});
        send("completion/complete", json!({"ref": reference, "argument": {"name": "name", "value": ""}}), canary);
    }
}

/// Names, headers and bodies around a call.
pub(super) fn put_around_calls(gateway: &mut TestGateway, put: &mut Put) {
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
    let (id, reason) = (Canary::new("the id of a call to be cancelled"), Canary::new("why a call is cancelled"));
    let cancelled = json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
        "params": {"requestId": id.plain(), "reason": reason.text()}});
    put.send(&legacy(gateway.request("alice"), &cancelled), [id, reason]);
    put_beyond_tools(gateway, put);
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
pub(super) fn put_into_signatures(gateway: &TestGateway, put: &mut Put) {
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
pub(super) fn put_into_awss_words(gateway: &mut TestGateway, put: &mut Put, assumed: &[Canary]) {
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
pub(super) fn put_a_good_token(gateway: &mut TestGateway, put: &mut Put) {
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

//! Access tokens at the MCP endpoint: what OAuth clients are told, what a token lets its bearer do, and what it never does.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::support::gateway::{ACCOUNT, NAME, TestGateway};
use crate::support::http::{Answer, Request};
use crate::support::mcp::{modern, tool_call};
use crate::support::waiting::{eventually, now};

const ISSUER: &str = "https://login.example/tenant";
const PUBLIC: &str = "https://gw.example";
const METADATA: &str = "https://gw.example/.well-known/oauth-protected-resource/mcp";

/// An issuer whose keys the gateway reads from a file.
struct Issuer(Ed25519KeyPair);

impl Issuer {
    fn new() -> Self {
        Self(Ed25519KeyPair::generate().expect("keys can be made"))
    }

    fn keys(&self) -> String {
        let x = BASE64URL_NOPAD.encode(self.0.public_key().as_ref());
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": x}]}).to_string()
    }

    /// An access token of this person with these scopes for the default endpoint.
    fn token(&self, person: &str, scope: &str, changes: &Value) -> String {
        let now = now().as_second();
        let mut claims = json!({
            "iss": ISSUER, "aud": format!("{PUBLIC}/mcp"), "sub": person, "name": person, "scope": scope,
            "iat": now - 5, "exp": now + 600, "jti": format!("id-of-{person}"),
        });
        for (name, value) in changes.as_object().expect("changes are an object") {
            claims[name] = value.clone();
        }
        let encoded = |json: Value| BASE64URL_NOPAD.encode(json.to_string().as_bytes());
        let header = json!({"alg": "EdDSA", "kid": "k", "typ": "at+jwt"});
        let signed = format!("{}.{}", encoded(header), encoded(claims));
        format!("{signed}.{}", BASE64URL_NOPAD.encode(self.0.sign(signed.as_bytes()).as_ref()))
    }
}

/// A gateway that believes the issuer: `writer` may write without a signature, everybody else may not, `gone` is revoked.
fn gateway(issuer: &Issuer) -> TestGateway {
    let mapping = |pattern: &str, more: &str| {
        format!(
            "[[role_mapping]]\nenvironment = \"dev\"\naccess = \"read-write\"\n\
             caller = {{ kind = \"oidc\", issuer = \"idp\", pattern = \"{pattern}\" }}\n\
             role_arn = \"arn:aws:iam::{ACCOUNT}:role/mcp-admin\"\n{more}\n"
        )
    };
    let tables = format!(
        "access = \"read-only\"\n{}{}[[issuer]]\nname = \"idp\"\nurl = \"{ISSUER}\"\nkeys_file = \"idp.json\"\n\
         uses = [\"bearer\"]\ncaller = \"{{name}}\"\n[[revoked]]\ntoken = \"id-of-gone\"\n",
        mapping("writer", "bearer_writes = true"),
        mapping("*", ""),
    );
    TestGateway::without_aws()
        .file("idp.json", &issuer.keys())
        .set("bearer.url", &format!("{PUBLIC:?}"))
        .mapping("signer", "role/mcp-reader", &tables)
        .start()
}

fn unsigned(gateway: &TestGateway, id: &str, tool: &str) -> Request {
    let arguments = if tool == "create_user" { json!({"user_name": "dave"}) } else { json!({}) };
    modern(Request::post(gateway.address()), &tool_call(id, tool, arguments))
}

fn call(gateway: &TestGateway, token: &str, id: &str, tool: &str) -> Answer {
    unsigned(gateway, id, tool).header("authorization", &format!("Bearer {token}")).send()
}

#[test]
fn a_client_without_credentials_is_told_who_issues_tokens() {
    let gateway = gateway(&Issuer::new());
    let answer = unsigned(&gateway, "1", "whoami").send();
    assert_eq!((answer.status, answer.code().as_str()), (401, "missing_authorization"));
    assert_eq!(
        answer.lines("www-authenticate"),
        [
            &format!("Bearer resource_metadata=\"{METADATA}\", scope=\"iam-mcp:read\""),
            "AWS4-HMAC-SHA256 realm=\"iam-mcp-gateway\", error=\"missing_authorization\"",
        ]
    );
    let named = unsigned(&gateway, "1", "whoami").target("/mcp/dev").send();
    assert!(named.lines("www-authenticate")[0].contains(&format!("{METADATA}/dev\"")));
    // Whether there is such an environment, nobody is told.
    for (path, resource) in [("", "/mcp"), ("/dev", "/mcp/dev"), ("/no-such-one", "/mcp/no-such-one")] {
        let metadata = gateway.get(&format!("/.well-known/oauth-protected-resource/mcp{path}"));
        assert_eq!(metadata.status, 200);
        let expected = json!({
            "resource": format!("{PUBLIC}{resource}"), "authorization_servers": [ISSUER],
            "scopes_supported": ["iam-mcp:read", "iam-mcp:write"], "bearer_methods_supported": ["header"],
            "resource_name": NAME,
        });
        assert_eq!(metadata.json(), expected);
    }
    for path in ["", "/", "/mcp/", "/mcp/DEV", "/mcp/dev/x", "/approvals", "/credentials"] {
        assert_eq!(gateway.get(&format!("/.well-known/oauth-protected-resource{path}")).status, 404, "{path}");
    }
}

#[test]
fn without_bearer_tokens_there_is_no_metadata_and_a_token_is_no_signature() {
    let gateway = TestGateway::without_aws().start();
    assert_eq!(gateway.get("/.well-known/oauth-protected-resource/mcp").code(), "not_found");
    let answer = call(&gateway, &Issuer::new().token("alice", "iam-mcp:read", &json!({})), "1", "whoami");
    assert_eq!((answer.status, answer.code().as_str()), (401, "unsupported_algorithm"));
    assert_eq!(answer.lines("www-authenticate").len(), 1);
}

#[test]
fn a_token_reads_and_its_caller_stands_in_the_record() {
    let issuer = Issuer::new();
    let gateway = gateway(&issuer);
    let answer = call(&gateway, &issuer.token("alice", "iam-mcp:read", &json!({})), "bearer-1", "whoami");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["result"]["isError"], false, "{}", answer.text());
    let record = gateway.records_of("bearer-1").remove(0);
    assert_eq!(record["additionalEventData"]["caller"]["name"], "alice");
    assert_eq!(record["additionalEventData"]["caller"]["issuer"], "idp");
}

#[test]
fn a_token_writes_only_with_the_scope_and_where_the_mapping_says_so() {
    let issuer = Issuer::new();
    let gateway = gateway(&issuer);
    let code = |person: &str, scope: &str| {
        let answer = call(&gateway, &issuer.token(person, scope, &json!({})), person, "create_user");
        (answer.status, answer.code())
    };
    // The client is sent for the scope only where that helps.
    assert_eq!(code("writer", "iam-mcp:read"), (403, "insufficient_scope".to_owned()));
    assert_eq!(code("alice", "iam-mcp:read"), (200, "InsufficientScope".to_owned()));
    assert_eq!(code("alice", "iam-mcp:write"), (200, "UnsignedWrite".to_owned()));
    let (status, passed) = code("writer", "iam-mcp:write");
    assert_eq!(status, 200);
    assert!(!["InsufficientScope", "UnsignedWrite", "ReadOnlyCaller"].contains(&passed.as_str()), "{passed}");
    let answer = call(&gateway, &issuer.token("writer", "iam-mcp:read", &json!({})), "1", "create_user");
    let challenges = answer.lines("www-authenticate");
    assert!(
        challenges.len() == 1
            && challenges[0].starts_with(&format!(
                "Bearer resource_metadata=\"{METADATA}\", scope=\"iam-mcp:write\", error=\"insufficient_scope\""
            )),
        "{challenges:?}"
    );
    let none = call(&gateway, &issuer.token("alice", "openid", &json!({})), "1", "whoami");
    assert_eq!((none.status, none.code().as_str()), (403, "insufficient_scope"));
    assert!(none.lines("www-authenticate")[0].contains("scope=\"iam-mcp:read\", error=\"insufficient_scope\""));
}

#[test]
fn a_bad_token_is_told_why_and_stands_in_no_record_and_no_log() {
    let issuer = Issuer::new();
    let gateway = gateway(&issuer);
    let foreign = Issuer::new().token("alice", "iam-mcp:read", &json!({}));
    let expired = issuer.token("alice", "iam-mcp:read", &json!({"exp": now().as_second() - 1}));
    let other = issuer.token("alice", "iam-mcp:read", &json!({"aud": format!("{PUBLIC}/mcp/dev")}));
    let gone = issuer.token("gone", "iam-mcp:read", &json!({}));
    let good = issuer.token("alice", "iam-mcp:read", &json!({}));
    for (token, code) in [
        (&foreign, "token_signature"),
        (&expired, "token_expired"),
        (&other, "token_audience"),
        (&gone, "revoked"),
        (&"x".to_owned(), "token_malformed"),
    ] {
        let answer = call(&gateway, token, "1", "whoami");
        assert_eq!((answer.status, answer.code().as_str()), (401, code));
        let challenges = answer.lines("www-authenticate");
        assert!(challenges.len() == 1 && challenges[0].contains("error=\"invalid_token\""), "{challenges:?}");
        let recorded = eventually("the refusal is recorded", || {
            gateway.records("authentication").into_iter().find(|record| record["errorCode"] == code)
        });
        let owner = if code == "revoked" { "AccessToken" } else { "Unverified" };
        assert_eq!(recorded["userIdentity"]["type"], owner, "{recorded}");
    }
    let request = unsigned(&gateway, "1", "whoami").header("authorization", &format!("Bearer {good}"));
    let twice = request.unsigned_header("Authorization", &format!("Bearer {good}")).send();
    assert_eq!((twice.status, twice.code().as_str()), (401, "token_malformed"));
    let written = format!("{}{}", gateway.journal_lines().join("\n"), gateway.log());
    for token in [&foreign, &expired, &other, &gone, &good] {
        assert!(token.split('.').skip(1).all(|part| !written.contains(part)), "a token was written down");
    }
}

#[test]
fn a_token_is_good_for_calls_alone() {
    let issuer = Issuer::new();
    let gateway = gateway(&issuer);
    let token = issuer.token("writer", "iam-mcp:write", &json!({"aud": format!("{PUBLIC}/approvals")}));
    let approval = Request::post(gateway.address()).target("/approvals").body("{}");
    let answer = approval.header("authorization", &format!("bearer {token}")).send();
    assert_eq!((answer.status, answer.code().as_str()), (401, "unsupported_algorithm"));
    assert_eq!(answer.lines("www-authenticate").len(), 1);
    // The scheme may be written in any letters.
    let token = issuer.token("alice", "iam-mcp:read", &json!({}));
    let answer = unsigned(&gateway, "1", "whoami").header("authorization", &format!("bEARER {token}")).send();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

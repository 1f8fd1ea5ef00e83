mod cache;
mod corpus;
mod discovery;
mod issuer;
mod key_sets;
mod known;
mod made;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use self::issuer::{Answer, Servers, key_set};
use super::Tokens;
use crate::authn::testing::noon;
use crate::clock::ManualClock;
use crate::config::Config;
use crate::config::testing::{config as configured, minimal_with};

const ACCOUNT: &str = "123456789012";
const GATEWAY: &str = "iam-mcp.example.internal";
const AWS: &str = "https://1a2b3c4d-0000-1111-2222-333344445555.tokens.sts.global.api.aws";
const CI: &str = "https://ci.example";
const IDP: &str = "https://login.example/tenant";
const IDP_KEYS: &str = "https://login.example/keys";
const RESOURCE: &str = "https://gw.example/mcp";
/// Where AWS puts what is its own.
const OF_AWS: &str = "https://sts.amazonaws.com/";

/// Beside the least: one account's AWS tokens and a CI system's for the exchange, people's tokens for both.
const CONFIGURATION: &str = r#"
[sealing]
keys = [{ id = "a", file = "a", state = "seal" }]
[[exchange.web_identity]]
account = "123456789012"
issuer = "https://1a2b3c4d-0000-1111-2222-333344445555.tokens.sts.global.api.aws"
enforced_source_identities = ["role/teams/*"]
tags = { team = "/https:~1~1sts.amazonaws.com~1/principal_tags/team" }
[[issuer]]
name = "ci"
url = "https://ci.example"
caller = "ci/{repository}@{ref}"
conditions = { repository_owner = "acme", ref = ["refs/heads/main", "refs/tags/*"] }
tags = { repository = "repository" }
[[issuer]]
name = "idp"
url = "https://login.example/tenant"
keys_url = "https://login.example/keys"
uses = ["exchange", "bearer"]
caller = "{email}"
person = "{email}"
[bearer]
url = "https://gw.example"
"#;

fn config() -> Config {
    configured(&minimal_with("", CONFIGURATION))
}

/// All issuers, answering.
fn servers() -> Arc<Servers> {
    let servers = Servers::new();
    let keys = Answer::json(&key_set());
    servers.set(&format!("{AWS}/.well-known/jwks.json"), keys.clone());
    let discovery = json!({"issuer": CI, "jwks_uri": format!("{CI}/keys")});
    servers.set(&format!("{CI}/.well-known/openid-configuration"), Answer::json(&discovery));
    servers.set(&format!("{CI}/keys"), keys.clone());
    servers.set(IDP_KEYS, keys);
    servers
}

fn tokens(servers: &Arc<Servers>) -> Tokens {
    Tokens::new(Arc::<Servers>::clone(servers), ManualClock::at(noon()))
}

/// Seconds since 1970, so long after noon.
fn after(seconds: i64) -> Value {
    (noon().as_second() + seconds).into()
}

/// A token of AWS's STS for a role of the account.
fn of_aws() -> Value {
    json!({
        "iss": AWS, "aud": GATEWAY, "sub": format!("arn:aws:iam::{ACCOUNT}:role/teams/Developer"),
        "iat": after(-5), "exp": after(295), "jti": "a-1",
        OF_AWS: {
            "aws_account": ACCOUNT, "source_region": "us-east-1", "org_id": "o-abc1234567",
            "identity_store_user_id": "906713a1-2030-40ff-8b1c-000000000001", "source_identity": "alice",
            "principal_tags": {"team": "payments"}, "request_tags": {"team": "root"},
            "original_session_exp": "2026-03-01T13:00:00Z",
        },
    })
}

/// A token of a run of the CI system.
fn of_ci() -> Value {
    json!({
        "iss": CI, "aud": GATEWAY, "sub": "repo:acme/app:ref:refs/heads/main", "iat": after(-5), "nbf": after(-5),
        "exp": after(300), "jti": "c-1", "repository": "acme/app", "repository_owner": "acme", "ref": "refs/heads/main",
    })
}

/// A person's token for the exchange.
fn of_person() -> Value {
    json!({
        "iss": IDP, "aud": [GATEWAY], "sub": "u-1", "iat": after(-5), "exp": after(300), "jti": "p-1",
        "email": "alice@example.com", "email_verified": true,
    })
}

/// A person's token for the default endpoint.
fn access_token() -> Value {
    let mut claims = of_person();
    claims["aud"] = RESOURCE.into();
    claims["scope"] = "openid iam-mcp:read".into();
    claims
}

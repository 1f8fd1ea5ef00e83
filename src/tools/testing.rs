//! Calls for the tests of tools and of what judges them.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::catalogue::CATALOGUE;
use super::{CallFacts, Declared, ToolError, look_up};
use crate::authn::{Caller, Narrowing};
use crate::authorize::map;
use crate::config::Config;
use crate::context::Origin;

/// A configuration in which `alice` may write, `auditor` may read, and `builder` must set a boundary.
pub(crate) const CONFIGURATION: &str = r#"
[gateway]
name = "iam-mcp.example.internal"
[[environment]]
name = "dev"
accounts = ["123456789012"]
[[role_mapping]]
environment = "dev"
caller = "alice"
role_arn = "arn:aws:iam::123456789012:role/mcp/admin"
access = "read-write"
[[role_mapping]]
environment = "dev"
caller = "auditor"
role_arn = "arn:aws:iam::123456789012:role/mcp/reader"
access = "read-only"
toolsets = ["users", "governance"]
[[role_mapping]]
environment = "dev"
caller = "builder"
role_arn = "arn:aws:iam::123456789012:role/mcp/builder"
access = "read-write"
toolsets = ["users"]
permissions_boundary = "arn:aws:iam::123456789012:policy/bounded"
[protect]
arns = ["arn:aws:iam::123456789012:user/break-glass/*"]
[policy]
without_documents = "allow"
[sigv4]
keyring = "keyring.json"
[audit]
directory = "audit"
[tools]
new_secrets = "reveal"
"#;

pub(crate) fn configuration() -> Config {
    let environment = std::collections::BTreeMap::<String, String>::new();
    Config::parse(CONFIGURATION, Path::new("gateway.toml"), &environment).expect("a good configuration").config
}

pub(crate) fn caller(name: &str) -> Arc<Caller> {
    Arc::new(Caller::keyring(name, None))
}

pub(crate) fn facts(name: &str) -> CallFacts {
    let config = configuration();
    let caller = caller(name);
    let mapped = map(&config, None, &caller).expect("the caller is mapped");
    CallFacts::of(&mapped, &caller, Narrowing::Nothing, &config.gateway.name, origin(), false)
        .with_new_secrets(&config.tools.new_secrets)
}

/// A call that came from nowhere in particular at the start of 2026.
pub(crate) fn origin() -> Origin {
    Origin { source_ip: None, secure: false, at: Timestamp::constant(1_767_225_600, 0), user_agent: None, client: None }
}

/// A checked call by `name`.
pub(crate) fn declared(name: &str, tool: &str, arguments: &Value) -> Result<Declared, ToolError> {
    let tool = CATALOGUE.find(tool).expect("a tool of the catalogue");
    look_up(tool, arguments.as_object().expect("an object"), facts(name))
}

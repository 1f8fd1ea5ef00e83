use std::path::Path;

use super::{MINIMAL, config, faults, minimal_with, parse};
use crate::config::{Config, FaultCode};

#[test]
fn probe() {
    println!("{}", faults(MANY));
    println!("{}", serde_json::to_string(&parse(SYNTAX).unwrap_err()).unwrap());
    println!("{}", faults(SYNTAX));
    println!("{}", faults(""));
}

const MANY: &str = r#"
title = "x"
[gatway]
name = "a"

[gateway]
name = "iam-mcp.amazonaws.com"
read_only = "yes"

[listen]
address = "0.0.0.0:8080"
trusted_proxies = ["10.0.0.1"]

[[environment]]
name = "dev"
accounts = [123456789012]

[[role_mapping]]
enviroment = "dev"
environment = "dve"
caller = "ci/*/x"
role_arn = "arn:aws:iam::123456789012:user/alice"
acess = "read-only"

[[role_mapping]]
environment = "dev"
caller = { kind = "keyrin", pattern = "bob" }
role_arn = "arn:aws:iam::123456789012:role/agent"
access = "readonly"
tags = { calledviaawsmcp = "aws-mcp.amazonaws.com" }

[audit]
segment_bytes = 1
"#;

const SYNTAX: &str = "[gateway]\nname = iam\nread_only = tru\n[listen\naddress = \"127.0.0.1:1\"\n[limits]\nconections = 5\nidle_seconds = \"75\"\n";

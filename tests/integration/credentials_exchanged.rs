//! The whole way: an identity of the sandbox's account, a proof, the real exchange, and calls that are signed with what it
//! gave, by botocore and by this program.

use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::person::{Home, of_account, proving};
use crate::support::program::Program;
use crate::support::sealing::SealingKeys;

/// A gateway that exchanges GetCallerIdentity proofs of the sandbox's principals, and a home of one of them.
struct Exchanging {
    gateway: TestGateway,
    home: Home,
    _keys: SealingKeys,
}

impl Exchanging {
    fn start() -> Self {
        let keys = SealingKeys::new();
        let callers = of_account("caller-identity", "assumed-role/iam-mcp-gateway/*");
        let gateway = TestGateway::with_sandbox()
            .mapping_of(&callers, "role/mcp-auditor", "access = \"read-only\"")
            .taking_identities(&keys, &[7])
            .start();
        let home = Home::of(&gateway.own_keys());
        Self { gateway, home, _keys: keys }
    }

    /// The options of an exchange with the sandbox's STS.
    fn options(&self) -> [&str; 6] {
        proving(self.gateway.sandbox().url())
    }

    fn install(&self) {
        let url = self.gateway.url();
        let command = [&["credentials", "--url", &url, "--install", "gw", "--yes"][..], &self.options()].concat();
        let written = self.home.run(&command);
        assert_eq!(written.code, 0, "{}", written.stderr);
    }

    /// How often STS was asked who somebody is.
    fn proofs(&self) -> usize {
        self.gateway.sandbox().trail_of("GetCallerIdentity").len()
    }
}

#[test]
fn a_call_with_awss_own_credentials_is_made_as_whoever_they_are_of() {
    let exchanging = Exchanging::start();
    let url = exchanging.gateway.url();
    let command = [&["call", "whoami", "--url", &url][..], &exchanging.options()].concat();
    for _ in 0..2 {
        let called = exchanging.home.run(&command);
        assert_eq!(called.code, 0, "{}", called.stderr);
        let name = called.json()["Caller"]["name"].as_str().expect("a caller has a name").to_owned();
        assert!(name.starts_with("assumed-role/iam-mcp-gateway/"), "{name}");
    }
    assert_eq!(exchanging.proofs(), 1, "the second time they come from the cache");
}

#[test]
fn a_profile_that_was_installed_signs_for_this_program_and_for_botocore() {
    let exchanging = Exchanging::start();
    exchanging.install();
    let profile = [("AWS_PROFILE", "gw")];
    let called = exchanging.home.run_with(&["call", "whoami", "--url", &exchanging.gateway.url()], &profile, "");
    assert_eq!(called.code, 0, "{}", called.stderr);

    let variables = [("AWS_PROFILE", "gw"), ("HOME", exchanging.home.folder())];
    let mut botocore = Program::python("signed_http.py", &[], &variables);
    let message = json!({
        "jsonrpc": "2.0", "id": "1", "method": "tools/call",
        "params": {"name": "whoami", "arguments": {}, "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "botocore", "version": "1"},
        }},
    });
    botocore.say(&json!({
        "url": exchanging.gateway.url(), "body": message.to_string(),
        "headers": [
            ["content-type", "application/json"], ["accept", "application/json, text/event-stream"],
            ["mcp-protocol-version", "2026-07-28"], ["mcp-method", "tools/call"], ["mcp-name", "whoami"],
        ],
    }));
    let [answer]: [Value; 1] = botocore.finish().try_into().expect("one request has one reply");
    assert_eq!(answer["status"], 200, "{answer}");
    let name = answer["json"]["result"]["structuredContent"]["Caller"]["name"].as_str().expect("it says who it is");
    assert!(name.starts_with("assumed-role/iam-mcp-gateway/"), "{name}");
    assert_eq!(exchanging.proofs(), 1);
}

#[test]
fn a_proof_for_another_gateway_is_refused_with_what_to_do() {
    let exchanging = Exchanging::start();
    let sts = exchanging.gateway.sandbox().url();
    let url = exchanging.gateway.url();
    let command = ["credentials", "--url", &url, "--profile", "person", "--sts-endpoint", sts];
    let refused = exchanging.home.run(&command);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    assert!(refused.stderr.contains("proof_audience") && refused.stderr.contains("--audience"), "{}", refused.stderr);
    assert_eq!(exchanging.proofs(), 0);
}

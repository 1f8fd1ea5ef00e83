use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::{MINIMAL, faults, minimal_with, parse};
use crate::config::{Config, FaultCode};

/// `(old, new, fault)`: with `old` replaced by `new` in the minimal configuration, exactly this one fault is reported; it
/// may go on after what is given.
#[track_caller]
pub(super) fn each_is_one_fault(cases: &[(&str, &str, &str)]) {
    for (old, new, expected) in cases {
        let text = minimal_with(old, new);
        let found = parse(&text).expect_err(expected);
        let shown = faults(&text);
        assert_eq!(found.faults.len(), 1, "{shown}");
        let (_, message) = shown.split_once(' ').unwrap();
        assert!(message.starts_with(expected), "expected {expected}\n   found {message}");
    }
}

#[test]
fn all_faults_are_reported_at_once_with_place_key_and_remedy() {
    let text = r#"
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
    assert_eq!(
        faults(text),
        r#"gateway.toml policy.without_documents: is required
    write documents = ["policies/*.json"], or without_documents = "allow" if role mappings and AWS shall decide alone
gateway.toml sigv4.keyring: is required
    write keyring = "keyring.json", the file that holds the gateway's keys
gateway.toml:2:1 title: unknown section
    known here: gateway, listen, limits, environment, policy, sigv4, broker, role_mapping, audit, sealing, shared_state, issuer, exchange, bearer, revoked, tools, identities, protect, aws, log
gateway.toml:3:2 gatway: unknown section; did you mean "gateway"?
gateway.toml:7:8 gateway.name: reads as an AWS service principal; choose a name under a domain of your own: a gateway never passes for AWS
gateway.toml:8:13 gateway.read_only: expected a boolean, found a string
    write true or false, without quotes
gateway.toml:10:1 listen.hosts: is required
    the address is not a loopback one: list the host names that clients use, as ["host"]
gateway.toml:12:20 listen.trusted_proxies[0]: "10.0.0.1" is not a network
    for this one address write 10.0.0.1/32
gateway.toml:16:13 environment[0].accounts[0]: expected a string, found an integer
    put the account id in quotes: as a number it would lose its leading zeros
gateway.toml:19:1 role_mapping[0].enviroment: unknown key; did you mean "environment"?
gateway.toml:20:15 role_mapping[0].environment: there is no environment "dve"; did you mean "dev"?
    declared: "dev"
gateway.toml:21:10 role_mapping[0].caller: may have one *, and only as its last character
gateway.toml:22:12 role_mapping[0].role_arn: names "user/alice", which is not a role; a role's ARN ends in role/NAME or role/PATH/NAME
gateway.toml:23:1 role_mapping[0].acess: unknown key; did you mean "access"?
gateway.toml:27:19 role_mapping[1].caller.kind: "keyrin" is not a possible value; did you mean "keyring"?
    possible: keyring, caller-identity, web-identity, oidc
gateway.toml:29:10 role_mapping[1].access: "readonly" is not a possible value; did you mean "read-only"?
    possible: read-only, read-write
gateway.toml:30:10 role_mapping[1].tags.calledviaawsmcp: the gateway sets this tag itself, and its meaning rests on that
    choose another key; letter case makes no difference to STS
gateway.toml:32:1 audit.directory: is required
    write directory = "/var/lib/iam-mcp-gateway/audit", on a disk that outlives the process
gateway.toml:33:17 audit.segment_bytes: 1 is out of range; 1048576 to 1073741824 is possible
    a segment is verified, compressed and shipped as a whole"#
    );
}

#[test]
fn every_syntax_fault_is_reported_and_its_echoes_are_not() {
    let text = "[gateway]\nname = iam\nread_only = tru\n[listen\n[limits]\nconections = 5\nidle_seconds = \"75\"\n";
    assert_eq!(
        faults(text),
        r#"gateway.toml:2:8: not TOML: invalid float, expected `inf`
    put text in quotes: key = "text"
gateway.toml:3:13: not TOML: invalid boolean, expected `true`
    put text in quotes: key = "text"
gateway.toml:4:8: not TOML: unclosed table, expected `]`
gateway.toml:6:1 limits.conections: unknown key; did you mean "connections"?
gateway.toml:7:16 limits.idle_seconds: expected an integer, found a string
    write digits only, without quotes"#
    );
    assert!(
        faults(&minimal_with("", "[gateway]\nname = \"b\"")).contains("gateway.toml:18:2: not TOML: duplicate key")
    );
}

#[test]
fn the_json_form_has_every_part_of_a_fault() {
    let found = parse(&minimal_with("access", "acess")).unwrap_err();
    assert_eq!(
        serde_json::to_value(&found).unwrap(),
        serde_json::json!({
            "file": "/etc/gateway/gateway.toml",
            "faults": [{
                "code": "unknown-key",
                "line": 11,
                "column": 1,
                "variable": null,
                "path": "role_mapping[0].acess",
                "problem": "unknown key",
                "suggestion": "access",
                "remedy": null,
            }],
        })
    );
}

#[test]
fn a_file_that_cannot_be_read_is_a_fault() {
    let none: BTreeMap<String, String> = BTreeMap::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gateway.toml");
    let code = |path: &Path| Config::load(path, &none).unwrap_err().faults[0].code;
    assert_eq!(code(&file), FaultCode::Unreadable);
    fs::write(&file, b"name = \"\xff\"").unwrap();
    assert_eq!(code(&file), FaultCode::Unreadable);
    fs::write(&file, MINIMAL).unwrap();
    assert_eq!(Config::load(&file, &none).unwrap().config.sigv4.keyring, folder.path().join("keyring.toml"));
}

#[test]
fn values_of_the_wrong_type_are_refused() {
    each_is_one_fault(&[
        ("", "[limits]\nconnections = 9223372036854775807", "limits.connections: 9223372036854775807 is out of range"),
        ("[gateway]", "limits = 5\n[broker]\n[gateway]", "limits: expected a table, found an integer"),
        ("[gateway]", "broker = 5\n[gateway]", "broker: expected a table, found an integer"),
        (
            "\"iam-mcp.example.internal\"",
            "5",
            "gateway.name: expected a string, found an integer\n    put it in quotes",
        ),
        ("\"iam-mcp.example.internal\"", "[]", "gateway.name: expected a string, found a list"),
        ("\"iam-mcp.example.internal\"", "2026-11-20", "gateway.name: expected a string, found a date or time"),
        ("", "[limits]\nconnections = 1.5", "limits.connections: expected an integer, found a float"),
        (
            "",
            "[limits]\nconnections = 99999999999999999999",
            "limits.connections: expected an integer, found an integer beyond 64 bits",
        ),
        ("", "[limits]\nconnections = -1", "limits.connections: -1 is out of range; 1 to 65536 is possible"),
        ("", "[listen]\norigins = \"https://a\"", "listen.origins: expected a list, found a string"),
        (
            "",
            "[[tools]]",
            "tools: expected a table, found a list\n    there is one only: write [tools] instead of [[tools]]",
        ),
        (
            "[[environment]]",
            "[environment]",
            "environment: there can be several, and this is a single table\n    write [[env",
        ),
        ("\"alice\"", "5", "role_mapping[0].caller: expected a name pattern or a table with kind and pattern"),
    ]);
}

#[test]
fn listen_refuses_what_it_cannot_serve_safely() {
    each_is_one_fault(&[
        ("", "[listen]\naddress = \"localhost:80\"", "listen.address: \"localhost:80\" is not an address with a port"),
        ("", "[listen]\nmetrics_address = \"of\"", "listen.metrics_address: \"of\" is not an address with a port"),
        ("", "[listen]\nmetrics_address = \"127.0.0.1:8080\"", "listen.metrics_address: is also [listen] address"),
        ("", "[listen]\naddress = \"[::]:1\"", "listen.hosts: is required"),
        ("", "[listen]\nhosts = []", "listen.hosts: no request could be answered"),
        ("", "[listen]\nhosts = [\"a\", \"*\"]", "listen.hosts[1]: has a wildcard in the name"),
        ("", "[listen]\norigins = [\"null\"]", "listen.origins[0]: is not an origin"),
        ("", "[listen]\ntrusted_proxies = [\"0.0.0.0/0\"]", "listen.trusted_proxies[0]: covers every address"),
        (
            "",
            "[listen]\ntrusted_proxies = [\"10.0.0.1/8\"]",
            "listen.trusted_proxies[0]: has address bits beyond its prefix\n    write 10.0.0.0/8",
        ),
        (
            "",
            "[listen]\nsigned_host = \"a.example\"",
            "listen.signed_host: is for requests through a trusted proxy, and there is none",
        ),
        (
            "",
            "[listen]\nsigned_host = \"https://a.example\"\ntrusted_proxies = [\"10.0.0.0/8\"]",
            "listen.signed_host: is not a host",
        ),
        (
            "",
            "[listen]\nsigned_host = \"a.example:*\"\ntrusted_proxies = [\"10.0.0.0/8\"]",
            "listen.signed_host: names any port, and clients sign for one host",
        ),
        (
            "",
            "[listen]\ntrusted_proxies = [\"lb\"]",
            "listen.trusted_proxies[0]: \"lb\" is not a network\n    write ADDR",
        ),
    ]);
}

#[test]
fn a_signed_host_is_kept_as_clients_sign_it() {
    let signed_host = |host: &str| {
        let listen = format!("[listen]\nsigned_host = \"{host}\"\ntrusted_proxies = [\"10.0.0.0/8\"]");
        parse(&minimal_with("", &listen)).unwrap().config.listen.signed_host.unwrap()
    };
    assert_eq!(signed_host("IAM-MCP.example.internal"), "iam-mcp.example.internal");
    assert_eq!(signed_host("iam-mcp.example.internal:8443"), "iam-mcp.example.internal:8443");
}

#[test]
fn an_end_fits_into_what_an_orchestrator_grants() {
    let limits =
        |announce, grace| format!("[limits]\nshutdown_announce_seconds = {announce}\nshutdown_grace_seconds = {grace}");
    assert!(parse(&minimal_with("", &limits(10, 100))).is_ok());
    let announce = "[limits]\nshutdown_announce_seconds = 61";
    each_is_one_fault(&[
        ("", &limits(11, 100), "limits.shutdown_grace_seconds: is 111 s together with shutdown_announce_seconds"),
        ("", announce, "limits.shutdown_announce_seconds: 61 is out of range; 0 to 60 is possible"),
    ]);
}

#[test]
fn environments_are_unique_and_production_is_never_the_default() {
    let second = |keys: &str| format!("[[environment]]\n{keys}");
    each_is_one_fault(&[
        (
            "name = \"dev\"\naccounts = [\"123456789012\"]\n[[role_mapping]]\nenvironment = \"dev\"",
            "name = \"Dev\"\naccounts = [\"123456789012\"]\n[[role_mapping]]\nenvironment = \"Dev\"",
            "environment[0].name: \"Dev\" is not an environment's name",
        ),
        ("[\"123456789012\"]", "[]", "environment[0].accounts: is empty"),
        ("[\"123456789012\"]", "[\"1234\"]", "environment[0].accounts[0]: \"1234\" is not an account id"),
        (
            "accounts",
            "partition = \"aws-c\"\naccounts",
            "environment[0].partition: \"aws-c\" is not a possible value; did you",
        ),
        (
            "accounts",
            "production = true\ndefault = true\naccounts",
            "environment[0].default: a production environment cannot be the default",
        ),
        (
            "",
            &second("name = \"dev\"\naccounts = [\"210987654321\"]"),
            "environment[1].name: \"dev\" is already declared at line 5",
        ),
        (
            "",
            &second("name = \"test\"\naccounts = [\"123456789012\"]"),
            "environment[1].accounts[0]: account 123456789012 already belongs to an environment, at line 6",
        ),
        (
            "accounts = [\"123456789012\"]",
            "accounts = [\"123456789012\"]\ndefault = true\n[[environment]]\nname = \"b\"\naccounts = [\"210987654321\"]\ndefault = true",
            "environment[1].default: there is a default already, at line 7",
        ),
    ]);
    let (head, _) = MINIMAL.split_once("[[environment]]").unwrap();
    let tail = "[policy]\nwithout_documents = \"allow\"\n[sigv4]\nkeyring = \"k\"\n[audit]\ndirectory = \"a\"\n";
    assert!(faults(&format!("{head}{tail}")).contains("gateway.toml environment: is required"));
    assert!(faults(&format!("environment = []\n{head}{tail}")).contains("gateway.toml environment: is required"));
}

#[test]
fn sigv4_broker_and_audit_refuse_what_contradicts_itself() {
    each_is_one_fault(&[
        ("[sigv4]", "[sigv4]\nservice = \"IAM\"", "sigv4.service: \"IAM\" cannot stand in a credential scope"),
        ("[sigv4]", "[sigv4]\nregions = []", "sigv4.regions: is empty, so no signature would be accepted"),
        ("[sigv4]", "[sigv4]\nregions = [\"a/b\"]", "sigv4.regions[0]: \"a/b\" cannot stand in a credential scope"),
        ("[sigv4]", "[sigv4]\nregion = \"a\"\nregions = [\"a\"]", "sigv4.region: region and regions are both set"),
        ("\"keyring.toml\"", "\"\"", "sigv4.keyring: is not a path"),
        ("", "[broker]\nrefresh_ahead_seconds = 119", "broker.refresh_ahead_seconds: a call may take 120 s"),
        (
            "",
            "[limits]\nscan_seconds = 24",
            "limits.scan_seconds: is shorter than any other call may take: call_seconds is 25",
        ),
        ("", "[identities]\nhuman_percent = 51", "identities.human_percent: is above nhi_percent, which is 50"),
        ("", "[broker]\naws_timeout_seconds = 26", "broker.aws_timeout_seconds: is longer than a whole call may take"),
        ("", "[broker]\nsts_timeout_seconds = 26", "broker.sts_timeout_seconds: is longer than a whole call may take"),
        ("directory = \"/var/lib/audit\"", "", "audit.directory: is required"),
        ("[audit]", "[audit]\nsecrets = \"hash\"", "audit.secrets: is \"hash\", and there is no key to hash with"),
        ("[audit]", "[audit]\nsecrets = \"hash\"\nhash_key = \"\"", "audit.hash_key: is not a path"),
        ("[audit]", "[audit]\nhash_key = \"k\"", "audit.hash_key: is given, and nothing is hashed"),
        ("", "[log]\nformat = \"jsn\"", "log.format: \"jsn\" is not a possible value; did you mean \"json\"?"),
        ("", "[log]\nlevel = \"INFO\"", "log.level: \"INFO\" is not a possible value; did you mean \"info\"?"),
    ]);
}

#[test]
fn sealing_has_exactly_one_key_that_seals() {
    let keys = |keys: &str| format!("[sealing]\nkeys = [{keys}]");
    let (a, b) = ("{ id = \"a\", file = \"a\", state = \"seal\" }", "{ id = \"b\", file = \"b\", state = \"seal\" }");
    each_is_one_fault(&[
        ("", &keys(&format!("{a}, {b}")), "sealing.keys: 2 keys have state = \"seal\"; exactly one must"),
        ("", &keys(&a.replace("seal", "open")), "sealing.keys: 0 keys have state = \"seal\"; exactly one must"),
        (
            "",
            &keys(&format!("{a}, {}", a.replace("seal", "open"))),
            "sealing.keys[1].id: \"a\" is already declared at line 19",
        ),
        ("", &keys(&a.replace("\"a\", file", "\"a b\", file")), "sealing.keys[0].id: \"a b\" is not a key's id"),
        (
            "",
            &keys(&a.replace("seal", "sael")),
            "sealing.keys[0].state: \"sael\" is not a possible value; did you mean \"seal\"?",
        ),
        ("", &keys("\"a\""), "sealing.keys[0]: expected a table, found a string"),
    ]);
}

#[test]
fn protect_and_aws_name_only_what_makes_sense() {
    each_is_one_fault(&[
        ("", "[protect]\narns = [\"arn:aws:iam::*:role/x\"]", "protect.arns[0]: has a wildcard before its end"),
        ("", "[protect]\narns = [\"role/x\"]", "protect.arns[0]: is not an ARN"),
        (
            "",
            "[protect]\ngateway_role_arn = \"arn:aws:sts::123456789012:assumed-role/a/b\"",
            "protect.gateway_role_arn: is the ARN of an assumed-role session; name the role itself",
        ),
        (
            "",
            "[aws]\nsts_endpoint = \"https://sts.example\"",
            "aws.sts_endpoint: names \"sts.example\", which is not this",
        ),
        (
            "",
            "[aws]\niam_endpoint = \"http://10.0.0.1\"",
            "aws.iam_endpoint: names \"10.0.0.1\", which is not this machine",
        ),
        ("", "[aws]\nsts_region = \"useast1\"", "aws.sts_region: \"useast1\" is not a region name"),
        (
            "",
            "[aws]\nsts_region = \"cn-north-1\"",
            "aws.sts_region: cn-north-1 is in partition aws-cn, and an environment is",
        ),
        (
            "",
            "[aws]\nkms_endpoint = \"https://kms.eu-central-1.amazonaws.com\"",
            "aws.kms_endpoint: names \"kms.eu-central-1.amazonaws.com\", which is not this machine",
        ),
        (
            "[audit]",
            "[audit]\ndigest_kms_key = \"alias/audit\"",
            "audit.digest_kms_key: is not an ARN; an ARN reads arn:partition:service:region:account:resource; write the",
        ),
        (
            "[audit]",
            "[audit]\ndigest_kms_key = \"arn:aws:kms:us-east-1:123456789012:key/*\"",
            "audit.digest_kms_key: the key id \"*\" is none",
        ),
        (
            "[audit]",
            "[audit]\ndigest_kms_key = \"arn:aws-cn:kms:cn-north-1:123456789012:alias/audit\"",
            "audit.digest_kms_key: is in partition aws-cn, and an environment is in aws",
        ),
        (
            "[audit]",
            "[audit]\nformer_public_keys = [\"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"]",
            "audit.former_public_keys: means nothing without audit.signing_key",
        ),
        (
            "[audit]",
            "[audit]\nsigning_key = \"k\"\nformer_public_keys = [\"audit.pub\"]",
            "audit.former_public_keys[0]: a public key is 32 bytes in base64, as `audit key` prints it",
        ),
    ]);
}

#[test]
fn keys_of_other_versions_are_unknown() {
    each_is_one_fault(&[
        ("", "[exchange]\nlifetime = 900", "exchange.lifetime: unknown key"),
        ("", "[aws]\nstatic_credentials_file = \"x\"", "aws.static_credentials_file: unknown key"),
        ("[sigv4]", "[sigv4]\nsecret_key = \"x\"", "sigv4.secret_key: unknown key"),
    ]);
}

#[test]
fn what_the_file_says_cannot_steer_a_terminal() {
    let text = minimal_with("", "\"\\u001b[2J\" = 1\n[gateway2]\n[log]\nlevel = \"\\u001b[2J\"\n[\"\\u001b[3J\"]");
    assert!(text.contains("\\u001b"));
    let shown = faults(&text);
    assert!(!shown.contains('\u{1b}'), "{shown}");
    assert!(shown.contains(r#"audit."\u{1b}[2J": unknown key"#), "{shown}");
}

mod properties {
    use proptest::prelude::*;

    use super::super::parse;

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(
            text in "([a-z\\[\\]\\.=\"'{}é\n, 0-9]|gateway|name|\\[\\[environment\\]\\]\n|accounts|role_mapping|caller|tags|keys|sealing){0,60}",
        ) {
            if let Err(faults) = parse(&text) {
                prop_assert!(!faults.faults.is_empty());
                prop_assert!(!faults.to_string().is_empty());
            }
        }

        #[test]
        fn no_value_in_place_of_another_makes_the_reader_panic(
            at in 0usize..300,
            value in "(\"[a-z:*{}]{0,9}\"|[0-9]{1,25}|\\[\\]|\\[1, \"a\"\\]|\\{ a = 1 \\}|true|nan|2026-01-01)",
        ) {
            let lines: Vec<&str> = super::MINIMAL.lines().collect();
            let mut lines: Vec<String> = lines.into_iter().map(str::to_owned).collect();
            let at = at % lines.len();
            if let Some((key, _)) = lines[at].clone().split_once(" = ") {
                lines[at] = format!("{key} = {value}");
            }
            if let Err(faults) = parse(&lines.join("\n")) {
                prop_assert!(!faults.faults.is_empty());
            }
        }
    }
}

#[test]
fn signals_have_numbers_that_fit_together_and_kinds_that_exist() {
    let text = minimal_with(
        "",
        "[audit.signals]\nhistory_days = 7\nlerning_days = 3\nhabit_days = 7\nsilenced = [\"new-adress\"]",
    );
    let shown = faults(&text);
    for expected in [
        "audit.signals.learning_days: is 7, and audit.signals.history_days is 7",
        "audit.signals.lerning_days: unknown key; did you mean \"learning_days\"?",
        "audit.signals.habit_days: is 7, and audit.signals.history_days is 7",
        "audit.signals.silenced[0]: \"new-adress\" is not a possible value; did you mean \"new-address\"?",
    ] {
        assert!(shown.contains(expected), "{expected} is not in {shown}");
    }
    let one = minimal_with("", "[[audit.signals]]\nrefusals = 3");
    assert!(faults(&one).contains("audit.signals: expected a table"), "{}", faults(&one));
}

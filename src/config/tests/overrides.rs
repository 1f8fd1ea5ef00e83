use super::{MINIMAL, minimal_with, parse_with};

#[track_caller]
fn fault(text: &str, variable: &str, value: &str) -> String {
    let faults = parse_with(text, &[(variable, value)]).expect_err("the variable is refused");
    assert_eq!(faults.faults.len(), 1, "{faults}");
    faults.to_string()
}

#[test]
fn a_variable_wins_over_the_file_and_reads_as_toml_where_it_can() {
    let config = parse_with(
        MINIMAL,
        &[
            ("IAM_MCP_GATEWAY__GATEWAY__NAME", "other.example"),
            ("IAM_MCP_GATEWAY__GATEWAY__READ_ONLY", " true "),
            ("IAM_MCP_GATEWAY__LISTEN__ADDRESS", "127.0.0.1:0"),
            ("IAM_MCP_GATEWAY__SIGV4__REGIONS", "[\"eu-central-1\", 'eu-west-1']"),
            ("IAM_MCP_GATEWAY__LIMITS__CONNECTIONS", "0x10"),
            ("IAM_MCP_GATEWAY__AUDIT__DIRECTORY", "\"/srv/audit\""),
        ],
    )
    .unwrap()
    .config;
    assert_eq!(config.gateway.name.as_str(), "other.example");
    assert!(config.gateway.read_only);
    assert_eq!(config.listen.address.port(), 0);
    assert_eq!(config.sigv4.regions, ["eu-central-1", "eu-west-1"]);
    assert_eq!(config.limits.connections, 16);
    assert_eq!(config.audit.directory.to_str(), Some("/srv/audit"));
}

#[test]
fn a_required_key_can_come_from_a_variable_alone() {
    let text = minimal_with("name = \"iam-mcp.example.internal\"", "");
    assert!(parse_with(&text, &[]).is_err());
    assert!(parse_with(&text, &[("IAM_MCP_GATEWAY__GATEWAY__NAME", "other.example")]).is_ok());
    let text = text.replace("[gateway]", "");
    assert!(parse_with(&text, &[("IAM_MCP_GATEWAY__GATEWAY__NAME", "other.example")]).is_ok());
}

#[test]
fn a_fault_in_a_variable_names_the_variable() {
    assert_eq!(
        fault(MINIMAL, "IAM_MCP_GATEWAY__GATEWAY__REDA_ONLY", "true"),
        "environment variable IAM_MCP_GATEWAY__GATEWAY__REDA_ONLY: gateway.reda_only: unknown key; did you mean \"read_only\"?"
    );
    assert_eq!(
        fault(MINIMAL, "IAM_MCP_GATEWAY__LIMITS__CONNECTIONS", "0"),
        "environment variable IAM_MCP_GATEWAY__LIMITS__CONNECTIONS: limits.connections: 0 is out of range; 1 to 65536 is \
         possible\n    each connection holds a file descriptor"
    );
    assert_eq!(
        fault(MINIMAL, "IAM_MCP_GATEWAY__GATEWAY__NAME", "42"),
        "environment variable IAM_MCP_GATEWAY__GATEWAY__NAME: gateway.name: expected a string, found an integer\n    \
         the value reads as TOML; quote it: '\"...\"'"
    );
}

#[test]
fn arrays_of_tables_cannot_be_overridden() {
    let sealing = minimal_with("", "[[sealing.keys]]\nid = \"a\"\nfile = \"a\"\nstate = \"seal\"");
    for (text, variable, value) in [
        (MINIMAL, "IAM_MCP_GATEWAY__ROLE_MAPPING__ACCESS", "read-write"),
        (MINIMAL, "IAM_MCP_GATEWAY__ROLE_MAPPING__0__ACCESS", "read-write"),
        (MINIMAL, "IAM_MCP_GATEWAY__ENVIRONMENT__NAME", "dev"),
        (MINIMAL, "IAM_MCP_GATEWAY__SEALING__KEYS", "[{ id = \"a\", file = \"a\", state = \"seal\" }]"),
        (&sealing, "IAM_MCP_GATEWAY__SEALING__KEYS", "[]"),
        (&sealing, "IAM_MCP_GATEWAY__SEALING__KEYS__FILE", "b"),
    ] {
        let fault = fault(text, variable, value);
        assert!(fault.contains("arrays of tables cannot be overridden by a variable"), "{fault}");
    }
}

#[test]
fn a_variable_that_names_no_key_is_a_fault() {
    for (variable, problem) in [
        ("IAM_MCP_GATEWAY__GATEWAY", "names a section and no key"),
        ("IAM_MCP_GATEWAY__", "names a section and no key"),
        ("IAM_MCP_GATEWAY__GATEWAY__", "has an empty part between its double underscores"),
        ("IAM_MCP_GATEWAY____NAME", "has an empty part between its double underscores"),
        ("IAM_MCP_GATEWAY__GATEWAY__NAME__X", "\"name\" is not a table in the file"),
    ] {
        let fault = fault(MINIMAL, variable, "x");
        assert!(fault.contains(problem), "{variable}: {fault}");
    }
    assert!(fault(MINIMAL, "IAM_MCP_GATEWAY__GATEWAY__NAME", "a\u{fffd}").contains("the value is not UTF-8"));
}

#[test]
fn variables_that_kubernetes_sets_for_a_service_are_not_overrides() {
    let variables = [
        ("IAM_MCP_GATEWAY_SERVICE_HOST", "10.0.0.1"),
        ("IAM_MCP_GATEWAY_PORT", "tcp://10.0.0.1:8080"),
        ("IAM_MCP_GATEWAY_PORT_8080_TCP_ADDR", "10.0.0.1"),
    ];
    assert!(parse_with(MINIMAL, &variables).is_ok());
}

//! Who may prove themselves, by what, and who is not believed.

use super::faults::each_is_one_fault;
use super::{config, minimal_with, parse};

const KEYS: &str = "[sealing]\nkeys = [{ id = \"a\", file = \"a\", state = \"seal\" }]\nsingle_replica = true\n";

#[test]
fn nothing_is_exchanged_unless_it_is_said() {
    let minimal = config(&minimal_with("", ""));
    assert!(!minimal.exchange.is_on(&minimal.issuers));
    assert_eq!((minimal.exchange.audience.as_str(), minimal.bearer), ("iam-mcp.example.internal", None));
    let issuer = "[[issuer]]\nname = \"ci\"\nurl = \"https://ci.example\"\ncaller = \"{sub}\"\n";
    let on = config(&minimal_with("", &format!("{KEYS}{issuer}")));
    assert!(on.exchange.is_on(&on.issuers) && on.issuers[0].exchange && !on.issuers[0].bearer);
}

#[test]
fn what_is_wrong_with_proofs_is_said_with_its_remedy() {
    each_is_one_fault(&[
        ("", "[exchange.caller_identity]\naccounts = [\"123456789012\"]", "exchange: needs [sealing] keys"),
        ("", &format!("{KEYS}[exchange.caller_identity]\n"), "exchange.caller_identity.accounts: is required"),
        (
            "",
            &format!("{KEYS}[exchange.caller_identity]\naccounts = []"),
            "exchange.caller_identity.accounts: is empty",
        ),
        (
            "",
            &format!("{KEYS}[exchange.caller_identity]\naccounts = [123456789012]"),
            "exchange.caller_identity.accounts[0]: expected a string, found an integer",
        ),
        (
            "",
            &format!("{KEYS}[[exchange.web_identity]]\naccount = \"123456789012\"\nissuer = \"https://evil.example\""),
            "exchange.web_identity[0].issuer: is not an issuer of AWS's own tokens",
        ),
        (
            "",
            &format!(
                "{KEYS}[[exchange.web_identity]]\naccount = \"123456789012\"\nissuer = \
                 \"https://0a.tokens.sts.global.api.aws\"\ntags = {{ Team = \"/https:~1~1sts.amazonaws.com~1/request_tags/Team\" }}"
            ),
            "exchange.web_identity[0].tags: /https:~1~1sts.amazonaws.com~1/request_tags/Team is what the caller says of itself",
        ),
        (
            "",
            &format!(
                "{KEYS}[[exchange.web_identity]]\naccount = \"123456789012\"\nissuer = \
                 \"https://0a.tokens.sts.global.api.aws\"\nenforced_source_identities = [\"*\"]"
            ),
            "exchange.web_identity[0].enforced_source_identities[0]: is not the name of a role or user",
        ),
        (
            "",
            &format!(
                "{KEYS}[[exchange.web_identity]]\naccount = \"123456789012\"\nissuer = \
                 \"https://0a.tokens.sts.global.api.aws\"\nenforced_source_identities = [\"Developer\"]"
            ),
            "exchange.web_identity[0].enforced_source_identities[0]: is not the name of a role or user",
        ),
        ("", "[exchange]\naudience = \"a;b\"", "exchange.audience: is no audience"),
        (
            "",
            &format!("{KEYS}[exchange.caller_identity]\naccounts = [\"123456789012\"]\nenforced_sessions = [\"*\"]"),
            "exchange.caller_identity.enforced_sessions[0]: is every role",
        ),
        (
            "",
            &format!(
                "{KEYS}[exchange.caller_identity]\naccounts = [\"123456789012\", \"111111111111\"]\n\
                 enforced_sessions = [\"Admin\"]"
            ),
            "exchange.caller_identity.enforced_sessions[0]: does not say of which of the accounts the role is",
        ),
        (
            "",
            &format!(
                "{KEYS}[exchange.caller_identity]\naccounts = [\"123456789012\"]\n\
                 enforced_sessions = [\"111111111111:Admin\"]"
            ),
            "exchange.caller_identity.enforced_sessions[0]: does not say of which of the accounts the role is",
        ),
    ]);
}

#[test]
fn what_is_wrong_with_issuers_is_said_with_its_remedy() {
    let issuer = |rest: &str| format!("{KEYS}[[issuer]]\nname = \"ci\"\nurl = \"https://ci.example\"\n{rest}\n");
    let cases = [
        (issuer(""), "issuer[0].caller: is required"),
        (issuer("caller = \"ci\""), "issuer[0].caller: has no claim, so everybody would be the same caller"),
        (issuer("caller = \"{a}{b}\""), "issuer[0].caller: has two claims without text between them"),
        (issuer("caller = \"{sub}\"\nuses = []"), "issuer[0].uses: is empty"),
        (issuer("caller = \"{sub}\"\nuses = [\"mcp\"]"), "issuer[0].uses[0]: \"mcp\" is not a possible value"),
        (
            issuer("caller = \"{sub}\"\nkeys_url = \"http://ci.example/k\""),
            "issuer[0].keys_url: must begin with https://",
        ),
        (
            issuer("caller = \"{sub}\"\nkeys_url = \"https://ci.example/k\"\nkeys_file = \"k\""),
            "issuer[0].keys_file: keys_url and keys_file are both set",
        ),
        (issuer("caller = \"{sub}\"\nconditions = { ref = \"*\" }"), "issuer[0].conditions.ref: holds for every text"),
        (issuer("caller = \"{sub}\"\nconditions = { ref = [] }"), "issuer[0].conditions.ref: is empty"),
        (
            issuer("caller = \"{sub}\"\ntags = { viaawsmcpservice = \"x\" }"),
            "issuer[0].tags.viaawsmcpservice: the gateway sets this tag itself",
        ),
        (issuer("caller = \"{sub}\"\nuses = [\"bearer\"]"), "bearer.url: is required"),
        (
            issuer("caller = \"{sub}\"\nuses = [\"bearer\"]\n[bearer]\nurl = \"https://gateway.example/mcp\""),
            "bearer.url: must be scheme, host and port alone",
        ),
        (
            issuer(
                "caller = \"{sub}\"\nuses = [\"bearer\"]\n[bearer]\nurl = \"https://g.example\"\nread_scope = \"a\"\n\
                 write_scope = \"a\"",
            ),
            "bearer.write_scope: is the scope for reading, too",
        ),
    ];
    for (text, fault) in &cases {
        each_is_one_fault(&[("", text, fault)]);
    }
}

#[test]
fn mappings_say_who_vouches_for_their_callers() {
    let caller = |caller: &str| format!("caller = {caller}");
    for (given, fault) in [
        ("{ kind = \"caller-identity\", pattern = \"user/*\" }", "role_mapping[0].caller.account: is required"),
        (
            "{ kind = \"caller-identity\", account = \"*\", pattern = \"user/*\" }",
            "role_mapping[0].caller.account: \"*\" is not an account id",
        ),
        ("{ kind = \"oidc\", pattern = \"*\" }", "role_mapping[0].caller.issuer: is required"),
        (
            "{ kind = \"keyring\", account = \"123456789012\", pattern = \"*\" }",
            "role_mapping[0].caller.account: says nothing of callers of kind \"keyring\"",
        ),
        (
            "{ kind = \"web-identity\", account = \"123456789012\", issuer = \"x\", pattern = \"*\" }",
            "role_mapping[0].caller.issuer: says nothing of callers of kind \"web-identity\"",
        ),
    ] {
        each_is_one_fault(&[("caller = \"alice\"", &caller(given), fault)]);
    }
}

#[test]
fn revocations_name_one_thing_each() {
    each_is_one_fault(&[
        ("", "[[revoked]]\n", "revoked[0]: must name one of token, caller, person, issuer and key"),
        ("", "[[revoked]]\nperson = \"a\"\nkey = \"b\"", "revoked[0]: must name one of token, caller, person"),
        ("", "[[revoked]]\nperson = \"\"", "revoked[0].person: is empty"),
        ("", "[[revoked]]\nperson = \"a\"\nissued_before = \"today\"", "revoked[0].issued_before: is not a time"),
        ("", "[[revoked]]\ncaller = \"alice\"", "revoked[0].caller: does not begin with the kind of a caller"),
        (
            "",
            "[[revoked]]\nkey = \"b\"\nissued_before = \"2026-11-27T12:00:00Z\"",
            "revoked[0].issued_before: says nothing of a key",
        ),
        ("", &format!("{KEYS}[[revoked]]\nkey = \"a\""), "revoked[0].key: is the key that seals"),
    ]);
}

#[test]
fn a_revocation_that_is_for_nobody_is_warned_of() {
    const ISSUERS: &str = "[exchange.caller_identity]\naccounts = [\"123456789012\"]\n\
                           [[issuer]]\nname = \"ci\"\nurl = \"https://ci.example\"\ncaller = \"{sub}\"\n";
    for (revoked, expected) in [
        ("issuer = \"ci\"", ""),
        ("issuer = \"123456789012\"", ""),
        ("issuer = \"cii\"", "revoked[0].issuer"),
        ("key = \"b\"", "revoked[0].key"),
        ("caller = \"keyring:alice\"", ""),
    ] {
        let warned = warnings("\"alice\"", "read-only", &format!("{ISSUERS}[[revoked]]\n{revoked}\n"));
        assert!(if expected.is_empty() { warned.is_empty() } else { warned.contains(expected) }, "{revoked}: {warned}");
    }
}

#[test]
fn a_shared_issuer_without_conditions_and_roles_by_their_beginnings_are_warned_of() {
    let issuer = |rest: &str| {
        let url = "https://token.actions.githubusercontent.com";
        format!("[[issuer]]\nname = \"ci\"\nurl = \"{url}\"\ncaller = \"{{sub}}\"\n{rest}\n")
    };
    assert!(warnings("\"alice\"", "read-only", &issuer("")).contains("is shared by everybody"));
    assert_eq!(warnings("\"alice\"", "read-only", &issuer("conditions = { repository_owner = \"acme\" }")), "");
    let enforced = "[exchange.caller_identity]\naccounts = [\"123456789012\"]\nenforced_sessions = [\"SSO_*\"]\n";
    assert!(warnings("\"alice\"", "read-only", enforced).contains("whoever may create roles"));
}

#[test]
fn tokens_for_the_exchange_and_access_tokens_are_not_for_the_same() {
    let text = |audience: &str| {
        format!(
            "{KEYS}[exchange]\naudience = \"{audience}\"\n[[issuer]]\nname = \"ci\"\nurl = \"https://ci.example\"\n\
             caller = \"{{sub}}\"\nuses = [\"exchange\", \"bearer\"]\n[bearer]\nurl = \"https://g.example\""
        )
    };
    for audience in ["https://g.example/mcp", "https://g.example/mcp/dev"] {
        each_is_one_fault(&[("", &text(audience), "exchange: exchange.audience is what access tokens are for")]);
    }
    config(&minimal_with("", &text("https://g.example/mcpx")));
}

/// The warnings of a configuration with this caller, access and rest.
fn warnings(caller: &str, access: &str, rest: &str) -> String {
    let text = minimal_with("caller = \"alice\"", &format!("caller = {caller}")).replace("read-only", access);
    let warnings = parse(&format!("{text}{KEYS}{rest}")).unwrap_or_else(|faults| panic!("{faults}")).warnings;
    warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn mappings_that_are_for_nobody_or_for_more_than_they_say_are_warned_of() {
    const ACCOUNT: &str =
        "[exchange.caller_identity]\naccounts = [\"123456789012\"]\nenforced_sessions = [\"SSO_Admin\"]\n";
    let assumed = |pattern: &str| {
        format!("{{ kind = \"caller-identity\", account = \"123456789012\", pattern = \"{pattern}\" }}")
    };
    for (pattern, expected) in [
        ("assumed-role/Developer/*", ""),
        ("assumed-role/SSO_Admin/alice", ""),
        ("assumed-role/Developer/alice", "chooses its session's name"),
        ("assumed-role/Developer", "is for nobody: a role's sessions"),
        ("assumed-role/Dev*", "for several roles"),
        ("user/alice", ""),
        ("AWSReservedSSO_Admin_*", "is for nobody: names of this kind"),
        ("role/Developer", "is for nobody: names of this kind"),
    ] {
        let warned = warnings(&assumed(pattern), "read-only", ACCOUNT);
        assert!(if expected.is_empty() { warned.is_empty() } else { warned.contains(expected) }, "{pattern}: {warned}");
    }
    assert!(warnings(&assumed("user/*"), "read-write", ACCOUNT).contains("in quarantine"));
    let lasting = |seconds: u32| format!("{}\ncredential_seconds = {seconds}", assumed("user/alice"));
    assert!(warnings(&lasting(1801), "read-only", ACCOUNT).contains("for longer than half an hour"));
    assert_eq!(warnings(&lasting(1800), "read-only", ACCOUNT), "");
    assert!(warnings(&assumed("user/*"), "read-only", "").contains("is for nobody"));
    let oidc = "{ kind = \"oidc\", issuer = \"ci\", pattern = \"*\" }";
    assert!(warnings(oidc, "read-only", "").contains("no [[issuer]] has its name"));
    let web = "{ kind = \"web-identity\", account = \"123456789012\", pattern = \"*\" }";
    assert!(warnings(web, "read-only", "").contains("no [[exchange.web_identity]] has its account"));
}

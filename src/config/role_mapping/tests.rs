use crate::authn::Caller;
use crate::config::tests::{MINIMAL, config, faults, minimal_with, parse};
use crate::config::{Config, Confirmation, ConfirmedCalls, EnvironmentName, Toolset};

/// The minimal configuration with one mapping more.
fn with_mapping(environment: &str, pattern: &str) -> String {
    format!(
        "[[role_mapping]]\nenvironment = \"{environment}\"\ncaller = {{ kind = \"keyring\", pattern = \"{pattern}\" }}\n\
         role_arn = \"arn:aws:iam::{{account}}:role/x\"\naccess = \"read-write\"\n"
    )
}

fn resolve(config: &Config, environment: &str, name: &str) -> Option<String> {
    let environment: EnvironmentName = environment.parse().unwrap();
    config.role_mappings.resolve(&environment, &Caller::keyring(name, None)).map(|mapping| mapping.id.clone())
}

/// The only fault of the minimal configuration with `new` in front of the mapping's `access`.
#[track_caller]
fn fault_with(old: &str, new: &str) -> String {
    let text = minimal_with(old, new);
    let found = parse(&text).expect_err(new);
    assert_eq!(found.faults.len(), 1, "{found}");
    faults(&text).split_once(' ').unwrap().1.to_owned()
}

#[test]
fn the_most_specific_mapping_wins_in_whatever_order_they_stand() {
    let patterns = ["*", "ci/*", "ci/deploy", "ci/de*"];
    let forward: String = patterns.iter().map(|pattern| with_mapping("dev", pattern)).collect();
    let backward: String = patterns.iter().rev().map(|pattern| with_mapping("dev", pattern)).collect();
    for text in [forward, backward] {
        let config = config(&format!("{MINIMAL}{text}"));
        for (name, id) in [
            ("ci/deploy", "dev/keyring:ci/deploy"),
            ("ci/deploy2", "dev/keyring:ci/de*"),
            ("ci/test", "dev/keyring:ci/*"),
            ("ci", "dev/keyring:*"),
            ("alice", "dev/keyring:alice"),
            ("Alice", "dev/keyring:*"),
        ] {
            assert_eq!(resolve(&config, "dev", name).as_deref(), Some(id), "{name}");
        }
    }
}

#[test]
fn nobody_falls_through_to_another_environment() {
    let test = "[[environment]]\nname = \"test\"\naccounts = [\"210987654321\"]\n";
    let config = config(&format!("{MINIMAL}{test}{}", with_mapping("test", "bob")));
    assert_eq!(resolve(&config, "dev", "bob"), None);
    assert_eq!(resolve(&config, "test", "alice"), None);
    assert_eq!(resolve(&config, "prod", "alice"), None);
    assert_eq!(resolve(&config, "test", "bob").as_deref(), Some("test/keyring:bob"));
}

#[test]
fn two_mappings_of_one_pattern_are_ambiguous_and_both_lines_are_named() {
    let found = faults(&format!("{MINIMAL}{}", with_mapping("dev", "alice")));
    assert!(
        found.starts_with(
            "gateway.toml:18:1 role_mapping[1]: dev/keyring:alice is already mapped at line 7, so which role"
        ),
        "{found}"
    );
}

#[test]
fn the_role_is_in_the_environment() {
    let role = |arn: &str| fault_with("arn:aws:iam::{account}:role/agent", arn);
    assert!(
        role("arn:aws:iam::210987654321:role/x").contains("account 210987654321 is not one of environment \"dev\"")
    );
    assert!(role("arn:aws-cn:iam::123456789012:role/x").contains("environment \"dev\" is in partition aws"));
    assert!(role("arn:aws:iam::{account}:role/{account}").contains("has a placeholder that is none"));
    assert!(role("arn:aws:iam::{acount}:role/x").contains("has a placeholder that is none"));
    assert!(role("arn:aws:iam::{account}:user/x").contains("names \"user/x\", which is not a role"));
    assert!(role("arn:aws:iam::*:role/x").contains("the account \"*\" is not twelve digits"));
}

#[test]
fn the_account_placeholder_needs_an_only_account() {
    let found = fault_with("[\"123456789012\"]", "[\"123456789012\", \"210987654321\"]");
    assert!(found.contains("{account} stands for the environment's only account, and it has several"), "{found}");
}

#[test]
fn a_mapping_is_not_blamed_for_a_faulty_environment() {
    let found = fault_with("name = \"dev\"\naccounts = [\"123456789012\"]", "name = \"dev\"\naccounts = [\"1\"]");
    assert!(found.starts_with("environment[0].accounts[0]"), "{found}");
    let found = fault_with("accounts = [\"123456789012\"]", "");
    assert!(found.starts_with("environment[0].accounts: is required"), "{found}");
}

#[test]
fn the_boundary_is_a_policy_of_the_environment_or_of_aws() {
    let boundary = |arn: &str| minimal_with("access", &format!("permissions_boundary = \"{arn}\"\naccess"));
    for arn in ["arn:aws:iam::aws:policy/PowerUserAccess", "arn:aws:iam::123456789012:policy/edge"] {
        let config = config(&boundary(arn));
        let mapping = config.role_mappings.iter().next().unwrap();
        assert_eq!(mapping.permissions_boundary.as_ref().unwrap().to_string(), arn);
    }
    assert!(faults(&boundary("arn:aws:iam::210987654321:policy/edge")).contains("account 210987654321 is not one of"));
    assert!(faults(&boundary("arn:aws-cn:iam::aws:policy/edge")).contains("is in partition aws"));
    assert!(faults(&boundary("arn:aws:iam::123456789012:role/edge")).contains("is not a managed policy's ARN"));
}

#[test]
fn toolsets_are_those_that_exist() {
    let with = |toolsets: &str| minimal_with("access", &format!("toolsets = {toolsets}\naccess"));
    let config = config(&with("[\"users\", \"access_keys\", \"users\"]"));
    assert_eq!(config.role_mappings.iter().next().unwrap().toolsets, [Toolset::Users, Toolset::AccessKeys].into());
    assert!(faults(&with("[\"user\"]")).contains("\"user\" is not a possible value; did you mean \"users\"?"));
    assert!(faults(&with("[]")).contains("toolsets: is empty, so the callers had no tool"));
}

#[test]
fn what_sts_would_refuse_is_refused_here() {
    let external_id = fault_with("access", "external_id = \"a b\"\naccess");
    assert!(external_id.contains("external_id: may only have letters"), "{external_id}");
    let session = fault_with("access", "session_seconds = 43200\naccess");
    assert!(
        session.contains("43200 is out of range; 900 to 3600 is possible\n    STS gives 900 s at least"),
        "{session}"
    );
}

#[test]
fn confirmation_that_is_not_said_is_more_for_what_reaches_far() {
    let confirming = |keys: &str| {
        let config = config(&minimal_with("access", &format!("{keys}\naccess")));
        config.role_mappings.iter().next().unwrap().confirming
    };
    assert!(confirming("").escalates);
    for (word, strength) in [
        ("none", Confirmation::None),
        ("model", Confirmation::Model),
        ("client", Confirmation::Client),
        ("second-person", Confirmation::SecondPerson),
    ] {
        let said = confirming(&format!("confirmation = \"{word}\""));
        assert_eq!((said.strength, said.escalates), (strength, false));
    }
    let all = confirming("confirm = \"all-writes\"\nrequire_reason = true\nmay_approve = true");
    assert!(all.calls == ConfirmedCalls::AllWrites && all.reason_required && all.may_approve && all.escalates);
    let fault = fault_with("access", "confirmation = \"person\"\naccess");
    let possible = "\"person\" is not a possible value\n    possible: model, client, second-person, none";
    assert!(fault.contains(possible), "{fault}");
}

#[test]
fn calls_that_are_confirmed_not_at_all_are_warned_of() {
    let text = minimal_with("access", "confirmation = \"none\"\nconfirm = \"all-writes\"\naccess");
    let warnings = parse(&text).unwrap().warnings;
    assert!(warnings.iter().any(|warning| warning.to_string().contains("means nothing with confirmation")));
}

#[test]
fn who_wants_a_second_person_where_nobody_may_approve_is_warned() {
    let text = minimal_with("access", "confirmation = \"second-person\"\naccess");
    let stuck =
        "dev/keyring:alice: wants a second person, and no other role_mapping of its environment has may_approve = true";
    let warned = |text: &str| parse(text).unwrap().warnings.iter().any(|warning| warning.to_string().contains(stuck));
    assert!(warned(&text));
    let own = text.replacen("access", "may_approve = true\naccess", 1);
    assert!(warned(&own), "nobody approves what they planned themselves");
    let several = parse(&own.replacen("\"alice\"", "\"al*\"", 1)).unwrap().warnings;
    assert!(
        !several.iter().any(|warning| warning.to_string().contains("wants a second person")),
        "two of one mapping can"
    );
    let approver = "[[role_mapping]]\nenvironment = \"dev\"\ncaller = \"bob\"\naccess = \"read-only\"\nmay_approve = true\n\
                    role_arn = \"arn:aws:iam::{account}:role/agent\"\n";
    assert!(!warned(&format!("{text}{approver}")));
}

mod tags {
    use super::{config, fault_with, minimal_with};

    fn fault(tags: &str) -> String {
        fault_with("access", &format!("tags = {{ {tags} }}\naccess"))
    }

    #[test]
    fn tags_are_kept_as_they_are_written() {
        let text = minimal_with("access", "tags = { \"Team é:1\" = \"Plattform Ost\", empty = \"\" }\naccess");
        let config = config(&text);
        let tags = &config.role_mappings.iter().next().unwrap().tags;
        assert_eq!(tags["Team é:1"], "Plattform Ost");
        assert_eq!(tags["empty"], "");
    }

    #[test]
    fn the_gateways_own_tags_are_refused_in_any_letter_case() {
        for key in ["ViaAWSMCPService", "viaawsmcpservice", "CALLEDVIAAWSMCP", "mcpcaller"] {
            assert!(fault(&format!("{key} = \"x\"")).contains("the gateway sets this tag itself"), "{key}");
        }
        for key in ["aws:x", "AWS:PrincipalTag"] {
            assert!(fault(&format!("\"{key}\" = \"x\"")).contains("keys that begin with aws: are AWS's own"), "{key}");
        }
    }

    #[test]
    fn keys_that_sts_takes_for_one_are_refused() {
        assert!(fault("Team = \"a\", team = \"b\"").contains("tags.team: is the same tag as \"Team\""));
        assert!(fault("\"É\" = \"a\", \"é\" = \"b\"").contains("is the same tag as \"É\""));
    }

    #[test]
    fn lengths_characters_and_number_are_those_of_sts() {
        let (key, value) = ("k".repeat(128), "v".repeat(256));
        config(&minimal_with("access", &format!("tags = {{ {key} = \"{value}\" }}\naccess")));
        assert!(fault(&format!("{key}k = \"x\"")).contains("the tag's key has 129 characters"));
        assert!(fault(&format!("k = \"{value}v\"")).contains("has 257 characters; a tag's value has at most 256"));
        assert!(fault("\"\" = \"x\"").contains("the tag's key has 0 characters"));
        assert!(fault("\"a*b\" = \"x\"").contains("the tag's key has characters that STS refuses"));
        assert!(fault("a = \"x\\ny\"").contains("tags.a: has characters that STS refuses in a tag's value"));
        assert!(fault("a = 5").contains("tags.a: expected a string, found an integer"));
        let tags = |count: usize| (0..count).map(|i| format!("k{i} = \"\"")).collect::<Vec<_>>().join(", ");
        config(&minimal_with("access", &format!("tags = {{ {} }}\naccess", tags(47))));
        assert!(fault(&tags(48)).contains("48 tags; 47 are possible"));
    }
}

use std::time::Duration;

use tracing::level_filters::LevelFilter;

use super::{MINIMAL, config, minimal_with, parse_with};
use crate::arn::Partition;
use crate::config::{Access, Confirmation, ConfirmedCalls, NewSecrets, Secrets, Signals, Toolset};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn what_is_not_written_has_its_documented_default() {
    let config = config(MINIMAL);
    assert!(!config.gateway.read_only);

    let listen = &config.listen;
    assert_eq!(listen.address.to_string(), "127.0.0.1:8080");
    assert_eq!(listen.metrics_address.unwrap().to_string(), "127.0.0.1:9464");
    let hosts: Vec<_> = listen.hosts.iter().map(ToString::to_string).collect();
    assert_eq!(hosts, ["localhost:*", "127.0.0.1:*", "[::1]:*"]);
    assert!(listen.trusted_proxies.is_empty() && listen.origins.is_empty() && listen.signed_host.is_none());

    let limits = &config.limits;
    assert_eq!((limits.connections, limits.concurrent_requests, limits.body_bytes), (1024, 256, 1_048_576));
    assert_eq!((limits.head, limits.body, limits.idle), (seconds(10), seconds(20), seconds(75)));
    assert_eq!((limits.call, limits.shutdown_grace, limits.replay_entries), (seconds(25), seconds(20), 100_000));
    assert_eq!((limits.scan, limits.shutdown_announce), (seconds(120), seconds(5)));

    let rates = &limits.rates;
    assert_eq!((rates.caller_concurrent_requests, rates.caller_requests_per_second), (32, 50));
    assert_eq!((rates.caller_concurrent_writes, rates.caller_writes_per_minute), (4, 60));
    assert!(config.shared_state.is_none());

    assert_eq!(
        (config.sigv4.service.as_str(), config.sigv4.regions.as_slice()),
        ("iam-mcp", &["us-east-1".to_owned()][..])
    );
    assert_eq!((config.sigv4.max_skew, config.sigv4.keyring_group_readable), (seconds(300), false));

    let broker = &config.broker;
    assert_eq!((broker.session, broker.refresh_ahead, broker.cached_sessions), (seconds(900), seconds(120), 10_000));
    assert_eq!((broker.sts_timeout, broker.aws_timeout), (seconds(8), seconds(15)));
    assert_eq!((broker.account_calls_per_second, broker.account_burst), (15, 30));

    let audit = &config.audit;
    assert_eq!((audit.durable, audit.delay, audit.segment_bytes), (seconds(5), seconds(1), 67_108_864));
    assert_eq!((&audit.secrets, &audit.digest_kms_key), (&Secrets::Omit, &None));
    assert!(audit.former_public_keys.is_empty());
    assert!(audit.signals == Signals::default() && audit.signals.silenced.is_empty());
    assert_eq!((config.identities.nhi.as_percent(), config.identities.human.as_percent()), (50, 30));
    let tools = &config.tools;
    assert_eq!((tools.confirmation, tools.approval, tools.second_person_above), (seconds(300), seconds(3600), 20));
    assert_eq!(tools.new_secrets, NewSecrets::Refuse);
    assert!(config.sealing.keys.is_empty() && !config.sealing.keys_group_readable);
    assert!(config.protect.arns.is_empty() && config.protect.gateway_role_arn.is_none());
    assert_eq!((config.log.format, config.log.level), (None, LevelFilter::INFO));
    assert!(config.aws.sts_endpoint.is_none() && config.aws.iam_endpoint.is_none());
    assert!(config.aws.kms_endpoint.is_none());
    assert!(config.aws.access_analyzer_endpoint.is_none() && config.aws.has_access_analyzer());
    assert_eq!(config.aws.sts_region(Partition::AwsCn).as_str(), "cn-north-1");

    let mapping = config.role_mappings.iter().next().unwrap();
    assert_eq!(
        (mapping.access, mapping.confirming.strength, mapping.session),
        (Access::ReadOnly, Confirmation::Model, seconds(900))
    );
    let confirming = mapping.confirming;
    assert_eq!(confirming.calls, ConfirmedCalls::DestructiveAndGrants);
    assert!(confirming.escalates && !confirming.reason_required && !confirming.may_approve);
    assert_eq!(mapping.toolsets, Toolset::ALL.into());
    assert!(mapping.tags.is_empty() && mapping.external_id.is_none() && mapping.permissions_boundary.is_none());
    assert_eq!(mapping.id, "dev/keyring:alice");
    assert_eq!(mapping.role_arn.to_string(), "arn:aws:iam::123456789012:role/agent");
}

#[test]
fn a_relative_path_starts_from_the_configuration_files_folder() {
    let config = config(&minimal_with("", "[sealing]\nkeys = [{ id = \"a\", file = \"keys/a\", state = \"seal\" }]"));
    assert_eq!(config.sigv4.keyring.to_str(), Some("/etc/gateway/keyring.toml"));
    assert_eq!(config.audit.directory.to_str(), Some("/var/lib/audit"));
    assert_eq!(config.sealing.keys[0].place.to_string(), "/etc/gateway/keys/a");
}

#[test]
fn keys_that_signed_before_are_read() {
    let key = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    let former = format!("[audit]\nsigning_key = \"k\"\nformer_public_keys = [\"{key}\"]");
    assert_eq!(config(&minimal_with("[audit]", &former)).audit.former_public_keys, [key.parse().unwrap()]);
}

#[test]
fn a_key_that_signs_digests_says_where_it_is() {
    let arn = "arn:aws:kms:eu-central-1:210987654321:alias/audit/digests";
    let config = config(&minimal_with(
        "[audit]",
        &format!("[aws]\nkms_endpoint = \"http://127.0.0.1:1\"\n[audit]\ndigest_kms_key = \"{arn}\""),
    ));
    let key = config.audit.digest_kms_key.unwrap();
    assert_eq!((key.to_string().as_str(), key.region().as_str()), (arn, "eu-central-1"));
    assert_eq!(config.aws.kms_endpoint.unwrap().as_str(), "http://127.0.0.1:1");
}

#[test]
fn timeouts_that_are_not_written_fit_into_the_call() {
    let short = config(&minimal_with("", "[limits]\ncall_seconds = 7"));
    assert_eq!((short.broker.sts_timeout, short.broker.aws_timeout), (seconds(7), seconds(7)));
    let long = config(&minimal_with("", "[limits]\ncall_seconds = 200"));
    assert_eq!((long.limits.scan, short.limits.scan), (seconds(200), seconds(120)));
    assert_eq!((long.broker.refresh_ahead, long.broker.aws_timeout), (seconds(200), seconds(15)));
}

#[test]
fn a_mapping_lasts_as_long_as_it_says_or_as_the_broker_says() {
    let text = minimal_with("", "[broker]\nsession_seconds = 1800");
    assert_eq!(config(&text).role_mappings.iter().next().unwrap().session, seconds(1800));
    let text = text.replacen("access", "session_seconds = 3600\naccess", 1);
    assert_eq!(config(&text).role_mappings.iter().next().unwrap().session, seconds(3600));
}

#[test]
fn the_only_environment_is_the_default_unless_it_is_production_or_says_no() {
    let name = |text: &str| config(text).environments.default_environment().map(|e| e.name.as_str().to_owned());
    assert_eq!(name(MINIMAL).as_deref(), Some("dev"));
    assert_eq!(name(&minimal_with("name = \"dev\"", "name = \"dev\"\nproduction = true")), None);
    assert_eq!(name(&minimal_with("name = \"dev\"", "name = \"dev\"\ndefault = false")), None);
    let two = minimal_with("", "[[environment]]\nname = \"test\"\naccounts = [\"210987654321\"]\n");
    assert_eq!(name(&two), None);
    assert_eq!(name(&format!("{two}default = true\n")).as_deref(), Some("test"));
}

#[test]
fn metrics_can_be_switched_off_and_region_can_be_a_single_one() {
    let text = minimal_with("[sigv4]", "[listen]\nmetrics_address = \"off\"\n[sigv4]\nregion = \"eu-central-1\"");
    assert_eq!(config(&text).listen.metrics_address, None);
    assert_eq!(config(&text).sigv4.regions, ["eu-central-1"]);
}

#[test]
fn variables_that_are_not_obeyed_and_odd_setups_are_warned_of() {
    let text = minimal_with(
        "",
        "[[environment]]\nname = \"prod\"\naccounts = [\"210987654321\"]\nproduction = true\n\
         [protect]\narns = [\"arn:aws:s3:::bucket\"]",
    );
    let variables =
        [("AWS_ENDPOINT_URL_STS", "http://x"), ("https_proxy", "http://x"), ("AWS_ENDPOINT_URL", ""), ("PATH", "/bin")];
    let loaded = parse_with(&text, &variables).unwrap();
    let subjects: Vec<_> = loaded.warnings.iter().map(|warning| warning.subject.as_str()).collect();
    assert_eq!(subjects, ["environment", "environment prod", "protect.arns[0]", "AWS_ENDPOINT_URL_STS", "https_proxy"]);
    assert!(parse_with(MINIMAL, &[]).unwrap().warnings.is_empty());
}

//! What of a new configuration can take effect while the gateway runs.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::config::{Config, Gateway, Limits, Log};

/// The old configuration with what of the new one can take effect now.
///
/// Role mappings were checked against the environments beside them, so with other environments they wait with them: else
/// a mapping could reach an account that the environment in force does not have. The kill switch never waits.
pub(super) fn merge(old: &Config, new: &Config, later: &mut Vec<&'static str>) -> Config {
    let with_environments = old.environments != new.environments;
    if with_environments && old.role_mappings != new.role_mappings {
        later.push("role_mapping");
    }
    let mappings = if with_environments { &old.role_mappings } else { &new.role_mappings };
    let digest = if later.is_empty() { new.digest.clone() } else { digest_of_both(&old.digest, &new.digest) };
    Config {
        gateway: Gateway { read_only: new.gateway.read_only, ..old.gateway.clone() },
        role_mappings: mappings.clone(),
        policy: new.policy.clone(),
        protect: new.protect.clone(),
        sealing: new.sealing.clone(),
        exchange: new.exchange.clone(),
        issuers: new.issuers.clone(),
        bearer: new.bearer.clone(),
        revoked: new.revoked.clone(),
        identities: new.identities,
        broker: old.broker.with_account_rate_of(&new.broker),
        limits: Limits { rates: new.limits.rates, ..old.limits.clone() },
        log: Log { format: old.log.format, level: new.log.level },
        digest,
        ..old.clone()
    }
}

/// The digest of a configuration that is neither the old file's nor the new one's; the reload's record names both.
pub(super) fn digest_of_both(old: &str, new: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(format!("{old}+{new}")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;

    fn config(environment: &str, mapping: &str, read_only: bool) -> Config {
        let text = format!(
            "[gateway]\nname = \"iam-mcp.example.internal\"\nread_only = {read_only}\n\
             [[environment]]\nname = \"dev\"\n{environment}\n\
             [[role_mapping]]\nenvironment = \"dev\"\ncaller = \"alice\"\n{mapping}\n\
             [policy]\nwithout_documents = \"allow\"\n[sigv4]\nkeyring = \"k\"\n[audit]\ndirectory = \"a\"\n"
        );
        let environment = BTreeMap::<String, String>::new();
        Config::parse(&text, Path::new("gateway.toml"), &environment).expect("a good configuration").config
    }

    #[test]
    fn an_accounts_rate_takes_effect_and_what_else_is_the_brokers_waits() {
        let old = config("accounts = [\"111111111111\"]", ROLE, false);
        let mut new = old.clone();
        (new.broker.account_calls_per_second, new.broker.account_burst) = (3, 4);
        let mut later = old.reloadable_difference(&new);
        let merged = merge(&old, &new, &mut later);
        assert_eq!((later.as_slice(), merged.broker), ([].as_slice(), new.broker.clone()));
        new.broker.cached_sessions += 1;
        let mut later = old.reloadable_difference(&new);
        let merged = merge(&old, &new, &mut later);
        assert_eq!(
            (later.as_slice(), merged.broker.cached_sessions),
            (["broker"].as_slice(), old.broker.cached_sessions)
        );
        assert_eq!((merged.broker.account_calls_per_second, merged.broker.account_burst), (3, 4));
    }

    const ROLE: &str = "role_arn = \"arn:aws:iam::{account}:role/r\"\naccess = \"read-write\"";

    #[test]
    fn mappings_of_other_environments_wait_for_them_and_the_kill_switch_does_not() {
        let old = config("accounts = [\"111111111111\"]", ROLE, false);
        let new = config("accounts = [\"222222222222\"]\nproduction = true", ROLE, true);
        let mut later = old.reloadable_difference(&new);
        let merged = merge(&old, &new, &mut later);
        assert_eq!(later, ["environment", "role_mapping"]);
        assert_eq!(merged.role_mappings, old.role_mappings);
        assert!(merged.gateway.read_only);
        assert!(merged.digest != old.digest && merged.digest != new.digest);
    }

    #[test]
    fn a_version_that_can_take_effect_as_a_whole_is_in_force_under_its_own_digest() {
        let old = config("accounts = [\"111111111111\"]", ROLE, false);
        let new = config("accounts = [\"111111111111\"]", &ROLE.replace("read-write", "read-only"), false);
        let mut later = old.reloadable_difference(&new);
        let merged = merge(&old, &new, &mut later);
        assert!(later.is_empty());
        assert_eq!((merged.digest, merged.role_mappings), (new.digest, new.role_mappings));
    }
}

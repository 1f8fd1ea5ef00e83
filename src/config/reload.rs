//! What a new version of the configuration can change while the process runs.

use super::{Config, Limits};

impl Config {
    /// What differs in `new` and takes effect only after a restart, by section or key; empty when all of it can be applied.
    ///
    /// Applied at once are `gateway.read_only`, `role_mapping`, `policy`, `protect`, `sealing`, `exchange`, `issuer`, `bearer`,
    /// `revoked`, `identities`, `log.level`, the rates of `limits` and an account's of `broker`; everything else is bound to
    /// sockets, files, pools or caches that exist since the start.
    #[must_use]
    pub fn reloadable_difference(&self, new: &Self) -> Vec<&'static str> {
        // Exhaustive, so that a new section must be sorted into one of the two groups.
        let Self {
            gateway,
            listen,
            limits,
            environments,
            role_mappings: _,
            policy: _,
            sigv4,
            broker,
            audit,
            sealing: _,
            shared_state,
            exchange: _,
            issuers: _,
            bearer: _,
            revoked: _,
            tools,
            identities: _,
            protect: _,
            aws,
            log,
            digest: _,
        } = self;
        [
            ("gateway.name", gateway.name != new.gateway.name),
            ("gateway.examine_at_start", gateway.examine_at_start != new.gateway.examine_at_start),
            ("listen", *listen != new.listen),
            ("limits", Limits { rates: new.limits.rates, ..limits.clone() } != new.limits),
            ("environment", *environments != new.environments),
            ("sigv4", *sigv4 != new.sigv4),
            ("broker", broker.with_account_rate_of(&new.broker) != new.broker),
            ("audit", *audit != new.audit),
            ("shared_state", *shared_state != new.shared_state),
            ("tools", *tools != new.tools),
            ("aws", *aws != new.aws),
            ("log.format", log.format != new.log.format),
        ]
        .into_iter()
        .filter_map(|(name, differs)| differs.then_some(name))
        .collect()
    }
}

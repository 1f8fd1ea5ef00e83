//! The configuration: one TOML file, overridden by `IAM_MCP_GATEWAY__SECTION__KEY` variables, parsed into types that
//! cannot be wrong.
//!
//! The text becomes a tree in which every value knows where it was written (`node`), the variables are laid over it
//! (`overrides`), and each section reads its own table (`section`). Reading does not stop at a fault: all faults are
//! reported at once, each with its place, its key and what to do. docs/configuration.md describes every key.

mod audit;
mod audit_digests;
mod audit_secrets;
mod audit_sinks;
mod aws;
mod bearer;
mod broker;
mod environments;
mod exchange;
mod fault;
mod gateway;
mod host;
mod identities;
mod issuer;
mod issuer_url;
mod key_file;
mod limits;
mod listen;
mod log;
mod loopback;
mod node;
mod origin;
mod overrides;
mod policy;
mod process;
mod protect;
mod reload;
mod revoked;
mod role_mapping;
mod sealing;
mod section;
mod shared_state;
mod signals;
mod sigv4;
mod sink;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod tools;
mod warnings;

use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

pub use audit::{Audit, SigningKeyFault, UnrecordedReads, read_signing_seed};
pub use audit_secrets::{HashKeyError, HashKeyFault, HashKeyFile, Secrets, read_hash_key, read_hash_key_file};
pub use audit_sinks::{S3, Sinks};
pub use aws::Aws;
pub use bearer::Bearer;
pub use broker::Broker;
pub use environments::{EnvironmentName, EnvironmentNameError, Environments, ServedEnvironment};
pub use exchange::{AUDIENCE, CallerIdentityProofs, EnforcedSession, Exchange, WebIdentityIssuer, is_audience};
pub use fault::{Fault, FaultCode, Faults, Place, Warning};
pub use gateway::{Gateway, GatewayName, GatewayNameError};
pub use host::{HostPattern, HostPatternError, PortPattern};
pub use issuer::{ClaimPath, ClaimPathError, Condition, Issuer, KeySource, Possible, Template, TemplateError, Unfit};
pub use issuer_url::{IssuerUrl, IssuerUrlError};
pub use key_file::{KEY_BYTES, KeyFileError, PrivateFileError, SecretFileError};
pub use limits::{Limits, Rates};
pub use listen::Listen;
pub use log::{Log, LogFormat};
pub use loopback::{LoopbackUrl, LoopbackUrlError, is_loopback};
pub use origin::{Origin, OriginError};
pub use policy::{DocumentPattern, Policy, WithoutDocuments};
pub use process::{Environment, ProcessEnvironment};
pub use protect::Protect;
pub use revoked::{Presented, Revocation, Revocations, Revoked};
pub use role_mapping::{
    Access, CallerPattern, Confirmation, ConfirmedCalls, Confirming, ExternalId, ExternalIdError, NamePattern,
    NamePatternError, RESERVED_TAGS, RoleMapping, RoleMappings, Toolset, is_tag_value,
};
pub use sealing::{
    FetchedSecrets, Sealing, SealingKey, SealingKeyEntry, SealingKeyError, SealingKeyFaults, SealingKeyPlace,
    SealingState, read_sealing_keys,
};
pub use shared_state::{SharedServer, WhileUnavailable};
pub use signals::Signals;
pub use sigv4::Sigv4;
pub use tools::{NewSecrets, SecretsStore, Tools};

use node::Table;
use section::{Item, Section};
use sink::{Problem, Sink};

use crate::posture::classify::Thresholds;

/// A configuration without faults. It holds no secrets, only the paths of the files that do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `[gateway]`.
    pub gateway: Gateway,
    /// `[listen]`.
    pub listen: Listen,
    /// `[limits]`.
    pub limits: Limits,
    /// `[[environment]]`.
    pub environments: Environments,
    /// `[[role_mapping]]`.
    pub role_mappings: RoleMappings,
    /// `[sigv4]`.
    pub sigv4: Sigv4,
    /// `[policy]`.
    pub policy: Policy,
    /// `[broker]`.
    pub broker: Broker,
    /// `[audit]`.
    pub audit: Audit,
    /// `[sealing]`.
    pub sealing: Sealing,
    /// `[shared_state]`, where replicas share any.
    pub shared_state: Option<SharedServer>,
    /// `[exchange]`.
    pub exchange: Exchange,
    /// `[[issuer]]`.
    pub issuers: Vec<Issuer>,
    /// `[bearer]`, where access tokens are accepted.
    pub bearer: Option<Bearer>,
    /// `[[revoked]]`.
    pub revoked: Revocations,
    /// `[tools]`.
    pub tools: Tools,
    /// `[identities]`.
    pub identities: Thresholds,
    /// `[protect]`.
    pub protect: Protect,
    /// `[aws]`.
    pub aws: Aws,
    /// `[log]`.
    pub log: Log,
    /// The configuration in force, for every record: SHA-256, in lower-case hex, of the canonical JSON (RFC 8785) of the
    /// file's values with the variables laid over them. Comments, order and layout do not change it.
    pub digest: String,
}

/// A configuration, and what to know about it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// What works, and probably not as intended.
    pub warnings: Vec<Warning>,
}

impl Config {
    /// Reads the file at `path` and the variables of `environment`.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn load(path: &Path, environment: &dyn Environment) -> Result<Loaded, Faults> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, path, environment),
            Err(error) => {
                let sink = Sink::default();
                let problem = Problem::new(FaultCode::Unreadable, format!("cannot be read: {error}"));
                sink.fault(Place::File, "", problem);
                Err(Faults { file: path.display().to_string(), faults: sink.into_parts().0 })
            }
        }
    }

    /// Reads `text` as if it stood in `file`: faults name that file, and relative paths start from its folder.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn parse(text: &str, file: &Path, environment: &dyn Environment) -> Result<Loaded, Faults> {
        let sink = Sink::default();
        let config = parse(text, file, environment, &sink);
        let (faults, warnings, _) = sink.into_parts();
        match config {
            Some(config) if faults.is_empty() => Ok(Loaded { config, warnings }),
            _ => Err(Faults { file: file.display().to_string(), faults }),
        }
    }
}

/// Everything into `sink`; a configuration only if nothing was wrong.
fn parse(text: &str, file: &Path, environment: &dyn Environment, sink: &Sink) -> Option<Config> {
    let mut tree = node::parse(text, sink);
    overrides::apply(&mut tree, environment, sink);
    let folder = file.parent().unwrap_or(Path::new(""));
    let config = section::read_root(&tree, sink, |root| read(root, folder, &tree));
    warnings::of_environment(environment, sink);
    config
}

fn read(root: &Section<'_>, folder: &Path, tree: &Table) -> Option<Config> {
    let gateway = root.table("gateway", gateway::read).flatten();
    let listen = root.table("listen", listen::read).flatten();
    // Where others depend on a section that is no table, they go on with its defaults, so that their faults are found too.
    let limits = root.table("limits", limits::read).unwrap_or_else(|| defaults(limits::read));
    let declared = environments::read(root, folder);
    let all_have_their_own = declared.environments.iter().all(|environment| !environment.policies.is_empty());
    let policy = root.table("policy", |section| policy::read(section, folder, all_have_their_own)).flatten();
    let sigv4 = root.table("sigv4", |section| sigv4::read(section, folder)).flatten();
    let broker = |section: &Section<'_>| broker::read(section, &limits);
    let broker = root.table("broker", broker).unwrap_or_else(|| defaults(broker));
    let role_mappings = role_mapping::read(root, &declared, &broker);
    let audit = root.table("audit", |section| audit::read(section, folder, &declared.environments)).flatten();
    let sealing = root.table("sealing", |section| sealing::read(section, folder));
    let shared_state = root.table("shared_state", |section| shared_state::read(section, folder));
    let are_shared = |sealing: &Sealing| !sealing.keys.is_empty() && !sealing.single_replica;
    if matches!(shared_state, Some(None))
        && sealing.as_ref().is_some_and(are_shared)
        && role_mappings.iter().any(RoleMapping::writes)
    {
        warnings::of_shared_tokens(root.sink());
    }
    let issuers = issuer::read(root, folder);
    let exchange = |section: &Section<'_>| {
        exchange::read(section, folder, gateway.as_ref().map(|gateway| &gateway.name), &issuers, sealing.as_ref())
    };
    let exchange = root.table("exchange", exchange).flatten();
    let bearer = root.table("bearer", |section| bearer::read(section, &issuers));
    if let Some(exchange) = &exchange {
        warnings::of_issuers(&issuers, root.sink());
        warnings::of_callers(&role_mappings, exchange, &issuers, root.sink());
    }
    let named = exchange.as_ref().zip(sealing.as_ref());
    let named = named.map(|(exchange, sealing)| revoked::Named { issuers: &issuers, exchange, sealing });
    let revoked = revoked::read(root, named.as_ref());
    if let (Some(exchange), Some(Some(bearer))) = (&exchange, &bearer) {
        exchange::check_audience(root, exchange, bearer);
    }
    let tools = root.table("tools", |section| tools::read(section, &declared.environments));
    let identities = root.table("identities", identities::read);
    let protect = root.table("protect", protect::read);
    let stores_secrets = tools.as_ref().is_some_and(|tools| matches!(tools.new_secrets, NewSecrets::SecretsManager(_)));
    let aws = root.table("aws", |section| aws::read(section, &declared.environments, stores_secrets));
    let log = root.table("log", log::read);
    if !root.sink().is_clean() {
        return None;
    }
    Some(Config {
        gateway: gateway?,
        listen: listen?,
        limits,
        environments: declared.environments,
        role_mappings,
        policy: policy?,
        sigv4: sigv4?,
        broker,
        audit: audit?,
        sealing: sealing?,
        shared_state: shared_state?,
        exchange: exchange?,
        issuers,
        bearer: bearer?,
        revoked,
        tools: tools?,
        identities: identities?,
        protect: protect?,
        aws: aws?,
        log: log?,
        digest: digest(tree),
    })
}

fn defaults<T>(read: impl FnOnce(&Section<'_>) -> T) -> T {
    section::read_root(&Table::new(), &Sink::default(), read)
}

fn digest(tree: &Table) -> String {
    let canonical = serde_json_canonicalizer::to_vec(&node::table_to_json(tree))
        .expect("values without faults are strings, booleans and small integers");
    HEXLOWER.encode(&Sha256::digest(canonical))
}

/// A path; a relative one starts from the configuration file's folder.
fn file(item: &Item<'_>, folder: &Path) -> Option<PathBuf> {
    item.check(|text| {
        if text.is_empty() || text.contains('\0') {
            return Err(Problem::invalid("is not a path").remedy("write the path of a file or folder"));
        }
        Ok(folder.join(text))
    })
}

//! What is possible in a configuration, and should be known of it.

use std::time::Duration;

use super::exchange::Exchange;
use super::issuer::Issuer;
use super::process::Environment;
use super::role_mapping::{CallerPattern, NamePattern, RoleMapping, RoleMappings};
use super::sink::Sink;
use crate::authn::CallerKind;

/// A proof that says nothing of the session's end is worth little for long.
const LONG_FOR_CALLER_IDENTITY: Duration = Duration::from_secs(1800);

const PROXIES: [&str; 3] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

/// Says what tokens that several processes open mean for calls that are confirmed, where no state is shared.
pub(super) fn of_shared_tokens(sink: &Sink) {
    sink.warn(
        "sealing.keys",
        "a confirmation or approval can be used once at each replica that has these keys, and a plan that was rejected at one \
         of them be done at another: add [shared_state], or let one replica alone write and keep tools.approval_seconds short; \
         if there is one replica alone, say sealing.single_replica = true",
    );
}

/// Issuers whose tokens anybody can have.
const SHARED: [&str; 5] = [
    "https://token.actions.githubusercontent.com",
    "https://gitlab.com",
    "https://accounts.google.com",
    "https://app.terraform.io",
    "https://agent.buildkite.com",
];

/// Says of each issuer that would believe everybody of the world.
pub(super) fn of_issuers(issuers: &[Issuer], sink: &Sink) {
    for issuer in issuers.iter().filter(|issuer| issuer.conditions.is_empty()) {
        if SHARED.contains(&issuer.url.as_str()) {
            sink.warn(
                format!("issuer {}", issuer.name),
                "is shared by everybody who uses that service, and has no conditions: say which tenant is meant, as in \
                 conditions = { repository_owner = \"acme\" }",
            );
        }
    }
}

/// Says of each mapping whose callers cannot come, or whose name is not what it looks like.
pub(super) fn of_callers(mappings: &RoleMappings, exchange: &Exchange, issuers: &[Issuer], sink: &Sink) {
    for mapping in mappings.iter() {
        let mut warn = |message: &str| sink.warn(format!("role_mapping {}", mapping.id), message);
        if let Some(reason) = cannot_come(&mapping.caller, exchange, issuers) {
            warn(reason);
        }
        if mapping.caller.kind == CallerKind::CallerIdentity {
            of_caller_identity(mapping, exchange, &mut warn);
        }
        if mapping.bearer_writes && !issuers.iter().any(|issuer| issuer.bearer && is_of(&mapping.caller, issuer)) {
            warn("has bearer_writes, and its callers come with no access token");
        }
    }
}

fn is_of(caller: &CallerPattern, issuer: &Issuer) -> bool {
    caller.issuer.as_ref() == Some(&issuer.name)
}

fn cannot_come(caller: &CallerPattern, exchange: &Exchange, issuers: &[Issuer]) -> Option<&'static str> {
    let account = caller.account.as_ref();
    let can_begin = |beginnings: [&str; 2]| beginnings.into_iter().any(|beginning| caller.pattern.can_begin(beginning));
    match caller.kind {
        CallerKind::CallerIdentity if !can_begin(["assumed-role/", "user/"]) => {
            Some("is for nobody: names of this kind are assumed-role/ROLE/SESSION and user/NAME, without a role's path")
        }
        CallerKind::WebIdentity if !can_begin(["role/", "user/"]) => {
            Some("is for nobody: names of this kind are role/PATH/NAME and user/PATH/NAME, as in the ARN")
        }
        CallerKind::Keyring => None,
        CallerKind::CallerIdentity => {
            let accounts = exchange.caller_identity.iter().flat_map(|proofs| &proofs.accounts);
            (!accounts.into_iter().any(|own| Some(own) == account))
                .then_some("is for nobody: [exchange.caller_identity] does not have its account")
        }
        CallerKind::WebIdentity => (!exchange.web_identity.iter().any(|issuer| Some(&issuer.account) == account))
            .then_some("is for nobody: no [[exchange.web_identity]] has its account"),
        CallerKind::Oidc => {
            (!issuers.iter().any(|issuer| is_of(caller, issuer))).then_some("is for nobody: no [[issuer]] has its name")
        }
    }
}

fn of_caller_identity(mapping: &RoleMapping, exchange: &Exchange, warn: &mut impl FnMut(&str)) {
    if mapping.writes() {
        warn(
            "lets callers write who proved themselves by GetCallerIdentity, which AWS answers also to sessions that an explicit \
             Deny holds in quarantine; web-identity is the proof to ask for where writes are at stake",
        );
    }
    if mapping.credentials.is_some_and(|lifetime| lifetime > LONG_FOR_CALLER_IDENTITY) {
        warn(
            "gives credentials for longer than half an hour to callers who proved themselves by GetCallerIdentity, which says \
             nothing of when their session ends",
        );
    }
    let (NamePattern::Exact(text) | NamePattern::Prefix(text)) = &mapping.caller.pattern;
    let is_exact = !mapping.caller.pattern.is_for_several();
    let Some(rest) = text.strip_prefix("assumed-role/") else { return };
    match rest.split_once('/') {
        None if is_exact => warn("is for nobody: a role's sessions are called assumed-role/ROLE/SESSION"),
        None => warn("is for several roles, whose names begin alike: write assumed-role/ROLE/* for one"),
        Some((role, session)) => {
            let enforced = exchange.caller_identity.as_ref().is_some_and(|proofs| match mapping.caller.account {
                Some(account) => proofs.enforces_session_of(account, role),
                None => proofs.accounts.iter().all(|account| proofs.enforces_session_of(*account, role)),
            });
            if !session.is_empty() && !enforced {
                warn(
                    "names a session, and whoever may assume the role chooses its session's name, unless the role enforces it: \
                     then say so with exchange.caller_identity.enforced_sessions",
                );
            }
        }
    }
}

/// Says of each endpoint and proxy variable that is set that it leads nowhere: whoever can set a variable must not be able
/// to lead signed requests and credentials elsewhere. The SDK's search for the gateway's own credentials does read the
/// endpoint variables, and fails where they name something other than STS.
pub(super) fn of_environment(environment: &dyn Environment, sink: &Sink) {
    for (name, _) in environment.all().into_iter().filter(|(_, value)| !value.is_empty()) {
        if name.starts_with("AWS_ENDPOINT_URL") {
            sink.warn(
                name,
                "is set and not obeyed, and fetching the gateway's own credentials through STS fails unless it names AWS's; unset it \
                 (endpoints on this machine are set with [aws] sts_endpoint, iam_endpoint)",
            );
        } else if PROXIES.iter().any(|proxy| proxy.eq_ignore_ascii_case(&name)) {
            sink.warn(name, "is set and not obeyed; the gateway connects to AWS directly");
        }
    }
}

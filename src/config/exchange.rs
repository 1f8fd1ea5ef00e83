//! `[exchange]`: what proofs of identity are traded for gateway credentials, and whose.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use super::bearer::Bearer;
use super::fault::{FaultCode, Place};
use super::gateway::GatewayName;
use super::issuer::{self, ClaimPath, Issuer, KeySource};
use super::issuer_url::IssuerUrl;
use super::role_mapping::{NamePattern, NamePatternError};
use super::sealing::Sealing;
use super::section::{Item, Section};
use super::sink::Problem;
use crate::arn::AccountId;

/// What an audience is: it stands in a signed header before a semicolon, and in tokens.
pub const AUDIENCE: &str = "1 to 256 printable characters without blanks, quotes, semicolons and backslashes";

/// Whether a text is one.
#[must_use]
pub fn is_audience(text: &str) -> bool {
    (1..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\";\\".contains(&byte))
}

/// `[exchange]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What proofs must be made for: the gateway's name, unless another is said.
    pub audience: String,
    /// Signed GetCallerIdentity requests, if they are accepted.
    pub caller_identity: Option<CallerIdentityProofs>,
    /// The issuers of AWS's own tokens, one for each account.
    pub web_identity: Vec<WebIdentityIssuer>,
    /// Whether persons have the same names in proofs as in the keyring, so that approvers can be told from planners.
    pub persons_as_in_keyring: bool,
    /// How many exchanges one address may ask for in a minute.
    pub per_source_per_minute: u32,
    /// How many proofs are shown to STS in a second, from all addresses together.
    pub sts_per_second: u32,
}

/// `[exchange.caller_identity]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentityProofs {
    /// The accounts whose principals are believed; never empty.
    pub accounts: Vec<AccountId>,
    /// Roles whose session name nobody chooses for themselves: it is the person.
    pub enforced_sessions: Vec<EnforcedSession>,
}

/// A role of an account, or several, that enforce their sessions' names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnforcedSession {
    /// The account.
    pub account: AccountId,
    /// The roles' names.
    pub role: NamePattern,
}

impl CallerIdentityProofs {
    /// Whether the session name of a role's session is the person's.
    #[must_use]
    pub fn enforces_session_of(&self, account: AccountId, role_name: &str) -> bool {
        self.enforced_sessions.iter().any(|enforced| enforced.account == account && enforced.role.matches(role_name))
    }
}

/// One `[[exchange.web_identity]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebIdentityIssuer {
    /// The account whose tokens have this issuer.
    pub account: AccountId,
    /// The account's own issuer URL.
    pub issuer: IssuerUrl,
    /// Where its keys are.
    pub keys: KeySource,
    /// Principals, by their callers' names, whose source identity nobody chooses for themselves: it is the person.
    pub enforced_source_identities: Vec<NamePattern>,
    /// Session tags, and the claims that they are taken from.
    pub tags: BTreeMap<String, ClaimPath>,
}

impl Exchange {
    /// Whether any proof is accepted.
    #[must_use]
    pub fn is_on(&self, issuers: &[Issuer]) -> bool {
        self.caller_identity.is_some() || !self.web_identity.is_empty() || issuers.iter().any(|issuer| issuer.exchange)
    }
}

pub(super) fn read(
    section: &Section<'_>,
    folder: &Path,
    gateway: Option<&GatewayName>,
    issuers: &[Issuer],
    sealing: Option<&Sealing>,
) -> Option<Exchange> {
    let audience = match section.optional("audience") {
        Some(item) => audience(&item),
        None => gateway.map(|name| name.as_str().to_owned()),
    };
    let caller_identity = match section.optional("caller_identity") {
        Some(item) => item.table(caller_identity).flatten(),
        None => None,
    };
    let seen = RefCell::default();
    let web_identity = section.tables("web_identity", |table| web_identity(table, folder, &seen));
    let web_identity = web_identity.into_iter().flatten().collect();
    let persons_as_in_keyring = section.boolean("persons_as_in_keyring", false);
    let why = "one helper asks once in some minutes; a NAT gateway may stand before many";
    let per_source_per_minute = section.integer("per_source_per_minute", 1..=6000, 30, why);
    let why = "STS throttles an account's GetCallerIdentity at hundreds a second, and others need it too";
    let sts_per_second = section.integer("sts_per_second", 1..=200, 10, why);
    let exchange = Exchange {
        audience: audience?,
        caller_identity,
        web_identity,
        persons_as_in_keyring,
        per_source_per_minute,
        sts_per_second,
    };
    if exchange.is_on(issuers) && sealing.is_some_and(|sealing| sealing.keys.is_empty()) {
        let problem =
            Problem::new(FaultCode::Missing, "needs [sealing] keys, which gateway credentials are sealed with");
        section
            .fault(problem.remedy("make one with `openssl rand -base64 32`, and name its file in a [[sealing.keys]]"));
    }
    Some(exchange)
}

/// Tokens for the exchange and access tokens must not be the same: at the exchange nobody looks at scopes.
pub(super) fn check_audience(root: &Section<'_>, exchange: &Exchange, bearer: &Bearer) {
    let resource = format!("{}/mcp", bearer.url);
    let below = exchange.audience.strip_prefix(&resource);
    if below.is_some_and(|below| below.is_empty() || below.starts_with('/')) {
        let problem = Problem::conflict("exchange.audience is what access tokens are for, too");
        root.fault_at("exchange", problem.remedy("leave exchange.audience out, or choose another"));
    }
}

fn caller_identity(section: &Section<'_>) -> Option<CallerIdentityProofs> {
    let accounts = section.required("accounts", "write accounts = [\"123456789012\"], whose principals are believed");
    let accounts = accounts.map(|item| {
        if item.is_empty_list() {
            item.fault(Problem::invalid("is empty").remedy("name at least one account, or remove the section"));
        }
        item.list(account)
    });
    let accounts = accounts?;
    let enforced = section.optional("enforced_sessions");
    let enforced = enforced.map(|item| item.list(|item| enforced_session(item, &accounts))).unwrap_or_default();
    Some(CallerIdentityProofs { accounts, enforced_sessions: enforced })
}

fn enforced_source_identity(item: &Item<'_>) -> Option<NamePattern> {
    let principal: NamePattern = item.parse()?;
    if !["role/", "user/"].into_iter().any(|beginning| principal.can_begin(beginning)) || principal.to_string() == "*" {
        let problem = Problem::invalid("is not the name of a role or user, as in role/teams/Developer");
        item.fault(problem.remedy("write what stands behind the account in the ARN"));
        return None;
    }
    warn_of_prefix(item, &principal);
    Some(principal)
}

fn warn_of_prefix(item: &Item<'_>, pattern: &NamePattern) {
    if pattern.is_for_several() {
        item.warn(
            "is a prefix: whoever may create roles in that account makes one that fits, and is then whom they like",
        );
    }
}

/// `ROLE` where there is one account, `ACCOUNT:ROLE` where there are several: a role of the same name in another account is
/// another role.
fn enforced_session(item: &Item<'_>, accounts: &[AccountId]) -> Option<EnforcedSession> {
    let enforced = item.check(|text| {
        let (account, role) = match (text.split_once(':'), accounts) {
            (Some((account, role)), _) => (account.parse().ok().filter(|own| accounts.contains(own)), role),
            (None, [only]) => (Some(*only), text),
            (None, _) => (None, text),
        };
        let account = account.ok_or_else(|| {
            Problem::invalid("does not say of which of the accounts the role is")
                .remedy("write \"123456789012:ROLE\", with one of exchange.caller_identity.accounts")
        })?;
        let role: NamePattern = role.parse().map_err(|error: NamePatternError| Problem::invalid(error.to_string()))?;
        if role.to_string() == "*" {
            return Err(Problem::invalid("is every role, and most of them let their sessions choose their names"));
        }
        Ok(EnforcedSession { account, role })
    })?;
    warn_of_prefix(item, &enforced.role);
    Some(enforced)
}

fn account(item: &Item<'_>) -> Option<AccountId> {
    if item.is_integer() {
        let problem = Problem::new(FaultCode::WrongType, "expected a string, found an integer");
        item.fault(problem.remedy("put the account id in quotes: as a number it would lose its leading zeros"));
        return None;
    }
    item.parse()
}

fn web_identity(
    section: &Section<'_>,
    folder: &Path,
    seen: &RefCell<Vec<(String, Place)>>,
) -> Option<WebIdentityIssuer> {
    let account = section.required("account", "write account = \"123456789012\"").and_then(|item| account(&item));
    let issuer = section
        .required("issuer", "write the account's issuer URL, which IAM shows under outbound identity federation")
        .and_then(|item| issuer_of_aws(&item, seen));
    let keys = issuer::keys(section, folder);
    let enforced = section.optional("enforced_source_identities");
    let enforced = enforced.map(|item| item.list(enforced_source_identity)).unwrap_or_default();
    let tags = issuer::tags(section);
    for (tag, claim) in &tags {
        if claim.as_str().contains("request_tags") {
            let problem = Problem::invalid(format!("{claim} is what the caller says of itself"));
            section.fault_at("tags", problem.remedy(format!("take {tag} from principal_tags, or leave it out")));
        }
    }
    Some(WebIdentityIssuer {
        account: account?,
        issuer: issuer?,
        keys: keys?,
        enforced_source_identities: enforced,
        tags,
    })
}

/// `https://UUID.tokens.sts.global.api.aws`; or one on this machine, which is a sandbox's.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html>
fn issuer_of_aws(item: &Item<'_>, seen: &RefCell<Vec<(String, Place)>>) -> Option<IssuerUrl> {
    let url: IssuerUrl = item.parse()?;
    let is_of_aws = url.as_str().strip_prefix("https://").is_some_and(|host| {
        host.strip_suffix(".tokens.sts.global.api.aws")
            .is_some_and(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-'))
    });
    if !is_of_aws && !url.as_str().starts_with("http://") {
        let problem = Problem::invalid("is not an issuer of AWS's own tokens");
        item.fault(
            problem.remedy("write https://UUID.tokens.sts.global.api.aws; other issuers stand under [[issuer]]"),
        );
        return None;
    }
    let mut seen = seen.borrow_mut();
    if let Some((_, first)) = seen.iter().find(|(other, _)| other == url.as_str()) {
        let text = format!("is already pinned to an account, at {first}");
        item.fault(Problem::new(FaultCode::Duplicate, text).remedy("each account has an issuer of its own"));
        return None;
    }
    seen.push((url.as_str().to_owned(), item.place().clone()));
    Some(url)
}

fn audience(item: &Item<'_>) -> Option<String> {
    item.check(|text| match is_audience(text) {
        true => Ok(text.to_owned()),
        false => Err(Problem::invalid("is no audience").remedy(AUDIENCE)),
    })
}

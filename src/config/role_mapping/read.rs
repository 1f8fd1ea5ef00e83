//! Reading `[[role_mapping]]`.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::pattern::{CallerPattern, NamePattern};
use super::{Access, Confirmation, ConfirmedCalls, Confirming, RoleMapping, RoleMappings, Toolset, tags};
use crate::arn::{AccountId, PolicyArn, PolicyOwner, RoleArn};
use crate::authn::CallerKind;
use crate::config::broker::{Broker, SESSION_RANGE, SESSION_WHY};
use crate::config::environments::{Declared, EnvironmentName, ServedEnvironment};
use crate::config::fault::{FaultCode, Place};
use crate::config::section::{Item, Section};
use crate::config::sink::Problem;

/// Stands for the environment's one account in `role_arn`.
const ACCOUNT: &str = "{account}";

/// Mappings that were read so far, faulty ones too, by id.
type Seen = RefCell<Vec<(String, Place)>>;

pub(in crate::config) fn read(root: &Section<'_>, declared: &Declared, broker: &Broker) -> RoleMappings {
    let seen = Seen::default();
    let mappings = root.tables("role_mapping", |section| mapping(section, declared, broker, &seen));
    let mappings: Vec<RoleMapping> = mappings.into_iter().flatten().collect();
    let served = |e: &ServedEnvironment| mappings.iter().any(|mapping| mapping.environment == e.name);
    for environment in declared.environments.iter().filter(|environment| !served(environment)) {
        let subject = format!("environment {}", environment.name);
        root.sink().warn(subject, "has no role_mapping, so every caller is refused there");
    }
    let mappings = RoleMappings(mappings.into_iter().map(Arc::new).collect());
    let idle = |m: &&RoleMapping| {
        m.confirming.strength == Confirmation::None && m.confirming.calls == ConfirmedCalls::AllWrites
    };
    for mapping in mappings.iter().filter(idle) {
        let subject = format!("role_mapping {}", mapping.id);
        root.sink().warn(subject, "has confirm = \"all-writes\", which means nothing with confirmation = \"none\"");
    }
    let stuck = |m: &&RoleMapping| m.confirming.strength == Confirmation::SecondPerson && !mappings.has_approver_for(m);
    for mapping in mappings.iter().filter(stuck) {
        let subject = format!("role_mapping {}", mapping.id);
        let text = "wants a second person, and no other role_mapping of its environment has may_approve = true: nobody can approve";
        root.sink().warn(subject, text);
    }
    mappings
}

fn mapping(section: &Section<'_>, declared: &Declared, broker: &Broker, seen: &Seen) -> Option<RoleMapping> {
    let environment = section
        .required("environment", "write environment = \"...\", with the name of an [[environment]]")
        .and_then(|item| environment_name(&item, declared));
    let served = environment.as_ref().and_then(|name| declared.environments.get(name.as_str()));
    let caller = section
        .required("caller", "write caller = \"alice\" or caller = { kind = \"keyring\", pattern = \"ci/*\" }")
        .and_then(|item| caller(&item));
    let id = environment.as_ref().zip(caller.as_ref()).map(|(e, caller)| format!("{e}/{caller}"));
    if let Some(id) = &id {
        unique(section, id, seen);
    }

    let role_arn = section
        .required("role_arn", "write role_arn = \"arn:aws:iam::123456789012:role/NAME\"")
        .and_then(|item| role(&item, served));
    let access = section
        .required("access", "write access = \"read-only\" or access = \"read-write\"")
        .and_then(|item| item.choice(&Access::CHOICES));
    let toolsets = match section.optional("toolsets") {
        Some(item) => toolsets(&item),
        None => Toolset::ALL.into(),
    };
    let tags = section.optional("tags").and_then(|item| item.table(tags::read)).unwrap_or_default();
    let external_id = section.optional("external_id").and_then(|item| item.parse());
    let confirming = confirming(section);
    let permissions_boundary = section.optional("permissions_boundary").and_then(|item| boundary(&item, served));
    let session = section
        .optional("session_seconds")
        .and_then(|item| item.integer(SESSION_RANGE, SESSION_WHY))
        .map_or(broker.session, Duration::from_secs);
    let credentials = section.optional("credential_seconds").and_then(|item| {
        let why = "as short as clients can do with; botocore asks for new ones from fifteen minutes before the end on";
        item.integer::<u64>(60..=43_200, why).map(Duration::from_secs)
    });
    let bearer_writes = section.boolean("bearer_writes", false);
    Some(RoleMapping {
        id: id?,
        environment: environment?,
        caller: caller?,
        role_arn: role_arn?,
        access: access?,
        toolsets,
        tags,
        external_id,
        confirming,
        permissions_boundary,
        session,
        credentials,
        bearer_writes,
    })
}

fn confirming(section: &Section<'_>) -> Confirming {
    let strength = section.optional("confirmation").map(|item| item.choice(&Confirmation::CHOICES));
    Confirming {
        strength: strength.flatten().unwrap_or(Confirmation::Model),
        escalates: strength.is_none(),
        calls: section.choice("confirm", &ConfirmedCalls::CHOICES, ConfirmedCalls::DestructiveAndGrants),
        reason_required: section.boolean("require_reason", false),
        may_approve: section.boolean("may_approve", false),
    }
}

fn environment_name(item: &Item<'_>, declared: &Declared) -> Option<EnvironmentName> {
    let name = item.string()?;
    if let Some(environment) = declared.environments.get(name) {
        return Some(environment.name.clone());
    }
    // Declared, but with a fault of its own: that one is reported, and this mapping is not to blame.
    if declared.names.iter().any(|other| other == name) {
        return name.parse().ok();
    }
    let names = || declared.names.iter().map(String::as_str);
    let problem =
        Problem::new(FaultCode::UnknownName, format!("there is no environment {name:?}")).suggest(name, names());
    let list = names().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    item.fault(if list.is_empty() { problem } else { problem.remedy(format!("declared: {list}")) });
    None
}

/// A table with `kind` and `pattern`, or the pattern alone, which means the keyring.
fn caller(item: &Item<'_>) -> Option<CallerPattern> {
    if item.as_str().is_some() {
        let pattern = item.parse()?;
        return Some(CallerPattern { kind: CallerKind::Keyring, account: None, issuer: None, pattern });
    }
    if !item.is_table() {
        let problem = Problem::new(FaultCode::WrongType, "expected a name pattern or a table with kind and pattern");
        item.fault(problem.remedy("write caller = \"alice\" or caller = { kind = \"keyring\", pattern = \"ci/*\" }"));
        return None;
    }
    item.table(|section| {
        let kinds = CallerKind::ALL.map(|kind| (kind.as_str(), kind));
        let kind = section.required("kind", "write kind = \"keyring\"").and_then(|item| item.choice(&kinds));
        let pattern = section
            .required("pattern", "write pattern = \"alice\" or pattern = \"ci/*\"")
            .and_then(|item| item.parse::<NamePattern>());
        let account = section.optional("account").map(|item| item.parse::<AccountId>());
        let issuer = section.optional("issuer").map(|item| item.string().map(ToOwned::to_owned));
        let kind = kind?;
        let wants = |key: &str, is_wanted: bool, is_there: bool, remedy: &str| match (is_wanted, is_there) {
            (true, false) => section.missing(key, remedy),
            (false, true) => {
                let problem = Problem::conflict(format!("says nothing of callers of kind {:?}", kind.as_str()));
                section.fault_at(key, problem.remedy("leave it out"));
            }
            (true, true) | (false, false) => {}
        };
        let is_oidc = kind == CallerKind::Oidc;
        let remedy = "write account = \"123456789012\", whose principals are meant: there is no wildcard for it";
        wants("account", kind.is_of_an_account(), account.is_some(), remedy);
        wants("issuer", is_oidc, issuer.is_some(), "write issuer = \"...\", with the name of an [[issuer]]");
        let account = if kind.is_of_an_account() { Some(account??) } else { None };
        let issuer = if is_oidc { Some(issuer??) } else { None };
        Some(CallerPattern { kind, account, issuer, pattern: pattern? })
    })?
}

fn unique(section: &Section<'_>, id: &str, seen: &Seen) {
    let mut seen = seen.borrow_mut();
    if let Some((_, first)) = seen.iter().find(|(other, _)| other == id) {
        let text = format!("{id} is already mapped at {first}, so which role its callers get is ambiguous");
        section.fault(Problem::new(FaultCode::Duplicate, text).remedy("remove one of the two, or change its pattern"));
    }
    seen.push((id.to_owned(), section.place().clone()));
}

fn role(item: &Item<'_>, environment: Option<&ServedEnvironment>) -> Option<RoleArn> {
    let arn: RoleArn = item.check(|text| {
        let text = match text.split(':').nth(4) {
            Some(ACCOUNT) => text.replacen(ACCOUNT, account_for(environment)?, 1),
            _ => text.to_owned(),
        };
        if text.contains('{') {
            let problem = Problem::invalid("has a placeholder that is none");
            return Err(problem
                .remedy("only {account} is one, and only in the account's place: arn:aws:iam::{account}:role/NAME"));
        }
        text.parse::<RoleArn>().map_err(|error| Problem::invalid(error.to_string()))
    })?;
    if let Some(environment) = environment {
        if arn.partition() != environment.partition {
            item.fault(other_partition(environment));
        }
        if !environment.accounts.is_empty() && !environment.accounts.contains(&arn.account()) {
            item.fault(Problem::conflict(format!(
                "account {} is not one of environment {:?}, which has {}",
                arn.account(),
                environment.name.as_str(),
                accounts(environment)
            )));
        }
    }
    Some(arn)
}

/// What `{account}` stands for.
fn account_for(environment: Option<&ServedEnvironment>) -> Result<&str, Problem> {
    match environment.map(|environment| environment.accounts.as_slice()) {
        Some([only]) => Ok(only.as_str()),
        // The environment's own fault is reported; the rest of the ARN is checked all the same.
        Some([]) | None => Ok("000000000000"),
        Some([..]) => Err(Problem::conflict("{account} stands for the environment's only account, and it has several")
            .remedy("write the account's twelve digits: a keyring caller has no account of its own")),
    }
}

fn boundary(item: &Item<'_>, environment: Option<&ServedEnvironment>) -> Option<PolicyArn> {
    let arn: PolicyArn = item.parse()?;
    if let Some(environment) = environment {
        if arn.partition() != environment.partition {
            item.fault(other_partition(environment));
        }
        if let PolicyOwner::Account(account) = arn.owner()
            && !environment.accounts.is_empty()
            && !environment.accounts.contains(&account)
        {
            let text = format!("account {account} is not one of environment {:?}", environment.name.as_str());
            item.fault(Problem::conflict(text).remedy("a boundary is a policy of the same account, or AWS's own"));
        }
    }
    Some(arn)
}

fn other_partition(environment: &ServedEnvironment) -> Problem {
    let ServedEnvironment { name, partition, .. } = environment;
    Problem::conflict(format!("environment {:?} is in partition {partition}", name.as_str()))
        .remedy(format!("begin the ARN with arn:{partition}: or set the environment's partition"))
}

fn accounts(environment: &ServedEnvironment) -> String {
    environment.accounts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn toolsets(item: &Item<'_>) -> BTreeSet<Toolset> {
    let choices = Toolset::ALL.map(|toolset| (toolset.as_str(), toolset));
    if item.is_empty_list() {
        item.fault(
            Problem::invalid("is empty, so the callers had no tool").remedy("leave the key out for all toolsets"),
        );
        return BTreeSet::new();
    }
    item.list(|item| item.choice(&choices)).into_iter().collect()
}

//! A mapped role: whether its mappings' sessions can be had, and what IAM tells of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::super::examination::{Asked, MappingSeen, RoleRead, RoleSeen, Seen, Unseen};
use super::super::identity::GatewayIdentity;
use super::{Examiner, Mapping, account_of, seen, trail, within};
use crate::arn::RoleArn;
use crate::authn::{Caller, Narrowing};
use crate::authorize::Mapped;
use crate::broker::{self, Purpose, SessionShape, Sts};
use crate::config::{CallerPattern, Config, NamePattern};
use crate::context::{Origin, Stamp};
use crate::iam::{Account, AwsCall, AwsFailure, DeclaredCall, EntityKind, Meter, Reader};
use crate::tools::holder::held::Held;
use crate::tools::holder::{ROLE, permissions};
use crate::tools::identities::alone;
use crate::tools::{CallFacts, documents};

/// The name by which sessions of the doctor are known.
const NAME: &str = "doctor";

const ASSUME_ROLE: &str = "sts:AssumeRole";

/// Everything that was found out of a role.
pub(super) struct Looked {
    pub(super) account: Account,
    pub(super) mappings: Vec<MappingSeen>,
    pub(super) role: RoleSeen,
    /// What the role itself looks with, where it can.
    pub(super) reader: Option<Reader>,
    pub(super) asked: Vec<Session>,
}

/// What was asked in sessions of a role.
pub(super) struct Session {
    environment: String,
    mapping: String,
    role_arn: RoleArn,
    account: Account,
    stamp: Stamp,
    sessions: Vec<(String, Option<String>)>,
    /// The requests for sessions that STS refused.
    refused: Vec<AwsCall>,
    meter: Option<Arc<Meter>>,
}

impl Session {
    fn of(facts: &CallFacts, role: &RoleArn) -> Self {
        Self {
            environment: facts.environment.clone(),
            mapping: facts.mapping.id.clone(),
            role_arn: role.clone(),
            account: facts.account.clone(),
            stamp: facts.stamp.clone(),
            sessions: Vec::new(),
            refused: Vec::new(),
            meter: None,
        }
    }

    pub(super) fn asked(self) -> Asked {
        let Self { environment, mapping, role_arn, account, stamp, sessions, refused: mut calls, meter } = self;
        calls.extend(meter.map(|meter| meter.calls()).unwrap_or_default());
        Asked { environment, mapping, role_arn, account, stamp, sessions, calls }
    }
}

impl Examiner {
    pub(super) async fn look_at_role(
        &self,
        config: &Config,
        role: &RoleArn,
        mappings: &[Mapping<'_>],
        identity: &GatewayIdentity,
    ) -> Looked {
        let account = account_of(role, &mappings[0]);
        let (mut seen_mappings, mut asked) = (Vec::new(), Vec::new());
        let mut looking = None;
        for mapping in mappings {
            let facts = facts(config, mapping, self.clock.now());
            let mut session = Session::of(&facts, role);
            let purposes: &[Purpose] =
                if mapping.mapping.writes() { &[Purpose::Read, Purpose::Write] } else { &[Purpose::Read] };
            let mut assumed = Ok(());
            for purpose in purposes {
                assumed = self.assume(&SessionShape::new(&facts, *purpose), &mut session).await.map(drop);
                if assumed.is_err() {
                    break;
                }
            }
            if !session.sessions.is_empty() && looking.is_none() {
                let shape = SessionShape { policy: looking_only(), ..SessionShape::new(&facts, Purpose::Read) };
                looking = self.assume(&shape, &mut session).await.ok().map(|assumed| {
                    let (reader, meter) = self.reader(&account, assumed.credentials, declared(role.name()));
                    session.meter = Some(meter);
                    reader
                });
            }
            seen_mappings.push(seen(mapping.mapping, assumed));
            asked.push(session);
        }
        let mut reader = looking;
        let mut read = match &reader {
            Some(reader) => within(self.read(reader, role, &account)).await,
            None => Err(Unseen::new("NoSession", "no session of the role could be had to look at it with")),
        };
        // The gateway's own credentials are of one account, and what they ask there needs no record.
        if read.is_err() && identity.account() == account.id {
            let by_own = within(self.read_by_own(role, &account)).await;
            read = match by_own {
                Ok((own, found)) => {
                    reader.get_or_insert(own);
                    Ok(found)
                }
                // That there is no such role is told to whoever may ask.
                Err(unseen) if unseen.is_no_such_entity() || reader.is_none() => Err(unseen),
                Err(_) => read,
            };
        }
        let writes = mappings.iter().any(|mapping| mapping.mapping.writes());
        let names = mappings.iter().map(|mapping| mapping.mapping.id.clone()).collect();
        let role = RoleSeen { role_arn: role.clone(), mappings: names, writes, read };
        Looked { account, mappings: seen_mappings, role, reader, asked }
    }

    /// Assumes a role, and notes that it was asked.
    async fn assume(&self, shape: &SessionShape, asked: &mut Session) -> Result<broker::Session, AwsFailure> {
        let assumed = match tokio::time::timeout(super::PATIENCE, self.sts.assume(shape)).await {
            Ok(assumed) => assumed,
            Err(_) => Err(AwsFailure::unreadable(ASSUME_ROLE, &shape.role_arn)),
        };
        match &assumed {
            Ok(session) => asked.sessions.push((session.arn.clone(), session.request_id.clone())),
            Err(failure) => asked.refused.push(AwsCall {
                action: ASSUME_ROLE,
                resource: shape.role_arn.clone(),
                request_id: failure.request_id.clone(),
                status: None,
                error_code: Some(failure.code.clone()),
                ms: 0,
            }),
        }
        assumed
    }

    async fn read_by_own(&self, role: &RoleArn, account: &Account) -> Seen<(Reader, RoleRead)> {
        let (reader, _) = self.reader(account, self.own_credentials().await?, declared(role.name()));
        let read = self.read(&reader, role, account).await?;
        Ok((reader, read))
    }

    async fn read(&self, reader: &Reader, role: &RoleArn, account: &Account) -> Seen<RoleRead> {
        let held = Held::read(reader, &ROLE, role.name()).await?;
        if held.principal.arn != role.to_string() {
            let message = format!("the role of this name is {}", held.principal.arn);
            return Err(Unseen::new("NoSuchEntity", message));
        }
        let snapshot = alone::snapshot(&held, EntityKind::Role, account, self.clock.now());
        let standing = alone::standing(&snapshot)
            .ok_or_else(|| Unseen::new("AwsAnswerUnreadable", "IAM's answer names no role"))?;
        let trust = held.principal.trust.as_ref().map(documents::text).unwrap_or_default();
        Ok(RoleRead { trust, boundary: held.principal.boundary, standing })
    }
}

/// What a call through the mapping would be, of a caller whom nobody else is: what it does must not be taken for a person's.
fn facts(config: &Config, Mapping { environment, mapping }: &Mapping<'_>, at: jiff::Timestamp) -> CallFacts {
    let mapped = Mapped { environment: (*environment).clone(), mapping: Arc::new((*mapping).clone()) };
    let caller = Arc::new(caller(&mapping.caller));
    let origin = Origin { source_ip: None, secure: true, at, user_agent: None, client: None };
    CallFacts::of(&mapped, &caller, Narrowing::Nothing, &config.gateway.name, origin, false)
        .with_new_secrets(&config.tools.new_secrets)
}

fn caller(pattern: &CallerPattern) -> Caller {
    let CallerPattern { kind, account, issuer, pattern } = pattern;
    let name = match pattern {
        NamePattern::Prefix(prefix) => format!("{prefix}{NAME}"),
        NamePattern::Exact(_) => NAME.to_owned(),
    };
    Caller {
        kind: *kind,
        name,
        person: None,
        account: *account,
        issuer: issuer.clone(),
        // Colons are in no caller's subject of the same kind and name, so nobody has the same hash.
        subject: Some(format!("{NAME}:{NAME}")),
        tags: BTreeMap::new(),
    }
}

/// What a role looks at itself with, and at the trails of its account.
fn declared(name: &str) -> Vec<DeclaredCall> {
    let mut calls = permissions::declared(&ROLE, name);
    calls.extend(trail::declared());
    calls
}

/// The session policy of what looks: exactly that.
fn looking_only() -> String {
    let actions = permissions::OF_ROLES.iter().chain(&trail::ACTIONS).copied().collect::<Vec<_>>();
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authn::CallerKind;
    use crate::broker::policy;

    #[test]
    fn the_session_that_looks_can_change_nothing_and_its_policy_fits() {
        let policy = looking_only();
        assert!(
            policy.len() <= policy::LIMIT && policy.contains("iam:GetRole") && policy.contains("cloudtrail:"),
            "{policy}"
        );
        for verb in ["Create", "Delete", "Put", "Attach", "Update", "Pass", "Assume", "*\""] {
            assert!(!policy.contains(&format!(":{verb}")), "{verb}");
        }
    }

    #[test]
    fn the_caller_is_one_of_the_mappings_where_that_takes_several_and_nobody_elses() {
        let of = |pattern: &str| {
            let pattern = pattern.parse().unwrap();
            caller(&CallerPattern { kind: CallerKind::Keyring, account: None, issuer: None, pattern })
        };
        assert_eq!((of("ci/*").name.as_str(), of("alice").name.as_str()), ("ci/doctor", "doctor"));
        let stamp = |caller: &Caller| Stamp::new("gw", "dev", caller, &BTreeMap::new());
        let namesake = Caller::keyring("doctor", None);
        assert_ne!(stamp(&of("alice")).source_identity, stamp(&namesake).source_identity);
        assert!(stamp(&of("alice")).session_name.starts_with("doctor-"));
    }
}
